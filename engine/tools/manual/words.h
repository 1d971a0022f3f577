#pragma once

#include <string>

#include "leat/component.h"
#include "leat/port.h"

namespace leat {

/// `int, 1..100, default 3`
[[nodiscard]] std::string words_of(const ParamPort& param);
/// `the name of a model, optional`
[[nodiscard]] std::string words_of(const UsePort& use);
/// `image, all of a step`
[[nodiscard]] std::string words_of(const Port& port);

}  // namespace leat
