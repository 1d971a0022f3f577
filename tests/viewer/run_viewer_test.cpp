#include <fcntl.h>
#include <httplib.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "leat/activity.h"
#include "leat/verdict.h"
#include "leat/viewer.h"
#include "record/event_log.h"
#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"

// The server of the page on runs: over, failed, in progress in another process, and damaged.

namespace fs = std::filesystem;
using namespace leat;
using namespace std::chrono_literals;
using nlohmann::json;
using viewer::RunViewer;

namespace {

constexpr const char* graph = R"(leat: 1
title: chests
phases:
  predict:
    kind: predict
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: 200, batch: 4, split: test}}
      weak: {uses: augment.weak, in: chests.image}
      sheet: {uses: write.mosaic, in: {image: weak}}
plan: {then: [predict]}
)";

/// A browser that has the address.
class Browser {
 public:
  explicit Browser(const RunViewer& viewer) : client_("127.0.0.1", viewer.port()) {
    const std::string address = viewer.address();
    token_ = address.substr(address.find("#token=") + 7);
    client_.set_read_timeout(60);
  }
  [[nodiscard]] httplib::Headers headers() const { return {{"Authorization", "Bearer " + token_}}; }
  httplib::Client& client() { return client_; }
  httplib::Result post(const std::string& path, const json& body) { return client_.Post(path, headers(), body.dump(), "application/json"); }

  /// Reads a stream until a message of the topic fulfils the condition. Null if none does in time.
  json topic_where(const std::string& path, const std::string& topic, const std::function<bool(const json&)>& holds) {
    json out;
    bool is_found = false;
    const auto end = std::chrono::steady_clock::now() + 120s;
    // A stream that was left is free again within three seconds; until then there can be too many.
    while (!is_found && std::chrono::steady_clock::now() < end) {
      std::string rest;
      client_.Get(path, headers(), [&](const char* data, std::size_t count) {
        rest.append(data, count);
        for (std::size_t at; (at = rest.find("\n\n")) != std::string::npos; rest.erase(0, at + 2)) {
          const std::string event = rest.substr(0, at);
          if (!event.starts_with("event: " + topic + "\n")) continue;
          const json told = json::parse(event.substr(event.find("data: ") + 6));
          if (!holds(told)) continue;
          out = told;
          is_found = true;
          return false;
        }
        return std::chrono::steady_clock::now() < end;
      });
      if (!is_found) std::this_thread::sleep_for(200ms);
    }
    return out;
  }

 private:
  httplib::Client client_;
  std::string token_;
};

std::vector<std::string> worker() { return {LEAT_COMMAND, "view-worker"}; }
bool any(const json&) { return true; }

}  // namespace

