#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "leat/joined_ranks.h"

namespace leat::ranks {

/// The collective functions of Gloo, by LibTorch's `c10d::ProcessGroupGloo`. Each begins and returns at once; `finish` waits for them in
/// their order. What a function is given must live, and no other code may touch it, until `finish` has returned or thrown for it.
class ProcessGroup {
 public:
  /// Connects the ranks. `address` is the one of this machine for the others.
  ProcessGroup(const c10::intrusive_ptr<c10d::Store>& store, const RankPlace& place, const std::string& address);
  /// The calls that were begun must have ended, or `cut` must have been called.
  ~ProcessGroup();

  /// Collects blocks of equal length. It keeps a copy of `own` for each rank, and must have finished before the next gather.
  void begin_gather(std::span<const std::byte> own, std::span<std::byte> all);
  void begin_from_first(std::span<std::byte> bytes);
  /// The result's bits depend on the numbers, their count and the number of ranks only: Gloo adds around a ring and then sends the sums.
  void begin_sum(std::span<float> numbers);
  [[nodiscard]] bool has_begun() const;
  /// Waits for the oldest call. Throws LibTorch's exceptions if the connections break, and std::runtime_error if the call does not end
  /// after `cut`; then no further one does.
  void finish();
  /// Breaks the connections, so that all calls end now. [any thread]
  void cut();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace leat::ranks
