#include "ranks/meeting.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <random>
#include <string_view>
#include <thread>

#include "ranks/addresses.h"

namespace leat::ranks {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto longest_connect = 5s;
/// Rank 0 answers a hello at once, but a machine can be busy.
constexpr auto longest_answer = 20s;

std::string own_name(int rank) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return "rank " + std::to_string(rank) + " (process " + std::to_string(::getpid()) + " on " + host.data() + ")";
}

std::string new_secret() {
  std::random_device device;
  std::string out;
  for (int i = 0; i < 4; ++i) out += std::to_string(device()) + "-";
  return out;
}

int whole(const std::string& text) {
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string seconds(std::chrono::seconds time) { return std::to_string(time.count()) + " s"; }

/// Rank 0's side of the meeting.
class Reception {
 public:
  Reception(const RankPlace& place, std::string secret, int listener)
      : secret_(std::move(secret)), listener_(listener), names_(static_cast<std::size_t>(place.size)), guests_(names_.size() - 1) {
    names_[0] = own_name(0);
  }

  void receive_until(Clock::time_point deadline, std::chrono::seconds limit) {
    while (!missing().empty()) {
      if (Clock::now() >= deadline) lose(missing() + " has not come within " + seconds(limit));
      wait_for_news();
      while (true) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) break;
        strangers_.emplace_back(socket);
      }
      for (Line& line : strangers_) greet(line);
      std::erase_if(strangers_, [](const Line& line) { return !line.is_open(); });
      for (std::size_t i = 0; i < guests_.size(); ++i) check(i);
    }
  }

  /// Tells all that all have come, and returns what rank 0 has then.
  Meeting open() {
    const auto is_far = [](const std::optional<Line>& line) { return !is_within_machine(line->socket()); };
    const auto far = std::find_if(guests_.begin(), guests_.end(), is_far);
    const std::string address = far == guests_.end() ? loopback : near_address((*far)->socket());
    Meeting meeting{names_, {}, address, secret_};
    for (std::optional<Line>& line : guests_) {
      std::vector<std::string> words{is_far(line) ? "" : address};
      words.insert(words.end(), names_.begin(), names_.end());
      line->send(Word::Meeting, packed(words));
      meeting.lines.push_back(std::move(*line));
    }
    return meeting;
  }

 private:
  /// Returns `rank 2`, which has not come, or an empty string.
  [[nodiscard]] std::string missing() const {
    for (std::size_t i = 0; i < guests_.size(); ++i)
      if (!guests_[i]) return "rank " + std::to_string(i + 1);
    return {};
  }

  void wait_for_news() const {
    std::vector<pollfd> files{{listener_, POLLIN, 0}};
    for (const Line& line : strangers_) files.push_back({line.socket(), POLLIN, 0});
    for (const std::optional<Line>& line : guests_)
      if (line) files.push_back({line->socket(), POLLIN, 0});
    ::poll(files.data(), files.size(), 250);
  }

  /// Makes a stranger a guest if its hello is right. Others, such as programs that try ports, are sent away.
  void greet(Line& line) {
    for (const Message& message : line.receive()) {
      const std::vector<std::string> words = unpacked(message.text);
      const int rank = words.size() == 4 ? whole(words[1]) : -1;
      if (message.word != Word::Hello || rank < 1 || words[0] != secret_) return line.close();
      if (const std::string size = std::to_string(names_.size()); words[3] != size)
        lose(words[2] + " is one of " + words[3] + " ranks, but " + names_[0] + " is one of " + size +
             ": the environment variable WORLD_SIZE must be equal for all");
      const auto index = static_cast<std::size_t>(rank);
      if (guests_[index - 1]) lose("two processes are rank " + words[1] + ": " + names_[index] + " and " + words[2]);
      names_[index] = words[2];
      guests_[index - 1].emplace(std::move(line));
      guests_[index - 1]->send(Word::Taken, "");
      return;
    }
  }

  void check(std::size_t guest) {
    if (!guests_[guest]) return;
    const std::vector<Message> messages = guests_[guest]->receive();
    if (!guests_[guest]->is_open()) lose(names_[guest + 1] + " has ended");
  }

  [[noreturn]] void lose(const std::string& sentence) {
    for (std::optional<Line>& line : guests_)
      if (line) line->send(Word::Lost, sentence);
    throw RankLost(sentence);
  }

  const std::string secret_;
  const int listener_;
  std::vector<std::string> names_;
  std::vector<std::optional<Line>> guests_;  ///< By rank, from rank 1.
  std::vector<Line> strangers_;              ///< Without a hello so far.
};

