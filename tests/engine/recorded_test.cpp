#include "leat/recorded.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "leat/run.h"
#include "support/doctest.h"
#include "support/graphs.h"

// `plan.record`: what a run keeps of its values, and that it is the same run.

using namespace leat;

namespace {

namespace fs = std::filesystem;

/// A training of 20 steps whose source has 64 samples, so an epoch has 8 steps, and a test of 2.5 steps.
std::string graph(const std::string& record) {
  return R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 8}}
      odd: {uses: toy.drop, in: {number: count}, with: {every: 2}}
      fold: {uses: toy.fold, in: {number: count}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
      odds: {uses: toy.sum, in: {numbers: odd}}
  test:
    nodes:
      count: {uses: toy.count, with: {length: 20, batch: 8}}
      noise: {uses: toy.noise, in: {number: count}}
      sum: {uses: toy.sum, in: {numbers: noise}}
plan: {train: {phase: train, steps: 20, checkpoint_every: 6}, then: [test])" +
         (record.empty() ? "" : ", record: " + record) + "}\n";
}

const char* const some = "{edges: [train.count.number, train.odd.rest, train.multiply.product, test.noise.noisy], slots: 3}";

/// Keeps the hashes of all values of a run.
class Hashes final : public Observer {
 public:
  void value_put(const PutValue& put) override {
    const std::lock_guard guard(lock_);
    all_[{std::string(put.phase), std::string(put.node), put.step, put.slot}] = hash_text(put.value.hash());
  }
  [[nodiscard]] std::string of(const std::string& phase, const std::string& node, std::int64_t step, int slot) const {
    const auto found = all_.find({phase, node, step, slot});
    return found == all_.end() ? "" : found->second;
  }

 private:
  std::mutex lock_;
  std::map<std::tuple<std::string, std::string, std::int64_t, int>, std::string> all_;
};

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::pair<std::string, std::int64_t>> steps_of(const fs::path& folder) {
  std::vector<std::pair<std::string, std::int64_t>> out;
  for (const RecordedStep& one : recorded_steps(folder)) out.emplace_back(one.phase, one.trained);
  return out;
}

RunResult run_in(const fs::path& folder, const std::string& text, int threads = 2, Observer* observer = nullptr, bool resumes = false) {
  RunOptions options;
  options.folder = folder;
  options.resumes = resumes;
  if (observer) options.observers = {{observer, Hears::Values}};
  return run_graph(toy_registry(), text, threads, std::move(options));
}

}  // namespace

TEST_CASE("record: the first slots of chosen outputs are kept at the end of each epoch, and of each other phase") {
  const TemporaryFolder folder;
  Hashes hashes;
  (void)run_in(folder / "run", graph(some), 2, &hashes);
  CHECK(steps_of(folder / "run") ==
        std::vector<std::pair<std::string, std::int64_t>>{{"test", 20}, {"train", 8}, {"train", 16}, {"train", 20}});
  for (const std::int64_t trained : {8, 16, 20}) {
    const Recording one = read_recording(folder / "run", "train", trained);
    CHECK(one.step == trained - 1);
    REQUIRE(one.outputs.size() == 3);
    const ShownOutput& count = one.outputs[0];
    CHECK(count.name == OutputName{"count", "number"});
    REQUIRE(count.values.size() == 3);
    for (int slot = 0; slot < 3; ++slot) {
      const ShownValue& value = count.values[static_cast<std::size_t>(slot)];
      CHECK(value.slot == slot);
      CHECK(value.hash == hashes.of("train", "count", one.step, slot));
      REQUIRE(value.numbers.size() == 1);
      CHECK(value.numbers[0].dims == std::vector<std::int64_t>{2});
      std::int64_t id = 0;
      std::copy_n(value.numbers[0].bytes.begin(), sizeof id, reinterpret_cast<std::byte*>(&id));
      CHECK(count.samples[static_cast<std::size_t>(slot)].id == "n" + std::to_string(id));
    }
    // Every second sample was dropped.
    CHECK(one.outputs[1].values.size() == 1);
    CHECK(one.outputs[1].values[0].slot == 1);
    REQUIRE(one.outputs[2].values.size() == 1);
    CHECK(one.outputs[2].values[0].hash == hashes.of("train", "multiply", one.step, -1));
  }
  // The last step of the test has four samples.
  const Recording test = read_recording(folder / "run", "test", 20);
  CHECK(test.step == 2);
  REQUIRE(test.outputs.size() == 1);
  CHECK(test.outputs[0].values.size() == 3);
  CHECK(test.outputs[0].values[2].hash == hashes.of("test", "noise", 2, 2));
}

