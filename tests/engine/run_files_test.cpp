#include <atomic>
#include <fstream>
#include <latch>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "record/event_log.h"
#include "run/checkpoint.h"
#include "run/checkpoint_borders.h"
#include "run/folder_lock.h"
#include "run/recorder.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/syncs.h"
#include "support/text_file.h"
#include "support/toys.h"

// What a run keeps on disk: it is trusted only as far as it lasts, and never lost without a word.
using namespace leat;
namespace fs = std::filesystem;

namespace {

std::string graph(int steps, const std::string& train, const std::string& rest = "") {
  return "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: {length: "
         "64, batch: 4}}\n"
         "      noise: {uses: toy.noise, in: {number: count}}\n      fold: {uses: toy.fold, in: {number: noise}}\n"
         "      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}\n"
         "      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}\n" +
         rest + "plan:\n  train: {phase: train, steps: " + std::to_string(steps) + train + "}\n";
}

struct Ended {
  RunResult result;
  std::vector<std::string> said;
};

/// Runs in a folder; stops after a step of the training, or at the end.
Ended run_in(const fs::path& folder, const std::string& text, std::int64_t stop_at = -1, bool resumes = false,
             const Registry& registry = toy_registry()) {
  Program program = build(registry, text);
  Ended out;
  RunOptions options;
  options.folder = folder;
  options.resumes = resumes;
  OnMessage listen([&](const std::string& sentence) { out.said.push_back(sentence); });
  options.observers = {{&listen, Hears::Messages}};
  Run run(program, make_thread_lane(), make_test_executor(2), options);
  toys::Witness witness;
  witness.learning = [&](std::int64_t step) {
    if (step + 1 == stop_at) run.stop();
  };
  toys::watch(&witness);
  try {
    out.result = run.run();
  } catch (...) {
    toys::watch(nullptr);
    throw;
  }
  toys::watch(nullptr);
  return out;
}

std::string said(const Ended& ended) {
  std::string all;
  for (const std::string& sentence : ended.said) all += sentence + "\n";
  return all;
}

}  // namespace

namespace {

const char* const validation = R"(  validate:
    nodes:
      count: {uses: toy.count, with: {length: 4, batch: 4}}
      score: {uses: test.peak, in: {number: count}, with: {weight: weight}}
  test:
    nodes:
      count: {uses: toy.count, with: {length: 4, batch: 4}}
      score: {uses: test.peak, in: {number: count}, with: {weight: weight}}
)";

/// A weight that is the number of steps it was changed in, and a score that is highest at step 80.
struct StepWeight final : Resource {
  static constexpr std::string_view kind = "weight of steps";
  std::int64_t value = 0;
  static inline std::size_t ballast = 0;  ///< Numbers that make it slow to write.
  void save(Archive& archive) const override {
    archive.put("value", value);
    archive.put("ballast", std::vector<double>(ballast));
  }
  void load(const Archive& archive) override { value = archive.whole("value"); }
};

struct CountSteps final : Node {
  Changes<StepWeight> weight{this, "weight", "It."};
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  static inline std::function<void(std::int64_t)> learning;
  void process(Frame& frame) const override {
    weight->value = frame.key().step + 1;
    frame.metric("loss", static_cast<double>(weight->value));
    if (learning) learning(weight->value);
  }
};

struct Peak final : Node {
  Uses<StepWeight> weight{this, "weight", "It."};
  Gather<toys::Number> number{this, "number", "Any shape."};
  Metric score{this, "score", Better::Higher, "It is best at step 80."};
  void process(Frame& frame) const override {
    frame.metric(score, weight->value == 80 ? 100.0 : 90.0 - static_cast<double>(weight->value));
    frame.metric("weights_of_step", static_cast<double>(weight->value));
  }
};

std::string peak_graph(int steps, int checkpoint_every) {
  return "leat: 1\nresources:\n  weight: {uses: test.step_weight}\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: "
         "{batch: 2}}\n"
         "      learn: {uses: test.count_steps, in: {numbers: count}, with: {weight: weight}}\n" +
         std::string(validation) + "plan:\n  train: {phase: train, steps: " + std::to_string(steps) +
         ", validate: every 10 steps, keep: {best: validate.score.score}, checkpoint_every: " + std::to_string(checkpoint_every) +
         "}\n  then: [test]\n";
}

