#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// A rank ended, gave no sign of life, or left the run while others waited for it. The sentence names it.
class RankLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The processes that share one run. Each is a rank, with a number from 0. All functions but the const ones are collective: every rank
/// calls them in the same order, and each waits for the others. One thread at a time calls them. They throw RankLost.
class Ranks {
 public:
  virtual ~Ranks() = default;

  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  /// Returns how messages name a rank: `rank 1 (process 4711 on gpu-03)`.
  [[nodiscard]] virtual std::string name_of(int rank) const = 0;

  /// Returns what each rank gives, indexed by rank. The ranks can give different numbers of bytes.
  [[nodiscard]] virtual std::vector<std::string> gather(std::string_view own) = 0;
  /// Returns what rank 0 gives; what the others give is ignored.
  [[nodiscard]] virtual std::string from_first(std::string_view own) = 0;
  /// Collects equally long blocks of all ranks: block r of `all` is that of rank r.
  virtual void gather_blocks(std::span<const std::byte> own, std::span<std::byte> all) = 0;
  /// Replaces each number by its sum over the ranks. The order of the sum depends on the number of ranks only, and all ranks get the same
  /// bits.
  virtual void sum(std::span<float> numbers) = 0;
  /// Begins such a sum and returns at once. `numbers` must live and stay untouched until `finish_sums`. Sums end in the order in which they
  /// began. No other collective function is called in between.
  virtual void begin_sum(std::span<float> numbers) = 0;
  /// Waits for all sums that were begun.
  virtual void finish_sums() = 0;

  // The functions below are not collective.

  /// Returns the sentence of RankLost as soon as a rank is known to be lost, otherwise an empty one. [any thread]
  [[nodiscard]] virtual std::string lost() const = 0;
  /// Tells rank 0 that this rank was asked to stop, for the time in which no collective function will be called. [any thread]
  virtual void ask_to_stop() = 0;
  /// For rank 0: calls `stop` if another rank calls `ask_to_stop`, on a thread of its own, also if that was before. An empty function ends
  /// this; when that call returns, the function before is not running. [any thread]
  virtual void when_asked_to_stop(std::function<void()> stop) = 0;
  /// Returns the process ids of the other ranks that this process sees on its machine.
  [[nodiscard]] virtual std::vector<int> processes_here() const = 0;
};

}  // namespace leat
