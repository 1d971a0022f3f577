#include "ranks/gloo_ranks.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "ranks/store.h"

namespace leat::ranks {

namespace {

using namespace std::chrono_literals;

/// If a connection breaks because a rank ends, the watch learns of it at the same time. A machine can be busy.
constexpr auto longest_search = 5s;
constexpr std::size_t least_room = 256;
constexpr std::size_t most_room = 65536;
/// Longer blocks go in pieces, because a gather copies them for each rank.
constexpr std::size_t most_piece = 1 << 22;
constexpr std::size_t head = sizeof(std::uint64_t);

std::size_t length_at(std::span<const std::byte> block) {
  std::uint64_t length = 0;
  std::memcpy(&length, block.data(), sizeof length);
  return length;
}

/// Returns a name of the processes that this one sees: of the machine since its start, and of the container.
std::string own_processes() {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  std::error_code ignored;
  return boot + " " + std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

/// Writes a text's length and its first bytes.
void put_head(std::string_view text, std::size_t room, std::vector<std::byte>& block) {
  const std::uint64_t length = text.size();
  block.resize(head + room);
  std::memcpy(block.data(), &length, sizeof length);
  std::memcpy(block.data() + head, text.data(), std::min(text.size(), room));
}

}  // namespace

void Room::fit(std::size_t longest) { bytes_ = std::clamp(std::max(longest, bytes_ - bytes_ / 8), least_room, most_room); }

GlooRanks::GlooRanks(const c10::intrusive_ptr<c10d::Store>& store, const RankPlace& place, Meeting meeting, std::chrono::seconds timeout)
    : rank_(place.rank),
      names_(meeting.names),
      store_(store),
      watch_(std::make_unique<LifeWatch>(place.rank, std::move(meeting.names), std::move(meeting.lines), timeout)) {
  try {
    group_ = std::make_unique<ProcessGroup>(store, place, meeting.address);
  } catch (const std::exception& error) {
    const std::string sentence = "the ranks cannot be connected: " + first_line(error);
    // The others search for as long as twice that, and then know this sentence.
    const std::string loss = watch_->wait_for_loss(longest_search / 2);
    watch_->leave(sentence);
    throw RankLost(loss.empty() ? sentence : loss);
  }
  watch_->when_lost([group = group_.get()] { group->cut(); });
  find_processes_here();
}

GlooRanks::~GlooRanks() {
  // The watch calls the group. Gloo ends its threads only after the calls that were begun.
  watch_.reset();
  group_->cut();
}

void GlooRanks::find_processes_here() {
  const std::string here = own_processes();
  const std::vector<std::string> all = gather(packed({here, std::to_string(::getpid())}));
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    const std::vector<std::string> words = unpacked(all[rank]);
    if (static_cast<int>(rank) != rank_ && words.at(0) == here) processes_here_.push_back(std::stoi(words.at(1)));
  }
}

void GlooRanks::count_call() {
  watch_->count_call();
  if (const std::string loss = watch_->loss(); !loss.empty()) throw RankLost(loss);
}

std::string GlooRanks::why_broken(const std::exception& error) {
  const std::string loss = watch_->wait_for_loss(longest_search);
  return loss.empty() ? "the connection between the ranks broke: " + first_line(error) : loss;
}

void GlooRanks::finish_all() {
  std::string why;
  while (group_->has_begun()) {
    try {
      group_->finish();
    } catch (const std::exception& error) {
      if (!why.empty()) continue;
      why = why_broken(error);
      group_->cut();
    }
  }
  if (!why.empty()) throw RankLost(why);
}

std::vector<std::string> GlooRanks::gather(std::string_view own) {
  count_call();
  const std::size_t room = gather_room_.bytes();
  put_head(own, room, own_);
  all_.resize(own_.size() * names_.size());
  group_->begin_gather(own_, all_);
  finish_all();
  std::vector<std::string> out(names_.size());
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::span<const std::byte> block = std::span(all_).subspan(i * own_.size(), own_.size());
    lengths.push_back(length_at(block));
    out[i].assign(reinterpret_cast<const char*>(block.data()) + head, std::min(lengths.back(), room));
  }
  const std::size_t longest = *std::max_element(lengths.begin(), lengths.end());
  gather_room_.fit(longest);
  if (longest <= room) return out;
  own_.assign(longest - room, std::byte());
  if (own.size() > room) std::memcpy(own_.data(), own.data() + room, own.size() - room);
  all_.resize(own_.size() * names_.size());
  group_->begin_gather(own_, all_);
  finish_all();
  for (std::size_t i = 0; i < out.size(); ++i)
    if (lengths[i] > room) out[i].append(reinterpret_cast<const char*>(all_.data() + i * own_.size()), lengths[i] - room);
  return out;
}

std::string GlooRanks::from_first(std::string_view own) {
  count_call();
  const std::size_t room = first_room_.bytes();
  put_head(rank_ == 0 ? own : std::string_view(), room, own_);
  group_->begin_from_first(own_);
  finish_all();
  const std::size_t length = length_at(own_);
  first_room_.fit(length);
  std::string out(reinterpret_cast<const char*>(own_.data()) + head, std::min(length, room));
  if (length <= room) return out;
  if (rank_ == 0) out = own;
  out.resize(length);
  group_->begin_from_first(std::as_writable_bytes(std::span(out)).subspan(room));
  finish_all();
  return out;
}

void GlooRanks::gather_blocks(std::span<const std::byte> own, std::span<std::byte> all) {
  if (all.size() != own.size() * names_.size()) throw std::logic_error("gather_blocks needs room for one block of each rank");
  count_call();
  if (own.size() <= most_piece) {
    if (!own.empty()) group_->begin_gather(own, all);
    return finish_all();
  }
  for (std::size_t at = 0; at < own.size(); at += most_piece) {
    const std::size_t length = std::min(most_piece, own.size() - at);
    all_.resize(length * names_.size());
    group_->begin_gather(own.subspan(at, length), all_);
    finish_all();
    for (std::size_t rank = 0; rank < names_.size(); ++rank)
      std::memcpy(all.data() + rank * own.size() + at, all_.data() + rank * length, length);
  }
}

void GlooRanks::sum(std::span<float> numbers) {
  begin_sum(numbers);
  finish_sums();
}

void GlooRanks::begin_sum(std::span<float> numbers) {
  count_call();
  if (!numbers.empty()) group_->begin_sum(numbers);
}

void GlooRanks::finish_sums() { finish_all(); }

bool GlooRanks::leave(std::string_view why) { return watch_->leave(why); }

}  // namespace leat::ranks
