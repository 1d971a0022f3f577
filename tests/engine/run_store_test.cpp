#include "leat/run_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "leat/diagnostics.h"
#include "leat/folder_in_use.h"
#include "leat/log_so_far.h"
#include "leat/metrics_so_far.h"
#include "leat/run_status.h"
#include "leat/run_table.h"
#include "leat/shell_word.h"
#include "record/event_log.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/small_disk.h"
#include "support/text_file.h"

using namespace leat;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

const char* const graph_text = R"(leat: 1
title: Chests
phases:
  train: {nodes: {chests: {uses: io.chest}}}
  test:
    nodes:
      chests: {uses: io.chest}
      classes: {uses: metric.classification, in: {logits: chests}}
plan: {then: [test]}
)";

/// Holds the lock of a run's folder, as a process that works on it. Returns the file to close.
int lock_of(const fs::path& run) {
  const int lock = ::open((run / "lock").c_str(), O_CREAT | O_RDWR, 0644);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  return lock;
}

struct Given {
  std::uint64_t seed = 0;
  int labels = 100;
  json accuracy = .9;
  double seconds = 75.2;
  json resources = json::object();
};

void put_run(const fs::path& folder, const Given& given) {
  const json results{
      {"version", 1},
      {"title", "Chests"},
      {"graph_hash", "hash of " + std::to_string(given.labels)},
      {"seed", given.seed},
      {"device", "cpu:2"},
      {"parameters", {{"labels", given.labels}, {"lr", .001}, {"classes", "[A, B]"}, {"steps", 5 * given.labels}}},
      {"seconds", given.seconds},
      {"steps", 500},
      {"resources", given.resources},
      {"peak_bytes", 1},
      {"bound_bytes", 2},
      {"phases", {{"test", {{"classes.accuracy", given.accuracy}, {"classes.images", 300}}}, {"train", {{"gate.share", .5}}}}},
      {"warnings", json::array()}};
  put(folder / "graph.yaml", graph_text);
  put(folder / "results.json", results.dump());
}

std::vector<StoredRun> runs_in(const fs::path& folder) {
  RunStore store = RunStore::open(folder);
  store.update();
  return store.runs();
}

std::string refusal_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return {};
}

const char* const keeping_graph = R"(leat: 1
title: Chests
phases:
  train: {nodes: {chests: {uses: io.chest}}}
  validate:
    nodes:
      chests: {uses: io.chest}
      classes: {uses: metric.classification, in: {logits: chests}}
  test:
    nodes:
      chests: {uses: io.chest}
      classes: {uses: metric.classification, in: {logits: chests}}
plan:
  train: {phase: train, steps: 500, validate: {phase: validate, every: 100 steps}, keep: {best: [validate.classes.accuracy]}}
  then: [test]
)";

/// A run whose last validation gave 0.5, and that of the weights that it kept 0.75.
void put_kept_run(const fs::path& folder, std::uint64_t seed) {
  put_run(folder, {seed});
  json results = json::parse(text_of(folder / "results.json"));
  results["phases"]["validate"] = {{"classes.accuracy", .5}};
  results["weights_of"] = {{"validate", 500}, {"test", 120}};
  results["kept"] = {{"step", 120}, {"phase", "validate"}, {"metrics", {{"classes.accuracy", .75}}}};
  put(folder / "results.json", results.dump());
  put(folder / "graph.yaml", keeping_graph);
}

std::vector<double> validated(const StoredRun& run) {
  std::vector<double> out;
  for (const StoredMetric& one : run.metrics)
    if (one.phase == "validate") out.push_back(one.value);
  return out;
}

std::int64_t nanoseconds(const fs::path& file) {
  struct stat facts {};
  REQUIRE(::stat(file.c_str(), &facts) == 0);
  return static_cast<std::int64_t>(facts.st_mtim.tv_sec) * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

void change_store(const fs::path& folder, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((folder / "runs.sqlite").c_str(), &database) == SQLITE_OK);
  char* why = nullptr;
  const int code = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &why);
  CAPTURE(std::string(why ? why : ""));
  REQUIRE(code == SQLITE_OK);
  sqlite3_close(database);
}

/// Two budgets over two seeds, and one run that has not finished.
std::vector<StoredRun> four_runs(const fs::path& folder) {
  put_run(folder / "few-seed-0", {0, 10, .5});
  put_run(folder / "few-seed-1", {1, 10, .7});
  put_run(folder / "many" / "seed-0", {0, 100, .8});
  put_run(folder / "many" / "seed-10", {10, 100, .9});
  put(folder / "many" / "seed-2" / "graph.yaml", graph_text);
  return runs_in(folder);
}

}  // namespace

TEST_CASE("run store: finds runs below its folder, whose folders may come and go") {
  const TemporaryFolder folder;
  put_run(folder.path() / "one", {7});
  put_run(folder.path() / "deep" / "two", {8});
  put(folder.path() / "deep" / "three" / "graph.yaml", graph_text);
  put(folder.path() / "deep" / "four" / "graph.yaml", graph_text);
  put(folder.path() / "deep" / "four" / "results.json", R"({"version": 9})");
  put(folder.path() / "none" / "results.json", "{}");
  std::vector<StoredRun> runs = runs_in(folder.path());
  REQUIRE(runs.size() == 4);
  CHECK(runs[0].folder == "deep/four");
  CHECK(runs[0].status == RunStatus::Unfinished);
  CHECK(runs[1].status == RunStatus::Unfinished);
  CHECK(runs[1].title == "Chests");
  CHECK(runs[2].status == RunStatus::Finished);
  CHECK(*runs[3].seed == 7);
  CHECK(runs[3].params ==
        std::vector<std::pair<std::string, std::string>>{{"classes", "[A, B]"}, {"labels", "100"}, {"lr", "0.001"}, {"steps", "500"}});
  REQUIRE(runs[3].metrics.size() == 3);
  CHECK(runs[3].metrics[1].name == "classes.accuracy");
  CHECK(runs[3].metrics[1].kind == PhaseKind::Test);

  fs::remove_all(folder.path() / "one");
  put_run(folder.path() / "deep" / "three", {9, 100, nullptr});
  runs = runs_in(folder.path());
  REQUIRE(runs.size() == 3);
  CHECK(*runs[1].seed == 9);
  CHECK(std::isnan(runs[1].metrics[1].value));
}