Registry peak_registry() {
  Registry registry = toy_registry();
  detail::register_type<StepWeight>(registry, "test.step_weight", "Counts steps.");
  detail::register_type<CountSteps>(registry, "test.count_steps", "Changes it.", LaneKind::Device);
  detail::register_type<Peak>(registry, "test.peak", "Is highest once.", LaneKind::Device);
  return registry;
}

/// A copy of a run's folder as it is at this moment, as a kill would leave it.
void copy_as_killed(const fs::path& from, const fs::path& to) { fs::copy(from, to, fs::copy_options::recursive); }

}  // namespace

TEST_CASE("metrics.jsonl: cut behind what the checkpoint knows of, a resumed run keeps the whole lines and says which are lost") {
  TemporaryFolder folder;
  const std::string text = graph(40, ", checkpoint_every: 10");
  const Ended whole = run_in(folder.path() / "whole", text);
  for (const int cut : {10, 100, 1000}) {
    CAPTURE(cut);
    const fs::path run = folder.path() / ("cut-" + std::to_string(cut));
    CHECK(run_in(run, text, 23).result.was_interrupted);
    fs::resize_file(run / "metrics.jsonl", fs::file_size(run / "metrics.jsonl") - static_cast<std::uintmax_t>(cut));
    const Ended resumed = run_in(run, text, -1, true);
    CHECK(resumed.result.phases == whole.result.phases);
    CHECK(said(resumed).find("bytes that the checkpoint of step 23 knows of: the lines after step ") != std::string::npos);
    const std::string lines = text_of(run / "metrics.jsonl");
    CHECK(lines.find('\0') == std::string::npos);
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) CHECK(nlohmann::json::parse(line, nullptr, false).is_object());
  }
}

TEST_CASE("metrics.jsonl: gone, or full of NULs where a file system never wrote it, the run goes on with what the checkpoint knows") {
  TemporaryFolder folder;
  const std::string text = graph(40, ", checkpoint_every: 10");
  const Ended whole = run_in(folder.path() / "whole", text);
  const fs::path gone = folder.path() / "gone", holes = folder.path() / "holes";
  CHECK(run_in(gone, text, 23).result.was_interrupted);
  fs::remove(gone / "metrics.jsonl");
  const Ended resumed = run_in(gone, text, -1, true);
  CHECK(resumed.result.phases == whole.result.phases);
  CHECK(said(resumed).find("warning: metrics.jsonl has 0 of the ") == 0);

  CHECK(run_in(holes, text, 23).result.was_interrupted);
  const auto size = fs::file_size(holes / "metrics.jsonl");
  fs::resize_file(holes / "metrics.jsonl", size / 2);
  fs::resize_file(holes / "metrics.jsonl", size);
  const Ended filled = run_in(holes, text, -1, true);
  CHECK(filled.result.phases == whole.result.phases);
  CHECK(said(filled).find("are lost") != std::string::npos);
  CHECK(text_of(holes / "metrics.jsonl").find('\0') == std::string::npos);
}

TEST_CASE("checkpoints: a folder that cannot be read is no folder without checkpoints") {
  TemporaryFolder folder;
  const std::string text = graph(20, ", checkpoint_every: 5");
  const fs::path run = folder.path() / "run";
  CHECK(run_in(run, text, 12).result.was_interrupted);
  fs::rename(run / "checkpoints", run / "away");
  put(run / "checkpoints", "a file");
  const std::string metrics = text_of(run / "metrics.jsonl");
  CHECK_THROWS_WITH_AS((void)run_in(run, text, -1, true), doctest::Contains("is not a folder"), std::runtime_error);
  CHECK_THROWS_WITH_AS((void)last_checkpoint(run), doctest::Contains("is not a folder"), std::runtime_error);
  CHECK(text_of(run / "metrics.jsonl") == metrics);

  fs::remove(run / "checkpoints");
  fs::create_symlink("checkpoints", run / "checkpoints");  // Leads round in a circle.
  CHECK_THROWS_WITH_AS((void)run_in(run, text, -1, true), doctest::Contains("cannot read the checkpoint"), std::runtime_error);
  CHECK(text_of(run / "metrics.jsonl") == metrics);

  fs::remove(run / "checkpoints");
  fs::rename(run / "away", run / "checkpoints");
  put(run / "checkpoints" / "last" / "manifest.json", "{\"version\": 2, ");
  CHECK_THROWS_WITH_AS((void)run_in(run, text, -1, true), doctest::Contains("manifest.json"), std::runtime_error);
  CHECK(text_of(run / "metrics.jsonl") == metrics);
}

