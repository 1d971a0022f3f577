#include "server/graph_page.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "leat/thrown.h"
#include "server/file_watch.h"
#include "server/packed.h"
#include "server/worker_process.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto look_interval = 20ms;
/// Nobody edits the graph of a run.
constexpr auto look_interval_of_run = 1s;
constexpr WorkLimits check_limits{30s, std::int64_t{8} << 30};
constexpr WorkLimits preview_limits{30s, std::int64_t{8} << 30};

/// Returns a whole number's text. Throws std::invalid_argument for other texts.
std::string whole_text(const std::string& text) {
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != std::string::npos)
    throw std::invalid_argument("`seed` is no whole number");
  return text;
}

}  // namespace

struct GraphPage::Parts {
  Parts(ShownGraph given, Feed& to, const std::vector<std::string>& worker)
      : graph(std::move(given)), feed(to), checker(worker, check_limits), previewer(worker, preview_limits) {}

  const ShownGraph graph;
  Feed& feed;
  WorkerProcess checker, previewer;
  std::thread watch, check;

  std::mutex lock;  ///< Guards the members below.
  std::condition_variable changed;
  std::set<std::string> allowed;  ///< Code that the user has allowed, in the words of the page.
  std::vector<std::filesystem::path> files{graph.file};
  std::vector<std::filesystem::path> plugins;  ///< Those that the graph uses.
  bool is_check_due = false;
  bool is_checked = false;  ///< A check has been due before.
  bool is_ended = false;

  [[nodiscard]] json request(const char* what, const std::string& seed) {
    json settings = json::array();
    for (const Setting& one : graph.settings) settings.push_back({one.key, one.value});
    const std::lock_guard guard(lock);
    return {{"do", what},         {"graph", graph.file.string()},    {"settings", settings},
            {"seed", seed},       {"device", graph.device},          {"weights", graph.weights.string()},
            {"allowed", allowed}, {"allows_all", graph.allows_code}, {"is_of_run", graph.is_of_run}};
  }

  void want_check() {
    bool is_first = false;
    {
      const std::lock_guard guard(lock);
      is_check_due = true;
      is_first = std::exchange(is_checked, true) == false;
    }
    if (!is_first) {
      // What is computed for the text before is of no use, and a check of it that takes long neither.
      previewer.give_up();
      checker.give_up();
    }
    changed.notify_all();
  }

  /// A process cannot load another file in place of one that it has loaded. Also, a plugin is tried in a copy of its process, which must
  /// not have threads.
  void load_plugins_again() {
    checker.restart();
    previewer.restart();
    want_check();
  }

  /// Looks at the files, until the end.
  void follow_files() {
    FileWatch followed, followed_plugins;
    std::unique_lock guard(lock);
    while (!is_ended) {
      followed.follow(files);
      followed_plugins.follow(plugins);
      guard.unlock();
      if (followed_plugins.has_changed()) load_plugins_again();
      if (followed.has_changed()) want_check();
      guard.lock();
      changed.wait_for(guard, graph.is_of_run ? look_interval_of_run : look_interval, [&] { return is_ended; });
    }
  }

  /// Checks the graph when it is due, until the end.
  void check_graph() {
    std::int64_t version = 0;
    std::unique_lock guard(lock);
    while (true) {
      changed.wait(guard, [&] { return is_ended || is_check_due; });
      if (is_ended) return;
      is_check_due = false;
      guard.unlock();
      try {
        show_check(++version);
        previewer.warm_up();
      } catch (...) {
        show({{"error", "the graph could not be checked: " + words_of_current_exception()}}, version);
      }
      guard.lock();
    }
  }

  void show_check(std::int64_t version) {
    const WorkerProcess::Reply reply = checker.ask(request("check", std::to_string(graph.seed)));
    if (reply.is_replaced) return;
    json told = reply.message.head;
    if (!reply.failure.empty()) told = {{"error", "the graph could not be checked: " + reply.failure}};
    if (told.contains("files")) {
      const std::lock_guard guard(lock);
      files = told["files"].get<std::vector<std::filesystem::path>>();
      // A plugin that is built anew is gone for a moment.
      if (!told["plugins"].empty()) plugins = told["plugins"].get<std::vector<std::filesystem::path>>();
    }
    show(std::move(told), version);
  }

  void show(json told, std::int64_t version) {
    told["version"] = version;
    told["file"] = graph.file.string();
    feed.put("graph", told.dump(-1, ' ', false, json::error_handler_t::replace));
  }

  Answer preview(const std::string& body) {
    const json asked = json::parse(body, nullptr, false);
    if (!asked.is_object()) return error_answer(400, "the request is not JSON");
    json work;
    try {
      work = request("preview", whole_text(asked.value("seed", std::to_string(graph.seed))));
      work["phase"] = asked.at("phase").get<std::string>();
      work["step"] = asked.at("step").get<std::int64_t>();
      work["slots"] = std::clamp(asked.at("slots").get<int>(), 1, 64);
      work["outputs"] = json::array();
      for (const json& one : asked.at("outputs"))
        work["outputs"].push_back({{"node", one.at("node").get<std::string>()}, {"port", one.at("port").get<std::string>()}});
      if (work["outputs"].empty() || work["outputs"].size() > 64) return error_answer(400, "a request has 1 to 64 outputs");
    } catch (const std::exception& error) {
      return error_answer(400, std::string("the request has not the form of a preview: ") + error.what());
    }
    WorkerProcess::Reply reply = previewer.ask_instead(work);
    if (reply.is_replaced) return error_answer(409, reply.failure);
    if (!reply.failure.empty()) return error_answer(500, reply.failure);
    if (reply.message.head.contains("error")) return error_answer(422, reply.message.head["error"]);
    return {200, "application/octet-stream", packed(std::move(reply.message))};
  }

  Answer allow_code(const std::string& body) {
    const json asked = json::parse(body, nullptr, false);
    if (!asked.is_array() || !std::all_of(asked.begin(), asked.end(), [](const json& one) { return one.is_string(); }))
      return error_answer(400, "the request is not a list of what is allowed");
    {
      const std::lock_guard guard(lock);
      for (const json& one : asked) allowed.insert(one.get<std::string>());
    }
    load_plugins_again();
    return {200, "application/json", "{}"};
  }
};

GraphPage::GraphPage(ShownGraph graph, Feed& feed, const std::vector<std::string>& worker)
    : parts_(std::make_unique<Parts>(std::move(graph), feed, worker)) {
  Parts& parts = *parts_;
  parts.watch = std::thread([&parts] { parts.follow_files(); });
  parts.check = std::thread([&parts] { parts.check_graph(); });
}

GraphPage::~GraphPage() {
  Parts& parts = *parts_;
  {
    const std::lock_guard guard(parts.lock);
    parts.is_ended = true;
  }
  parts.changed.notify_all();
  parts.checker.end();
  parts.previewer.end();
  parts.watch.join();
  parts.check.join();
}

void GraphPage::end() {
  parts_->checker.end();
  parts_->previewer.end();
}

Answer GraphPage::preview(const std::string& body) { return parts_->preview(body); }
Answer GraphPage::allow_code(const std::string& body) { return parts_->allow_code(body); }

}  // namespace leat::viewer
