#include "server/run_page.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "leat/curves.h"
#include "leat/folder_in_use.h"
#include "leat/live_activity.h"
#include "leat/run_status.h"
#include "leat/thrown.h"
#include "leat/trace.h"
#include "server/graph_page.h"
#include "server/limited_text.h"
#include "server/live_values.h"
#include "server/packed.h"
#include "server/recordings.h"
#include "server/requests.h"
#include "server/run_end.h"
#include "server/run_json.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto look_interval = 80ms;
/// Shares of states change slowly, and are many numbers.
constexpr auto activity_interval = 250ms;
/// A run whose process was never seen, as on another machine, counts as running if its log has grown in this time.
constexpr auto quiet_time = 10s;
/// A verdict replays steps, and its sentence should stay long enough to be read. At the begin of a run there are too few steps.
constexpr auto verdict_interval = 10s, first_verdict_interval = 2s;
constexpr std::size_t most_trace_bytes = 256'000'000;

/// Returns a folder as the user of the command would name it.
std::string shown_folder(const fs::path& folder) {
  std::error_code none;
  const fs::path relative = folder.lexically_relative(fs::current_path(none));
  return relative.empty() || *relative.begin() == ".." ? folder.string() : relative.string();
}

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

struct RunPage::Parts {
  Parts(int number, fs::path given, ShownGraph graph, const std::vector<std::string>& worker)
      : row(number),
        folder(std::move(given)),
        activity(folder / "events.log"),
        curves(folder / "metrics.jsonl"),
        recordings(folder, feed),
        end(folder),
        page(std::move(graph), feed, worker) {}

  const int row;
  const fs::path folder;
  Feed feed;
  std::mutex read_lock;  ///< Guards `activity` and `curves`.
  LiveActivity activity;
  Curves curves;
  Recordings recordings;
  RunEnd end;
  GraphPage page;

  LiveValues live;

  std::mutex lock;  ///< Guards `is_ended` and `has_looked`.
  std::condition_variable changed;
  bool is_ended = false;
  bool has_looked = false;  ///< The files were read for the first time, or cannot be read.
  std::thread thread;

  // On the follower's thread. [one thread]
  int part = -1;
  std::int64_t bytes = -1;
  Clock::time_point grown = Clock::now() - quiet_time;
  bool is_locked = false;  ///< A process held the lock of the folder, before the last look read its files.
  bool was_seen = false;   ///< A process held the lock of the folder, since this part of the log began.
  Clock::time_point activity_shown;
  Clock::time_point verdict_shown;
  bool was_running = false;
  bool is_activity_new = false;                                ///< Something was read that topic `activity` does not have.
  bool has_ranks = false;                                      ///< Topic `ranks` has some.
  bool has_verdict = false;                                    ///< The newest verdict names a cause.
  std::map<int, std::pair<std::int64_t, bool>> shown_changes;  ///< By phase: what topic `activity` has.
  bool is_verdict_due = true;                                  ///< The verdict of the whole run is not shown yet.
  std::string failure;                                         ///< Why the files cannot be read.
  std::optional<RunNow> now;                                   ///< What the run was doing at the last look, if it works in this process.

  void follow() {
    std::unique_lock guard(lock);
    while (!is_ended) {
      guard.unlock();
      bool is_behind = false;
      try {
        is_behind = look();
      } catch (...) {
        show_failure(words_of_current_exception());
      }
      guard.lock();
      if (!std::exchange(has_looked, true)) changed.notify_all();
      if (!is_behind) changed.wait_for(guard, look_interval, [&] { return is_ended; });
    }
  }

  /// Shows why the run's files cannot be read.
  void show_failure(const std::string& why) noexcept {
    try {
      const std::lock_guard guard(read_lock);
      failure = why;
      show_run(status_of_run());
    } catch (const std::exception&) {
      // The page shows what it knew, and the next look tries again.
    }
  }