TEST_CASE("checkpoints: what is not what was written is refused, with its file") {
  TemporaryFolder folder;
  const std::string text = graph(20, ", checkpoint_every: 5");
  const fs::path run = folder.path() / "run", last = run / "checkpoints" / "last";
  CHECK(run_in(run, text, 12).result.was_interrupted);
  for (const char* name : {"weight.safetensors", "states.safetensors"}) {
    CAPTURE(name);
    const std::string whole = text_of(last / name);
    std::string damaged = whole;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    put(last / name, damaged);
    CHECK_THROWS_WITH_AS((void)run_in(run, text, -1, true), doctest::Contains((std::string(name) + " is damaged").c_str()),
                         std::runtime_error);
    CHECK_THROWS_WITH_AS((void)kept_weights(run), doctest::Contains((std::string(name) + " is damaged").c_str()), std::runtime_error);
    put(last / name, whole);
  }
  const std::string manifest = text_of(last / "manifest.json");
  std::string other = manifest;
  const std::size_t at = other.find("\"steps\": 12");
  REQUIRE(at != std::string::npos);
  other[at + 9] = '2';
  put(last / "manifest.json", other);
  CHECK_THROWS_WITH_AS((void)run_in(run, text, -1, true), doctest::Contains("manifest.json is damaged"), std::runtime_error);
  put(last / "manifest.json", manifest);
  CHECK(run_in(run, text, -1, true).result.steps == 20);
}

namespace {

/// Its metrics and what it keeps are no UTF-8.
struct LatinWeight final : Resource {
  static constexpr std::string_view kind = "weight of a caf\xe9";
  std::int64_t value = 0;
  void save(Archive& archive) const override {
    archive.put("value", value);
    archive.metadata["file"] = "caf\xe9.png";
  }
  void load(const Archive& archive) override { value = archive.whole("value"); }
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> facts() const override { return {{"caf\xe9", 1}, {"caf\xe8", 2}}; }
};

struct LatinLearn final : Node {
  Changes<LatinWeight> weight{this, "weight", "It."};
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  static inline std::function<void(std::int64_t)> learning;
  void process(Frame& frame) const override {
    frame.metric("caf\xe9", static_cast<double>(++weight->value));
    frame.metric("caf\xe8", 2.0 * static_cast<double>(weight->value));
    if (learning) learning(weight->value);
  }
};

}  // namespace

TEST_CASE("checkpoints: a run whose metrics and weights have text that is not UTF-8 resumes, and measures what a whole one does") {
  TemporaryFolder folder;
  Registry registry = toy_registry();
  detail::register_type<LatinWeight>(registry, "test.latin_weight", "Counts.");
  detail::register_type<LatinLearn>(registry, "test.latin_learn", "Counts.", LaneKind::Device);
  const std::string text =
      "leat: 1\nresources:\n  weight: {uses: test.latin_weight}\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: "
      "{batch: 2}}\n      learn: {uses: test.latin_learn, in: {numbers: count}, with: {weight: weight}}\n"
      "plan: {train: {phase: train, steps: 30, checkpoint_every: 5}}\n";
  const Ended whole = run_in(folder.path() / "whole", text, -1, false, registry);
  CHECK(whole.result.phases.at("train") == Metrics{{"learn.caf\\xE8", 31.0}, {"learn.caf\\xE9", 15.5}});
  RunOptions options;
  options.folder = folder.path() / "run";
  {
    Program program = build(registry, text);
    Run one(program, make_thread_lane(), make_test_executor(2), options);
    LatinLearn::learning = [&](std::int64_t steps) {
      if (steps == 12) one.stop();
    };
    CHECK(one.run().was_interrupted);
    LatinLearn::learning = nullptr;
  }
  CHECK(run_in(options.folder, text, -1, true, registry).result.phases == whole.result.phases);
  const auto results = nlohmann::json::parse(text_of(options.folder / "results.json"));
  CHECK(results.at("phases").at("train").size() == 2);
  CHECK(results.at("resources").at("weight") == nlohmann::json{{"caf\\xE8", 2}, {"caf\\xE9", 1}});
}

namespace {

/// What this process has read of files so far; -1 where the kernel does not tell.
std::int64_t bytes_read() {
  std::ifstream in("/proc/self/io");
  std::string key;
  std::int64_t bytes = -1;
  in >> key >> bytes;
  return key == "rchar:" ? bytes : -1;
}

}  // namespace

