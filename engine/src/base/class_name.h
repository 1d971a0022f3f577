#pragma once

#include <string>
#include <typeinfo>

namespace leat {

/// Returns the name of a type as an author writes it, `leat::Optimizer`.
[[nodiscard]] std::string class_name(const std::type_info& type);

}  // namespace leat