TEST_CASE("run store: a run that a process works on is running, until the process ends") {
  const TemporaryFolder folder;
  put_run(folder.path() / "done", {7});
  put(folder.path() / "works" / "graph.yaml", graph_text);
  std::vector<int> locks;
  for (const char* name : {"done", "works"}) locks.push_back(lock_of(folder.path() / name));
  RunStore store = RunStore::open(folder.path());
  store.record_failure(folder.path() / "works", 3, "cpu", "no memory");
  store.update();
  std::vector<StoredRun> runs = store.runs();
  REQUIRE(runs.size() == 2);
  // A finished run is resumed with more phases. The page and `leat explain` call it running too.
  CHECK(runs[0].status == RunStatus::Running);
  CHECK(runs[1].status == RunStatus::Running);
  CHECK(runs[1].error.empty());
  RunQuery running;
  running.where = {"status=running", "run!=done"};
  const std::string text = run_table_text(runs, running);
  CHECK(text.find("works") != std::string::npos);
  CHECK(text.find("done") == std::string::npos);
  for (const int lock : locks) ::close(lock);
  store.update();
  runs = store.runs();
  CHECK(runs[1].status == RunStatus::Failed);
  CHECK(runs[1].error == "no memory");
}

TEST_CASE("shell words: a path is pasted as it is, in quotes if a shell would change it") {
  CHECK(shell_word("runs/demo-2_a.b") == "runs/demo-2_a.b");
  CHECK(shell_word("runs/größer") == "runs/größer");
  for (const char* text : {"live 300", "a&b", "(x)", "$HOME", "a;b", "~", "a*", "#1", "<b>", "", "it's", "a\\b", "\"", "a\nb"}) {
    CAPTURE(text);
    const std::string word = shell_word(text);
    CHECK(word.starts_with('\''));
    FILE* shell = popen(("printf %s " + word).c_str(), "r");
    REQUIRE(shell);
    std::string said;
    for (int c = 0; (c = std::fgetc(shell)) != EOF;) said += static_cast<char>(c);
    pclose(shell);
    CHECK(said == text);
  }
}

TEST_CASE("run store: blanks in the name of a file stay as they are") {
  StoredRun run;
  run.folder = "one";
  run.status = RunStatus::Failed;
  run.error = "the JPEG `virale < 5 ans/Patient5124  zwei  blanks .jpeg` is truncated: " + std::string(120, 'x') + " after\n  a new line";
  const std::string text = run_table_text({run}, {});
  CHECK(text.find("one failed: the JPEG `virale < 5 ans/Patient5124  zwei  blanks .jpeg` is truncated:\n  xxx") != std::string::npos);
  CHECK(text.find("after a new line\n") != std::string::npos);
}

TEST_CASE("run store: a run whose results cannot be read is shown with the reason") {
  const TemporaryFolder folder;
  for (const auto& [name, text] : std::map<std::string, std::string>{{"a_cut", R"({"version": 1, "title)"},
                                                                     {"b_empty", ""},
                                                                     {"c_part", R"({"version": 1, "title": "Chests"})"},
                                                                     {"d_other", R"({"version": 9})"},
                                                                     {"e_kind", R"({"version": 1, "title": 7})"},
                                                                     {"f_list", "[1]"}}) {
    put(folder.path() / name / "graph.yaml", graph_text);
    put(folder.path() / name / "results.json", text);
  }
  put(folder.path() / "g_new" / "graph.yaml", graph_text);
  const std::vector<StoredRun> runs = runs_in(folder.path());
  REQUIRE(runs.size() == 7);
  for (const StoredRun& run : runs) CHECK(run.status == RunStatus::Unfinished);
  const std::string text = run_table_text(runs, {});
  CHECK(
      text.ends_with("\n\na_cut: results.json is not JSON\nb_empty: results.json is not JSON\n"
                     "c_part: results.json is not whole: it has no `graph_hash`\n"
                     "d_other: results.json was written by another version of Leat\n"
                     "e_kind: results.json is not whole: a value in it is a number, but must be a string\n"
                     "f_list: results.json is not JSON\n"));
}

TEST_CASE("run store: a validation has the metrics of the kept weights") {
  const TemporaryFolder folder;
  put_kept_run(folder / "one", 0);
  CHECK(validated(runs_in(folder.path()).at(0)) == std::vector<double>{.75});
}

TEST_CASE("run store: where the disk cannot be written, the runs are shown all the same, with why some failed") {
  const TemporaryFolder scratch;
  const test::SmallDisk disk(scratch.path() / "disk", 1000);
  if (!disk.why_not().empty()) {
    MESSAGE("nothing can be mounted here: " << disk.why_not());
    return;
  }
  put_run(disk.path() / "one", {7});
  put(disk.path() / "two" / "graph.yaml", graph_text);
  SUBCASE("without a store") {
    disk.forbid_writing();
    RunStore store = RunStore::view(disk.path());
    store.update();
    CHECK(store.runs().size() == 2);
    CHECK_FALSE(store.why_not_kept().empty());
    CHECK_FALSE(fs::exists(disk.path() / "runs.sqlite"));
    CHECK_FALSE(refusal_of([&] { (void)RunStore::open(disk.path()); }).empty());
  }
  SUBCASE("with one") {
    {
      RunStore store = RunStore::view(disk.path());
      CHECK(store.why_not_kept().empty());
      store.record_failure(disk.path() / "two", 3, "cpu", "disk full");
      store.update();
    }
    disk.forbid_writing();
    RunStore store = RunStore::view(disk.path());
    store.update();
    REQUIRE(store.runs().size() == 2);
    CHECK_FALSE(store.why_not_kept().empty());
    CHECK(store.runs()[1].error == "disk full");
  }
}

