#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "leat/joined_ranks.h"
#include "ranks/life_watch.h"
#include "ranks/meeting.h"
#include "ranks/process_group.h"

namespace leat::ranks {

/// The length up to which the ranks send texts in one call: all know it, because it follows from the longest texts so far.
class Room {
 public:
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Adapts it to the longest text of a call: grows at once, and shrinks slowly.
  void fit(std::size_t longest);

 private:
  std::size_t bytes_ = 4096;
};

/// The ranks of a run over Gloo. If a collective call fails, the life watch says who is lost.
class GlooRanks final : public JoinedRanks {
 public:
  /// Connects ranks that have met. `store` has no values of other ranks than these.
  GlooRanks(const c10::intrusive_ptr<c10d::Store>& store, const RankPlace& place, Meeting meeting, std::chrono::seconds timeout);
  ~GlooRanks() override;

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return static_cast<int>(names_.size()); }
  [[nodiscard]] std::string name_of(int rank) const override { return names_.at(static_cast<std::size_t>(rank)); }
  [[nodiscard]] std::vector<std::string> gather(std::string_view own) override;
  [[nodiscard]] std::string from_first(std::string_view own) override;
  void gather_blocks(std::span<const std::byte> own, std::span<std::byte> all) override;
  void sum(std::span<float> numbers) override;
  void begin_sum(std::span<float> numbers) override;
  void finish_sums() override;
  [[nodiscard]] std::string lost() const override { return watch_->loss(); }
  void ask_to_stop() override { watch_->ask_to_stop(); }
  void when_asked_to_stop(std::function<void()> stop) override { watch_->when_asked_to_stop(std::move(stop)); }
  [[nodiscard]] std::vector<int> processes_here() const override { return processes_here_; }
  bool leave(std::string_view why) override;

 private:
  void count_call();
  void find_processes_here();
  /// Waits for all calls that were begun. Throws RankLost after the last has ended.
  void finish_all();
  [[nodiscard]] std::string why_broken(const std::exception& error);

  const int rank_;
  const std::vector<std::string> names_;
  std::vector<int> processes_here_;
  Room gather_room_;
  Room first_room_;
  std::vector<std::byte> own_;  ///< What the last call sent, and what it received.
  std::vector<std::byte> all_;
  c10::intrusive_ptr<c10d::Store> store_;  ///< Rank 0 hosts it until all have left.
  std::unique_ptr<ProcessGroup> group_;
  std::unique_ptr<LifeWatch> watch_;
};

}  // namespace leat::ranks
