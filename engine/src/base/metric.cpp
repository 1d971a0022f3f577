#include "leat/metric.h"

#include <stdexcept>

#include "leat/node.h"

namespace leat {

Metric::Metric(Node* owner, std::string_view name, Better better, std::string_view sentence, Bounds bounds, Shown shown)
    : name_(name), better_(better), sentence_(sentence), bounds_(bounds), shown_(shown) {
  owner->metrics_.push_back(this);
}

MetricGroup::MetricGroup(Node* owner, Better better, std::initializer_list<Named> all, Bounds bounds) {
  for (const auto& [name, sentence] : all) all_.emplace_back(owner, name, better, sentence, bounds);
}

std::string Metric::of(std::string_view entry) const {
  const std::size_t begin = name_.find('{'), end = name_.find('}');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin)
    throw std::logic_error("the metric `" + std::string(name_) + "` has no entries");
  return std::string(name_.substr(0, begin)) + std::string(entry) + std::string(name_.substr(end + 1));
}

}  // namespace leat
