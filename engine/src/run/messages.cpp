#include "run/messages.h"

#include <algorithm>
#include <utility>

namespace leat::run {

void Messages::say(std::string sentence) {
  if (log_) {
    const std::lock_guard guard(said_lock_);
    said_.push_back(sentence);
    while (!said_.empty() && log_(said_.front())) said_.erase(said_.begin());
  }
  observer_thread_.tell(Hears::Messages, [sentence = std::move(sentence)](Observer& one) { one.message(sentence); });
}

void Messages::warn(const std::string& sentence) {
  const std::lock_guard guard(lock_);
  if (!warned_.insert(sentence).second) return;
  warnings_.push_back(sentence);
  say("warning: " + sentence);
}

void Messages::keep(const std::string& sentence) {
  const std::lock_guard guard(lock_);
  if (warned_.insert(sentence).second) warnings_.push_back(sentence);
}

std::vector<std::string> Messages::warnings() const {
  const std::lock_guard guard(lock_);
  return warnings_;
}

void Messages::disclose(const std::string& sentence) {
  const std::lock_guard guard(lock_);
  if (std::find(disclosures_.begin(), disclosures_.end(), sentence) != disclosures_.end()) return;
  disclosures_.push_back(sentence);
  say("note: " + sentence);
}

std::vector<std::string> Messages::disclosures() const {
  const std::lock_guard guard(lock_);
  return disclosures_;
}

}  // namespace leat::run
