#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace leat::run {

/// Samples that nodes left out in one occurrence of a phase: they failed with `on_error: skip`, or were dropped by `frame.drop`. Holds its
/// lock to count. [any thread]
class SkippedSamples {
 public:
  enum class Why { Failed, Dropped };

  /// Counts the samples per origin of an admitted step. One call at a time. [any thread]
  void admit(const std::vector<int>& rows);
  /// Counts a sample. `origin` is the origin of the node's samples. `text` returns where and why it was left out; it is called if the
  /// sample comes earlier in the phase than those before.
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
  /// Returns a sentence for each node that left samples out, with the first of them. For a resumed phase it covers this part only. Call it
  /// after the last step.
  [[nodiscard]] std::vector<std::string> sentences(std::int64_t first_step) const;

 private:
  struct OfNode {
    int origin = 0;
    std::int64_t samples = 0;
    std::pair<std::int64_t, int> at;  ///< Step and slot of the first sample.
    std::string first;
  };
  std::vector<std::int64_t> rows_;  ///< Indexed by origin: samples in all admitted steps.
  mutable std::mutex lock_;
  std::map<std::pair<std::string, Why>, OfNode> by_node_;
};

}  // namespace leat::run
