#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "run/observer_thread.h"

namespace leat::run {

/// The sentences of a run. Whoever has one to say goes on at once. Holds its lock to keep a warning and to post it, so that both are in one
/// order. [any thread]
class Messages {
 public:
  explicit Messages(ObserverThread& observer_thread) : observer_thread_(observer_thread) {}

  void say(std::string sentence);
  /// Says "warning: …", each sentence once per run, and keeps it for the results.
  void warn(const std::string& sentence);
  /// Keeps a warning for the results that is said elsewhere.
  void keep(const std::string& sentence);
  [[nodiscard]] std::vector<std::string> warnings() const;
  /// Says "note: …", each sentence once per run, and keeps it for the results.
  void disclose(const std::string& sentence);
  [[nodiscard]] std::vector<std::string> disclosures() const;

 private:
  ObserverThread& observer_thread_;
  mutable std::mutex lock_;
  std::set<std::string> warned_;
  std::vector<std::string> warnings_;
  std::vector<std::string> disclosures_;
};

}  // namespace leat::run