TEST_CASE("checkpoints: a resume reads the weights once, and who asks for the steps reads none") {
  TemporaryFolder folder;
  const Registry registry = peak_registry();
  const fs::path run = folder.path() / "run";
  if (bytes_read() < 0) {
    MESSAGE("skipped: /proc/self/io cannot be read");
    return;
  }
  RunOptions options;
  options.folder = run;
  StepWeight::ballast = 500'000;
  {
    Program program = build(registry, peak_graph(20, 10));
    Run one(program, make_thread_lane(), make_test_executor(2), options);
    CountSteps::learning = [&](std::int64_t steps) {
      if (steps == 5) one.stop();
    };
    CHECK(one.run().was_interrupted);
  }
  const auto weights = static_cast<std::int64_t>(fs::file_size(run / "checkpoints" / "last" / "weight.safetensors"));
  CHECK(weights > 4'000'000);
  std::int64_t begin = bytes_read();
  CHECK(last_checkpoint(run)->steps == 5);
  CHECK(bytes_read() - begin < weights / 10);
  begin = bytes_read();
  CHECK(kept_weights(run)->steps == 5);
  CHECK(bytes_read() - begin < weights + weights / 10);
  options.resumes = true;
  begin = bytes_read();
  Program program = build(registry, peak_graph(20, 10));
  Run one(program, make_thread_lane(), make_test_executor(2), options);
  CountSteps::learning = [&](std::int64_t steps) {
    if (steps == 7) one.stop();
  };
  CHECK(one.run().was_interrupted);
  CHECK(bytes_read() - begin < weights + weights / 10);
  CountSteps::learning = nullptr;
  StepWeight::ballast = 0;
}

TEST_CASE("checkpoints: gone, the run begins anew and says what it writes over") {
  TemporaryFolder folder;
  const std::string text = graph(20, ", checkpoint_every: 5");
  const fs::path run = folder.path() / "run";
  CHECK(run_in(run, text, 12).result.was_interrupted);
  fs::remove_all(run / "checkpoints");
  const Ended resumed = run_in(run, text, -1, true);
  CHECK(resumed.result.steps == 20);
  CHECK(said(resumed).find("has no checkpoint: the run starts again, and the metrics of its first 12 steps are overwritten") !=
        std::string::npos);
}

TEST_CASE("checkpoints: a folder in which none can be written is told before the training") {
  TemporaryFolder folder;
  const std::string text = graph(20, ", checkpoint_every: 5");
  const fs::path run = folder.path() / "run";
  CHECK(run_in(run, text, 12).result.was_interrupted);
  // Permissions would not keep root from writing, and in /proc nobody can.
  const fs::path read_only = folder.path() / "read-only";
  fs::create_directories(read_only);
  fs::create_directory_symlink("/proc", read_only / "checkpoints");
  fs::copy(run / "graph.yaml", read_only / "graph.yaml");
  fs::copy(run / "lock", read_only / "lock");
  CHECK_THROWS_WITH_AS((void)run_in(read_only, text, -1, true),
                       doctest::Contains(("cannot write the checkpoint " + (read_only / "checkpoints" / "last").string()).c_str()),
                       std::runtime_error);
  CHECK_FALSE(fs::exists(read_only / "metrics.jsonl"));
  // What lies there under other names is in no way.
  fs::create_directories(run / "checkpoints" / "manifest.json.new");
  CHECK(run_in(run, text, -1, true).result.steps == 20);
}

TEST_CASE("a graph that was changed and accepted: killed before its first checkpoint, the run resumes as the others do") {
  TemporaryFolder folder;
  const std::string text = graph(40, ", checkpoint_every: 10"), changed = graph(50, ", checkpoint_every: 20");
  const fs::path run = folder.path() / "run", killed = folder.path() / "killed";
  CHECK(run_in(run, text, 12).result.was_interrupted);
  const Registry registry = toy_registry();
  Program program = build(registry, changed);
  RunOptions options;
  options.folder = run;
  options.resumes = true;
  options.accepts_changed_graph = true;
  toys::Witness witness;
  witness.learning = [&](std::int64_t step) {
    if (step == 15) fs::copy(run, killed, fs::copy_options::recursive);
  };
  toys::watch(&witness);
  const RunResult whole = Run(program, make_thread_lane(), make_test_executor(2), options).run();
  toys::watch(nullptr);
  CHECK(run_in(killed, changed, -1, true).result.phases == whole.phases);
}