TEST_CASE("run store: on a full disk, the runs are shown all the same, with why some failed") {
  const TemporaryFolder scratch;
  const test::SmallDisk disk(scratch.path() / "disk", 2000);
  if (!disk.why_not().empty()) {
    MESSAGE("nothing can be mounted here: " << disk.why_not());
    return;
  }
  put(disk.path() / "two" / "graph.yaml", graph_text);
  bool has_store = false;
  SUBCASE("without a store") {}
  SUBCASE("with one") {
    has_store = true;
    RunStore store = RunStore::open(disk.path());
    store.record_failure(disk.path() / "two", 3, "cpu", "no memory");
    store.update();
  }
  // More than the free pages of a store that exists.
  for (int k = 0; k < 40; ++k) put_run(disk.path() / ("more-" + std::to_string(k)), {7});
  disk.fill_but(0);
  RunStore store = RunStore::view(disk.path());
  store.update();
  CHECK(store.runs().size() == 41);
  CHECK(store.why_not_kept().find("full") != std::string::npos);
  if (has_store) CHECK(store.runs().back().error == "no memory");
  std::string refused;
  try {
    RunStore other = RunStore::open(disk.path());
    other.update();
  } catch (const Refusal& refusal) {
    refused = refusal.what();
  }
  CHECK(refused.find("full") != std::string::npos);
}

TEST_CASE("run store: a run that is not finished has the steps that it did, and says that it was stopped") {
  const TemporaryFolder folder;
  put(folder.path() / "killed" / "graph.yaml", graph_text);
  put(folder.path() / "killed" / "metrics.jsonl",
      "{\"phase\": \"train\", \"step\": 86, \"metrics\": {}}\n{\"phase\": \"train\", \"step\": 87, \"metrics\": {\"a.b\": "
      "null}}\n{\"phase\"");
  put(folder.path() / "stopped" / "graph.yaml", graph_text);
  {
    const record::Ticks ticks;
    record::EventLog log(folder.path() / "stopped" / "events.log", "{}", ticks, [](const std::string& why) { FAIL(why); });
    log.add_note("{\"interrupted\":3}");
  }
  const std::vector<StoredRun> runs = runs_in(folder.path());
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].steps == 87);
  CHECK(runs[0].error.empty());
  CHECK(runs[0].status == RunStatus::Unfinished);
  CHECK(runs[1].status == RunStatus::Stopped);
  CHECK(runs[1].error.empty());
  const std::string text = run_table_text(runs, {});
  CHECK(text.find("killed   -     unfinished") != std::string::npos);
  CHECK(text.find("stopped  -     stopped") != std::string::npos);
  CHECK(read_run(folder.path() / "stopped").status == RunStatus::Stopped);
  const MetricsSoFar found = metrics_so_far(folder.path() / "killed", "");
  CHECK(found.at == std::map<std::string, std::int64_t>{{"train", 87}});
  CHECK(std::isnan(found.metrics.at("train.a.b")));
}

namespace {

constexpr const char* train_header =
    R"({"begun":1,"workers":1,"phases":[{"name":"train","kind":"train","nodes":[{"name":"a","type":"b.c","lane":"cpu","grain":"step"}],"edges":[]}]})";

/// Writes a part of a log whose newest event ends after these seconds.
void add_part(const fs::path& file, double seconds) {
  const record::Ticks ticks;
  record::EventLog log(file, train_header, ticks, [](const std::string& why) { FAIL(why); });
  record::Span& span = log.of_this_thread().next();
  span = {};
  span.ready = ticks.now();
  span.waited = 0;
  span.busy = record::Span::length(static_cast<std::int64_t>(seconds * 1e9 / ticks.ns_per_tick()));
  span.who = record::Span::who_of(record::EventKind::Ran, 0, 0, 0);
  log.of_this_thread().commit();
  log.flush();
}

}  // namespace

TEST_CASE("run store: the time of a run that is not finished is that of its log, and its parameters are written as in results") {
  const TemporaryFolder folder;
  put(folder.path() / "killed" / "graph.yaml",
      std::string("leat: 1\nparams: {lr: 2.0e-3, root: \"a  b\"}\n") + std::string(graph_text).substr(8));
  add_part(folder / "killed/events.log", 30);
  // It was resumed: the break does not count.
  add_part(folder / "killed/events.log", 12);
  const std::vector<StoredRun> runs = runs_in(folder.path());
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].seconds == doctest::Approx(42).epsilon(0.02));
  CHECK(runs[0].params.at(0) == std::pair<std::string, std::string>("lr", "0.002"));
  LogSoFar log(folder / "killed/events.log");
  CHECK(log.read() == doctest::Approx(runs[0].seconds).epsilon(1e-9));
  CHECK(log.training() == "train");
  put(folder / "other/events.log", "no log");
  CHECK(LogSoFar(folder / "other/events.log").read() == 0);
}

TEST_CASE("run store: the metrics of a training that is not over are means over its newest steps") {
  const TemporaryFolder folder;
  std::string text;
  for (int step = 1; step <= 60; ++step)
    text += R"({"phase": "train", "step": )" + std::to_string(step) + R"(, "metrics": {"a.b": )" + std::to_string(step) + "}}\n";
  text += R"({"phase": "validate", "step": 60, "metrics": {"c.d": 3}})"
          "\n";
  put(folder / "run/metrics.jsonl", text);
  const MetricsSoFar found = metrics_so_far(folder / "run", "train");
  CHECK(found.metrics.at("train.a.b") == 35.5);
  CHECK(found.metrics.at("validate.c.d") == 3);
  CHECK(found.at.at("train") == 60);
  CHECK(metrics_so_far(folder / "run", "").metrics.at("train.a.b") == 60);
}

TEST_CASE("run store: a failure that no file says stays when a run is read again for another version of the index") {
  const TemporaryFolder folder;
  put(folder / "broken/graph.yaml", graph_text);
  {
    RunStore store = RunStore::open(folder.path());
    store.record_failure(folder / "broken", 3, "cpu", "no memory");
  }
  change_store(folder.path(), "UPDATE runs SET modified = 0; PRAGMA user_version = 7;");
  const std::vector<StoredRun> runs = runs_in(folder.path());
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].status == RunStatus::Failed);
  CHECK(runs[0].error == "no memory");
}

TEST_CASE("run store: what the metrics of a training are is said") {
  StoredRun run;
  run.folder = "one";
  run.status = RunStatus::Finished;
  run.metrics = {{"train", PhaseKind::Train, "total.loss", .5, -1, {}}, {"test", PhaseKind::Test, "classes.auc", .9, 0, {}}};
  RunQuery query;
  CHECK(run_table_text({run}, query).find("means") == std::string::npos);
  query.show = {"train.total.loss"};
  CHECK(run_table_text({run}, query).ends_with("\n\nMetrics that a training has at every step are means over its last 50 steps.\n"));
}

