#include "run/skipped_samples.h"

namespace leat::run {

void SkippedSamples::add(const std::string& node, std::int64_t step, int slot, std::string failure) {
  const std::lock_guard guard(lock_);
  OfNode& skipped = by_node_[node];
  const std::pair at{step, slot};
  if (skipped.samples++ > 0 && skipped.at < at) return;
  skipped.at = at;
  skipped.first = std::move(failure);
}

std::vector<std::string> SkippedSamples::sentences() const {
  const std::lock_guard guard(lock_);
  std::vector<std::string> out;
  for (const auto& [node, one] : by_node_) {
    const std::string which =
        one.samples == 1 ? " sample, which `on_error: skip` left out: " : " samples, which `on_error: skip` left out; the first: ";
    out.push_back("`" + node + "` failed for " + std::to_string(one.samples) + which + one.first);
  }
  return out;
}

}  // namespace leat::run