TEST_CASE("a graph that was changed and accepted: a training with fewer steps than are done is refused") {
  TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  CHECK(run_in(run, graph(40, ", checkpoint_every: 10"), 23).result.was_interrupted);
  const Registry registry = toy_registry();
  Program program = build(registry, graph(20, ", checkpoint_every: 10"));
  RunOptions options;
  options.folder = run;
  options.resumes = true;
  options.accepts_changed_graph = true;
  CHECK_THROWS_WITH_AS((void)Run(program, make_thread_lane(), make_test_executor(2), options).run(),
                       doctest::Contains("has done 23 training steps, but this graph trains for 20"), std::runtime_error);
}

TEST_CASE("events.log: damaged, it costs what cannot be read of it, with a warning, and not the run") {
  TemporaryFolder folder;
  const std::string text = graph(20, ", checkpoint_every: 5");
  const fs::path run = folder.path() / "run", log = run / "events.log";
  CHECK(run_in(run, text, 12).result.was_interrupted);
  std::string damaged = text_of(log);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  put(log, damaged);
  const Ended stopped = run_in(run, text, 15, true);
  CHECK(stopped.result.was_interrupted);
  const std::string behind = text_of(run / "events.damaged.log");
  CHECK(!behind.empty());
  CHECK(damaged.ends_with(behind));
  CHECK(said(stopped).find("events.log was damaged: its last " + std::to_string(behind.size()) +
                           " bytes could not be read, and were moved to events.damaged.log") != std::string::npos);
  put(log, std::string(300, 'x'));
  const Ended ended = run_in(run, text, -1, true);
  CHECK(ended.result.steps == 20);
  CHECK(said(ended).find("is not an event log; it was renamed to events.damaged-2.log, and a new log begins") != std::string::npos);
  CHECK(text_of(run / "events.damaged-2.log") == std::string(300, 'x'));
  CHECK(record::read_log(log, {}));
}

TEST_CASE("events.log: a run that cannot open it for want of something else leaves it where it is") {
  TemporaryFolder folder;
  const std::string text = graph(20, ", checkpoint_every: 5");
  const fs::path run = folder.path() / "run", log = run / "events.log";
  CHECK(run_in(run, text, 12).result.was_interrupted);
  fs::remove(log);
  fs::create_directories(log);
  CHECK_THROWS_WITH_AS((void)run_in(run, text, -1, true), doctest::Contains("events.log: it is a folder"), std::runtime_error);
  CHECK(fs::is_directory(log));
  CHECK_FALSE(fs::exists(run / "events.damaged.log"));
}

TEST_CASE("a run's folder: what a new run would write over keeps it out, whoever it is of") {
  TemporaryFolder folder;
  const std::string text = graph(20, ", checkpoint_every: 5"),
                    held = " already holds a run: resume it with --resume, or name another folder";
  for (const char* name : {"graph.yaml", "metrics.jsonl"}) {
    CAPTURE(name);
    const fs::path user = folder.path() / "user" / name;
    put(user / name, "mine\n");
    for (const bool resumes : {false, true})
      CHECK_THROWS_WITH_AS((void)run_in(user, text, -1, resumes),
                           (user.string() + " has a " + name + ", but is not a run's folder: name another folder").c_str(),
                           std::runtime_error);
    CHECK(text_of(user / name) == "mine\n");
    CHECK(std::distance(fs::directory_iterator(user), fs::directory_iterator()) == 1);
  }
  for (const char* name : {"graph.yaml", "metrics.jsonl", "events.log", "results.json", "checkpoints"}) {
    CAPTURE(name);
    const fs::path run = folder.path() / "run" / name;
    CHECK(run_in(run, text, 12).result.was_interrupted);
    for (const char* other : {"graph.yaml", "metrics.jsonl", "events.log", "results.json", "checkpoints"})
      if (std::string_view(other) != name) fs::remove_all(run / other);
    if (std::string_view(name) == "results.json") put(run / name, "{}");
    CHECK_THROWS_WITH_AS((void)run_in(run, text), (run.string() + held).c_str(), std::runtime_error);
    CHECK(fs::exists(run / name));
    CHECK(run_in(run, text, -1, true).result.steps == 20);
  }
  // What a run leaves that was killed or failed before its first file, and what is of no run and in no way.
  const fs::path empty = folder.path() / "empty";
  put(empty / "lock", "");
  put(empty / "checkpoints" / "last.new" / "states.safetensors", "");
  put(empty / "notes.txt", "mine");
  CHECK(run_in(empty, text).result.steps == 20);
}

