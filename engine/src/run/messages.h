#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "run/observer_thread.h"

namespace leat::run {

/// The messages of a run. A caller does not wait for observers. Holds its lock to store a warning and to post it, so both lists have the
/// same order. [any thread]
class Messages {
 public:
  explicit Messages(ObserverThread& observer_thread) : observer_thread_(observer_thread) {}

  void say(std::string sentence);
  /// Also passes messages to `log`, which returns false while it cannot take them. Those are kept, and passed before the next one. [setup]
  void log_to(std::function<bool(const std::string&)> log) { log_ = std::move(log); }
  /// Reports "warning: …", each sentence once per run, and stores it for the results.
  void warn(const std::string& sentence);
  /// Stores a warning for the results without reporting it.
  void keep(const std::string& sentence);
  [[nodiscard]] std::vector<std::string> warnings() const;
  /// Says "note: …", each sentence once per run, and keeps it for the results.
  void disclose(const std::string& sentence);
  [[nodiscard]] std::vector<std::string> disclosures() const;

 private:
  ObserverThread& observer_thread_;
  std::function<bool(const std::string&)> log_;
  std::mutex said_lock_;
  std::vector<std::string> said_;  ///< Messages that the log has not taken. Guarded by `said_lock_`.
  mutable std::mutex lock_;
  std::set<std::string> warned_;
  std::vector<std::string> warnings_;
  std::vector<std::string> disclosures_;
};

}  // namespace leat::run
