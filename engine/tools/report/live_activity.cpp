#include "leat/live_activity.h"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "leat/log_header.h"
#include "record/event_log.h"
#include "report/activity.h"
#include "report/call_lengths.h"
#include "report/log_part.h"
#include "report/step_moments.h"
#include "verdict/log_verdict.h"

namespace leat {

namespace {

using Clock = std::chrono::steady_clock;
using record::Event;
using record::EventKind;
using report::NodeLengths;
using report::PhaseSums;
using report::StepMoments;

/// Threads write to the log in rounds. An event of a step is in the file at most so long after the step's retirement.
constexpr std::chrono::milliseconds latest{300};
constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::size_t most_lengths = 2048, most_spans = 20000, most_messages = 50, most_recent = 60000;
/// Fewer steps say little about a cause, even if they take longer than the window.
constexpr std::int64_t least_recent_steps = 12;
/// Distance of two snapshots.
constexpr std::int64_t snapshot_ns = ns_per_second / 4;

double in_seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

/// The sums at a moment.
struct Snapshot {
  std::int64_t watermark = 0;
  PhaseSums sums;
};

struct PhaseState {
  std::vector<NodeLengths> lengths;  ///< By node.
  std::deque<Snapshot> snapshots;
  std::int64_t step = 0;
  std::uint32_t occurrence = 0;
  std::int64_t occurrences = 0;
  std::int64_t changes = 0;
};

/// A note on the machine.
struct UsageNote {
  std::int64_t newest = 0, events_read = 0;  ///< End of the newest event, and number of events, before it.
  std::string text;
};

}  // namespace

struct LiveActivity::Parts {
  Parts(std::filesystem::path given, double window_seconds)
      : file(std::move(given)), tail(file), window(static_cast<std::int64_t>(window_seconds * 1e9)) {}

  std::filesystem::path file;
  record::LogTail tail;
  const std::int64_t window;
  record::LogTail::State state = record::LogTail::State::Missing;

  LogHeader header;
  std::optional<report::LogPart> part;
  std::vector<PhaseActivity> before;                       ///< Of earlier parts.
  std::map<std::string, std::int64_t> occurrences_before;  ///< By phase, in earlier parts.
  int number = 0;
  bool has_header = false;
  double begun = 0;         ///< Of the first part.
  std::int64_t offset = 0;  ///< Length of the earlier parts.
  std::int64_t newest = 0;  ///< Latest event of this part.
  int phase = -1;
  std::vector<PhaseState> phases;
  std::deque<Event> spans;
  std::deque<Event> recent;       ///< All events of the window, for the verdict.
  std::int64_t recent_steps = 0;  ///< Steps that were retired in `recent`.
  std::int64_t events_read = 0;   ///< Events of `recent`, and those that have left it.
  std::deque<UsageNote> usage;
  verdict::LogVerdict whole;
  std::optional<std::vector<Verdict>> verdicts;  ///< Of `whole`, after its end.
  bool has_gone_on = false;                      ///< There were events after the end of `whole`, which it does not have.
  std::map<std::string, StepMoments> moments;
  LogEnd log_end;
  std::vector<LiveMessage> messages;
  std::string stall;
  /// How many events had been read at which time; retired steps among them are settled when nothing can be missing.
  std::deque<std::pair<Clock::time_point, std::int64_t>> reads;

  void begin_part(std::string_view text) {
    LogHeader next = read_log_header(text);
    end_part();
    header = std::move(next);
    part.emplace(header);
    whole.header(header);
    verdicts.reset();
    recent.clear();
    recent_steps = 0;
    usage.clear();
    ++number;
    if (!has_header) begun = header.begun;
    has_header = true;
    phases.clear();
    phases.resize(header.phases.size());
    for (std::size_t p = 0; p < phases.size(); ++p) phases[p].lengths.resize(header.phases[p].nodes.size());
    reads.clear();
    spans.clear();
    newest = 0;
    phase = -1;
    log_end = {};
    stall.clear();
  }

  void end_part() {
    if (!part) return;
    part->finish();
    report::add_part(before, report::activities_of(header, *part));
    for (std::size_t p = 0; p < phases.size(); ++p) occurrences_before[header.phases[p].name] += phases[p].occurrences;
    offset += newest;
    part.reset();
  }