TEST_CASE("run store: a run whose seed a newer run of the graph has is not counted in means, and this is said") {
  StoredRun first;
  first.folder = "first";
  first.graph_hash = "one";
  first.seed = 3;
  first.status = RunStatus::Finished;
  StoredRun second = first;
  second.folder = "second";
  second.modified = 1;
  const std::string text = run_table_text({first, second}, {{}, {}, true});
  CAPTURE(text);
  CHECK(text.ends_with("not counted, because another run of the same graph has the same seed, and only the newest counts: first\n"));
}

TEST_CASE("run status: the lock says whether a run works, and its log how it ended") {
  const TemporaryFolder folder;
  const auto after = [](std::initializer_list<const char*> notes) {
    LogEnd end;
    for (const char* note : notes) end.note(note);
    return end;
  };
  const LogEnd none, stopped = after({R"({"control":"stop","step":3,"ns":5})", R"({"interrupted":3})"}),
                     failed = after({R"({"failed":{"node":"decode","where":"step 3","why":"it is cut"}})"}),
                     paused = after({R"({"control":"pause","step":3,"ns":5})"}),
                     gone_on = after({R"({"control":"pause","step":3,"ns":5})", R"({"control":"go on","step":3,"ns":9})"});
  CHECK(status_of(is_in_use(folder.path()), none, false) == RunStatus::Unfinished);
  CHECK(status_of(is_in_use(folder.path()), stopped, false) == RunStatus::Stopped);
  CHECK(status_of(is_in_use(folder.path()), failed, false) == RunStatus::Failed);
  CHECK(status_of(is_in_use(folder.path()), failed, true) == RunStatus::Finished);
  CHECK(status_of(is_in_use(folder.path()), paused, false) == RunStatus::Unfinished);
  CHECK(status_sentence(RunStatus::Failed, "runs/one", failed) == "The run failed in `decode`: it is cut");
  CHECK(status_sentence(RunStatus::Stopped, "runs/one", stopped) ==
        "The run was stopped by request. `leat run --resume runs/one` continues it.");
  CHECK(status_sentence(RunStatus::Stopped, "runs/live 300's", stopped) ==
        "The run was stopped by request. `leat run --resume 'runs/live 300'\\''s'` continues it.");
  CHECK(status_sentence(RunStatus::Unfinished, "runs/one", none).find("does not say how it ended") != std::string::npos);
  CHECK(status_sentence(RunStatus::Finished, "runs/one", none).empty());
  const int lock = lock_of(folder.path());
  CHECK(status_of(is_in_use(folder.path()), stopped, true) == RunStatus::Running);
  CHECK(status_of(is_in_use(folder.path()), paused, false) == RunStatus::Paused);
  CHECK(status_of(is_in_use(folder.path()), gone_on, false) == RunStatus::Running);
  ::close(lock);
  CHECK(status_of(is_in_use(folder.path()), none, false) == RunStatus::Unfinished);
}

TEST_CASE("run store: a run that somebody has paused is called so, however long ago that was") {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  put(run / "graph.yaml", graph_text);
  const int lock = lock_of(run);
  const auto status_after = [&](const std::vector<std::string>& notes) {
    {
      const record::Ticks ticks;
      record::EventLog log(run / "events.log", "{}", ticks, [](const std::string& why) { FAIL(why); });
      for (const std::string& one : notes) log.add_note(one);
    }
    const std::vector<StoredRun> runs = runs_in(folder.path());
    CHECK(run_table_text(runs, {{std::string("status=") + name(runs.at(0).status)}, {}, false}).find("run") != std::string::npos);
    return runs.at(0).status;
  };
  const std::string pause = R"({"control":"pause","step":3,"ns":5})", held = R"({"usage":{"seconds":1.0,"paused":true}})",
                    free = R"({"usage":{"seconds":1.0,"paused":false}})";
  CHECK(status_after({free}) == RunStatus::Running);
  CHECK(status_after({pause}) == RunStatus::Paused);
  std::vector<std::string> long_ago{pause};
  long_ago.resize(3000, held);
  CHECK(status_after(long_ago) == RunStatus::Paused);
  CHECK(status_after({pause, held, R"({"control":"go on","step":3,"ns":9})", free}) == RunStatus::Running);
  ::close(lock);
}

TEST_CASE("run store: where its file cannot be made, the runs are shown all the same") {
  const TemporaryFolder folder;
  put_run(folder.path() / "one", {7});
  fs::create_symlink("/nowhere/at/all", folder.path() / "runs.sqlite");
  RunStore store = RunStore::view(folder.path());
  store.update();
  CHECK(store.runs().size() == 1);
  CHECK(store.why_not_kept() == "unable to open database file");
}

TEST_CASE("run store: a run has failed until it writes something newer") {
  const TemporaryFolder folder;
  const fs::path begun = folder.path() / "begun", empty = folder.path() / "empty";
  put(begun / "graph.yaml", graph_text);
  fs::create_directories(empty);
  RunStore store = RunStore::open(folder.path());
  store.record_failure(begun, 3, "cpu", "disk full");
  store.record_failure(empty, 4, "cpu", "no data");
  store.update();
  REQUIRE(store.runs().size() == 2);
  CHECK(store.runs()[0].status == RunStatus::Failed);
  CHECK(store.runs()[1].error == "no data");
  CHECK(*store.runs()[1].seed == 4);
  CHECK(run_table_text(store.runs(), {}).ends_with("\n\nbegun failed: disk full\nempty failed: no data\n"));

  put(begun / "metrics.jsonl", "");
  fs::remove_all(empty);
  store.update();
  REQUIRE(store.runs().size() == 1);
  CHECK(store.runs()[0].status == RunStatus::Unfinished);
  put_run(begun, {3});
  store.update();
  CHECK(store.runs()[0].status == RunStatus::Finished);
}

