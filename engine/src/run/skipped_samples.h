#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace leat::run {

/// Samples that nodes with `on_error: skip` left out in one occurrence of a phase. Holds its lock to count. [any thread]
class SkippedSamples {
 public:
  /// `failure` says where and why the sample failed.
  void add(const std::string& node, std::int64_t step, int slot, std::string failure);
  /// A sentence for each node that left samples out, with the first of them.
  [[nodiscard]] std::vector<std::string> sentences() const;

 private:
  struct OfNode {
    std::int64_t samples = 0;
    std::pair<std::int64_t, int> at;  ///< Step and slot of the first.
    std::string first;
  };
  mutable std::mutex lock_;
  std::map<std::string, OfNode> by_node_;
};

}  // namespace leat::run