TEST_CASE("record: of an evaluation with several sources, the last step is kept in which all recorded outputs have values") {
  const TemporaryFolder folder;
  const auto two_sources = [](const std::string& edges) {
    return R"(leat: 1
phases:
  test:
    nodes:
      long: {uses: toy.count, with: {length: 70, batch: 8}}
      short: {uses: toy.count, with: {length: 20, batch: 8}}
      noise: {uses: toy.noise, in: {number: short}}
      sum: {uses: toy.sum, in: {numbers: noise}}
      other: {uses: toy.sum, in: {numbers: long}}
plan: {then: [test], record: {edges: [)" +
           edges + "], slots: 3}}\n";
  };
  const auto recorded = [&](const std::string& name, const std::string& edges) {
    const RunResult result = run_in(folder / name, two_sources(edges));
    for (const std::string& one : result.warnings) CHECK_MESSAGE(one.find("record") == std::string::npos, one);
    const Recording out = read_recording(folder / name, "test", 0);
    for (const ShownOutput& one : out.outputs) CHECK_MESSAGE(one.values.size() == 3, one.name.node);
    return out.step;
  };
  CHECK(recorded("short", "test.noise.noisy") == 2);
  CHECK(recorded("long", "test.long.number") == 8);
  CHECK(recorded("both", "test.noise.noisy, test.long.number") == 2);
}

TEST_CASE("record: outputs that had no value are named, and so is why") {
  const TemporaryFolder folder;
  std::string text = graph("{edges: [train.odd.rest, train.count.number], slots: 3}");
  text.replace(text.find("every: 2"), 8, "every: 1");
  const RunResult some_have = run_in(folder / "some", text);
  const auto has = [](const RunResult& result, const std::string& words) {
    return std::find(result.warnings.begin(), result.warnings.end(), words) != result.warnings.end();
  };
  CHECK(has(some_have, "`train.odd.rest` had no value in the steps that were recorded: the samples of their first slots were dropped"));
  text.replace(text.find(", train.count.number"), 20, "");
  const RunResult none_has = run_in(folder / "none", text);
  CHECK(has(none_has, "nothing of 3 steps of `train` was recorded: the samples of their first slots were dropped"));
  CHECK(recorded_steps(folder / "none").empty());
}

TEST_CASE("record: all steps are kept where each one is asked for") {
  const TemporaryFolder folder;
  std::string text = graph("{edges: [train.count.number], slots: 1, every: 1 step}");
  text.replace(text.find("steps: 20"), 9, "steps: 300");
  const RunResult result = run_in(folder / "run", text);
  for (const std::string& one : result.warnings) CHECK_MESSAGE(one.find("record") == std::string::npos, one);
  CHECK(recorded_steps(folder / "run").size() == 300);
}

TEST_CASE("record: a link in place of the folder is not followed") {
  const TemporaryFolder folder;
  (void)run_in(folder / "run", graph(some));
  fs::rename(folder / "run" / "recorded", folder / "elsewhere");
  fs::create_directory_symlink(folder / "elsewhere", folder / "run" / "recorded");
  CHECK(recorded_steps(folder / "run").empty());
}

TEST_CASE("record: a run that records is the same run") {
  const TemporaryFolder folder;
  const RunResult without = run_in(folder / "without", graph(""));
  const RunResult with = run_in(folder / "with", graph(some), 1);
  CHECK(contents(folder / "with" / "metrics.jsonl") == contents(folder / "without" / "metrics.jsonl"));
  CHECK(with.phases == without.phases);
  const auto weights = [&](const char* name) {
    return Archive::read(folder / name / "checkpoints" / "last" / "weight.safetensors").hash();
  };
  CHECK(weights("with") == weights("without"));
}

TEST_CASE("record: a resumed run has the recordings of one that was not stopped") {
  const TemporaryFolder folder;
  (void)run_in(folder / "whole", graph(some));
  class Stop final : public Observer {
   public:
    Run* run = nullptr;
    void value_put(const PutValue& put) override {
      if (put.phase == "train" && put.step == 10) run->stop();
    }
  } stop;
  {
    const Registry registry = toy_registry();
    Program program = build(registry, graph(some));
    RunOptions options;
    options.folder = folder / "run";
    options.observers = {{&stop, Hears::Values}};
    Run run(program, make_thread_lane(), make_test_executor(2), std::move(options));
    stop.run = &run;
    REQUIRE(run.run().was_interrupted);
  }
  // A killed run can have done more than its checkpoint knows.
  const std::string damaged = "recorded/train.20.safetensors";
  fs::create_directories(folder / "run" / "recorded");
  std::ofstream(folder / "run" / damaged) << "of steps that are done again";
  (void)run_in(folder / "run", graph(some), 2, nullptr, true);
  CHECK(steps_of(folder / "run") == steps_of(folder / "whole"));
  for (const RecordedStep& one : recorded_steps(folder / "whole")) {
    const std::string name = "recorded/" + one.phase + "." + std::to_string(one.trained) + ".safetensors";
    CHECK(contents(folder / "run" / name) == contents(folder / "whole" / name));
  }
}

TEST_CASE("record: what does not fit into the budget is left out, and counted") {
  const TemporaryFolder folder;
  const std::string text = graph("{edges: [train.count.number], slots: 4, every: 2 steps, budget: 5kB}");
  const RunResult result = run_in(folder / "run", text);
  std::int64_t bytes = 0;
  for (const RecordedStep& one : recorded_steps(folder / "run")) bytes += one.bytes;
  CHECK(bytes > 1000);
  CHECK(bytes <= 5000);
  const std::size_t kept = recorded_steps(folder / "run").size();
  CHECK(kept > 0);
  CHECK(kept < 10);
  const std::string expected = "the values of " + std::to_string(10 - kept) +
                               " steps were not recorded, because they do not fit into the `budget` of `plan.record`, 5.0 kB";
  CHECK(std::find(result.warnings.begin(), result.warnings.end(), expected) != result.warnings.end());
}

TEST_CASE("record: values that cannot be written are left out, and the run goes on") {
  const TemporaryFolder folder;
  const std::string text = graph(some);
  {
    const Registry registry = toy_registry();
    Program program = build(registry, text);
    class Spoil final : public Observer {
     public:
      fs::path at;
      void value_put(const PutValue&) override {
        std::error_code ignored;
        if (!fs::exists(at, ignored) && fs::exists(at.parent_path() / "graph.yaml", ignored)) std::ofstream(at) << "a file";
      }
    } spoil;
    spoil.at = folder / "run" / "recorded";
    RunOptions options;
    options.folder = folder / "run";
    options.observers = {{&spoil, Hears::Values}};
    const RunResult result = Run(program, make_thread_lane(), make_test_executor(2), std::move(options)).run();
    CHECK(result.steps == 20);
    CHECK(std::any_of(result.warnings.begin(), result.warnings.end(),
                      [](const std::string& one) { return one.starts_with("the values of 4 steps could not be recorded: "); }));
  }
  CHECK(recorded_steps(folder / "run").empty());
}

TEST_CASE("record: a folder with odd files is read, and a damaged recording is said to be damaged") {
  const TemporaryFolder folder;
  (void)run_in(folder / "run", graph(some));
  const std::size_t all = recorded_steps(folder / "run").size();
  for (const char* name : {"train.safetensors", "train.x.safetensors", ".8.safetensors", "train.-1.safetensors", "train.8.safetensors.new",
                           "train.99999999999999999999.safetensors"})
    std::ofstream(folder / "run" / "recorded" / name) << "odd";
  fs::create_directories(folder / "run" / "recorded" / "train.9.safetensors");
  CHECK(recorded_steps(folder / "run").size() == all);
  CHECK_THROWS_WITH((void)read_recording(folder / "run", "train", 9),
                    doctest::Contains("no recorded values of `train` at training step 9"));
  CHECK_THROWS_WITH((void)read_recording(folder / "run", "../train", 8), doctest::Contains("no recorded values"));
  const fs::path file = folder / "run" / "recorded" / "train.8.safetensors";
  const std::string whole = contents(file);
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, whole.size() / 2, whole.size() - 1}) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, length);
    CHECK_THROWS((void)read_recording(folder / "run", "train", 8));
  }
  Archive other;
  other.metadata["recording"] = R"({"phase": "train", "trained": 8, "step": "seven"})";
  other.write(file);
  CHECK_THROWS_WITH((void)read_recording(folder / "run", "train", 8), doctest::Contains("train.8.safetensors is damaged: "));
}

