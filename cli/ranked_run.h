#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "leat/joined_ranks.h"
#include "leat/program.h"

namespace leat::cli {

/// This process as one of the ranks of a run. Ranks other than the first print nothing: what they fail of reaches the first. [one thread]
class RankedRun {
 public:
  /// Waits for the other ranks that the environment speaks of. Returns null if there are none. Throws Refusal if this leat cannot do it.
  [[nodiscard]] static std::unique_ptr<RankedRun> join(std::chrono::seconds timeout);
  ~RankedRun();
  RankedRun(const RankedRun&) = delete;
  RankedRun& operator=(const RankedRun&) = delete;

  [[nodiscard]] Ranks& ranks() { return *ranks_; }
  [[nodiscard]] bool is_first() const { return place_.rank == 0; }
  [[nodiscard]] BatchShare share() const { return {place_.rank, place_.size}; }
  /// Returns the device, with an even part of this machine's cores if the user names none.
  [[nodiscard]] std::string device(const std::string& named) const;
  /// Returns true if torchrun has started the ranks again after one failed.
  [[nodiscard]] bool is_restarted() const;
  /// Calls `prepare` on all ranks. If it throws on some, throws on all: on the first what it threw, or which rank threw what.
  void prepare_all(const std::function<void()>& prepare);
  /// Returns the folder of the first rank.
  [[nodiscard]] std::filesystem::path folder_of_first(const std::filesystem::path& own);
  /// Ends this rank's part, for the exception that is being handled if there is one.
  void leave();

 private:
  class Quiet;
  RankedRun(const RankPlace& place, std::unique_ptr<JoinedRanks> ranks);

  const RankPlace place_;
  std::unique_ptr<JoinedRanks> ranks_;
  std::unique_ptr<Quiet> quiet_;
};

}  // namespace leat::cli