TEST_CASE("a run's folder: its own name, its files' names and the results' last, whatever happens to the machine") {
  TemporaryFolder folder;
  const fs::path run = folder.path() / "runs" / "of today" / "run";
  std::vector<fs::path> synced;
  std::mutex lock;
  test::syncing = [&](const fs::path& path) {
    const std::lock_guard guard(lock);
    synced.push_back(path);
    if (path == fs::weakly_canonical(run) && fs::exists(run / "results.json")) synced.push_back("results");
  };
  (void)run_in(run, graph(5, ""));
  test::syncing = nullptr;
  for (const fs::path& made : {run, run.parent_path(), run.parent_path().parent_path()}) {
    CAPTURE(made.string());
    CHECK(std::count(synced.begin(), synced.end(), fs::canonical(made.parent_path())) > 0);
  }
  CHECK(std::count(synced.begin(), synced.end(), "results") == 1);
}

TEST_CASE("a run's folder: moved while the run works, it ends the run with both names, and no second folder is begun") {
  const TemporaryFolder folder;
  const fs::path run = folder / "run", moved = folder / "moved";
  const Registry registry = peak_registry();
  CountSteps::learning = [&](std::int64_t step) {
    if (step == 12) fs::rename(run, moved);
  };
  std::string why;
  try {
    (void)run_in(run, peak_graph(100, 10), -1, false, registry);
  } catch (const std::exception& error) {
    why = error.what();
  }
  CountSteps::learning = nullptr;
  CHECK_FALSE(fs::exists(run));
  CHECK(why == "the folder of this run, " + run.string() + ", was moved to " + moved.string() +
                   " while the run worked; what it has written is there, and `leat run --resume` with that folder continues it");
  CHECK(run_in(moved, peak_graph(100, 10), -1, true, registry).result.steps == 100);
}

TEST_CASE("a run's folder: that it was removed is said") {
  const TemporaryFolder folder;
  const fs::path run = folder / "run";
  const leat::run::FolderLock lock(run);
  CHECK_NOTHROW(lock.check_place());
  const std::string sentence = "the folder of this run, " + run.string() + ", was removed while the run worked";
  fs::remove_all(run);
  CHECK_THROWS_WITH_AS(lock.check_place(), sentence.c_str(), std::runtime_error);
}

TEST_CASE("results.json: the most bytes in flight are those of all processes that the run had") {
  TemporaryFolder folder;
  const std::string text = graph(20, ", checkpoint_every: 5");
  const fs::path run = folder.path() / "run";
  const std::int64_t peak = run_in(run, text).result.peak_bytes;
  CHECK(peak > 0);
  put(run / "results.json", "");
  CHECK(run_in(run, text, -1, true).result.peak_bytes == peak);
}

TEST_CASE("results.json: that it cannot be written is found at the start, not after the training") {
  TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  fs::create_directories(run / "results.json" / "in the way");
  std::int64_t steps = 0;
  toys::Witness witness;
  witness.learning = [&](std::int64_t) { ++steps; };
  toys::watch(&witness);
  Program program = build(toy_registry(), graph(5, ""));
  RunOptions options;
  options.folder = run;
  options.resumes = true;
  CHECK_THROWS_WITH_AS((void)Run(program, make_thread_lane(), make_test_executor(2), options).run(), doctest::Contains("it is a folder"),
                       std::runtime_error);
  toys::watch(nullptr);
  CHECK(steps == 0);
}

TEST_CASE("a finished run: to resume it changes nothing in its folder, and gives its results") {
  TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  const std::string text = graph(20, ", checkpoint_every: 5");
  const Ended first = run_in(run, text);
  const auto listing = [&run] {
    std::map<std::string, std::pair<fs::file_time_type, std::string>> out;
    for (const auto& entry : fs::recursive_directory_iterator(run))
      out[entry.path().string()] = {entry.last_write_time(), entry.is_regular_file() ? text_of(entry.path()) : ""};
    return out;
  };
  const auto before = listing();
  const Ended again = run_in(run, text, -1, true);
  CHECK(listing() == before);
  CHECK(again.result.phases == first.result.phases);
  CHECK(again.result.steps == 20);
  CHECK(said(again).find("is finished; nothing is left to do") != std::string::npos);
}

