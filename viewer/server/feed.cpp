#include "server/feed.h"

namespace leat::viewer {

void Feed::put(const std::string& topic, std::string text) {
  {
    const std::lock_guard guard(lock_);
    Entry& entry = newest_[topic];
    if (entry.number > 0 && entry.text == text) return;
    entry = {++number_, std::move(text)};
  }
  changed_.notify_all();
}

void Feed::close() {
  {
    const std::lock_guard guard(lock_);
    is_closed_ = true;
  }
  changed_.notify_all();
}

Feed::Texts Feed::after(std::uint64_t number, std::chrono::milliseconds most) const {
  std::unique_lock guard(lock_);
  changed_.wait_for(guard, most, [&] { return is_closed_ || number_ > number; });
  Texts out{{}, number_, is_closed_};
  for (const auto& [topic, entry] : newest_)
    if (entry.number > number) out.by_topic.emplace(topic, entry.text);
  return out;
}

}  // namespace leat::viewer
