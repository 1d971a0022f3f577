#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace leat::test {

struct Finished {
  int code = -1;  ///< 128 + the signal for one that was killed.
  std::string out;
  std::string err;

  [[nodiscard]] std::string last_error_line() const;
};

/// The `leat` command that this build made (LEAT_COMMAND), as people start it. Its output is read when it has ended.
class Command {
 public:
  /// `ToNobody`: into a pipe without a reader, as where a pager or a terminal has closed. `ToFullPipe`: into one whose reader reads
  /// nothing, so that each word waits, as in a terminal that was stopped with Ctrl-S. `ToFullDisk`: standard output cannot be written.
  enum class Prints { ToFiles, ToNobody, ToFullPipe, ToFullDisk };
  /// Starts it in a folder, which must last as long as this.
  Command(const std::vector<std::string>& arguments, std::filesystem::path folder, Prints prints = Prints::ToFiles);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();

  void signal(int number) const;
  [[nodiscard]] Finished wait();

 private:
  std::filesystem::path folder_;
  ::pid_t process_ = -1;
  int reader_ = -1;  ///< Of the full pipe.
};

[[nodiscard]] Finished run_leat(const std::vector<std::string>& arguments, const std::filesystem::path& folder);

}  // namespace leat::test
