#pragma once

#include <string>

namespace leat::report {

/// Orders texts by their characters, and numbers in them by value: seed-2 before seed-10.
[[nodiscard]] bool comes_before(const std::string& a, const std::string& b);

}  // namespace leat::report