TEST_CASE("run store: refuses a file that is no store, another version's, and a run's folder") {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "runs.sqlite").string();
  put(file, "this is a text that is long enough to be no database at all, whatever the first bytes of it may say to SQLite");
  CHECK(refusal_of([&] { (void)RunStore::open(folder.path()); }) ==
        file + " is not a store of runs, or is damaged; remove it, and Leat makes a new one");
  fs::remove(file);
  put_run(folder.path() / "run", {});
  CHECK(runs_in(folder.path()).size() == 1);
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  sqlite3_exec(database, "PRAGMA user_version = 999", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  CHECK(refusal_of([&] { (void)RunStore::open(folder.path()); }).starts_with(file + " was written by another version of Leat"));
  CHECK(refusal_of([&] { (void)RunStore::open(folder.path() / "run"); }).ends_with("run is a run; name the folder that contains it"));
  CHECK(refusal_of([&] { (void)RunStore::open(folder.path() / "gone"); }).starts_with("there is no folder "));
}

TEST_CASE("run store: refuses a kind of phase that this version does not know") {
  const TemporaryFolder folder;
  put_run(folder.path() / "run", {});
  CHECK(runs_in(folder.path()).size() == 1);
  change_store(folder.path(), "UPDATE metrics SET kind = 'calibrate'");
  CHECK(refusal_of([&] {
          (void)runs_in(folder.path());
        }).starts_with((folder.path() / "runs.sqlite").string() + " was written by another version of Leat"));
}

TEST_CASE("run store: one of the first version learns what resources tell, and keeps why runs failed") {
  const TemporaryFolder folder;
  put_run(folder.path() / "run", {0, 100, .9, 75.2, {{"net", {{"weights", 7}}}}});
  fs::create_directories(folder.path() / "empty");
  RunStore::open(folder.path()).record_failure(folder.path() / "empty", 4, "cpu", "no data");
  CHECK(runs_in(folder.path()).size() == 2);
  change_store(folder.path(),
               "DROP TABLE facts; ALTER TABLE runs DROP COLUMN validation; ALTER TABLE runs DROP COLUMN has_kept; PRAGMA user_version = 1");
  const std::vector<StoredRun> runs = runs_in(folder.path());
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].error == "no data");
  CHECK(runs[1].resources.at("net").at("weights") == 7);
}

TEST_CASE("run store: one of version 3 learns which weights a validation is of, and keeps why runs failed") {
  const TemporaryFolder folder;
  put_kept_run(folder / "kept", 0);
  fs::create_directories(folder.path() / "empty");
  // As version 3 wrote it, with the figures of the last validation.
  change_store(folder.path(), R"(
CREATE TABLE runs(folder TEXT PRIMARY KEY, title TEXT NOT NULL, graph_hash TEXT NOT NULL, seed INTEGER, device TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('finished', 'failed', 'unfinished')), error TEXT NOT NULL, steps INTEGER NOT NULL,
  seconds REAL NOT NULL, modified INTEGER NOT NULL) STRICT;
CREATE TABLE params(folder TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (folder, name)) STRICT;
CREATE TABLE facts(folder TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, resource TEXT NOT NULL, name TEXT NOT NULL,
  value INTEGER NOT NULL, PRIMARY KEY (folder, resource, name)) STRICT;
CREATE TABLE metrics(folder TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, phase TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  value REAL, headline INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, PRIMARY KEY (folder, phase, name)) STRICT;
INSERT INTO runs VALUES ('kept', 'Chests', 'hash', 0, 'cpu:2', 'finished', '', 500, 75.2, )" +
                                  std::to_string(nanoseconds(folder / "kept/results.json")) + R"();
INSERT INTO metrics VALUES ('kept', 'validate', 'validate', 'classes.accuracy', 0.5, 0, 0, 1);
INSERT INTO runs VALUES ('empty', '', '', 4, 'cpu', 'failed', 'no data', 0, 0, 0);
PRAGMA user_version = 3;
)");
  const std::vector<StoredRun> runs = runs_in(folder.path());
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].error == "no data");
  CHECK(*runs[0].seed == 4);
  CHECK(runs[1].validation == "validate");
  CHECK(runs[1].has_kept);
  CHECK(validated(runs[1]) == std::vector<double>{.75});
  // Opened again, nothing is left to change.
  CHECK(validated(runs_in(folder.path()).at(1)) == std::vector<double>{.75});
}

TEST_CASE("runs: a table says which weights a validation is of, also for runs that did not record it") {
  const TemporaryFolder folder;
  put_kept_run(folder / "kept", 0);
  put_kept_run(folder / "old", 1);
  json results = json::parse(text_of(folder / "old/results.json"));
  // Version 0.1.0 recorded neither.
  for (const char* name : {"kept", "weights_of", "metrics"}) results.erase(name);
  put(folder / "old/results.json", results.dump());
  const std::vector<StoredRun> runs = runs_in(folder.path());
  REQUIRE(runs.size() == 2);
  CHECK(runs[1].validation == "validate");
  CHECK_FALSE(runs[1].has_kept);
  const std::string recorded = "A validation is that of the weights that the plan's `keep` selected.\n";
  const std::string unrecorded =
      "* of the last validation, not of the weights that the plan's `keep` selected: the version of Leat that ran it\n"
      "  did not record the other.\n";
  CHECK(run_table_text(runs, {{}, {"validate.classes.accuracy"}, false}) ==
        "                                         validate\n"
        "run   seed  status    steps  time        classes.accuracy\n"
        "kept  0     finished  500    1 min 15 s  0.750\n"
        "old   1     finished  500    1 min 15 s  0.500 *\n"
        "\n" +
            recorded + unrecorded);
  // Where no validation is shown, nothing is said of it.
  CHECK(run_table_text(runs, {}).find("validation") == std::string::npos);
  const std::string mean = run_table_text(runs, {{}, {"validate.classes.accuracy"}, true});
  CAPTURE(mean);
  CHECK(mean.find("0.625 *") != std::string::npos);
  CHECK(mean.find("95 % intervals over seeds (Student's t)") != std::string::npos);
  CHECK(mean.ends_with(recorded + unrecorded));
}

