#include "run/stall_watch.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace leat::run {

namespace {

using Clock = std::chrono::steady_clock;

/// What changes whenever a run makes progress. The time at which a body began stands for the body.
struct Progress {
  std::vector<std::tuple<std::string, std::string, std::int64_t, int>> calls;
  std::vector<std::pair<std::int64_t, std::int64_t>> steps;
  std::size_t files = 0;
  std::string writing;

  bool operator==(const Progress&) const = default;
};

Progress progress_of(const RunNow& now) {
  Progress out;
  for (const RunningCall& one : now.calls) out.calls.emplace_back(one.phase, one.node, one.step, one.slot);
  std::sort(out.calls.begin(), out.calls.end());
  for (const RunNow::Phase& one : now.phases) out.steps.emplace_back(one.steps_done, one.steps_admitted);
  out.files = now.files_waiting;
  out.writing = now.writing;
  return out;
}

/// Returns true if one of the bodies began after the last look, so that an equal one has ended.
bool has_new_body(const RunNow& now, double seconds_since_look) {
  return std::any_of(now.calls.begin(), now.calls.end(), [&](const RunningCall& one) { return one.seconds < seconds_since_look; });
}

std::string time_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
  return text;
}

/// Returns "`a`, `b` and 3 more".
std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  std::string out;
  for (std::size_t k = 0; k < names.size() && k < most; ++k) out += (k == 0 ? "`" : "`, `") + names[k];
  if (!out.empty()) out += "`";
  return names.size() > most ? out + " and " + std::to_string(names.size() - most) + " more" : out;
}

/// Returns the nodes that read what a node puts.
std::vector<std::string> readers_of(const ProgramPhase& phase, int node) {
  std::set<int> readers;
  for (const int wire : phase.nodes[static_cast<std::size_t>(node)].wires)
    for (const Wire::Reader& one : phase.wires[static_cast<std::size_t>(wire)].readers) readers.insert(one.node);
  std::vector<std::string> out;
  for (const int one : readers) out.push_back(phase.nodes[static_cast<std::size_t>(one)].name);
  return out;
}

std::string call_text(const Program& program, const RunningCall& call) {
  std::string out = "`" + std::string(call.node) + "` has run for " + time_text(call.seconds) + " at step " + std::to_string(call.step) +
                    (call.slot >= 0 ? ", slot " + std::to_string(call.slot) : "") + " of `" + std::string(call.phase) + "`";
  for (const ProgramPhase& phase : program.phases)
    if (phase.name == call.phase)
      if (const int node = phase.find(call.node); node >= 0) {
        const std::vector<std::string> readers = readers_of(phase, node);
        out += " (" + phase.nodes[static_cast<std::size_t>(node)].type->id + ")";
        if (!readers.empty()) out += ", and " + list_of(readers) + (readers.size() == 1 ? " waits for it" : " wait for it");
      }
  return out;
}

}  // namespace

std::string stall_sentence(const Program& program, const RunNow& now, double seconds) {
  std::string out = "nothing has moved for " + time_text(seconds) + ": ";
  if (!now.writing.empty()) return out + now.writing + " has been written for " + time_text(now.writing_seconds);
  std::vector<RunningCall> calls = now.calls;
  std::sort(calls.begin(), calls.end(), [](const RunningCall& a, const RunningCall& b) { return a.seconds > b.seconds; });
  constexpr std::size_t most = 2;
  for (std::size_t k = 0; k < calls.size() && k < most; ++k) out += (k > 0 ? "; " : "") + call_text(program, calls[k]);
  if (calls.size() > most) out += "; " + std::to_string(calls.size() - most) + " more bodies run";
  if (!calls.empty()) return out;
  for (const RunNow::Phase& one : now.phases)
    if (one.steps_admitted > one.steps_done)
      return out + "no node runs, and step " + std::to_string(one.steps_done) + " of `" + std::string(one.name) +
             "` is not done: a metric of it is being read, or an observer holds it up";
  for (const RunNow::Phase& one : now.phases)
    for (const ProgramPhase& phase : program.phases)
      if (const ProgramNode* source = phase.name == one.name ? phase.stream() : nullptr)
        return out + "no node runs, and no step is in flight: `" + phase.name + "` waits for samples of `" + source->name + "`";
  return out + "no node runs, and no step is in flight: a phase is being opened or closed";
}

StallWatch::StallWatch(const Program& program, Actions actions)
    : program_(program), actions_(std::move(actions)), time_(program.plan.stall_seconds), thread_([this] { watch(); }) {}

StallWatch::~StallWatch() {
  {
    const std::lock_guard guard(lock_);
    is_ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StallWatch::watch() {
  const auto pause = std::min(time_ / 4, std::chrono::duration<double>(1));
  std::optional<Progress> last;
  Clock::time_point moved = Clock::now(), looked = moved;
  bool is_said = false;
  std::unique_lock guard(lock_);
  while (!changed_.wait_for(guard, pause, [&] { return is_ended_; })) {
    guard.unlock();
    const RunNow now = actions_.now();
    Progress progress = progress_of(now);
    const auto time = Clock::now();
    const double since_look = std::chrono::duration<double>(time - looked).count();
    looked = time;
    const double still = std::chrono::duration<double>(time - moved).count();
    if (now.is_paused || progress != last || has_new_body(now, since_look)) {
      if (is_said) actions_.moves(still);
      is_said = false;
      moved = time;
    } else if (!is_said && still >= time_.count()) {
      is_said = true;
      actions_.stalled(stall_sentence(program_, now, still));
    }
    last = std::move(progress);
    guard.lock();
  }
  // The run came to its end between two looks.
  guard.unlock();
  if (is_said) actions_.moves(std::chrono::duration<double>(Clock::now() - moved).count());
}

}  // namespace leat::run