  void add(const Event& event) {
    if (!part || event.phase >= phases.size()) return;
    part->add(event);
    if (verdicts) {
      verdicts.reset();
      has_gone_on = true;
    }
    whole.add(event);
    keep_recent(event);
    PhaseState& at = phases[event.phase];
    ++at.changes;
    const std::int64_t begin = event.ready_ns + event.waited_ns;
    newest = std::max(newest, begin + event.busy_ns);
    if (at.occurrences == 0 || event.occurrence > at.occurrence) {
      at.occurrence = event.occurrence;
      at.step = 0;
      ++at.occurrences;
    }
    if (event.occurrence == at.occurrence) phase = event.phase;
    if (event.kind == EventKind::Retired) {
      at.step = std::max<std::int64_t>(at.step, std::int64_t{event.step} + 1);
      moments[header.phases[event.phase].name].add({std::int64_t{event.step} + 1, in_seconds(offset + event.ready_ns)});
      part->fold_until(part->events() - report::usual_lag);
    }
    if (event.kind != EventKind::Ran || event.node >= at.lengths.size()) return;
    NodeLengths& lengths = at.lengths[event.node];
    lengths.all.add(event.busy_ns);
    lengths.last_end = std::max(lengths.last_end, begin + event.busy_ns);
    lengths.recent.push_back({begin, event.busy_ns});
    if (lengths.recent.size() > most_lengths) lengths.recent.pop_front();
    spans.push_back(event);
    if (spans.size() > most_spans) spans.pop_front();
  }

  void keep_recent(const Event& event) {
    recent.push_back(event);
    ++events_read;
    if (event.kind == EventKind::Retired) ++recent_steps;
    while (recent.size() > most_recent || (recent_steps > least_recent_steps && recent.front().ready_ns < newest - window)) {
      if (recent.front().kind == EventKind::Retired) --recent_steps;
      recent.pop_front();
    }
  }

  void note(std::string_view text) {
    const bool is_held = whole.is_next_usage_held();
    whole.note(text);
    log_end.note(text);
    if (part) part->note(text);
    if (verdict::is_usage(text)) {
      if (is_held) return;
      usage.push_back({newest, events_read, std::string(text)});
      const std::int64_t oldest = recent.empty() ? newest - window : recent.front().ready_ns;
      // While nothing moves, a note comes each second. Those after the newest event say nothing about the steps.
      if (usage.size() > 1 && usage[usage.size() - 2].newest == newest) usage.pop_back();
      while (usage.size() > 1 && usage.front().newest < oldest) usage.pop_front();
      return;
    }
    const nlohmann::json said = nlohmann::json::parse(text, nullptr, false);
    if (!said.is_object()) return;
    if (const auto resumed = said.find("resumed"); resumed != said.end() && resumed->is_number_integer())
      for (const LogHeader::Phase& one : header.phases)
        if (one.kind == "train") moments[one.name].forget_after(resumed->get<std::int64_t>());
    if (said.contains("control")) say_stop(said);
    const auto text_of = [&](const char* key) {
      const auto found = said.find(key);
      return found != said.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
    };
    if (const auto sentence = text_of("stalled")) stall = *sentence;
    if (auto sentence = text_of("said"))
      say({said.contains("at") && said["at"].is_number() ? said["at"].get<double>() : 0, *std::move(sentence)});
  }

  void say(LiveMessage message) {
    messages.push_back(std::move(message));
    if (messages.size() > most_messages) messages.erase(messages.begin());
  }

  /// The run tells its user of every request except a stop, which the terminal answers itself.
  void say_stop(const nlohmann::json& note) {
    const auto step = note.find("step"), ns = note.find("ns");
    if (note["control"] != "stop" || step == note.end() || !step->is_number_integer()) return;
    const std::int64_t at = ns != note.end() && ns->is_number_integer() ? ns->get<std::int64_t>() : newest;
    say({header.begun + in_seconds(at), "a stop was asked for at step " + std::to_string(step->get<std::int64_t>())});
  }