TEST_CASE("view: a finished run has the figures of its log") {
  const TemporaryFolder folder;
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", graph).string(), "--out", (folder / "run").string()}, folder.path()).code == 0);
  const RunViewer viewer({{folder / "run"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  const json page = browser.topic_where("/api/events", "page", any);
  CHECK(page == json{{"opened", "runs"}, {"has_control", false}, {"is_live", false}});
  const json runs = browser.topic_where("/api/events", "runs.0", [](const json& one) { return !one.empty(); });
  REQUIRE(runs.size() == 1);
  CHECK(runs[0]["row"] == 0);
  CHECK(runs[0]["status"] == "finished");
  CHECK(runs[0]["title"] == "chests");

  const json now = browser.topic_where("/api/runs/0/events", "run", [](const json& one) { return one["phase"] == 0; });
  CHECK(now["status"] == "finished");
  CHECK(now["phases"][0]["step"] == 50);
  CHECK(now["phases"][0]["steps"] == 50);
  const json log = browser.topic_where("/api/runs/0/events", "log", any);
  CHECK(log["phases"][0]["nodes"][1] ==
        json{{"name", "weak"}, {"type", "augment.weak"}, {"lane", "cpu"}, {"grain", "slot"}, {"is_ordered", false}});
  CHECK(log["phases"][0]["edges"][0]["per_step"] == 4);
  const json shown = browser.topic_where("/api/runs/0/events", "activity.0", any);
  CHECK(shown["window"].is_null());
  CHECK(shown["steps"] == 50);
  const PhaseActivity phase = activity(folder / "run" / "events.log").at(0);
  CHECK(shown["seconds"].get<double>() == doctest::Approx(phase.seconds).epsilon(.01));
  for (std::size_t k = 0; k < 3; ++k) {
    const json& nodes = shown["nodes"];
    int sum = 0;
    for (const json& share : nodes["shares"][k]) sum += share.get<int>();
    CHECK(sum == 1000);
    CHECK(nodes["shares"][k][0].get<double>() == doctest::Approx(1000 * phase.nodes[k].running / phase.seconds).epsilon(.01).scale(1000));
    CHECK(nodes["calls"][k] == phase.nodes[k].calls);
    CHECK(nodes["median"][k].get<double>() <= nodes["p95"][k].get<double>());
  }
  const json said = browser.topic_where("/api/runs/0/events", "verdict", any);
  const Verdict verdict = verdicts(folder / "run" / "events.log").phases.at(0);
  CHECK(said == json{{"phase", "predict"},
                     {"sentence", verdict.sentence},
                     {"details", verdict.details},
                     {"nodes", verdict.nodes},
                     {"is_metrics", false},
                     {"others", verdict.others ? json(std::round(*verdict.others * 1e3) / 1e3) : json()}});
  const json told = browser.topic_where("/api/runs/0/events", "graph", [](const json& one) { return one.contains("graph"); });
  CHECK(told["graph"]["phases"][0]["nodes"].size() == 3);

  const auto timeline = browser.post("/api/runs/0/timeline", {{"seconds", 600}});
  REQUIRE(timeline);
  const json spans = json::parse(timeline->body);
  CHECK(spans["spans"].size() == 600);
  CHECK(spans["left_out"] == 0);
  for (const json& span : spans["spans"]) CHECK(span[0].get<std::size_t>() < spans["threads"].size());
  // A value is computed anew, with the run's seed and its graph.
  const auto preview = browser.post("/api/runs/0/preview",
                                    {{"phase", "predict"}, {"step", 3}, {"slots", 2}, {"outputs", {{{"node", "weak"}, {"port", "view"}}}}});
  REQUIRE(preview);
  CHECK(preview->status == 200);
  // These runs measured nothing that could be compared.
  const auto compared = browser.post("/api/compare", {{"runs", {0, 0}}});
  REQUIRE(compared);
  CHECK(compared->status == 200);
  CHECK(json::parse(compared->body)["problem"].get<std::string>().find("no headline metric of a test in common") != std::string::npos);
  for (const json& runs : {json{0}, json{0, 0, 0}}) CHECK(browser.post("/api/compare", {{"runs", runs}})->status == 400);
  CHECK(browser.post("/api/compare", {{"runs", {0, 7}}})->status == 404);
}

TEST_CASE("view: a run in another process is followed until its end") {
  const TemporaryFolder folder;
  std::string slow = graph;
  slow.replace(slow.find("count: 200"), 10, "count: 4000");
  folder.write("g.yaml", slow);
  test::Command command({"run", "g.yaml", "--out", "run"}, folder.path());
  while (!fs::exists(folder / "run" / "events.log")) std::this_thread::sleep_for(5ms);
  const RunViewer viewer({{}, folder.path(), false, false}, {}, worker());
  Browser browser(viewer);
  const json list = browser.topic_where("/api/events", "runs.0", [](const json& one) { return one.size() == 1; });
  REQUIRE(!list.is_null());
  CHECK(list[0]["folder"] == "run");
  const json running = browser.topic_where("/api/runs/0/events", "run",
                                           [](const json& one) { return one["phase"] == 0 && one["phases"][0]["step"].get<int>() > 0; });
  REQUIRE(!running.is_null());
  CHECK(running["status"] == "running");
  const json recent = browser.topic_where("/api/runs/0/events", "activity.0", [](const json& one) { return !one["window"].is_null(); });
  REQUIRE(!recent.is_null());
  CHECK(recent["window"]["to"].get<double>() - recent["window"]["from"].get<double>() <= 11);
  CHECK(recent["nodes"]["rate"][0].get<double>() > 0);
  const json over = browser.topic_where("/api/runs/0/events", "run", [](const json& one) { return one["status"] != "running"; });
  REQUIRE(!over.is_null());
  CHECK(over["status"] == "finished");
  CHECK(over["phases"][0]["step"] == 1000);
  CHECK(command.wait().code == 0);
}

namespace {

/// Holds the lock of a run's folder, as a process that works on it.
class Lock {
 public:
  explicit Lock(const fs::path& run) : file_(::open((run / "lock").c_str(), O_RDWR | O_CLOEXEC)) { REQUIRE(::flock(file_, LOCK_EX) == 0); }
  ~Lock() { ::close(file_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int file_;
};

/// A graph whose second phase is short.
std::string graph_with_a_short_phase() {
  std::string text = graph;
  const std::string last = R"(  last:
    kind: predict
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: 24, batch: 4, split: test}}
      sheet: {uses: write.mosaic, in: {image: chests.image}, with: {file: last.png}}
)";
  text.insert(text.find("plan:"), last);
  text.replace(text.find("[predict]"), 9, "[predict, last]");
  return text;
}

}  // namespace

TEST_CASE("view: the verdict of a run in progress is that of the phase that took most of the time, and names it") {
  const TemporaryFolder folder;
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", graph_with_a_short_phase()).string(), "--out", (folder / "run").string()},
                         folder.path())
              .code == 0);
  const Lock lock(folder / "run");
  const RunViewer viewer({{folder / "run"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  // The short one is in progress, as far as the log says.
  const json said = browser.topic_where("/api/runs/0/events", "verdict", any);
  CHECK(said["phase"] == "predict");
  const std::string sentence = said["sentence"];
  CHECK_MESSAGE((sentence.starts_with("In `predict`, ") || sentence.starts_with("`predict` ")), sentence);
}

TEST_CASE("view: a run that another process resumes is no longer spoken of in the past") {
  const TemporaryFolder folder;
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", graph).string(), "--out", (folder / "run").string()}, folder.path()).code == 0);
  const RunViewer viewer({{folder / "run"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  REQUIRE(browser.topic_where("/api/runs/0/events", "verdict", any).is_object());
  const Lock lock(folder / "run");
  bool is_gone = false;
  (void)browser.topic_where("/api/runs/0/events", "verdict", [&](const json& one) { return is_gone = one.is_null(); });
  CHECK(is_gone);
  const json run = browser.topic_where("/api/runs/0/events", "run", any);
  CHECK(run["status"] == "running");
}

TEST_CASE("view: a run whose process was killed is not shown as running") {
  const TemporaryFolder folder;
  std::string slow = graph;
  slow.replace(slow.find("count: 200"), 10, "count: 100000");
  folder.write("g.yaml", slow);
  test::Command command({"run", "g.yaml", "--out", "run"}, folder.path());
  while (!fs::exists(folder / "run" / "events.log")) std::this_thread::sleep_for(5ms);
  const RunViewer viewer({{folder / "run"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  const auto runs = [](const json& one) { return one["status"] == "running" && one["phase"] == 0 && one["phases"][0]["step"] > 0; };
  REQUIRE(!browser.topic_where("/api/runs/0/events", "run", runs).is_null());
  command.signal(SIGKILL);
  (void)command.wait();
  const auto killed = std::chrono::steady_clock::now();
  const json over = browser.topic_where("/api/runs/0/events", "run", [](const json& one) { return one["status"] != "running"; });
  REQUIRE(!over.is_null());
  // The lock tells it. A log that has not grown would tell it after ten seconds.
  CHECK(std::chrono::steady_clock::now() - killed < 8s);
  CHECK(over["status"] == "unfinished");
  CHECK(over["read"].is_null());
}

TEST_CASE("view: a run that was stopped by request is shown as that, and the request is among its messages") {
  const TemporaryFolder folder;
  std::string slow = graph;
  slow.replace(slow.find("count: 200"), 10, "count: 100000");
  folder.write("g.yaml", slow);
  test::Command command({"run", "g.yaml", "--out", "run"}, folder.path());
  const RunViewer viewer({{folder / "run"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  REQUIRE(!browser.topic_where("/api/runs/0/events", "run", [](const json& one) { return one["phase"] == 0; }).is_null());
  command.signal(SIGINT);
  CHECK(command.wait().code == 130);
  const json over = browser.topic_where("/api/runs/0/events", "run", [](const json& one) { return one["status"] != "running"; });
  REQUIRE(!over.is_null());
  CHECK(over["status"] == "stopped");
  CHECK(!browser.topic_where("/api/events", "runs.0", [](const json& one) { return one.at(0)["status"] == "stopped"; }).is_null());
  const json messages = browser.topic_where("/api/runs/0/events", "messages", [](const json& one) { return !one.empty(); });
  REQUIRE(!messages.is_null());
  const std::string said = messages.back()["text"];
  CHECK(said.starts_with("a stop was asked for at step "));
  CHECK(std::abs(messages.back()["time"].get<double>() - static_cast<double>(std::time(nullptr))) < 600);
}

TEST_CASE("view: the first request for the curves of a run that nobody has looked at has them") {
  const TemporaryFolder folder;
  for (const char* name : {"one", "two", "three"}) {
    folder.write(std::string(name) + "/graph.yaml", graph);
    folder.write(std::string(name) + "/metrics.jsonl", "{\"phase\": \"train\", \"step\": 1, \"metrics\": {\"a.b\": 0.1}}\n");
  }
  const RunViewer viewer({{folder / "one", folder / "two", folder / "three"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  for (const char* row : {"0", "1", "2"}) {
    const auto answer =
        browser.post(std::string("/api/runs/") + row + "/curves", {{"curves", {{{"phase", "train"}, {"metric", "a.b"}}}}, {"points", 100}});
    REQUIRE(answer);
    const json told = json::parse(answer->body);
    REQUIRE(told["curves"].size() == 1);
    CHECK(told["curves"][0]["mean"] == json{0.1});
    CHECK(told["is_behind"] == false);
    CHECK(told["phases"][0]["metrics"] == json{"a.b"});
  }
}

TEST_CASE("view: a run that is over has the same time in the list and on its page, and says whether it has a checkpoint") {
  const TemporaryFolder folder;
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", graph).string(), "--out", (folder / "runs/done").string()}, folder.path()).code ==
          0);
  fs::copy(folder / "runs/done", folder / "runs/killed", fs::copy_options::recursive);
  fs::remove(folder / "runs/killed/results.json");
  fs::remove_all(folder / "runs/killed/checkpoints");
  const RunViewer viewer({{}, folder / "runs", false, false}, {}, worker());
  Browser browser(viewer);
  const json runs = browser.topic_where("/api/events", "runs.0", [](const json& one) { return one.size() == 2; });
  REQUIRE(!runs.is_null());
  for (const json& run : runs) {
    const json now = browser.topic_where("/api/runs/" + run["row"].dump() + "/events", "run",
                                         [](const json& one) { return one["status"] != "running" && one["seconds"] != 0; });
    CAPTURE(run.dump());
    REQUIRE(!now.is_null());
    CHECK(now["seconds"].get<double>() == doctest::Approx(run["seconds"].get<double>()).epsilon(.06).scale(1));
    if (run["status"] == "unfinished") CHECK(now["checkpoint"].is_null());
    else CHECK(now["checkpoint"].is_number());
  }
}

TEST_CASE("view: an empty log is said, not shown as a run without steps") {
  const TemporaryFolder folder;
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", graph).string(), "--out", (folder / "run").string()}, folder.path()).code == 0);
  fs::resize_file(folder / "run" / "events.log", 0);
  const RunViewer viewer({{folder / "run"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  const json now = browser.topic_where("/api/runs/0/events", "run", [](const json& one) { return one["why"] != ""; });
  REQUIRE(!now.is_null());
  CHECK(now["why"] == "The run's events.log is empty: there are no states, times and timeline.");
  CHECK(now["status"] == "finished");
}

TEST_CASE("view: runs that are damaged or gone are said, and requests for others are refused") {
  const TemporaryFolder folder;
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", graph).string(), "--out", (folder / "run").string()}, folder.path()).code == 0);
  const auto size = fs::file_size(folder / "run" / "events.log");
  {
    std::fstream log(folder / "run" / "events.log", std::ios::binary | std::ios::in | std::ios::out);
    log.seekp(static_cast<std::streamoff>(size / 2));
    log << "damaged here";
  }
  const RunViewer viewer({{folder / "run"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  const json now = browser.topic_where("/api/runs/0/events", "run", [](const json& one) { return one["why"] != ""; });
  REQUIRE(!now.is_null());
  CHECK(now["why"] == "The run's events.log is damaged. What follows its readable part cannot be shown.");
  for (const char* path : {"/api/runs/1/timeline", "/api/runs/999999/timeline", "/api/runs/9999999999999999/timeline",
                           "/api/runs/-1/timeline", "/api/runs/../0/timeline", "/api/runs/0/..%2f..%2fsecret"}) {
    const auto answer = browser.post(path, {{"seconds", 1}});
    REQUIRE(answer);
    CHECK(answer->status == 404);
  }
  CHECK(browser.client().Get("/api/runs/7/events", browser.headers())->status == 404);
  CHECK(browser.client().Get("/api/runs/0/events")->status == 401);
  const auto live = browser.post("/api/runs/0/live", {{"phase", "predict"}, {"outputs", {{{"node", "weak"}, {"port", "view"}}}}});
  CHECK(live->status == 409);
  for (const json& body : {json::array(), json("text"), json{{"curves", 3}}, json{{"points", "many"}, {"curves", json::array()}}}) {
    const auto curves = browser.post("/api/runs/0/curves", body);
    REQUIRE(curves);
    CHECK(curves->status == 400);
  }
  // Without --control nobody can stop a run.
  CHECK(browser.post("/api/control", {{"do", "stop"}})->status == 404);
}

TEST_CASE("view: what a run has recorded is listed, and its values are those of the run") {
  const TemporaryFolder folder;
  std::string records = graph;
  records.replace(records.find("{then: [predict]}"), 17,
                  "{then: [predict], record: {edges: [predict.weak.view, predict.chests.label], slots: 3}}");
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", records).string(), "--out", (folder / "run").string()}, folder.path()).code == 0);
  const RunViewer viewer({{folder / "run"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  const json told = browser.topic_where("/api/runs/0/events", "recorded", any);
  CHECK(
      told ==
      json::parse(
          R"([{"name": "predict", "trained": [0], "outputs": [{"node": "weak", "port": "view"}, {"node": "chests", "port": "label"}]}])"));
  const auto head = [](const httplib::Result& answer) {
    REQUIRE(answer);
    REQUIRE(answer->status == 200);
    std::uint32_t length = 0;
    std::memcpy(&length, answer->body.data(), sizeof length);
    return json::parse(answer->body.substr(4, length));
  };
  const json outputs{{{"node", "weak"}, {"port", "view"}}, {{"node", "chests"}, {"port", "image"}}};
  const json recorded = head(browser.post("/api/runs/0/recorded", {{"phase", "predict"}, {"trained", 0}, {"outputs", outputs}}));
  // The image was not recorded.
  REQUIRE(recorded["outputs"].size() == 1);
  CHECK(recorded["step"] == 49);
  const json computed = head(browser.post("/api/runs/0/preview", {{"phase", "predict"}, {"step", 49}, {"slots", 3}, {"outputs", outputs}}));
  REQUIRE(recorded["outputs"][0]["values"].size() == 3);
  for (std::size_t slot = 0; slot < 3; ++slot)
    CHECK(recorded["outputs"][0]["values"][slot]["hash"] == computed["outputs"][0]["values"][slot]["hash"]);
  CHECK(recorded["outputs"][0]["samples"] == computed["outputs"][0]["samples"]);
  for (const json& body :
       {json{{"phase", "predict"}, {"trained", 5}, {"outputs", outputs}}, json{{"phase", "../x"}, {"trained", 0}, {"outputs", outputs}}}) {
    const auto refused = browser.post("/api/runs/0/recorded", body);
    REQUIRE(refused);
    CHECK(refused->status == 422);
  }
  CHECK(browser.post("/api/runs/0/recorded", {{"phase", "predict"}})->status == 400);
}

TEST_CASE("view: the whole run is given as a trace") {
  const TemporaryFolder folder;
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", graph).string(), "--out", (folder / "run").string()}, folder.path()).code == 0);
  const RunViewer viewer({{folder / "run"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  const auto answer = browser.post("/api/runs/0/trace", json::object());
  REQUIRE(answer);
  REQUIRE(answer->status == 200);
  std::size_t calls = 0;
  const json trace = json::parse(answer->body);
  for (const json& event : trace["traceEvents"]) calls += event["ph"] == "X" && event["name"] == "weak" ? 1 : 0;
  CHECK(calls == 200);
  fs::remove(folder / "run" / "events.log");
  CHECK(browser.post("/api/runs/0/trace", json::object())->status == 422);
}

TEST_CASE("view: a run that is not finished is listed with its parameters and its newest metrics") {
  const TemporaryFolder folder;
  std::string text = graph;
  text.replace(text.find("phases:"), 7, "params: {width: 4}\nphases:");
  text.replace(text.find("batch: 4"), 8, "batch: \"${width}\"");
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", text).string(), "--out", (folder / "runs/one").string()}, folder.path()).code == 0);
  fs::remove(folder / "runs/one/results.json");
  std::ofstream(folder / "runs/one/metrics.jsonl") << R"({"phase": "train", "step": 8, "metrics": {"a.loss": 2}})"
                                                   << "\n"
                                                   << R"({"phase": "validate", "step": 8, "metrics": {"b.auc": 0.5, "b.f1": null}})"
                                                   << "\n"
                                                   << R"({"phase": "train", "step": 9, "metrics": {"a.loss": 1.5}})"
                                                   << "\n"
                                                   << R"({"phase": "train", "step": 10, "me)";
  const RunViewer viewer({{}, folder / "runs", false, false}, {}, worker());
  Browser browser(viewer);
  const json list = browser.topic_where("/api/events", "runs.0", [](const json& one) { return one.size() == 1; });
  REQUIRE(!list.is_null());
  CHECK(list[0]["status"] == "unfinished");
  CHECK(list[0]["params"] == json{{"width", "4"}});
  CHECK(list[0]["steps"] == 9);
  CHECK(list[0]["at"] == json{{"train", 9}, {"validate", 8}});
  CHECK(list[0]["metrics"] == json{{"train.a.loss", 1.5}, {"validate.b.auc", 0.5}, {"validate.b.f1", nullptr}});
  CHECK(browser.topic_where("/api/events", "runs", any) == json{{"parts", {"runs.0"}}, {"error", ""}});
}

TEST_CASE("view: a run that somebody has paused is listed as paused, and one that was stopped as stopped") {
  const TemporaryFolder folder;
  const auto add = [&](const std::string& run, const std::string& note) {
    fs::create_directories(folder / "runs" / run);
    std::ofstream(folder / "runs" / run / "graph.yaml") << graph;
    const record::Ticks ticks;
    record::EventLog log(folder / "runs" / run / "events.log", "{}", ticks, [](const std::string& why) { FAIL(why); });
    log.add_note(note);
  };
  add("one", R"({"control":"pause","step":3,"ns":5})");
  add("two", R"({"interrupted":3})");
  const int lock = ::open((folder / "runs/one/lock").c_str(), O_CREAT | O_RDWR, 0644);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  const auto is_listed = [](const json& list) {
    return list.size() == 2 && list[0]["status"] == "paused" && list[1]["status"] == "stopped";
  };
  const RunViewer below({{}, folder / "runs", false, false}, {}, worker());
  Browser browser(below);
  CHECK(!browser.topic_where("/api/events", "runs.0", is_listed).is_null());
  const RunViewer named({{folder / "runs/one", folder / "runs/two"}, {}, false, false}, {}, worker());
  Browser other(named);
  CHECK(!other.topic_where("/api/events", "runs.0", is_listed).is_null());
  ::close(lock);
}

TEST_CASE("view: files in a run's folder that are no files of a run hold up nobody") {
  const TemporaryFolder folder;
  folder.write("g.yaml", graph);
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"})
    REQUIRE(test::run_leat({"run", "g.yaml", "--out", std::string("runs/") + name}, folder.path()).code == 0);
  const fs::path runs = folder / "runs";
  const auto pipe = [&](const char* file) {
    fs::remove(runs / file);
    REQUIRE(::mkfifo((runs / file).c_str(), 0600) == 0);
  };
  pipe("b/results.json");
  pipe("c/begun.json");
  pipe("d/metrics.jsonl");
  pipe("e/events.log");
  fs::resize_file(runs / "f/metrics.jsonl", std::uintmax_t{3} << 30);
  folder.write("secret.yaml", "secret: [CANARY]\n");
  folder.write("runs/g/graph.yaml", "leat: 1\nextends: ../../secret.yaml\n");
  const RunViewer viewer({{}, runs, false, false}, {}, worker());
  Browser browser(viewer);
  const json list = browser.topic_where("/api/events", "runs.0", [](const json& one) { return one.size() == 7; });
  REQUIRE(!list.is_null());
  for (int row = 0; row < 7; ++row) {
    CHECK(list[static_cast<std::size_t>(row)]["row"] == row);
    CHECK(list[static_cast<std::size_t>(row)]["folder"] == std::string(1, static_cast<char>('a' + row)));
    CHECK(!browser.topic_where("/api/runs/" + std::to_string(row) + "/events", "run", any).is_null());
  }
  const json told = browser.topic_where("/api/runs/6/events", "graph", any);
  CHECK(told.dump().find("CANARY") == std::string::npos);
  CHECK(told["error"].get<std::string>().find("extends another file") != std::string::npos);
  // A compressed body is not unpacked.
  httplib::Headers headers = browser.headers();
  headers.emplace("Content-Encoding", "gzip");
  const auto packed = browser.client().Post("/api/report", headers, "not really", "application/json");
  REQUIRE(packed);
  CHECK(packed->status == 415);
}

TEST_CASE("view: what the ranks of a run did is a topic, and its verdict says which one is late") {
  const TemporaryFolder folder;
  REQUIRE(test::run_leat({"run", folder.write("g.yaml", graph).string(), "--out", (folder / "run").string()}, folder.path()).code == 0);
  fs::copy(folder / "run", folder / "alone", fs::copy_options::recursive);
  const fs::path file = folder / "run" / "events.log";
  std::string header;
  record::LogReader reader{[&](std::string_view text) { header = text; }, [](const record::Event&) {}, [](std::string_view) {}};
  REQUIRE(record::read_log(file, reader));
  {
    const record::Ticks ticks;
    record::EventLog log(file, header, ticks, [](const std::string& why) { FAIL(why); });
    const auto rank = [](const char* name, double compute, double data) {
      return json{{"name", name}, {"compute_s", compute}, {"data_s", data}};
    };
    // A note begins with its ranks.
    log.add_note(nlohmann::ordered_json{{"ranks", {rank("rank 0 (process 7 on a)", 1.2, 0), rank("rank 1 (process 8 on b)", 1.3, 1.5)}},
                                        {"phase", "predict"},
                                        {"steps", 20},
                                        {"ns", 1'000'000'000}}
                     .dump());
    log.add_note(R"({"finished": 50})");
  }
  const RunViewer viewer({{folder / "run", folder / "alone"}, {}, false, false}, {}, worker());
  Browser browser(viewer);
  const json ranks = browser.topic_where("/api/runs/0/events", "ranks", any);
  REQUIRE(!ranks.is_null());
  CHECK(ranks["phase"] == "predict");
  CHECK(ranks["steps"] == 20);
  CHECK(!ranks["is_recent"].get<bool>());
  CHECK(ranks["late"] == 1);
  CHECK(ranks["ranks"][1] == json{{"name", "rank 1 (process 8 on b)"}, {"compute", 0.065}, {"data", 0.075}, {"waiting", 0.0}});
  CHECK(ranks["ranks"][0]["waiting"] == 0.08);
  const std::string sentence =
      "The other rank waits for rank 1 (process 8 on b): its part of a step takes 140 ms, that of the other 60 ms; it waits 75 ms for its "
      "images, the other 0 ms.";
  CHECK(ranks["sentence"] == sentence);
  CHECK(browser.topic_where("/api/runs/0/events", "verdict", any)["details"][0] == sentence);
  const json alone = browser.topic_where("/api/runs/1/events", "verdict", any);
  for (const json& detail : alone["details"]) CHECK(detail.get<std::string>().find("rank") == std::string::npos);
}