namespace {

/// What a child process that has no rights of root says of a folder; empty if it could not be asked.
std::string seen_by_nobody(const fs::path& folder) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::string said = "as root";
    constexpr uid_t nobody = 65534;
    if (::geteuid() != 0 || (::setgid(nobody) == 0 && ::setuid(nobody) == 0)) {
      try {
        RunStore store = RunStore::view(folder);
        store.update();
        said = store.why_not_kept() + ":";
        for (const StoredRun& run : store.runs()) said += " " + run.folder + " " + name(run.status) + " " + run.error + ",";
      } catch (const std::exception& error) {
        said = std::string("threw: ") + error.what();
      }
    }
    (void)!::write(ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said(4096, '\0');
  const ssize_t size = ::read(ends[0], said.data(), said.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return said.substr(0, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
}

}  // namespace

TEST_CASE("run store: in a folder that cannot be written, where its file can be, it is viewed in memory") {
  const TemporaryFolder folder;
  const fs::path runs = folder.path() / "runs";
  put_run(runs / "one", {0});
  fs::create_directories(runs / "failed");
  RunStore::open(runs).record_failure(runs / "failed", 4, "cpu", "no data");
  put_run(runs / "two", {1});
  const auto of_all = fs::perms::others_read | fs::perms::others_exec | fs::perms::group_read | fs::perms::group_exec |
                      fs::perms::owner_read | fs::perms::owner_exec;
  fs::permissions(folder.path(), of_all | fs::perms::owner_write);
  fs::permissions(runs / "runs.sqlite", fs::perms::all);
  fs::permissions(runs, of_all);
  const std::string said = seen_by_nobody(runs);
  fs::permissions(runs, of_all | fs::perms::owner_write);
  if (said == "as root") {
    MESSAGE("skipped: this process cannot become another user");
    return;
  }
  CHECK(said == "its folder is read-only: failed failed no data, one finished , two finished ,");
}

TEST_CASE("run store: viewed in memory, it waits for who writes the file, and says if that cannot be read") {
  const TemporaryFolder folder;
  const fs::path runs = folder.path() / "runs";
  fs::create_directories(runs / "failed");
  RunStore::open(runs).record_failure(runs / "failed", 4, "cpu", "no data");
  const auto of_all = fs::perms::others_read | fs::perms::others_exec | fs::perms::group_read | fs::perms::group_exec |
                      fs::perms::owner_read | fs::perms::owner_exec;
  fs::permissions(folder.path(), of_all | fs::perms::owner_write);
  fs::permissions(runs / "runs.sqlite", of_all);
  fs::permissions(runs, of_all);
  // In another process: SQLite does not survive a fork.
  int begun[2];
  REQUIRE(::pipe(begun) == 0);
  const pid_t writer = ::fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    sqlite3* database = nullptr;
    sqlite3_open((runs / "runs.sqlite").c_str(), &database);
    sqlite3_exec(database, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr);
    (void)!::write(begun[1], "x", 1);
    ::usleep(300'000);
    ::_exit(0);
  }
  char byte = 0;
  REQUIRE(::read(begun[0], &byte, 1) == 1);
  if (const std::string said = seen_by_nobody(runs); said != "as root") CHECK(said == "it is read-only: failed failed no data,");
  REQUIRE(::waitpid(writer, nullptr, 0) == writer);
  ::close(begun[0]);
  ::close(begun[1]);
  fs::permissions(runs / "runs.sqlite", fs::perms::all);
  put(runs / "runs.sqlite", std::string(4096, 'x'));
  fs::permissions(runs / "runs.sqlite", of_all);
  const std::string said = seen_by_nobody(runs);
  fs::permissions(runs, of_all | fs::perms::owner_write);
  if (said != "as root") CHECK(said == "it is read-only, and the reasons why runs failed cannot be read from it: file is not a database:");
}

TEST_CASE("run store: several write at once") {
  const TemporaryFolder folder;
  for (int k = 0; k < 20; ++k) fs::create_directories(folder.path() / std::to_string(k));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&folder, t] {
      RunStore store = RunStore::open(folder.path());
      for (int k = t; k < 20; k += 4) {
        store.record_failure(folder.path() / std::to_string(k), 0, "cpu", "odd");
        store.update();
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(runs_in(folder.path()).size() == 20);
}

TEST_CASE("runs: a table has what differs, and the tests' headline metrics") {
  const TemporaryFolder folder;
  CHECK(run_table_text(four_runs(folder.path()), {}) ==
        "                                                           test\n"
        "run           seed  status      steps  time        labels  classes.accuracy\n"
        "few-seed-0    0     finished    500    1 min 15 s  10      0.500\n"
        "few-seed-1    1     finished    500    1 min 15 s  10      0.700\n"
        "many/seed-0   0     finished    500    1 min 15 s  100     0.800\n"
        "many/seed-2   -     unfinished  0      -           -       -\n"
        "many/seed-10  10    finished    500    1 min 15 s  100     0.900\n");
}

TEST_CASE("runs: labels of training and validation, weights and multiply-adds are columns") {
  const TemporaryFolder folder;
  put_run(folder.path() / "classes",
          {0, 100, .8, 75.2, {{"chex", {{"labels", 1000}, {"validation_labels", 522}}}, {"net", {{"weights", 1178994}}}}});
  put_run(
      folder.path() / "masks",
      {0, 100, .9, 75.2, {{"jsrt", {{"masks", 10}, {"validation_masks", 10}}}, {"net", {{"multiply_adds", 53188}, {"weights", 1962337}}}}});
  CHECK(run_table_text(runs_in(folder.path()), {}) ==
        "                                            chex         jsrt     test              net\n"
        "run      seed  status    steps  time        labels       masks    classes.accuracy  weights    MACs/pixel\n"
        "classes  0     finished  500    1 min 15 s  1,000 + 522  -        0.800             1,178,994  -\n"
        "masks    0     finished  500    1 min 15 s  -            10 + 10  0.900             1,962,337  53,188\n");
  CHECK(
      run_table_csv(runs_in(folder.path()), {}) ==
      "run,seed,status,steps,seconds,chex.labels,chex.validation_labels,jsrt.masks,jsrt.validation_masks,test.classes.accuracy,net.weights,"
      "net.multiply_adds\r\n"
      "classes,0,finished,500,75.2,1000,522,,,0.8,1178994,\r\n"
      "masks,0,finished,500,75.2,,,10,10,0.9,1962337,53188\r\n");
}

TEST_CASE("runs: a line of several runs has all their labels and parameters, in the order in which the runs have them") {
  const TemporaryFolder folder;
  const auto labels = [](int some, int others) { return json{{"tr", {{"labels", some}, {"validation_labels", others}}}}; };
  put_run(folder / "one-0", {0, 10, .5, 75.2, labels(16, 4)});
  put_run(folder / "one-1", {1, 10, .6, 75.2, labels(18, 2)});
  put_run(folder / "one-2", {2, 10, .7, 75.2, labels(18, 2)});
  put_run(folder / "two-0", {0, 100, .7, 75.2, labels(16, 4)});
  // A parameter that cannot change a run's numbers differs within a group.
  json results = json::parse(text_of(folder / "one-2/results.json"));
  results["parameters"]["workers"] = 4;
  put(folder / "one-2/results.json", results.dump());
  const std::vector<StoredRun> runs = runs_in(folder.path());
  const std::string text = run_table_text(runs, {{}, {}, true});
  CAPTURE(text);
  CHECK(text.find("one-*  3      1 min 15 s  10      50     16 + 4 and 18 + 2") != std::string::npos);
  CHECK(text.find("two-0  1      1 min 15 s  100     500    16 + 4 ") != std::string::npos);
  const std::string csv = run_table_csv(runs, {{"labels=10"}, {}, true});
  CAPTURE(csv);
  CHECK(csv.find("tr.labels,tr.validation_labels,") != std::string::npos);
  CHECK(csv.find("one-*,3,75.2,16 and 18,4 and 2,0.6,") != std::string::npos);
  results["parameters"]["workers"] = 2;
  results["seed"] = 3;
  put(folder / "one-3/results.json", results.dump());
  put(folder / "one-3/graph.yaml", graph_text);
  const std::string with_both = run_table_csv(runs_in(folder.path()), {{"labels=10"}, {}, true});
  CAPTURE(with_both);
  CHECK(with_both.find("- and 4 and 2") != std::string::npos);
}

TEST_CASE("runs: a line of runs with a copy says which runs it has, and nothing else has its words") {
  const TemporaryFolder folder;
  for (const char* name : {"copied", "lr1-s0"}) put_run(folder / name, {0, 10, .5});
  put_run(folder / "lr1-s1", {1, 10, .7});
  put_run(folder / "lr2-s0", {0, 100, .7});
  std::vector<StoredRun> runs = runs_in(folder.path());
  for (StoredRun& run : runs) run.title.clear(), run.modified = run.folder == "copied" ? 2 : 1;
  std::string text = run_table_text(runs, {{}, {}, true});
  CAPTURE(text);
  CHECK(text.find("\ncopied, lr1-s1  2 ") != std::string::npos);
  CHECK(text.ends_with("only the newest counts: lr1-s0\n"));
  CHECK(run_table_csv(runs, {{}, {}, true}).find("\"copied, lr1-s1\",2,") != std::string::npos);
  CHECK(run_table_remarks(runs, {{}, {}, true}).ends_with("only the newest counts: lr1-s0\n"));
  for (StoredRun& run : runs) run.modified = run.folder == "copied" ? 0 : 1;
  text = run_table_text(runs, {{}, {}, true});
  CHECK(text.find("\nlr1-s*  2 ") != std::string::npos);
  // Runs of two graphs whose folders begin alike.
  for (StoredRun& run : runs) run.folder = run.folder == "lr1-s1" ? "lr2-s1" : run.folder;
  text = run_table_text(runs, {{}, {}, true});
  CHECK(text.find("\nlr1-s0, lr2-s1  2 ") != std::string::npos);
}

TEST_CASE("runs: of runs in two folders with the same seeds, means are of each folder") {
  const TemporaryFolder folder;
  for (const char* parent : {"first", "second"})
    for (const std::uint64_t seed : {0, 1}) put_run(folder / parent / ("seed-" + std::to_string(seed)), {seed, 10, .5});
  const std::string text = run_table_text(runs_in(folder.path()), {{}, {}, true});
  CAPTURE(text);
  CHECK(text.find("\nfirst   2 ") != std::string::npos);
  CHECK(text.find("\nsecond  2 ") != std::string::npos);
  CHECK(text.find("not counted") == std::string::npos);
}

TEST_CASE("runs: columns that few runs have a value in are the last, but for what was asked for") {
  std::vector<StoredRun> runs(6);
  for (std::size_t k = 0; k < runs.size(); ++k) {
    runs[k].folder = "run" + std::to_string(k);
    runs[k].status = RunStatus::Finished;
    runs[k].params = {{"rate", std::to_string(k)}};
    runs[k].metrics = {{"test", PhaseKind::Test, "a.auc", .5, 0, {}}};
    runs[k].resources["net"]["weights"] = 1000;
  }
  runs[2].params.emplace_back("other", "x");
  runs[3].params.emplace_back("other", "y");
  runs[0].params.emplace_back("rare", "1");
  runs[5].metrics = {{"test", PhaseKind::Test, "b.auc", .7, 0, {}}};
  // Not finished: it has no results yet, so it says nothing about columns of results.
  for (int k = 0; k < 20; ++k) runs.emplace_back().folder = "more" + std::to_string(k);
  const auto head = [&](const RunQuery& query) {
    const std::string csv = run_table_csv(runs, query);
    return csv.substr(0, csv.find("\r\n"));
  };
  CHECK(head({}) == "run,seed,status,steps,seconds,rate,other,test.a.auc,net.weights,test.b.auc");
  CHECK(head({{}, {"test.b.auc"}, false}) == "run,seed,status,steps,seconds,rate,other,test.b.auc,net.weights");
  runs[4].params.emplace_back("rare", "2");
  runs.resize(6);
  runs.resize(24, StoredRun(runs[5]));
  CHECK(head({}) == "run,seed,status,steps,seconds,rate,test.b.auc,net.weights,test.a.auc,rare,other");
}

TEST_CASE("runs: --where means what the filter of the page means") {
  const json given = json::parse(text_of(fs::path(LEAT_TEST_DATA) / "runs/filter.json"));
  std::vector<StoredRun> runs;
  for (const json& one : given.at("runs")) {
    StoredRun& run = runs.emplace_back();
    run.folder = one.at("folder");
    run.title = one.at("title");
    run.device = one.at("device");
    run.steps = one.at("steps");
    run.seconds = one.at("seconds");
    if (one.at("seed").is_string()) run.seed = std::stoull(one.at("seed").get<std::string>());
    for (const RunStatus status : {RunStatus::Running, RunStatus::Paused, RunStatus::Finished, RunStatus::Failed, RunStatus::Stopped})
      if (one.at("status") == name(status)) run.status = status;
    CHECK(one.at("status") == name(run.status));
    for (const auto& [name, value] : one.at("params").items()) run.params.emplace_back(name, value);
    for (const std::string phase : {"test", "cross"})
      for (const auto& [name, value] : one.at("metrics").items())
        if (name.starts_with(phase + "."))
          run.metrics.push_back(
              {phase, PhaseKind::Test, name.substr(phase.size() + 1), value.is_number() ? value.get<double>() : std::nan(""), 0, {}});
  }
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return c < 128 ? std::tolower(c) : c; });
    return text;
  };
  for (const json& one : given.at("cases")) {
    const std::string filter = one.at("filter");
    CAPTURE(filter);
    std::vector<std::string> found, wanted = one.value("finds", std::vector<std::string>());
    const std::string said = lower(refusal_of([&] {
      std::string csv = run_table_csv(runs, {{filter}, {}, false});
      for (std::size_t at = csv.find("\r\n") + 2; at < csv.size(); at = csv.find("\r\n", at) + 2)
        found.push_back(csv.substr(at, csv.find(',', at) - at));
    }));
    CHECK(found == wanted);
    CHECK(said.empty() == !one.contains("says"));
    for (const std::string& words : one.value("says", std::vector<std::string>())) {
      CAPTURE(said);
      CHECK(said.find(words) != std::string::npos);
    }
  }
}

