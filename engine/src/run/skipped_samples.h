#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace leat::run {

/// Samples that nodes left out in one occurrence of a phase, because they failed and `on_error` is `skip`, or by `frame.drop`. Holds its
/// lock to count. [any thread]
class SkippedSamples {
 public:
  enum class Why { Failed, Dropped };

  /// A step is admitted that has so many samples of each origin. [any thread] One at a time.
  void admit(const std::vector<int>& rows);
  /// `origin` is that of the node's samples. `text` returns where and why the sample was left out; it is called if none of those before
  /// came earlier in the phase.
  template <class Text>
  void add(const std::string& node, int origin, Why why, std::int64_t step, int slot, Text text) {
    const std::lock_guard guard(lock_);
    OfNode& skipped = by_node_[{node, why}];
    skipped.origin = origin;
    const std::pair at{step, slot};
    if (skipped.samples++ > 0 && skipped.at < at) return;
    skipped.at = at;
    skipped.first = text();
  }
  /// A sentence for each node that left samples out, with the first of them; of a phase that was resumed, those of this part alone. After
  /// the last step.
  [[nodiscard]] std::vector<std::string> sentences(std::int64_t first_step) const;

 private:
  struct OfNode {
    int origin = 0;
    std::int64_t samples = 0;
    std::pair<std::int64_t, int> at;  ///< Step and slot of the first.
    std::string first;
  };
  std::vector<std::int64_t> rows_;  ///< By origin: samples of the steps that were admitted.
  mutable std::mutex lock_;
  std::map<std::pair<std::string, Why>, OfNode> by_node_;
};

}  // namespace leat::run
