#include "logs/rank_notes.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "base/late_rank.h"

namespace leat {

namespace {

using nlohmann::json;

constexpr std::size_t most_notes = 100, most_ranks = 65536;
/// Fewer steps say little, even if they take longer than the window.
constexpr std::int64_t least_recent_steps = 12;
/// A note covers about a second, or one step. Larger numbers are damage.
constexpr double most_seconds = 1e6;
constexpr std::int64_t most_steps = 1'000'000'000;

std::optional<double> seconds_in(const json& rank, const char* key) {
  const auto found = rank.find(key);
  if (found == rank.end() || !found->is_number()) return {};
  const double seconds = found->get<double>();
  return seconds >= 0 && seconds <= most_seconds ? std::optional(seconds) : std::nullopt;
}

std::optional<std::int64_t> count_in(const json& note, const char* key, std::int64_t most) {
  const auto found = note.find(key);
  if (found == note.end() || !found->is_number_integer()) return {};
  // A larger unsigned number becomes negative.
  const auto count = found->get<std::int64_t>();
  return count >= 0 && count <= most ? std::optional(count) : std::nullopt;
}

std::string plain_name(std::size_t rank) { return "rank " + std::to_string(rank); }

/// A terminal does what control characters say.
std::string without_controls(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char letter) { return letter < 0x20 || letter == 0x7F; }, '?');
  return name;
}

RankTimes times_of(const RankActivity& rank, std::int64_t steps) {
  // The sum of two of the largest fits into 64 bits.
  const auto ns = [&](double seconds) { return std::llround(std::min(seconds * static_cast<double>(steps), 4e9) * 1e9); };
  return {ns(rank.compute), ns(rank.data)};
}

std::string as_sentence(std::string clause) {
  clause[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(clause[0])));
  return clause + ".";
}

}  // namespace

void judge(RanksActivity& ranks) {
  std::vector<RankTimes> sums;
  double longest = 0;
  for (const RankActivity& one : ranks.ranks) {
    sums.push_back(times_of(one, ranks.steps));
    longest = std::max(longest, one.part());
  }
  for (RankActivity& one : ranks.ranks) one.waiting = longest - one.part();
  const auto late = find_late_rank(sums, ranks.steps);
  ranks.late = late ? late->rank : -1;
  if (late) ranks.sentence = as_sentence(late->sentence(ranks.ranks[static_cast<std::size_t>(late->rank)].name, ranks.steps));
  else if (ranks.steps < least_steps_of_ranks)
    ranks.sentence = "Only " + std::to_string(ranks.steps) + (ranks.steps == 1 ? " step was" : " steps were") +
                     " measured, too few to tell whether a rank is late.";
  else ranks.sentence = "No rank is late: none takes a tenth longer than the others.";
}

std::vector<int> RanksActivity::longest_first() const {
  std::vector<int> out(ranks.size());
  std::iota(out.begin(), out.end(), 0);
  std::stable_sort(out.begin(), out.end(),
                   [this](int a, int b) { return ranks[static_cast<std::size_t>(a)].part() > ranks[static_cast<std::size_t>(b)].part(); });
  return out;
}

RanksActivity with_plain_names(RanksActivity ranks) {
  for (std::size_t k = 0; k < ranks.ranks.size(); ++k) ranks.ranks[k].name = plain_name(k);
  if (!ranks.ranks.empty()) judge(ranks);
  return ranks;
}

void RankNotes::Sums::add(const Note& note) {
  steps += note.steps;
  of_ranks.resize(note.of_ranks.size());
  for (std::size_t k = 0; k < of_ranks.size(); ++k) {
    of_ranks[k].compute += note.of_ranks[k].compute;
    of_ranks[k].data += note.of_ranks[k].data;
  }
}

void RankNotes::begin_part() {
  names_.clear();
  notes_.clear();
}

bool RankNotes::read(std::string_view text, Note& out, std::vector<std::string>& names) {
  const json note = json::parse(text, nullptr, false);
  if (!note.is_object()) return false;
  const auto ranks = note.find("ranks"), phase = note.find("phase");
  if (ranks == note.end() || !ranks->is_array() || ranks->size() < 2 || ranks->size() > most_ranks) return false;
  if (phase == note.end() || !phase->is_string()) return false;
  const auto steps = count_in(note, "steps", most_steps), ns = count_in(note, "ns", std::numeric_limits<std::int64_t>::max());
  if (!steps || *steps == 0 || !ns) return false;
  for (const json& one : *ranks) {
    if (!one.is_object()) return false;
    const auto name = one.find("name");
    const auto compute = seconds_in(one, "compute_s"), data = seconds_in(one, "data_s");
    if (name == one.end() || !name->is_string() || !compute || !data) return false;
    names.push_back(without_controls(name->get<std::string>()));
    out.of_ranks.push_back({*compute, *data});
  }
  out.ns = *ns;
  out.steps = *steps;
  phase_ = phase->get<std::string>();
  return true;
}

void RankNotes::note(std::string_view text) {
  Note note;
  std::vector<std::string> names;
  if (!read(text, note, names)) return;
  // A part has one number of ranks.
  if (!names_.empty() && names_.size() != names.size()) return;
  size_ = names.size();
  Sums& sums = sums_[size_];
  if (sums.names.empty()) sums.names = names;
  for (std::size_t k = 0; k < size_; ++k)
    if (sums.names[k] != names[k]) sums.names[k] = plain_name(k);
  sums.add(note);
  names_ = std::move(names);
  notes_.push_back(std::move(note));
  if (notes_.size() > most_notes) notes_.pop_front();
}

RanksActivity RankNotes::activity_of(const Sums& sums) const {
  RanksActivity out;
  out.phase = phase_;
  out.steps = sums.steps;
  const auto steps = static_cast<double>(sums.steps);
  for (std::size_t k = 0; k < sums.of_ranks.size(); ++k)
    out.ranks.push_back({sums.names[k], sums.of_ranks[k].compute / steps, sums.of_ranks[k].data / steps, 0});
  judge(out);
  return out;
}

RanksActivity RankNotes::recent(double seconds) const {
  if (notes_.empty()) return {};
  Sums sums;
  sums.names = names_;
  const auto begin = notes_.back().ns - static_cast<std::int64_t>(seconds * 1e9);
  for (auto note = notes_.rbegin(); note != notes_.rend() && (note->ns > begin || sums.steps < least_recent_steps); ++note) sums.add(*note);
  return activity_of(sums);
}

RanksActivity RankNotes::whole() const {
  if (sums_.empty()) return {};
  RanksActivity out = activity_of(sums_.at(size_));
  for (const auto& [size, sums] : sums_)
    if (size != size_) out.other_steps += sums.steps;
  return out;
}

}  // namespace leat
