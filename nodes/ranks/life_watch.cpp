#include "ranks/life_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "leat/ranks.h"

namespace leat::ranks {

namespace {

using namespace std::chrono_literals;

constexpr auto tick = 250ms;
constexpr auto between_signs = 1s;
/// The ranks that have done their work close their lines at once, but a machine can be busy.
constexpr auto longest_end = 10s;
constexpr auto longest_telling = 5s;

std::int64_t number_in(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int opened_event() {
  const int file = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (file < 0) throw std::runtime_error("cannot watch the other ranks: " + std::string(std::strerror(errno)));
  return file;
}

}  // namespace

LifeWatch::LifeWatch(int rank, std::vector<std::string> names, std::vector<Line> lines, std::chrono::seconds timeout)
    : rank_(rank), names_(std::move(names)), timeout_(timeout), wake_(opened_event()) {
  for (Line& line : lines) {
    const int other = rank_ == 0 ? static_cast<int>(peers_.size()) + 1 : 0;
    peers_.push_back({other, std::move(line)});
  }
  thread_ = std::thread([this] { watch(); });
}

LifeWatch::~LifeWatch() {
  {
    const std::lock_guard guard(lock_);
    is_closing_ = true;
  }
  wake();
  thread_.join();
  ::close(wake_);
}

void LifeWatch::wake() {
  const std::uint64_t one = 1;
  while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) continue;
}

void LifeWatch::when_lost(std::function<void()> cut) {
  const std::lock_guard guard(lock_);
  if (!loss_.empty()) return cut();
  cut_ = std::move(cut);
}

std::string LifeWatch::loss() const {
  const std::lock_guard guard(lock_);
  return loss_;
}

std::string LifeWatch::wait_for_loss(std::chrono::milliseconds limit) const {
  std::unique_lock guard(lock_);
  changed_.wait_for(guard, limit, [this] { return !loss_.empty(); });
  return loss_;
}

bool LifeWatch::leave(std::string_view why) {
  std::unique_lock guard(lock_);
  const auto is_over = [this] { return stage_ == Stage::Over || !loss_.empty(); };
  if (!why.empty()) {
    if (is_over()) return is_told_by_first_;
    failure_ = why;
    stage_ = Stage::Failing;
    wake();
    changed_.wait_for(guard, longest_telling, is_over);
    return is_told_by_first_;
  }
  if (!is_over()) {
    stage_ = Stage::Leaving;
    wake();
    changed_.wait(guard, is_over);
  }
  if (!loss_.empty()) throw RankLost(loss_);
  return false;
}

void LifeWatch::ask_to_stop() {
  is_asked_ = true;
  wake();
}

void LifeWatch::when_asked_to_stop(std::function<void()> stop) {
  const std::lock_guard guard(stop_lock_);
  stop_ = std::move(stop);
  has_stopped_ = false;
  wake();
}

void LifeWatch::tell_of_stop() {
  if (!is_asked_ || rank_ == 0 || std::exchange(has_told_of_stop_, true)) return;
  tell_all(Word::Stop, "");
}

void LifeWatch::call_stop() {
  if (!is_asked_ || rank_ != 0) return;
  const std::lock_guard guard(stop_lock_);
  if (!stop_ || std::exchange(has_stopped_, true)) return;
  stop_();
}

LifeWatch::Stage LifeWatch::stage() const {
  const std::lock_guard guard(lock_);
  return stage_;
}

void LifeWatch::move_to(Stage stage) {
  const std::lock_guard guard(lock_);
  stage_ = stage;
  changed_.notify_all();
}

void LifeWatch::watch() {
  Clock::time_point before = Clock::now();
  for (;;) {
    wait_for_news();
    {
      const std::lock_guard guard(lock_);
      if (is_closing_) return;
    }
    const Clock::time_point now = Clock::now();
    for (Peer& peer : peers_) listen(peer);
    give_signs(now);
    tell_of_stop();
    call_stop();
    // More has passed only if this process was stopped, or the machine was.
    judge_silence(std::min<Clock::duration>(now - before, 2 * tick));
    const Stage stage = this->stage();
    judge_waiting(stage);
    take_leave(stage);
    end_together(now);
    before = now;
  }
}

void LifeWatch::wait_for_news() {
  std::vector<pollfd> files{{wake_, POLLIN, 0}};
  for (const Peer& peer : peers_)
    if (peer.line.is_open())
      files.push_back({peer.line.socket(), static_cast<short>(peer.line.has_unsent() ? POLLIN | POLLOUT : POLLIN), 0});
  ::poll(files.data(), files.size(), std::chrono::milliseconds(tick).count());
  std::uint64_t count = 0;
  while (::read(wake_, &count, sizeof count) > 0) continue;
}

void LifeWatch::listen(Peer& peer) {
  if (!peer.line.is_open()) return;
  peer.line.send_rest();
  for (const Message& message : peer.line.receive()) {
    peer.silence = {};
    take(peer, message);
  }
  if (!peer.line.is_open()) lose(name(peer) + " has ended");
}

void LifeWatch::take(Peer& peer, const Message& message) {
  switch (message.word) {
    case Word::Sign:
      peer.calls = number_in(message.text);
      return;
    case Word::Left:
      peer.calls = number_in(message.text);
      peer.has_left = true;
      return;
    case Word::Failed:
      return lose(name(peer) + " failed: " + message.text, rank_ != 0);
    case Word::Lost:
      return lose(message.text, rank_ != 0);
    case Word::Stop:
      is_asked_ = true;
      return;
    case Word::End:
      move_to(Stage::Over);
      return peer.line.close();
    case Word::Hello:
    case Word::Taken:
    case Word::Meeting:
      return;
  }
}

void LifeWatch::give_signs(Clock::time_point now) {
  if (now - last_sign_ < between_signs) return;
  last_sign_ = now;
  tell_all(Word::Sign, std::to_string(calls_));
}

void LifeWatch::tell_all(Word word, const std::string& text) {
  for (Peer& peer : peers_) peer.line.send(word, text);
}

void LifeWatch::judge_silence(Clock::duration time) {
  const std::string length = " for " + std::to_string(timeout_.count()) + " s";
  for (Peer& peer : peers_) {
    peer.silence += time;
    if (!peer.line.is_open() || peer.silence < timeout_) continue;
    peer.silence = {};
    peer.line.send(Word::Lost, name(peer) + " was given up by the others, because it had given no sign of life" + length);
    lose(name(peer) + " has given no sign of life" + length);
  }
}

/// Finds a rank that is in a collective call for which another one, which has left, never comes.
void LifeWatch::judge_waiting(Stage stage) {
  if (rank_ != 0) return;
  const std::int64_t own = calls_;
  for (const Peer& peer : peers_) {
    if (peer.has_left && peer.calls < own) lose(name(peer) + " has left the run, but " + names_[0] + " waits for it");
    if (stage == Stage::Leaving && own < peer.calls) lose(names_[0] + " has left the run, but " + name(peer) + " waits for it");
    for (const Peer& other : peers_)
      if (peer.has_left && peer.calls < other.calls) lose(name(peer) + " has left the run, but " + name(other) + " waits for it");
  }
}

void LifeWatch::take_leave(Stage stage) {
  if (stage != Stage::Failing && stage != Stage::Leaving) return;
  if (!std::exchange(has_told_, true)) {
    if (stage == Stage::Leaving) return tell_all(Word::Left, std::to_string(calls_));
    std::string why;
    {
      const std::lock_guard guard(lock_);
      why = failure_;
    }
    tell_all(Word::Failed, why);
  }
  if (stage != Stage::Failing || std::any_of(peers_.begin(), peers_.end(), [](const Peer& peer) { return peer.line.has_unsent(); })) return;
  if (rank_ != 0 && peers_.front().line.is_open()) {
    const std::lock_guard guard(lock_);
    is_told_by_first_ = loss_.empty();
  }
  move_to(Stage::Over);
}

/// Lets all ranks leave together, so that none closes a connection that another still uses.
void LifeWatch::end_together(Clock::time_point now) {
  if (rank_ != 0) return;
  const Stage stage = this->stage();
  if (stage == Stage::Leaving && loss().empty() &&
      std::all_of(peers_.begin(), peers_.end(), [](const Peer& peer) { return peer.has_left; })) {
    move_to(Stage::Ending);
    end_begun_ = now;
    tell_all(Word::End, "");
    for (const Peer& peer : peers_) peer.line.end_sending();
  }
  if (stage != Stage::Ending) return;
  const bool are_closed = std::none_of(peers_.begin(), peers_.end(), [](const Peer& peer) { return peer.line.is_open(); });
  if (are_closed || now - end_begun_ > longest_end) move_to(Stage::Over);
}

void LifeWatch::lose(const std::string& sentence, bool is_told_by_first) {
  {
    const std::lock_guard guard(lock_);
    if (!loss_.empty() || stage_ == Stage::Ending || stage_ == Stage::Over) return;
    loss_ = sentence;
    is_told_by_first_ = is_told_by_first;
    if (cut_) cut_();
    changed_.notify_all();
  }
  if (rank_ == 0) tell_all(Word::Lost, sentence);
}

}  // namespace leat::ranks
