#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace leat {

/// How long a run has worked, as its event log says. Reads a log that grows from where the last call stopped. [one thread]
class LogSoFar {
 public:
  explicit LogSoFar(std::filesystem::path events_log);
  ~LogSoFar();
  LogSoFar(LogSoFar&&) noexcept;
  LogSoFar& operator=(LogSoFar&&) noexcept;

  /// Reads what is new. Returns the seconds from the begin of the run to its newest event, without the breaks before it was resumed; 0 if
  /// there is no log, or none that can be read.
  double read();
  /// Returns the name of the train phase; empty if there is none.
  [[nodiscard]] const std::string& training() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace leat