TEST_CASE("record: mistakes are reported at their place, and the plan says what is recorded") {
  const Registry registry = toy_registry();
  const auto mistake = [&](const std::string& record) { return mistakes(registry, graph(record)); };
  CHECK(mistake("{edges: [train.cuont.number]}").find("no node of `train` is called `cuont`") != std::string::npos);
  CHECK(mistake("{edges: [train.cuont.number]}").find("did you mean `count`?") != std::string::npos);
  CHECK(mistake("{edges: [train.count.image]}").find("`count` (toy.count) has no output `image`") != std::string::npos);
  CHECK(mistake("{edges: [trian.count.number]}").find("no phase is called `trian`") != std::string::npos);
  CHECK(mistake("{edges: [train.count]}").find("must be an output as `phase.node.output`") != std::string::npos);
  CHECK(mistake("{edges: []}").find("must be an output as `phase.node.output`") != std::string::npos);
  CHECK(mistake("{edges: [test.sum.sum, test.sum.sum]}").find("has `test.sum.sum` twice") != std::string::npos);
  CHECK(mistake("{slots: 2}").find("edges: [train.weak.image]") != std::string::npos);
  CHECK(mistake("{edges: [test.sum.sum], slots: 0}").find("`slots` of `plan.record`") != std::string::npos);
  CHECK(mistake("{edges: [test.sum.sum], budget: many}").find("an amount like `50MB`") != std::string::npos);
  CHECK(mistake("{edges: [train.count.number], every: epoch of sum}").find("is not a source of `train` with an end") != std::string::npos);
  CHECK(mistake("{edges: [train.count.number], every: often}").find("`epoch`, `2 epochs` or `500 steps`") != std::string::npos);
  CHECK(mistake("{edges: [test.sum.sum], epochs: 3}").find("has no key `epochs`") != std::string::npos);
  CHECK(mistake(some).empty());
}
