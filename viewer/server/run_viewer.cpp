#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>

#include "leat/checkpoint.h"
#include "leat/diagnostics.h"
#include "leat/folder_in_use.h"
#include "leat/report_page.h"
#include "leat/run_store.h"
#include "leat/thrown.h"
#include "leat/viewer.h"
#include "server/feed.h"
#include "server/http_server.h"
#include "server/kept_answers.h"
#include "server/packed.h"
#include "server/run_json.h"
#include "server/run_list.h"
#include "server/run_page.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto list_interval = 2s;
/// A run that nobody follows any more is closed after this time, so that a page which is loaded again finds it open.
constexpr auto kept_open = 10s;
constexpr auto close_time = 3s;
constexpr std::size_t most_reported = 1000;

}  // namespace

struct RunViewer::Parts {
  Parts(ShownRuns given, const Reach& reach, std::vector<std::string> command)
      : shown(std::move(given)), worker(std::move(command)), server({reach.address, reach.port, reach.names, reach.frame_ancestors}) {}

  const ShownRuns shown;
  const std::vector<std::string> worker;
  const std::shared_ptr<Feed> feed = std::make_shared<Feed>();

  std::mutex lock;  ///< Guards the members below.
  std::condition_variable changed;
  bool is_ended = false;
  bool is_list_wanted = false;    ///< A page was opened, and waits for the list.
  std::vector<fs::path> folders;  ///< By row. A run that is gone keeps its row.
  std::map<int, std::weak_ptr<RunPage>> pages;
  std::map<int, std::pair<Clock::time_point, std::shared_ptr<RunPage>>> recent;  ///< Pages that were used last.
  std::optional<Clock::time_point> closed;                                       ///< When a page was closed last.
  Run* run = nullptr;                                                            ///< The first run, if it works in this process.

  KnownMetrics so_far;  ///< On `thread`. [one thread]
  KnownRuns known;      ///< On `thread`. [one thread]
  KeptAnswers answers;
  std::thread thread;
  HttpServer server;  ///< Last member, so that it stops before what its handlers use is gone.

  /// Returns the run's number; a folder that is new gets the next one. The caller holds the lock.
  int row_of(const fs::path& folder) {
    const auto row = static_cast<std::size_t>(std::find(folders.begin(), folders.end(), folder) - folders.begin());
    if (row == folders.size()) folders.push_back(folder);
    return static_cast<int>(row);
  }

  /// Opens a run; null if there is none of this number.
  std::shared_ptr<RunPage> open(const std::string& number) {
    if (number.empty() || number.size() > 6) return nullptr;
    const int row = std::stoi(number);
    fs::path folder;
    {
      const std::lock_guard guard(lock);
      if (row >= static_cast<int>(folders.size()) || is_ended) return nullptr;
      folder = folders[static_cast<std::size_t>(row)];
    }
    // Files are read without the lock, because a disk can be slow.
    const ShownGraph graph = graph_of(folder);
    const std::lock_guard guard(lock);
    if (is_ended) return nullptr;
    std::shared_ptr<RunPage> page = pages[row].lock();
    if (!page) {
      page = std::make_shared<RunPage>(row, folder, graph, worker);
      pages[row] = page;
      if (row == 0 && run) page->enter(*run);
    }
    recent[row] = {Clock::now(), page};
    return page;
  }

  [[nodiscard]] ShownGraph graph_of(const fs::path& folder) const {
    ShownGraph out;
    out.file = folder / "graph.yaml";
    out.is_of_run = true;
    out.allows_code = shown.allows_code;
    try {
      if (const auto begin = run_begin(folder)) out.seed = begin->seed, out.device = begin->device;
      if (last_checkpoint(folder)) out.weights = folder;
    } catch (const std::exception&) {
      // What cannot be read is said where it is needed: by the check of the graph, and by a preview.
    }
    // Values are computed on the cpu, whatever the run used.
    out.device = out.device.starts_with("cpu") ? out.device : "cpu";
    return out;
  }

  /// Lists the runs, until the end.
  void list_runs() {
    std::unique_lock guard(lock);
    while (!is_ended) {
      guard.unlock();
      // Without a page nobody needs the list.
      if (server.streams() > 0) show_list();
      guard.lock();
      close_unused(guard);
      changed.wait_for(guard, list_interval, [&] { return is_ended || std::exchange(is_list_wanted, false); });
    }
  }

  /// Shows the list, in parts: of a long list, only what has changed is sent.
  void show_list() {
    try {
      const json rows = runs_json();
      std::map<std::string, std::string> parts = parts_of_list(rows);
      json names = json::array();
      for (const auto& [topic, text] : parts) names.push_back(topic);
      for (auto& [topic, text] : parts) feed->put(topic, std::move(text));
      feed->put("runs", dumped({{"parts", names}, {"error", ""}}));
    } catch (...) {
      feed->put("runs", dumped({{"parts", json::array()}, {"error", words_of_current_exception()}}));
    }
  }

