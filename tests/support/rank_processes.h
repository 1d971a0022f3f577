#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "reserved_port.h"
#include "support/command.h"

namespace leat::test {

/// A test's process of `leat_rank_worker` (LEAT_RANK_WORKER) or `leat`. It is killed if the test ends before it does.
class Process {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;
  /// Starts a program with further variables in its environment. Its output goes to NAME.out and NAME.err in the folder, which must outlive
  /// this object.
  Process(const std::vector<std::string>& words, const std::filesystem::path& folder, const std::string& name, const Variables& variables);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();

  [[nodiscard]] ::pid_t id() const { return id_; }
  void signal(int number) const;
  /// Waits until its output has a text. Throws if the process ends before.
  void wait_for(const std::string& text) const;
  /// Waits until a signal has stopped it.
  void wait_until_stopped() const;
  /// Throws if it does not end within three minutes.
  [[nodiscard]] Finished wait();
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  std::filesystem::path out_;
  std::filesystem::path err_;
  ::pid_t id_ = -1;
};

/// Returns what torchrun sets for a rank of this machine.
[[nodiscard]] Process::Variables rank_variables(int rank, int size, int port);

/// A scene of `leat_rank_worker` on several ranks.
class Scene {
 public:
  Scene(int size, const std::filesystem::path& folder, const std::vector<std::string>& words, int timeout_s = 60);

  [[nodiscard]] Process& operator[](int rank) { return ranks_.at(static_cast<std::size_t>(rank)); }
  [[nodiscard]] int size() const { return static_cast<int>(ranks_.size()); }
  /// Waits until all print a text.
  void wait_for(const std::string& text) const;
  void wait_for(int rank, const std::string& text) const;

 private:
  cli::ReservedPort port_;
  std::vector<Process> ranks_;
};

/// Returns the path of the program.
[[nodiscard]] std::string rank_worker();

}  // namespace leat::test