  /// Reads what is new, and shows it. Returns true if there is more to read.
  bool look() {
    const std::lock_guard guard(read_lock);
    now = live.now();
    is_locked = is_in_use(folder);
    const bool has_news = activity.read();
    is_activity_new = has_news || is_activity_new;
    const bool has_metrics = curves.read();
    std::error_code ignored;
    const auto size = static_cast<std::int64_t>(fs::file_size(folder / "events.log", ignored));
    // The first look finds what is there, not what was added.
    if (const std::int64_t before = std::exchange(bytes, ignored ? bytes : size); before >= 0 && bytes != before) grown = Clock::now();
    failure = what_is_wrong();
    if (activity.header() && std::exchange(part, activity.part()) != activity.part()) {
      feed.put("log", dumped(json_of(*activity.header(), activity.begun())));
      is_verdict_due = true;
      was_seen = false;
    }
    const std::string status = status_of_run();
    const bool is_running = status == "running";
    if (!is_running && !activity.is_behind()) activity.end();
    show_run(status);
    const bool is_due = Clock::now() - activity_shown >= activity_interval;
    const bool has_changed = std::exchange(was_running, is_running) != is_running;
    if (has_changed) shown_changes.clear();
    // A run that another process resumes is not spoken of in the past.
    if (has_changed && is_running && verdict_shown != Clock::time_point()) {
      feed.put("verdict", "null");
      has_verdict = false;
    }
    if ((is_activity_new && is_due) || has_changed) show_activity(is_running);
    const auto interval = has_verdict ? verdict_interval : first_verdict_interval;
    if ((has_news && is_running && Clock::now() - verdict_shown >= interval) || (!is_running && is_verdict_due)) show_verdict(is_running);
    if (has_metrics) feed.put("metrics", dumped(metrics_json()));
    show_calls();
    show_messages();
    recordings.look();
    return activity.is_behind() || curves.is_behind();
  }

  /// Returns what is wrong with the run's files, as a sentence; empty if nothing is.
  [[nodiscard]] std::string what_is_wrong() {
    if (activity.is_missing() && !now) return "The run's events.log is missing: there are no states, times and timeline.";
    if (!activity.header() && !activity.is_behind() && !now && !is_locked)
      return "The run's events.log is empty: there are no states, times and timeline.";
    if (activity.is_damaged()) return "The run's events.log is damaged. What follows its readable part cannot be shown.";
    const bool has_finished = activity.log_end().has_finished;
    if (end.has_results() && !has_finished && !activity.is_behind() && !is_locked && activity.says_ends())
      return "The run's events.log ends before the run did. Steps and times are those of its begin.";
    if (!end.has_results() && has_finished && !now && !is_locked)
      return "The run's log says that it finished, but results.json is missing, or is not JSON.";
    if (curves.lines_left_out() > 0)
      return std::to_string(curves.lines_left_out()) + " lines of metrics.jsonl cannot be read, and are left out.";
    return "";
  }

  /// Returns a sentence if the run's process gives no sign of life; empty if it does. It adds to its log each second.
  [[nodiscard]] std::string silence_of_process(const std::string& status) const {
    const double quiet = std::chrono::duration<double>(Clock::now() - grown).count();
    if (status != "running" || now || quiet < std::chrono::duration<double>(quiet_time).count()) return "";
    return "The run's log has not grown for " + std::to_string(static_cast<int>(quiet / 10) * 10) +
           " s: its process is stopped, or its disk does not answer.";
  }

  [[nodiscard]] std::string status_of_run() {
    if (now) return "running";
    const RunStatus status = status_of(is_locked, activity.log_end(), end.has_results());
    if (status == RunStatus::Running || status == RunStatus::Paused) {
      was_seen = true;
      // `is_paused` tells the two apart: a run in this process knows it before its log.
      return name(RunStatus::Running);
    }
    if (status != RunStatus::Unfinished) return name(status);
    const bool can_run = !was_seen && !activity.log_end().has_finished;
    return can_run && Clock::now() - grown < quiet_time ? "running" : "unfinished";
  }

  /// Returns the steps done in the newest occurrence of a phase. What a killed run wrote last is in one file, and not in the other.
  [[nodiscard]] std::int64_t steps_done(int phase) const {
    const LogHeader::Phase& names = activity.header()->phases[static_cast<std::size_t>(phase)];
    const std::int64_t logged = activity.progress(phase).step;
    return names.kind == "train" ? std::max(logged, curves.newest_step(names.name)) : logged;
  }

