#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace leat::viewer {

/// The newest text of each topic, for readers that come and go. A slow reader misses texts that newer ones have replaced, so the memory
/// does not grow. [any thread]
class Feed {
 public:
  struct Texts {
    std::map<std::string, std::string> by_topic;  ///< Those that are newer than the reader's.
    std::uint64_t number = 0;                     ///< For the next call.
    bool is_closed = false;
  };

  /// Readers learn of the text if it differs from the topic's newest one.
  void put(const std::string& topic, std::string text);
  /// Ends all waits.
  void close();
  /// Returns the texts that were put after `number`, as soon as there are any, at the latest after `most`.
  [[nodiscard]] Texts after(std::uint64_t number, std::chrono::milliseconds most) const;

 private:
  struct Entry {
    std::uint64_t number = 0;
    std::string text;
  };
  mutable std::mutex lock_;
  mutable std::condition_variable changed_;
  std::map<std::string, Entry> newest_;
  std::uint64_t number_ = 0;
  bool is_closed_ = false;
};

}  // namespace leat::viewer