TEST_CASE("runs: --where filters by parameter and by what a run is, --show says which metrics") {
  const TemporaryFolder folder;
  const std::vector<StoredRun> runs = four_runs(folder.path());
  CHECK(run_table_text(runs, {{"labels=1e1", "seed=1"}, {"train.gate.share", "test.classes.images"}, false}) ==
        "                                               train       test\n"
        "run         seed  status    steps  time        gate.share  classes.images\n"
        "few-seed-1  1     finished  500    1 min 15 s  0.500       300\n"
        "\nMetrics that a training has at every step are means over its last 50 steps.\n");
  CHECK(run_table_text(runs, {{"status=failed"}, {}, false}) == "none of the 5 runs matches the conditions\n");
  CHECK(run_table_text({}, {{"anything=1"}, {"at.all"}, true}) == "there are no runs\n");
  CHECK(refusal_of([&] {
          (void)run_table_text(runs, {{"label=1"}, {}, false});
        }) ==
        "`--where label=1`: there is no column `label`; did you mean `labels`? names are run, status, done, time, seed, title, device, "
        "classes, labels, lr, steps, and those of metrics");
  CHECK(refusal_of([&] {
          (void)run_table_text(runs, {{"lr"}, {}, false});
        }) == "`--where lr`: it is not a comparison such as `lr<0.01`; operators are = != < <= > >=");
  CHECK(refusal_of([&] { (void)run_table_text(runs, {{"lr<"}, {}, false}); }) == "`--where lr<`: it has no value after `<`");
  CHECK(refusal_of([&] {
          (void)run_table_text(runs, {{}, {"test.dice"}, false});
        }) == "no run has measured `test.dice`; valid names are `train.gate.share`, `test.classes.accuracy` and `test.classes.images`");
}

