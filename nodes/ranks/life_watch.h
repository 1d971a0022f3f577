#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ranks/line.h"

namespace leat::ranks {

/// Watches whether the ranks live, on a thread of its own. Each rank has a line to rank 0, which gives and gets a sign of life every
/// second. Rank 0 tells all others who is lost. The others watch rank 0 themselves. The first loss that a rank learns of is the one that it
/// reports. A process that was stopped counts only the time in which it ran, so after it continues it does not take the others for lost.
class LifeWatch {
 public:
  /// `lines` has, for rank 0, the lines to the ranks 1, 2 and so on; for another rank, its line to rank 0.
  LifeWatch(int rank, std::vector<std::string> names, std::vector<Line> lines, std::chrono::seconds timeout);
  ~LifeWatch();
  LifeWatch(const LifeWatch&) = delete;
  LifeWatch& operator=(const LifeWatch&) = delete;

  /// Says what ends this rank's pending collective call. The watch's thread calls it once, when a rank is lost; `cut` must outlive the
  /// watch.
  void when_lost(std::function<void()> cut);
  /// A collective call begins. [any thread]
  void count_call() { ++calls_; }
  /// Returns the sentence of the loss, or an empty one. [any thread]
  [[nodiscard]] std::string loss() const;
  /// Waits until a rank is lost, but not for longer than `limit`. Returns as `loss`.
  [[nodiscard]] std::string wait_for_loss(std::chrono::milliseconds limit) const;
  /// Implements `JoinedRanks::leave`.
  bool leave(std::string_view why);
  /// Implements `Ranks::ask_to_stop`. [any thread]
  void ask_to_stop();
  /// Implements `Ranks::when_asked_to_stop`. [any thread]
  void when_asked_to_stop(std::function<void()> stop);

 private:
  using Clock = std::chrono::steady_clock;
  /// Of this rank. `Leaving`: it has done its work and waits for the others; `Ending`, for rank 0: all have, and close their lines.
  enum class Stage { Watching, Failing, Leaving, Ending, Over };

  struct Peer {
    int rank = 0;
    Line line;
    bool has_left = false;
    std::int64_t calls = 0;
    Clock::duration silence{};
  };

  void watch();
  void wait_for_news();
  void listen(Peer& peer);
  void take(Peer& peer, const Message& message);
  void give_signs(Clock::time_point now);
  void judge_silence(Clock::duration time);
  void judge_waiting(Stage stage);
  void take_leave(Stage stage);
  void end_together(Clock::time_point now);
  void lose(const std::string& sentence, bool is_told_by_first = false);
  void move_to(Stage stage);
  [[nodiscard]] Stage stage() const;
  void tell_all(Word word, const std::string& text);
  void wake();
  void tell_of_stop();
  void call_stop();
  [[nodiscard]] const std::string& name(const Peer& peer) const { return names_[static_cast<std::size_t>(peer.rank)]; }

  const int rank_;
  const std::vector<std::string> names_;
  const std::chrono::seconds timeout_;
  std::atomic<std::int64_t> calls_{0};
  const int wake_;  ///< eventfd that ends the thread's wait.

  // Only the thread uses these.
  std::vector<Peer> peers_;
  Clock::time_point last_sign_;
  Clock::time_point end_begun_;
  bool has_told_ = false;          ///< The others know that this rank leaves.
  bool has_told_of_stop_ = false;  ///< Rank 0 knows that this rank was asked to stop.

  std::atomic<bool> is_asked_{false};  ///< This rank, or for rank 0 another one, was asked to stop.
  std::mutex stop_lock_;               ///< Guards the members below. Held during the call.
  std::function<void()> stop_;
  bool has_stopped_ = false;

  mutable std::mutex lock_;  ///< Guards the members below. `cut_` is called under it, so it must not call the watch.
  mutable std::condition_variable changed_;
  std::string loss_;
  bool is_told_by_first_ = false;  ///< Rank 0 has told the loss, or this rank has told it to rank 0, so rank 0 says it.
  std::function<void()> cut_;
  std::string failure_;  ///< Why this rank fails, until the others are told.
  Stage stage_ = Stage::Watching;
  bool is_closing_ = false;
  std::thread thread_;
};

}  // namespace leat::ranks
