#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace leat::test {

struct Finished {
  int code = -1;  ///< Exit code; 128 + the signal if a signal ended the command.
  std::string out;
  std::string err;

  [[nodiscard]] std::string last_error_line() const;
};

/// The `leat` command of this build (LEAT_COMMAND), started as users start it. Its output is read after it has ended.
class Command {
 public:
  /// The target of the output. `ToNobody`: a pipe without a reader, as after a pager or a terminal has closed. `ToFullPipe`: a pipe whose
  /// reader does not read, so each write waits, as in a terminal stopped with Ctrl-S. `ToFullDisk`: standard output cannot be written.
  enum class Prints { ToFiles, ToNobody, ToFullPipe, ToFullDisk };
  /// Starts the command in a folder, which must outlive this object.
  Command(const std::vector<std::string>& arguments, std::filesystem::path folder, Prints prints = Prints::ToFiles);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();

  void signal(int number) const;
  [[nodiscard]] Finished wait();

 private:
  std::filesystem::path folder_;
  ::pid_t process_ = -1;
  int reader_ = -1;  ///< Read end of the full pipe.
};

/// Returns the path of the command.
[[nodiscard]] std::filesystem::path leat_command();
[[nodiscard]] Finished run_leat(const std::vector<std::string>& arguments, const std::filesystem::path& folder);

}  // namespace leat::test
