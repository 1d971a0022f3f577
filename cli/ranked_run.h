#pragma once

#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "leat/joined_ranks.h"
#include "leat/program.h"

namespace leat::cli {

/// A failure that another rank prints. The process ends with the code, and prints nothing.
class ToldElsewhere : public std::exception {
 public:
  explicit ToldElsewhere(int code) : code_(code) {}
  [[nodiscard]] int code() const { return code_; }
  [[nodiscard]] const char* what() const noexcept override { return "another rank says why the run ends"; }

 private:
  int code_;
};

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
  /// Returns this rank's even part of its machine's cores.
  [[nodiscard]] int cores() const;
  /// Returns the device, with this rank's cores if the user names none.
  [[nodiscard]] std::string device(const std::string& named) const;
  /// Returns true if torchrun has started this machine's ranks again after one failed.
  [[nodiscard]] bool is_restarted() const;
  /// Returns true if torchrun has started the ranks, and a run in this folder was begun after it: by ranks before these, one of which
  /// failed. All ranks get the same answer.
  [[nodiscard]] bool continues(const std::filesystem::path& folder);
  /// Calls `prepare` on all ranks. If it throws on some, throws on all: on the first what it threw, or which rank threw what.
  void prepare_all(const std::function<void()>& prepare);
  /// Throws Refusal if a rank names another folder than the first. `option`: the one that names it, or an empty string.
  void compare_folders(const std::string& option, const std::filesystem::path& folder);
  /// Returns the folder of the first rank.
  [[nodiscard]] std::filesystem::path folder_of_first(const std::filesystem::path& own);
  /// Returns what a user adds to a command to start as many ranks again.
  [[nodiscard]] std::string how_to_start() const;
  /// Ends this rank's part, for the exception that is being handled if there is one. Throws ToldElsewhere if the first rank says what it
  /// is.
  void leave();

 private:
  class Quiet;
  RankedRun(const RankPlace& place, std::unique_ptr<JoinedRanks> ranks);

  const RankPlace place_;
  std::unique_ptr<JoinedRanks> ranks_;
  std::unique_ptr<Quiet> quiet_;
  bool is_refused_ = false;  ///< The ranks know why the run does not begin.
};

}  // namespace leat::cli