  /// Settles the steps whose events are all read. Returns true if there were some.
  bool settle() {
    if (!part) return false;
    const auto now = Clock::now();
    reads.emplace_back(now, part->events());
    std::int64_t read = 0;
    for (; !reads.empty() && reads.front().first + latest <= now; reads.pop_front()) read = reads.front().second;
    if (read == 0) return false;
    part->fold_until(read);
    return take_snapshots();
  }

  bool take_snapshots() {
    bool has_new = false;
    for (std::size_t p = 0; p < phases.size(); ++p) {
      const auto& stretches = part->phases()[p].stretches;
      const auto watermark = stretches.empty() ? std::nullopt : stretches.rbegin()->second.watermark();
      if (!watermark) continue;
      std::deque<Snapshot>& kept = phases[p].snapshots;
      if (!kept.empty() && *watermark < kept.back().watermark + snapshot_ns) continue;
      kept.push_back({*watermark, part->phases()[p].settled()});
      ++phases[p].changes;
      while (kept.size() > 2 && kept[1].watermark <= *watermark - window) kept.pop_front();
      has_new = true;
    }
    return has_new;
  }

  [[nodiscard]] PhaseActivity whole_of(std::size_t p) const {
    const LogHeader::Phase& names = header.phases[p];
    PhaseActivity out = part ? report::activity_of(names, part->phases()[p].settled()) : PhaseActivity{};
    for (const PhaseActivity& one : before)
      if (one.name == names.name) {
        std::vector<PhaseActivity> sum{std::move(out)};
        report::add_part(sum, {one});
        out = std::move(sum.front());
      }
    return out;
  }

