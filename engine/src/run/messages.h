#pragma once

#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "run/observers.h"

namespace leat::run {

/// The sentences of a run. They reach observers one at a time, in order, from whichever thread has one to say; no lock is held meanwhile.
/// Holds its lock to queue. [any thread]
class Messages {
 public:
  explicit Messages(const Observers& observers) : observers_(observers) {}

  void say(std::string sentence);
  /// Says "warning: …", each sentence once per run, and keeps it for the results.
  void warn(const std::string& sentence);
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  const Observers& observers_;
  mutable std::mutex lock_;
  std::deque<std::string> queue_;
  bool is_saying_ = false;
  std::set<std::string> warned_;
  std::vector<std::string> warnings_;
};

}  // namespace leat::run
