#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "run/observer_thread.h"

namespace leat::run {

/// The messages of a run. A caller does not wait for observers. Holds its lock to store a warning and to post it, so both lists have the
/// same order. [any thread]
class Messages {
 public:
  explicit Messages(ObserverThread& observer_thread) : observer_thread_(observer_thread) {}

  void say(std::string sentence);
  /// Reports "warning: …", each sentence once per run, and stores it for the results.
  void warn(const std::string& sentence);
  /// Stores a warning for the results without reporting it.
  void keep(const std::string& sentence);
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  ObserverThread& observer_thread_;
  mutable std::mutex lock_;
  std::set<std::string> warned_;
  std::vector<std::string> warnings_;
};

}  // namespace leat::run