TEST_CASE("best: a timeline that was given up leaves no best weights to the one that goes on") {
  TemporaryFolder folder;
  const Registry registry = peak_registry();
  const fs::path run = folder.path() / "run", killed = folder.path() / "killed";
  {
    // As if killed at step 90: the best is of step 80, the last checkpoint of step 50.
    Program program = build(registry, peak_graph(400, 50));
    RunOptions options;
    options.folder = run;
    Run one(program, make_thread_lane(), make_test_executor(2), options);
    CountSteps::learning = [&](std::int64_t steps) {
      if (steps != 90) return;
      while (!fs::exists(run / "checkpoints" / "best.next" / "manifest.json")) std::this_thread::yield();
      while (one.now().files_waiting > 0) std::this_thread::yield();
      copy_as_killed(run, killed);
      one.stop();
    };
    CHECK(one.run().was_interrupted);
    CountSteps::learning = nullptr;
  }
  // It goes on with fewer steps, and never comes to step 80.
  Program program = build(registry, peak_graph(70, 50));
  RunOptions options;
  options.folder = killed;
  options.resumes = true;
  options.accepts_changed_graph = true;
  std::vector<std::string> messages;
  OnMessage listen([&](const std::string& sentence) { messages.push_back(sentence); });
  options.observers = {{&listen, Hears::Messages}};
  const RunResult result = Run(program, make_thread_lane(), make_test_executor(2), options).run();
  CHECK(result.phases.at("test").at("score.weights_of_step") == 10);
  REQUIRE(!messages.empty());
  CHECK(messages.back().find("use the weights of step 10,") != std::string::npos);
  const auto kept = kept_weights(killed);
  REQUIRE(kept);
  CHECK(kept->is_best);
  CHECK(kept->steps == 10);
  CHECK(!fs::exists(killed / "checkpoints" / "best.next"));
}

TEST_CASE("best: what is kept of a run that was killed is what its last checkpoint knows") {
  TemporaryFolder folder;
  const Registry registry = peak_registry();
  const fs::path run = folder.path() / "run", before = folder.path() / "before", after = folder.path() / "after";
  Program program = build(registry, peak_graph(120, 50));
  RunOptions options;
  options.folder = run;
  Run one(program, make_thread_lane(), make_test_executor(2), options);
  CountSteps::learning = [&](std::int64_t steps) {
    if (steps != 90 && steps != 110) return;
    while (one.now().files_waiting > 0) std::this_thread::yield();
    copy_as_killed(run, steps == 90 ? before : after);
  };
  (void)one.run();
  CountSteps::learning = nullptr;
  CHECK(kept_weights(before)->steps == 10);
  CHECK(kept_weights(after)->steps == 80);
  CHECK(kept_weights(after, true)->steps == 100);
  fs::remove_all(after / "checkpoints" / "best");
  CHECK_THROWS_WITH_AS((void)kept_weights(after), doctest::Contains("the best weights are those of step 80, which are not in"),
                       std::runtime_error);
}

TEST_CASE("best: that the weights are damaged or gone is told when the run is resumed, not after its training") {
  TemporaryFolder folder;
  const Registry registry = peak_registry();
  const fs::path run = folder.path() / "run";
  RunOptions options;
  options.folder = run;
  {
    Program program = build(registry, peak_graph(120, 10));
    Run one(program, make_thread_lane(), make_test_executor(2), options);
    CountSteps::learning = [&](std::int64_t steps) {
      if (steps == 55) one.stop();
    };
    CHECK(one.run().was_interrupted);
    CountSteps::learning = nullptr;
  }
  options.resumes = true;
  Program program = build(registry, peak_graph(120, 10));
  const fs::path weight = run / "checkpoints" / "best" / "weight.safetensors";
  std::string text = text_of(weight);
  text.back() = static_cast<char>(text.back() ^ 1);
  put(weight, text);
  CHECK_THROWS_WITH_AS((void)Run(program, make_thread_lane(), make_test_executor(2), options).run(),
                       doctest::Contains("weight.safetensors is damaged"), std::runtime_error);
  fs::remove_all(run / "checkpoints" / "best");
  CHECK_THROWS_WITH_AS((void)Run(program, make_thread_lane(), make_test_executor(2), options).run(),
                       doctest::Contains("the best weights are those of step 10, which are not in"), std::runtime_error);
}

