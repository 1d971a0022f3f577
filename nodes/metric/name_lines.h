#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace leat {

/// Names as one text, a line each, and back: how states keep them.
[[nodiscard]] inline std::string lines_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

[[nodiscard]] inline std::vector<std::string> names_of(const std::string& lines) {
  std::vector<std::string> names;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line);) names.push_back(line);
  return names;
}

}  // namespace leat
