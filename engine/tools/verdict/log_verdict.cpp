#include "verdict/log_verdict.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "leat/log_header.h"
#include "verdict/judge.h"

namespace leat::verdict {

namespace {

using nlohmann::json;
using record::Event;
using record::EventKind;

/// Adds the sums of another part of the run, with the same nodes.
void add(PhaseSums& to, PhaseSums& more) {
  for (std::size_t k = 0; k < to.nodes.size(); ++k) {
    PhaseSums::Node& node = to.nodes[k];
    const PhaseSums::Node& one = more.nodes[k];
    for (const auto member :
         {&PhaseSums::Node::calls, &PhaseSums::Node::busy, &PhaseSums::Node::waited_for, &PhaseSums::Node::queued, &PhaseSums::Node::turn})
      node.*member += one.*member;
    for (const auto member : {&Seen::computing, &Seen::waiting, &Seen::on_disk}) node.seen.*member += one.seen.*member;
  }
  for (const auto member : {&PhaseSums::length, &PhaseSums::steps, &PhaseSums::occurrences, &PhaseSums::device_busy, &PhaseSums::wait,
                            &PhaseSums::late, &PhaseSums::metrics, &PhaseSums::handover})
    to.*member += more.*member;
  for (const auto& [phase, length] : more.of_phases) to.of_phases[phase] += length;
  to.in_flight = std::max(to.in_flight, more.in_flight);
  if (more.threads.size() > to.threads.size()) to.threads = std::move(more.threads);
  if (more.recorded.size() > to.recorded.size()) to.recorded = std::move(more.recorded);
  to.usage.add(more.usage);
  to.around.add(more.around);
}

Usage usage_of(const json& note) {
  Usage usage;
  usage.seconds = note.value("seconds", 0.0);
  usage.core_seconds = usage.seconds * note.value("cores", 0.0);
  usage.all_core_seconds = usage.seconds * note.value("machine_cores", 0.0);
  usage.process = note.value("process", 0.0);
  usage.workers = note.value("workers", 0.0);
  usage.lane = note.value("lane", 0.0);
  usage.workers_delayed = note.value("workers_delayed", 0.0);
  usage.lane_delayed = note.value("lane_delayed", 0.0);
  usage.machine = note.value("machine", 0.0);
  usage.most_bytes = note.value("bytes", 0.0);
  return usage;
}

}  // namespace

bool is_usage(std::string_view note) { return note.starts_with("{\"usage\":"); }

void LogVerdict::header(const LogHeader& header) {
  end_part();
  begin_part(header);
  ranks_.begin_part();
  workers_ = header.workers;
}

void LogVerdict::begin_part(const LogHeader& header) {
  auto part = std::make_unique<Part>();
  part->names = names_of(header);
  for (const PhaseNames& names : part->names.phases) part->phases.push_back(std::make_unique<PhaseRecord>(names, part->pauses));
  part_ = std::move(part);
  retired_.clear();
  last_phase_ = -1;
  is_over_ = false;
}

void LogVerdict::end_part() {
  if (!part_) return;
  for (const auto& phase : part_->phases) phase->finish();
  const auto is_same = [](const PhaseNames& one, const PhaseNames& other) {
    return one.name == other.name && std::equal(one.nodes.begin(), one.nodes.end(), other.nodes.begin(), other.nodes.end(),
                                                [](const auto& a, const auto& b) { return a.name == b.name; });
  };
  const bool goes_on =
      std::equal(names_.phases.begin(), names_.phases.end(), part_->names.phases.begin(), part_->names.phases.end(), is_same);
  if (!goes_on) sums_.clear();
  names_ = std::move(part_->names);
  for (std::size_t k = 0; k < part_->phases.size(); ++k) {
    if (k < sums_.size()) leat::verdict::add(sums_[k], part_->phases[k]->sums());
    else sums_.push_back(std::move(part_->phases[k]->sums()));
  }
  part_ = nullptr;
}

void LogVerdict::add(const Event& event) {
  if (!part_ || event.phase >= part_->phases.size()) return;
  ++read_;
  last_phase_ = event.phase;
  part_->ran.insert(event.phase);
  part_->phases[event.phase]->add(event);
  if (!part_->names.phases[event.phase].is_training) {
    const std::int64_t begin = event.ready_ns + event.waited_ns;
    part_->pauses.add(event.phase, event.occurrence, begin, begin + event.busy_ns);
  }
  if (event.kind == EventKind::Ran) part_->newest = std::max(part_->newest, event.ready_ns + event.waited_ns + event.busy_ns);
  if (event.kind == EventKind::Retired) retired_.push_back({event.phase, event.occurrence, event.step, event.ready_ns, read_});
  for (; !retired_.empty() && retired_.front().read + lag_ <= read_; retired_.pop_front()) {
    const Retirement& one = retired_.front();
    part_->phases[one.phase]->fold(one.occurrence, one.step, one.at);
  }
}

void LogVerdict::note(std::string_view text) {
  if (!part_) return;
  if (is_usage(text)) add_usage(text);
  else if (RankNotes::is_one(text)) ranks_.note(text);
  else if (text.starts_with("{\"control\":")) add_pause(text);
  else if (text.starts_with("{\"finished\":") || text.starts_with("{\"interrupted\":") || text.starts_with("{\"failed\":")) is_over_ = true;
}

/// Steps in flight are finished after a pause, so the hold begins with the end of the last body.
void LogVerdict::add_pause(std::string_view text) {
  const json note = json::parse(text, nullptr, false);
  if (!note.is_object() || !note.contains("ns") || !note["ns"].is_number_integer()) return;
  const auto at = note["ns"].get<std::int64_t>();
  if (note["control"] == "pause") {
    part_->paused = at;
    part_->is_usage_held = true;
  }
  if (note["control"] != "go on") return;
  const auto paused = std::exchange(part_->paused, std::nullopt);
  if (!paused) return;
  // Threads write in rounds: a body that began after the pause can come before this note.
  const std::int64_t begin = std::max(*paused, part_->newest <= at ? part_->newest : *paused);
  if (begin < at) part_->pauses.add_hold({begin, at});
}

std::vector<Pauses::Hold> LogVerdict::holds() const { return part_ ? part_->pauses.holds() : std::vector<Pauses::Hold>(); }

void LogVerdict::add_hold(Pauses::Hold hold) {
  if (part_) part_->pauses.add_hold(hold);
}

void LogVerdict::add_usage(std::string_view text) {
  // A note is of about a second. One that is partly of a pause is left out, because it does not say how much.
  const bool is_held = part_->is_usage_held;
  part_->is_usage_held = part_->paused.has_value();
  const std::set<int> ran = std::exchange(part_->ran, {});
  if (is_held) return;
  const json note = json::parse(text, nullptr, false);
  if (!note.is_object() || !note.contains("usage") || !note["usage"].is_object()) return;
  const json& usage = note["usage"];
  std::vector<std::int64_t> looks(part_->phases.size(), 0);
  for (const json& one : usage.value("nodes", json::array())) {
    if (!one.is_array() || one.size() != 5 ||
        !std::all_of(one.begin(), one.end(), [](const json& number) { return number.is_number_integer(); }))
      continue;
    const auto phase = one[0].get<std::size_t>(), node = one[1].get<std::size_t>();
    if (phase >= part_->phases.size() || node >= part_->names.phases[phase].nodes.size()) continue;
    Seen& seen = part_->phases[phase]->sums().nodes[node].seen;
    seen.computing += one[2].get<std::int64_t>();
    seen.waiting += one[3].get<std::int64_t>();
    seen.on_disk += one[4].get<std::int64_t>();
    looks[phase] += one[2].get<std::int64_t>() + one[3].get<std::int64_t>() + one[4].get<std::int64_t>();
  }
  const auto most = std::max_element(looks.begin(), looks.end());
  const int phase = most != looks.end() && *most > 0 ? static_cast<int>(most - looks.begin()) : last_phase_;
  if (phase >= 0) part_->phases[static_cast<std::size_t>(phase)]->sums().usage.add(usage_of(usage));
  for (const int one : ran) part_->phases[static_cast<std::size_t>(one)]->sums().around.add(usage_of(usage));
}

record::LogReader LogVerdict::reader() {
  return {[this](std::string_view json) { header(read_log_header(json)); }, [this](const Event& event) { add(event); },
          [this](std::string_view json) { note(json); }};
}

std::vector<Verdict> LogVerdict::finish(std::optional<bool> is_over) {
  end_part();
  std::vector<Verdict> out;
  for (std::size_t k = 0; k < sums_.size(); ++k)
    if (sums_[k].occurrences > 0) out.push_back(judge(names_, static_cast<int>(k), sums_[k], is_over.value_or(is_over_)));
  std::stable_sort(out.begin(), out.end(), [](const Verdict& a, const Verdict& b) { return a.seconds > b.seconds; });
  add_ranks(out, ranks_.whole());
  return out;
}

void add_ranks(std::vector<Verdict>& verdicts, const RanksActivity& ranks) {
  for (Verdict& one : verdicts)
    if (one.phase == ranks.phase) one.ranks = ranks;
}

}  // namespace leat::verdict