TEST_CASE("best: read while the run goes on, the weights and the step belong together") {
  TemporaryFolder folder;
  run::Checkpoint one;
  const fs::path best = folder.path() / "best";
  const auto put_steps = [&](std::int64_t steps) {
    one.place.steps = steps;
    one.resources["a"].put("steps", steps);
    one.resources["b"].put("steps", steps);
    run::write_checkpoint(best, one);
  };
  put_steps(0);
  std::atomic<bool> is_over{false};
  std::thread writer([&] {
    for (std::int64_t steps = 1; !is_over; ++steps) put_steps(steps);
  });
  for (int k = 0; k < 300; ++k) {
    const auto found = run::read_checkpoint(best);
    REQUIRE(found);
    CHECK(found->resources.at("a").whole("steps") == found->place.steps);
    CHECK(found->resources.at("b").whole("steps") == found->place.steps);
  }
  is_over = true;
  writer.join();
}

TEST_CASE("resume: a resource that is of another type now begins anew, and says so") {
  TemporaryFolder folder;
  Registry registry = peak_registry();
  detail::register_type<StepWeight>(registry, "test.other_weight", "The same by another name.");
  RunOptions options;
  options.folder = folder.path() / "run";
  std::string text = peak_graph(40, 10);
  {
    Program program = build(registry, text);
    Run one(program, make_thread_lane(), make_test_executor(2), options);
    CountSteps::learning = [&](std::int64_t steps) {
      if (steps == 25) one.stop();
    };
    CHECK(one.run().was_interrupted);
    CountSteps::learning = nullptr;
  }
  text.replace(text.find("test.step_weight"), 16, "test.other_weight");
  Program program = build(registry, text);
  options.resumes = true;
  options.accepts_changed_graph = true;
  const RunResult result = Run(program, make_thread_lane(), make_test_executor(2), options).run();
  REQUIRE(!result.warnings.empty());
  CHECK(result.warnings[0].find("`weight` was of type test.step_weight and is now of type test.other_weight: it starts again") == 0);
}

TEST_CASE("checkpoints: the recorder keeps one that waits, and a newer one takes its place") {
  run::RunContext context;
  run::Recorder recorder(context);
  std::latch may_write(1);
  std::vector<std::int64_t> written;
  const auto post = [&](std::int64_t steps) {
    run::Checkpoint one;
    one.place.steps = steps;
    recorder.post_newest(std::move(one), [&](run::Checkpoint& checkpoint) { written.push_back(checkpoint.place.steps); });
  };
  recorder.post([&] { may_write.wait(); });
  for (const std::int64_t steps : {1, 2, 3}) post(steps);
  may_write.count_down();
  recorder.flush();
  CHECK(written == std::vector<std::int64_t>{3});
  post(4);
  recorder.flush();
  CHECK(written == std::vector<std::int64_t>{3, 4});
}

TEST_CASE("checkpoints: the last is written, however long writing takes") {
  TemporaryFolder folder;
  const Registry registry = peak_registry();
  struct Files final : Observer {
    std::vector<std::int64_t> steps;
    void file_written(const WrittenFile& written) override {
      if (written.path == "checkpoints/last") steps.push_back(written.steps);
    }
  } files;
  // Writing takes longer than a step.
  StepWeight::ballast = 500'000;
  Program program = build(registry,
                          "leat: 1\nresources:\n  weight: {uses: test.step_weight}\nphases:\n  train:\n    nodes:\n      count: {uses: "
                          "toy.count, with: {batch: 2}}\n"
                          "      learn: {uses: test.count_steps, in: {numbers: count}, with: {weight: weight}}\n"
                          "plan: {train: {phase: train, steps: 300, checkpoint_every: 1}}\n");
  RunOptions options;
  options.folder = folder.path() / "run";
  options.observers = {{&files, Hears::Files}};
  (void)Run(program, make_thread_lane(), make_test_executor(2), options).run();
  StepWeight::ballast = 0;
  REQUIRE(!files.steps.empty());
  CHECK(files.steps.back() == 300);
  CHECK(std::is_sorted(files.steps.begin(), files.steps.end()));
  CHECK(last_checkpoint(options.folder)->steps == 300);
  CHECK(last_checkpoint(options.folder)->is_trained);
}

TEST_CASE("a checkpoint by time: after so many seconds the next border gets one") {
  TemporaryFolder folder;
  run::CheckpointBorders borders(0, 0.02);
  CHECK_FALSE(borders.is_due(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(25));
  CHECK(borders.is_due(2));
  CHECK_FALSE(borders.is_due(3));
  borders.ask(4);
  CHECK(borders.is_due(4));
}