  void show_run(const std::string& status) {
    const LogHeader* header = activity.header();
    json phases = json::array();
    if (header)
      for (int p = 0; p < static_cast<int>(header->phases.size()); ++p) {
        const LiveActivity::Progress progress = activity.progress(p);
        const std::int64_t steps = header->phases[static_cast<std::size_t>(p)].steps;
        phases.push_back({{"step", steps_done(p)}, {"steps", steps > 0 ? json(steps) : json()}, {"occurrences", progress.occurrences}});
      }
    json failed;
    std::string why = failure;
    if (const auto& one = activity.log_end().failure; one && status == "failed") {
      why = one->why;
      if (!one->node.empty() && header && activity.phase() >= 0)
        failed = {{"phase", header->phases[static_cast<std::size_t>(activity.phase())].name}, {"node", one->node}, {"where", one->where}};
    }
    if (status == "running") end.goes_on();
    // A run that is over has the same time on this page as in the list.
    const double seconds = status == "finished" && end.seconds() > 0 ? end.seconds() : activity.seconds();
    feed.put("run", dumped({{"row", row},
                            {"folder", shown_folder(folder)},
                            {"status", status},
                            {"why", why},
                            {"failed", failed},
                            {"is_paused", now ? now->is_paused : status == "running" && activity.is_paused()},
                            {"stalled", status != "running"        ? ""
                                        : activity.stall().empty() ? silence_of_process(status)
                                                                   : activity.stall()},
                            {"read", status == "running" ? json(std::round(unix_now() * 10) / 10) : json()},
                            {"newest", activity.newest_unix() > 0 ? json(std::round(activity.newest_unix() * 10) / 10) : json()},
                            {"phase", activity.phase()},
                            {"phases", phases},
                            {"checkpoint", status == "running" ? json() : end.checkpoint()},
                            {"seconds", std::round(seconds * 10) / 10}}));
  }

  void show_activity(bool is_running) {
    activity_shown = Clock::now();
    is_activity_new = false;
    show_ranks(is_running);
    const LogHeader* header = activity.header();
    if (!header) return;
    for (int p = 0; p < static_cast<int>(header->phases.size()); ++p) {
      if (activity.progress(p).occurrences == 0) continue;
      // A phase that gives way to another one is shown once more, with the sums of the whole run.
      const bool is_now = p == activity.phase();
      if (std::exchange(shown_changes[p], std::pair(activity.changes(p), is_now)) == std::pair(activity.changes(p), is_now)) continue;
      // A phase that is over has no last seconds, and one that has just begun has none yet.
      const bool has_recent = is_running && is_now && activity.has_window(p);
      feed.put("activity." + std::to_string(p), dumped(json_of(activity.at(p, !has_recent), p, has_recent)));
    }
  }

  void show_ranks(bool is_running) {
    const RanksActivity ranks = is_running ? activity.recent_ranks() : activity.ranks();
    if (std::exchange(has_ranks, !ranks.ranks.empty()) || has_ranks) feed.put("ranks", dumped(json_of(ranks, is_running)));
  }

  void show_verdict(bool is_running) {
    verdict_shown = Clock::now();
    // Of a run that is over, the whole log counts, once it is read.
    is_verdict_due = is_running || activity.is_behind();
    if (!is_running && is_verdict_due) return;
    const std::vector<Verdict> all = is_running ? activity.recent_verdicts() : activity.verdicts();
    if (all.empty()) return;
    // The phase that took most of the time, not the one that the moment finds: a short validation comes and goes.
    Verdict longest = all.front();
    if (const LogHeader* header = activity.header(); header && header->phases.size() > 1) longest.sentence = sentence_with_phase(longest);
    has_verdict = longest.limit != Limit::Unknown;
    if (longest.ranks.late >= 0) longest.details.insert(longest.details.begin(), longest.ranks.sentence);
    feed.put("verdict", dumped(json_of(longest)));
  }

