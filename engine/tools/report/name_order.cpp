#include "report/name_order.h"

namespace leat::report {

namespace {

std::size_t digits_at(const std::string& text, std::size_t at) {
  const std::size_t end = text.find_first_not_of("0123456789", at);
  return (end == std::string::npos ? text.size() : end) - at;
}

}  // namespace

bool comes_before(const std::string& a, const std::string& b) {
  std::size_t i = 0, k = 0;
  while (i < a.size() && k < b.size()) {
    const std::size_t first = digits_at(a, i), second = digits_at(b, k);
    if (first != second && first > 0 && second > 0) return first < second;
    if (a[i] != b[k]) return a[i] < b[k];
    ++i;
    ++k;
  }
  return a.size() - i < b.size() - k;
}

}  // namespace leat::report
