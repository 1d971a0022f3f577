#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/late_rank.h"
#include "leat/ranks.h"

namespace leat::run {

/// Passes calls on, and measures how long this rank waits for the others and sends. [one thread]
class TimedRanks final : public Ranks {
 public:
  explicit TimedRanks(Ranks& of) : of_(of) {}

  int rank() const override { return of_.rank(); }
  int size() const override { return of_.size(); }
  std::string name_of(int rank) const override { return of_.name_of(rank); }
  std::vector<std::string> gather(std::string_view own) override {
    const Timer timer(waited_);
    return of_.gather(own);
  }
  std::string from_first(std::string_view own) override {
    const Timer timer(waited_);
    return of_.from_first(own);
  }
  void gather_blocks(std::span<const std::byte> own, std::span<std::byte> all) override {
    const Timer timer(waited_);
    of_.gather_blocks(own, all);
  }
  void sum(std::span<float> numbers) override {
    const Timer timer(waited_);
    of_.sum(numbers);
  }
  void begin_sum(std::span<float> numbers) override {
    const Timer timer(waited_);
    of_.begin_sum(numbers);
  }
  void finish_sums() override {
    const Timer timer(waited_);
    of_.finish_sums();
  }
  std::string lost() const override { return of_.lost(); }
  void ask_to_stop() override { of_.ask_to_stop(); }
  void when_asked_to_stop(std::function<void()> stop) override { of_.when_asked_to_stop(std::move(stop)); }
  std::vector<int> processes_here() const override { return of_.processes_here(); }
  [[nodiscard]] std::int64_t waited_ns() const { return std::chrono::nanoseconds(waited_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  /// Adds its lifetime to a sum.
  class Timer {
   public:
    explicit Timer(Clock::duration& sum) : sum_(sum) {}
    ~Timer() { sum_ += Clock::now() - begin_; }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

   private:
    Clock::duration& sum_;
    const Clock::time_point begin_ = Clock::now();
  };

  Ranks& of_;
  Clock::duration waited_{};
};

/// The times of all ranks, summed over steps. Says which rank the others wait for. [one thread]
class RankSkew {
 public:
  void add(const std::vector<RankTimes>& of_step);
  /// Returns a sentence on the rank that is late, and why; empty if there is none (`find_late_rank`).
  [[nodiscard]] std::string late_rank(const Ranks& ranks) const;
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] const std::vector<RankTimes>& sums() const { return sums_; }

 private:
  std::vector<RankTimes> sums_;
  std::int64_t steps_ = 0;
};

}  // namespace leat::run
