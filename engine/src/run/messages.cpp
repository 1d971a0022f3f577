#include "run/messages.h"

#include <utility>

namespace leat::run {

void Messages::say(std::string sentence) {
  std::unique_lock guard(lock_);
  queue_.push_back(std::move(sentence));
  // The thread that says one says those that come meanwhile, too.
  if (is_saying_) return;
  is_saying_ = true;
  while (!queue_.empty()) {
    const std::string next = std::move(queue_.front());
    queue_.pop_front();
    guard.unlock();
    try {
      observers_.tell(Hears::Messages, [&](Observer& one) { one.message(next); });
    } catch (...) {
      guard.lock();
      is_saying_ = false;
      throw;
    }
    guard.lock();
  }
  is_saying_ = false;
}

void Messages::warn(const std::string& sentence) {
  {
    const std::lock_guard guard(lock_);
    if (!warned_.insert(sentence).second) return;
    warnings_.push_back(sentence);
  }
  say("warning: " + sentence);
}

std::vector<std::string> Messages::warnings() const {
  const std::lock_guard guard(lock_);
  return warnings_;
}

}  // namespace leat::run
