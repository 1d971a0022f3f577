#include "base/declared_metric.h"

namespace leat {

const Metric* find_declared(const std::vector<const Metric*>& all, std::string_view name) {
  const Metric* found = nullptr;
  std::size_t longest = 0;
  for (const Metric* metric : all) {
    const std::string_view pattern = metric->name();
    if (pattern == name) return metric;
    const std::size_t begin = pattern.find('{'), end = pattern.find('}');
    if (begin == std::string_view::npos || end == std::string_view::npos) continue;
    const std::string_view before = pattern.substr(0, begin), after = pattern.substr(end + 1);
    const std::size_t length = before.size() + after.size();
    if (name.size() <= length || !name.starts_with(before) || !name.ends_with(after) || (found && length <= longest)) continue;
    found = metric;
    longest = length;
  }
  return found;
}

}  // namespace leat