/// Returns the next message, or nullopt after `limit` or the end of the line.
std::optional<Message> next_message(Line& line, std::vector<Message>& waiting, Clock::duration limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  while (waiting.empty() && line.is_open()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left <= 0ms) return {};
    pollfd news{line.socket(), POLLIN, 0};
    ::poll(&news, 1, static_cast<int>(left.count()));
    waiting = line.receive();
  }
  if (waiting.empty()) return {};
  Message message = std::move(waiting.front());
  waiting.erase(waiting.begin());
  return message;
}

/// Returns a line to rank 0 at one of its addresses, or nullopt if no rank 0 answers there.
std::optional<Line> line_to(const std::string& address, std::uint16_t port, const std::string& hello, std::vector<Message>& waiting) {
  const std::optional<int> socket = connect_to(address, port, longest_connect);
  if (!socket) return {};
  Line line(*socket);
  line.send(Word::Hello, hello);
  const std::optional<Message> answer = next_message(line, waiting, longest_answer);
  if (!answer) return {};
  if (answer->word == Word::Lost) throw RankLost(answer->text);
  return line;
}

}  // namespace

Meeting meet_others(const RankPlace& place, std::chrono::seconds limit, const std::function<void(const std::string&)>& publish) {
  const Clock::time_point deadline = Clock::now() + limit;
  const bool is_one_machine = place.local_size == place.size;
  const Listener listener = listen_on_free_port(is_one_machine ? Reach::ThisMachine : Reach::AllMachines);
  const Line closes_it(listener.socket);
  std::vector<std::string> words{new_secret(), std::to_string(listener.port)};
  if (is_one_machine) {
    words.emplace_back(loopback);
  } else {
    words.push_back(place.host);
    for (const std::string& address : own_addresses()) words.push_back(address);
  }
  Reception reception(place, words[0], listener.socket);
  publish(packed(words));
  reception.receive_until(deadline, limit);
  return reception.open();
}

Meeting meet_first(const RankPlace& place, std::chrono::seconds limit, const std::function<std::string()>& published) {
  const Clock::time_point deadline = Clock::now() + limit;
  std::vector<std::string> words;
  std::optional<Line> line;
  std::vector<Message> waiting;
  for (std::size_t i = 2;; i = i + 1 < words.size() ? i + 1 : 2) {
    words = unpacked(published());
    const std::string hello = packed({words.at(0), std::to_string(place.rank), own_name(place.rank), std::to_string(place.size)});
    line = line_to(words.at(std::min(i, words.size() - 1)), static_cast<std::uint16_t>(whole(words.at(1))), hello, waiting);
    if (line) break;
    if (Clock::now() >= deadline) throw RankLost("rank 0 cannot be reached at any of its addresses within " + seconds(limit));
    std::this_thread::sleep_for(100ms);
  }
  // Rank 0 says itself who has not come within `limit`.
  const std::optional<Message> answer = next_message(*line, waiting, 2 * limit);
  if (!answer) throw RankLost(line->is_open() ? "rank 0 has given no sign of life for " + seconds(2 * limit) : "rank 0 has ended");
  if (answer->word != Word::Meeting) throw RankLost(answer->text);
  std::vector<std::string> names = unpacked(answer->text);
  std::string address = names.at(0);
  names.erase(names.begin());
  if (address.empty()) address = near_address(line->socket());
  Meeting meeting{std::move(names), {}, std::move(address), words[0]};
  meeting.lines.push_back(std::move(*line));
  return meeting;
}

}  // namespace leat::ranks
