#pragma once

#include <string>

#include "leat/component.h"
#include "leat/port.h"

namespace leat {

/// Returns words such as `int, 1..100, default 3`.
[[nodiscard]] std::string words_of(const ParamPort& param);
/// Returns words such as `the name of a model, optional`.
[[nodiscard]] std::string words_of(const UsePort& use);
/// Returns words such as `image, all rows of a step`.
[[nodiscard]] std::string words_of(const Port& port);

}  // namespace leat