  /// Closes pages that nobody has used for a time.
  void close_unused(std::unique_lock<std::mutex>& guard) {
    std::vector<std::shared_ptr<RunPage>> unused;
    for (auto one = recent.begin(); one != recent.end();) {
      // Besides this list, each open stream holds the page.
      if (one->second.second.use_count() == 1 && Clock::now() - one->second.first > kept_open) {
        unused.push_back(std::move(one->second.second));
        one = recent.erase(one);
      } else {
        ++one;
      }
    }
    guard.unlock();
    unused.clear();
    guard.lock();
  }

  json row_json(const StoredRun& run, const fs::path& folder, int row) {
    json out = json_of(run, row);
    if (run.status != RunStatus::Finished) so_far.add_to(out, folder);
    return out;
  }

  json runs_json() {
    json out = json::array();
    for (std::size_t k = 0; k < shown.runs.size(); ++k) {
      out.push_back(row_json(known.read(shown.runs[k]), shown.runs[k], static_cast<int>(k)));
    }
    if (shown.below.empty()) return out;
    RunStore store = RunStore::view(shown.below);
    store.update();
    for (const StoredRun& one : store.runs()) {
      const fs::path folder = (shown.below / one.folder).lexically_normal();
      int row = 0;
      {
        const std::lock_guard guard(lock);
        row = row_of(folder);
      }
      out.push_back(row_json(one, folder, row));
    }
    return out;
  }

  template <class Do>
  HttpServer::Handle of_run(Do act) {
    return [this, act](const std::string& row, const std::string& body) {
      const std::shared_ptr<RunPage> page = open(row);
      return page ? act(*page, body) : error_answer(404, "there is no run of this number");
    };
  }

  /// Returns the folders of the runs that a request lists; otherwise `problem` says why not.
  std::vector<fs::path> chosen_runs(const std::string& body, std::optional<Answer>& problem) {
    const json asked = json::parse(body, nullptr, false);
    const bool is_list = asked.is_object() && asked.contains("runs") && asked["runs"].is_array() && !asked["runs"].empty();
    if (!is_list) problem = error_answer(400, "the request has no list of `runs`");
    else if (asked["runs"].size() > most_reported)
      problem = error_answer(400, "a report has at most " + std::to_string(most_reported) + " runs");
    if (problem) return {};
    std::vector<fs::path> out;
    const std::lock_guard guard(lock);
    for (const json& row : asked["runs"]) {
      const bool is_row = row.is_number_unsigned() && row.get<std::uint64_t>() < folders.size();
      if (!is_row) problem = error_answer(404, "there is no run of this number");
      else out.push_back(folders[row.get<std::size_t>()]);
    }
    return out;
  }

  /// Returns the report of some runs, with names and pictures: who reads it can read the runs' folders.
  Answer report(const std::string& body) {
    std::optional<Answer> problem;
    const std::vector<fs::path> chosen = chosen_runs(body, problem);
    if (problem) return *problem;
    try {
      return {200, "application/json", answers.answer("report " + body, chosen, [&] { return report_page(chosen, {true, true}).json; })};
    } catch (const TooManyAsk& error) {
      return error_answer(503, error.what());
    } catch (const std::exception& error) {
      return error_answer(422, error.what());
    }
  }

  /// Returns the differences between two runs, the second minus the first.
  Answer compared(const std::string& body) {
    std::optional<Answer> problem;
    const std::vector<fs::path> chosen = chosen_runs(body, problem);
    if (!problem && chosen.size() != 2) problem = error_answer(400, "two runs are compared");
    if (problem) return *problem;
    try {
      const std::span<const fs::path> both(chosen);
      return {200, "application/json",
              answers.answer("compare " + body, chosen, [&] { return compared_runs(both.last(1), both.first(1)); })};
    } catch (const TooManyAsk& error) {
      return error_answer(503, error.what());
    } catch (const std::exception& error) {
      return error_answer(422, error.what());
    }
  }

  Answer control(const std::string& body) {
    const json asked = json::parse(body, nullptr, false);
    const std::string what = asked.is_object() && asked.contains("do") && asked["do"].is_string() ? asked["do"].get<std::string>() : "";
    const std::lock_guard guard(lock);
    if (!run) return error_answer(409, "the run is over");
    try {
      if (what == "checkpoint") run->checkpoint();
      else if (what == "stop") run->stop();
      else if (what == "pause") run->pause();
      else if (what == "go on") run->go_on();
      else return error_answer(400, "`do` is none of checkpoint, stop, pause and go on");
    } catch (const Refusal& error) {
      return error_answer(422, error.what());
    }
    return {200, "application/json", "{}"};
  }

