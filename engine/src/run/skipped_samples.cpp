#include "run/skipped_samples.h"

namespace leat::run {

void SkippedSamples::admit(const std::vector<int>& rows) {
  rows_.resize(rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) rows_[k] += rows[k];
}

std::vector<std::string> SkippedSamples::sentences(std::int64_t first_step) const {
  const std::lock_guard guard(lock_);
  std::vector<std::string> out;
  for (const auto& [key, one] : by_node_) {
    const auto& [node, why] = key;
    const std::int64_t all = rows_.at(static_cast<std::size_t>(one.origin));
    const std::string part = first_step == 0 ? "" : " since the run was resumed at step " + std::to_string(first_step);
    const std::string count = std::to_string(one.samples) + " of " + std::to_string(all) + (all == 1 ? " sample" : " samples") + part;
    const std::string what = why == Why::Failed ? "` failed for " + count + ", which `on_error: skip` left out" : "` dropped " + count;
    out.push_back("`" + node + what + (one.samples == 1 ? ": " : "; the first: ") + one.first);
  }
  return out;
}

}  // namespace leat::run