  void show_calls() { feed.put("calls", now ? dumped(json_of(now->calls)) : "[]"); }

  void show_messages() {
    json out = json::array();
    for (const LiveMessage& one : activity.messages()) {
      constexpr std::string_view warning = "warning: ";
      const bool is_warning = one.text.starts_with(warning);
      out.push_back({{"time", one.time}, {"text", is_warning ? one.text.substr(warning.size()) : one.text}, {"is_warning", is_warning}});
    }
    feed.put("messages", dumped(out));
  }

  [[nodiscard]] json metrics_json() {
    json out = names_json(curves, activity.header());
    out["kept"] = end.kept();
    return out;
  }
};

RunPage::RunPage(int row, fs::path folder, ShownGraph graph, const std::vector<std::string>& worker)
    : parts_(std::make_unique<Parts>(row, std::move(folder), std::move(graph), worker)) {
  parts_->thread = std::thread([this] { parts_->follow(); });
}

RunPage::~RunPage() {
  {
    const std::lock_guard guard(parts_->lock);
    parts_->is_ended = true;
  }
  parts_->changed.notify_all();
  parts_->thread.join();
  parts_->feed.close();
}

Feed& RunPage::feed() { return parts_->feed; }

void RunPage::enter(Run& run) { parts_->live.enter(run); }

void RunPage::leave() { parts_->live.leave(); }

void RunPage::end() {
  parts_->live.end();
  parts_->page.end();
  parts_->feed.close();
}

Answer RunPage::preview(const std::string& body) { return parts_->page.preview(body); }

Answer RunPage::allow_code(const std::string& body) { return parts_->page.allow_code(body); }

Answer RunPage::curves(const std::string& body) {
  return answer([&]() -> Answer {
    const json asked = object_in(body);
    const auto points = std::clamp<std::int64_t>(asked.value("points", std::int64_t{2000}), 2, 4096);
    json out = json::array();
    {
      // A run that nobody has looked at has no curves yet.
      std::unique_lock first(parts_->lock);
      parts_->changed.wait(first, [&] { return parts_->has_looked || parts_->is_ended; });
    }
    const std::lock_guard guard(parts_->read_lock);
    const LiveActivity& activity = parts_->activity;
    for (const json& one : asked.at("curves")) {
      const std::string phase = one.at("phase"), metric = one.at("metric");
      const Curve* curve = parts_->curves.find(phase, metric);
      if (!curve) continue;
      // The times of validations are those of the training's steps.
      std::string timed = phase;
      if (const LogHeader* header = activity.header())
        for (const LogHeader::Phase& other : header->phases)
          if (other.kind == "train") timed = other.name;
      json made = json_of(*curve, activity.moments(timed), static_cast<std::size_t>(points));
      made["phase"] = phase;
      made["metric"] = metric;
      out.push_back(std::move(made));
      if (out.size() == 64) break;
    }
    const bool is_behind = parts_->curves.is_behind() || activity.is_behind();
    return {200, "application/json",
            dumped({{"curves", out}, {"is_behind", is_behind}, {"phases", names_json(parts_->curves, activity.header())["phases"]}})};
  });
}

Answer RunPage::timeline(const std::string& body) {
  return answer([&]() -> Answer {
    const double seconds = std::clamp(object_in(body).value("seconds", 3.0), 0.01, 600.0);
    const std::lock_guard guard(parts_->read_lock);
    return {200, "application/json", dumped(timeline_json(parts_->activity, seconds))};
  });
}

Answer RunPage::recorded(const std::string& body) { return parts_->recordings.values(body); }

Answer RunPage::trace() {
  return answer([&]() -> Answer {
    LimitedText text(most_trace_bytes,
                     "the trace is larger than 256 MB, too large for the page: `leat explain RUN --trace FILE` writes it");
    std::ostream out(&text);
    out.exceptions(std::ios::badbit);
    write_trace(parts_->folder / "events.log", out);
    return {200, "application/json", text.take()};
  });
}

Answer RunPage::live(const std::string& body) { return parts_->live.values(body); }

}  // namespace leat::viewer