  void show_kind() {
    const std::lock_guard guard(lock);
    feed->put("page", dumped({{"opened", "runs"}, {"has_control", shown.has_control}, {"is_live", run != nullptr}}));
  }
};

RunViewer::RunViewer(ShownRuns runs, const Reach& reach, std::vector<std::string> worker) {
  for (fs::path& one : runs.runs) {
    one = fs::absolute(one).lexically_normal();
    if (one.filename().empty()) one = one.parent_path();
  }
  if (!runs.below.empty()) runs.below = fs::absolute(runs.below).lexically_normal();
  parts_ = std::make_unique<Parts>(std::move(runs), reach, std::move(worker));
  Parts& parts = *parts_;
  parts.folders = parts.shown.runs;
  parts.show_kind();
  parts.server.stream("/api/events", [&parts](const std::string&) {
    {
      const std::lock_guard guard(parts.lock);
      parts.is_list_wanted = true;
    }
    parts.changed.notify_all();
    return parts.feed;
  });
  parts.server.stream(R"(/api/runs/(\d+)/events)", [&parts](const std::string& row) -> std::shared_ptr<const Feed> {
    const std::shared_ptr<RunPage> page = parts.open(row);
    return page ? std::shared_ptr<const Feed>(page, &page->feed()) : nullptr;
  });
  const auto post = [&](const std::string& name, auto act) { parts.server.post(R"(/api/runs/(\d+)/)" + name, parts.of_run(act)); };
  post("preview", [](RunPage& page, const std::string& body) { return page.preview(body); });
  post("allow", [](RunPage& page, const std::string& body) { return page.allow_code(body); });
  post("curves", [](RunPage& page, const std::string& body) { return page.curves(body); });
  post("timeline", [](RunPage& page, const std::string& body) { return page.timeline(body); });
  post("recorded", [](RunPage& page, const std::string& body) { return page.recorded(body); });
  post("trace", [](RunPage& page, const std::string&) { return page.trace(); });
  post("live", [](RunPage& page, const std::string& body) { return page.live(body); });
  parts.server.post("/api/report", [&parts](const std::string&, const std::string& body) { return parts.report(body); });
  parts.server.post("/api/compare", [&parts](const std::string&, const std::string& body) { return parts.compared(body); });
  if (parts.shown.has_control)
    parts.server.post("/api/control", [&parts](const std::string&, const std::string& body) { return parts.control(body); });
  // A page that is loaded again closes too, and opens its stream at once.
  parts.server.post("/api/close", [&parts](const std::string&, const std::string&) {
    const std::lock_guard guard(parts.lock);
    parts.closed = Clock::now();
    return Answer{200, "application/json", "{}"};
  });
  parts.server.start();
  parts.thread = std::thread([&parts] { parts.list_runs(); });
}

RunViewer::~RunViewer() {
  Parts& parts = *parts_;
  std::vector<std::shared_ptr<RunPage>> open;
  {
    const std::lock_guard guard(parts.lock);
    parts.is_ended = true;
    for (auto& [row, page] : parts.pages)
      if (std::shared_ptr<RunPage> one = page.lock()) open.push_back(std::move(one));
  }
  parts.changed.notify_all();
  parts.feed->close();
  for (const std::shared_ptr<RunPage>& one : open) one->end();
  parts.server.stop();
  parts.thread.join();
}

void RunViewer::enter(Run& run) {
  Parts& parts = *parts_;
  {
    const std::lock_guard guard(parts.lock);
    parts.run = &run;
    if (const std::shared_ptr<RunPage> page = parts.pages[0].lock()) page->enter(run);
  }
  parts.show_kind();
}

void RunViewer::leave() {
  Parts& parts = *parts_;
  std::shared_ptr<RunPage> page;
  {
    const std::lock_guard guard(parts.lock);
    parts.run = nullptr;
    page = parts.pages[0].lock();
  }
  // A page that was opened meanwhile has entered the run under the lock, and is found here, or has seen that there is none.
  if (page) page->leave();
  parts.show_kind();
}

std::string RunViewer::failure() const {
  return parts_->server.has_failed() ? "the page's server has ended: no connection could be accepted" : "";
}

bool RunViewer::is_closed() const {
  const std::lock_guard guard(parts_->lock);
  return parts_->closed && Clock::now() - *parts_->closed > close_time && parts_->server.streams() == 0;
}

std::string RunViewer::address() const { return parts_->server.address(); }

int RunViewer::port() const { return parts_->server.port(); }

}  // namespace leat::viewer