TEST_CASE("runs: --mean is of runs that differ in their seed, with t intervals") {
  const TemporaryFolder folder;
  std::vector<StoredRun> runs = four_runs(folder.path());
  CHECK(run_table_text(runs, {{}, {}, true}) ==
        "                                              test\n"
        "runs        seeds  time        labels  steps  classes.accuracy\n"
        "few-seed-*  2      1 min 15 s  10      50     0.600\n"
        "                                              0.000, 1.000\n"
        "many        2      1 min 15 s  100     500    0.850\n"
        "                                              0.215, 1.000\n"
        "\n"
        "Means over the runs of a line, and 95 % intervals over seeds (Student's t). They do not count the variation\n"
        "  between images, which `leat report` of the same runs includes. Intervals are limited to the bounds of their\n"
        "  metric, such as 0 and 1 for a fraction.\n"
        "not counted, because they are not finished: many/seed-2\n");
  CHECK(run_table_text(runs, {{"labels=10"}, {}, true}, TableFormat::Markdown) ==
        "| runs | seeds | time | test classes.accuracy |\n"
        "|---|---|---|---|\n"
        "| few-seed-* | 2 | 1 min 15 s | 0.600 [0.000, 1.000] |\n"
        "\n"
        "Means over the runs of a line, and 95 % intervals over seeds (Student's t). They do not count the variation\n"
        "  between images, which `leat report` of the same runs includes. Intervals are limited to the bounds of their\n"
        "  metric, such as 0 and 1 for a fraction.\n");
  CHECK(run_table_text(runs, {{"status=unfinished"}, {}, true}) ==
        "none of these runs has finished\nnot counted, because they are not finished: many/seed-2\n");

  put_run(folder.path() / "zagain", {1, 10, .9});
  runs = runs_in(folder.path());
  CHECK(run_table_csv(runs, {{"labels=10"}, {}, true}).find(",2,75.2,0.7,") != std::string::npos);
}

TEST_CASE("runs: CSV has figures in full, and quotes what has commas") {
  const TemporaryFolder folder;
  put_run(folder.path() / "a, \"b\"", {0, 10, 1. / 3});
  put_run(folder.path() / "c", {1, 10, nullptr});
  CHECK(run_table_csv(runs_in(folder.path()), {}) ==
        "run,seed,status,steps,seconds,test.classes.accuracy\r\n"
        "\"a, \"\"b\"\"\",0,finished,500,75.2,0.3333333333333333\r\n"
        "c,1,finished,500,75.2,\r\n");
}

TEST_CASE("runs: an author's headline metric is a column too") {
  const TemporaryFolder folder;
  put_run(folder.path() / "run", {0, 100, .9});
  StoredRun run = runs_in(folder.path()).at(0);
  run.metrics.push_back({"test", PhaseKind::Test, "tips.offset", 2, 5, {.low = 0}});
  run.metrics.push_back({"test", PhaseKind::Test, "tips.other", 3});
  const std::string text = run_table_text({run}, {});
  CAPTURE(text);
  CHECK(text.find("classes.accuracy  tips.offset\n") != std::string::npos);
}
