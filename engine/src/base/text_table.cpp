#include "base/text_table.h"

#include <algorithm>
#include <cstdio>

#include "base/text_width.h"

namespace leat {

namespace {

/// `decimals`: of a size of at least 1 kB; -1: one for less than 100 of a unit, else none.
std::string size_with(std::int64_t bytes, int decimals) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes);
  int unit = 0;
  while (size >= 1000 && unit < 4) {
    size /= 1000;
    ++unit;
  }
  char text[64];
  const int shown = unit == 0 ? 0 : decimals >= 0 ? decimals : size >= 100 ? 0 : 1;
  std::snprintf(text, sizeof text, "%.*f %s", shown, size, units[unit]);
  return text;
}

}  // namespace

std::string size_words(std::int64_t bytes) { return size_with(bytes, -1); }

std::pair<std::string, std::string> different_sizes(std::int64_t one, std::int64_t other) {
  constexpr int most_decimals = 12;
  std::pair out(size_words(one), size_words(other));
  for (int decimals = 2; one != other && out.first == out.second && decimals <= most_decimals; ++decimals)
    out = {size_with(one, decimals), size_with(other, decimals)};
  return out;
}

std::string text_table(const std::vector<TextRow>& rows) {
  std::vector<std::size_t> widths;
  for (const TextRow& row : rows)
    for (std::size_t k = 0; k < row.size(); ++k) {
      if (k == widths.size()) widths.push_back(0);
      widths[k] = std::max(widths[k], text_width(row[k]));
    }
  std::string out;
  for (const TextRow& row : rows) {
    std::string line = " ";
    for (std::size_t k = 0; k < row.size(); ++k) line += " " + (k + 1 < row.size() ? padded(row[k], widths[k]) + " " : row[k]);
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace leat
