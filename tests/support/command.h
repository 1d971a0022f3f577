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
  /// `ToNobody`: into a pipe that nobody reads, as where a pager or a terminal has closed.
  enum class Prints { ToFiles, ToNobody };
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
};

[[nodiscard]] Finished run_leat(const std::vector<std::string>& arguments, const std::filesystem::path& folder);

}  // namespace leat::test