  [[nodiscard]] LivePhase at(int index, bool with_whole) const {
    const auto p = static_cast<std::size_t>(index);
    const LogHeader::Phase& names = header.phases[p];
    const PhaseState& from = phases[p];
    LivePhase out;
    if (with_whole) out.whole = whole_of(p);
    if (from.snapshots.size() > 1) {
      out.recent = report::activity_of(names, report::difference(from.snapshots.back().sums, from.snapshots.front().sums));
      out.from = in_seconds(offset + from.snapshots.front().watermark);
      out.to = in_seconds(offset + from.snapshots.back().watermark);
    }
    const std::int64_t begin = from.snapshots.empty() ? 0 : from.snapshots.front().watermark;
    for (const NodeLengths& one : from.lengths) {
      if (with_whole) out.whole_lengths.push_back({one.all.quantile(.5), one.all.quantile(.95)});
      out.recent_lengths.push_back(one.since(begin, part ? part->held() : report::HeldTime()));
      out.last_ends.push_back(one.last_end < 0 ? std::numeric_limits<double>::quiet_NaN() : in_seconds(offset + one.last_end));
    }
    out.waiting.resize(names.edges.size());
    if (part)
      for (const auto& [occurrence, stretch] : part->phases()[p].stretches) stretch.add_waiting(out.waiting);
    return out;
  }
};

LiveActivity::LiveActivity(std::filesystem::path events_log, double window_seconds)
    : parts_(std::make_unique<Parts>(std::move(events_log), window_seconds)) {}
LiveActivity::~LiveActivity() = default;

bool LiveActivity::read(std::int64_t most_bytes) {
  Parts& parts = *parts_;
  record::LogReader reader;
  reader.header = [&](std::string_view text) { parts.begin_part(text); };
  reader.event = [&](const Event& event) { parts.add(event); };
  reader.note = [&](std::string_view text) { parts.note(text); };
  const std::int64_t before = parts.tail.bytes_read();
  parts.state = parts.tail.read(reader, most_bytes);
  if (parts.state == record::LogTail::State::Replaced) {
    const double window = in_seconds(parts.window);
    const std::filesystem::path file = parts.file;
    const int number = parts.number;
    parts_ = std::make_unique<Parts>(file, window);
    parts_->number = number;
    return read(most_bytes);
  }
  const bool has_settled = parts.settle();
  return parts_->tail.bytes_read() != before || has_settled;
}

void LiveActivity::end() {
  if (!parts_->part) return;
  parts_->part->settle();
  parts_->take_snapshots();
}

bool LiveActivity::is_missing() const { return parts_->state == record::LogTail::State::Missing; }
bool LiveActivity::is_damaged() const { return parts_->state == record::LogTail::State::Damaged; }
bool LiveActivity::is_behind() const { return parts_->tail.is_behind(); }
const LogHeader* LiveActivity::header() const { return parts_->has_header ? &parts_->header : nullptr; }
double LiveActivity::begun() const { return parts_->begun; }
int LiveActivity::part() const { return parts_->number; }
int LiveActivity::phase() const { return parts_->phase; }
LiveActivity::Progress LiveActivity::progress(int phase) const {
  const PhaseState& one = parts_->phases[static_cast<std::size_t>(phase)];
  const auto earlier = parts_->occurrences_before.find(parts_->header.phases[static_cast<std::size_t>(phase)].name);
  return {one.step, one.occurrences + (earlier == parts_->occurrences_before.end() ? 0 : earlier->second)};
}
LivePhase LiveActivity::at(int phase, bool with_whole) const { return parts_->at(phase, with_whole); }
bool LiveActivity::has_window(int phase) const { return parts_->phases[static_cast<std::size_t>(phase)].snapshots.size() > 1; }
std::int64_t LiveActivity::changes(int phase) const { return parts_->phases[static_cast<std::size_t>(phase)].changes; }
double LiveActivity::seconds() const { return in_seconds(parts_->offset + parts_->newest); }

double LiveActivity::newest_unix() const {
  return parts_->newest > 0 && parts_->header.begun > 0 ? parts_->header.begun + in_seconds(parts_->newest) : 0;
}

std::vector<LiveSpan> LiveActivity::spans(double seconds) const {
  const Parts& parts = *parts_;
  std::vector<LiveSpan> out;
  const std::int64_t begin = parts.newest - static_cast<std::int64_t>(seconds * 1e9);
  for (const Event& event : parts.spans) {
    const std::int64_t at = event.ready_ns + event.waited_ns;
    if (at + event.busy_ns < begin) continue;
    out.push_back({event.phase, event.node, static_cast<int>(event.thread), event.step, event.slot, in_seconds(parts.offset + at),
                   in_seconds(event.busy_ns)});
  }
  return out;
}

std::vector<Verdict> LiveActivity::recent_verdicts() const {
  if (parts_->number == 0) return {};
  verdict::LogVerdict window;
  window.header(parts_->header);
  // A note on the machine counts for the phases whose events came since the note before.
  std::int64_t read = parts_->events_read - static_cast<std::int64_t>(parts_->recent.size());
  auto note = parts_->usage.begin();
  for (const Event& event : parts_->recent) {
    window.add(event);
    for (++read; note != parts_->usage.end() && note->events_read <= read; ++note) window.note(note->text);
  }
  for (; note != parts_->usage.end(); ++note) window.note(note->text);
  for (const verdict::Pauses::Hold& one : parts_->whole.holds()) window.add_hold(one);
  std::vector<Verdict> out = window.finish();
  verdict::add_ranks(out, recent_ranks());
  return out;
}

const std::vector<Verdict>& LiveActivity::verdicts() {
  if (!parts_->verdicts) parts_->verdicts = parts_->has_gone_on ? leat::verdicts(parts_->file, true).phases : parts_->whole.finish(true);
  return *parts_->verdicts;
}

std::vector<StepMoment> LiveActivity::moments(const std::string& phase) const {
  const auto found = parts_->moments.find(phase);
  if (found == parts_->moments.end()) return {};
  std::vector<StepMoment> out = found->second.kept;
  if (out.empty() || out.back().step < found->second.last.step) out.push_back(found->second.last);
  return out;
}

RanksActivity LiveActivity::recent_ranks() const { return parts_->whole.ranks().recent(in_seconds(parts_->window)); }
RanksActivity LiveActivity::ranks() const { return parts_->whole.ranks().whole(); }
const LogEnd& LiveActivity::log_end() const { return parts_->log_end; }
const std::vector<LiveMessage>& LiveActivity::messages() const { return parts_->messages; }
const std::string& LiveActivity::stall() const { return parts_->stall; }
bool LiveActivity::is_paused() const { return parts_->part && parts_->part->held().is_paused() && !has_ended(); }
bool LiveActivity::says_ends() const { return parts_->has_header && parts_->header.workers > 0; }
bool LiveActivity::has_ended() const { return parts_->log_end.has_finished || parts_->log_end.was_stopped; }

}  // namespace leat
