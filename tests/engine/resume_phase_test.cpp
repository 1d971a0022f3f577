#include <filesystem>
#include <map>
#include <string>

#include "leat/checkpoint.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/text_file.h"
#include "support/toys.h"

using namespace leat;
namespace fs = std::filesystem;

namespace {

/// The phases of `then` have states, metrics of each step, and segments of the device lane or none.
const char* const graph = R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 4}}
      fold: {uses: toy.fold, in: {number: count}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
  test:
    nodes:
      count: {uses: toy.count, with: {length: 45, batch: 2}}
      slow: {uses: toy.pass, in: {number: count}, with: {busy_us: 300}}
      score: {uses: toy.score, in: {number: slow}, with: {weight: weight}}
      sum: {uses: toy.sum, in: {numbers: slow}}
  again:
    kind: test
    nodes:
      count: {uses: toy.count, with: {length: 30, batch: 2}}
      slow: {uses: toy.pass, in: {number: count}, with: {busy_us: 300}}
      fold: {uses: toy.fold, in: {number: slow}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      score: {uses: toy.score, in: {number: slow}, with: {weight: weight}}
plan:
  train: {phase: train, steps: 5, checkpoint_every: 2}
  then: [test, again]
)";

/// Stops a run when a call of a step begins. The call waits for it.
struct Stopper final : Observer {
  std::string phase;
  std::int64_t step = 0;
  Run* run = nullptr;
  void call_begins(const NodeCall& call) override {
    if (call.phase == phase && call.step == step) run->stop();
  }
};

struct Ran {
  RunResult result;
  std::map<std::string, std::int64_t> steps;  ///< Retired in this part of the run, by phase.
};

Ran run_in(const fs::path& folder, const std::string& stop_in, std::int64_t stop_after, const std::string& text = graph,
           bool accepts_changed = false) {
  const Registry registry = toy_registry();
  Program program = build(registry, text, 5);
  RunOptions options;
  options.folder = folder;
  options.resumes = true;
  options.accepts_changed_graph = accepts_changed;
  Ran out;
  OnStep count([&](const Progress& progress) { ++out.steps[progress.phase]; });
  Stopper stopper;
  stopper.phase = stop_in;
  stopper.step = stop_after;
  options.observers = {{&count, Hears::Steps}, {&stopper, Hears::Calls}};
  Run run(program, make_thread_lane(), make_test_executor(3), options);
  stopper.run = &run;
  out.result = run.run();
  return out;
}

}  // namespace

TEST_CASE("resume: a phase after the training goes on where it was stopped, and measures what a whole one does") {
  const TemporaryFolder whole;
  const Ran wanted = run_in(whole.path() / "run", "", 0);
  CHECK(wanted.steps == std::map<std::string, std::int64_t>{{"train", 5}, {"test", 23}, {"again", 15}});
  const std::string metrics = text_of(whole.path() / "run" / "metrics.jsonl");
  for (const auto& [phase, step] :
       std::vector<std::pair<std::string, std::int64_t>>{{"test", 1}, {"test", 9}, {"again", 2}, {"again", 7}}) {
    CAPTURE(phase);
    CAPTURE(step);
    const TemporaryFolder folder;
    const Ran cut = run_in(folder.path() / "run", phase, step);
    REQUIRE(cut.result.was_interrupted);
    const Ran rest = run_in(folder.path() / "run", "", 0);
    CHECK_FALSE(rest.result.was_interrupted);
    CHECK(rest.result.phases == wanted.result.phases);
    CHECK(text_of(folder.path() / "run" / "metrics.jsonl") == metrics);
    // No step is done twice, and none is left out.
    CHECK(cut.steps.at(phase) < wanted.steps.at(phase));
    CHECK(cut.steps.at(phase) + rest.steps.at(phase) == wanted.steps.at(phase));
    CHECK_FALSE(rest.steps.contains("train"));
  }
}

TEST_CASE("resume: stopped twice in one phase") {
  const TemporaryFolder whole, folder;
  const Ran wanted = run_in(whole.path() / "run", "", 0);
  const Ran first = run_in(folder.path() / "run", "test", 4), second = run_in(folder.path() / "run", "test", 12);
  REQUIRE(first.result.was_interrupted);
  REQUIRE(second.result.was_interrupted);
  CHECK(run_in(folder.path() / "run", "", 0).result.phases == wanted.result.phases);
}

TEST_CASE("resume: with a changed graph, a phase after the training begins again") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path() / "run", "test", 9).result.was_interrupted);
  std::string changed = graph;
  changed.replace(changed.find("length: 45"), 10, "length: 41");
  const Ran rest = run_in(folder.path() / "run", "", 0, changed, true);
  CHECK(rest.steps.at("test") == 21);
}

TEST_CASE("resume: a phase after the training that failed goes on from its last checkpoint") {
  const TemporaryFolder whole, folder;
  std::string text = graph;
  text.replace(text.find("checkpoint_every: 2"), 19, "checkpoint_every: 1 s");
  text.replace(text.find("length: 45"), 10, "length: 900");
  text.replace(text.find("busy_us: 300"), 12, "busy_us: 9000");
  const Ran wanted = run_in(whole.path() / "run", "", 0, text);
  struct Failing final : Observer {
    void call_begins(const NodeCall& call) override {
      if (call.phase == "test" && call.step == 400) throw std::runtime_error("it was told to fail");
    }
  } failing;
  const Registry registry = toy_registry();
  Program program = build(registry, text, 5);
  RunOptions options;
  options.folder = folder.path() / "run";
  options.observers = {{&failing, Hears::Calls}};
  CHECK_THROWS((void)Run(program, make_thread_lane(), make_test_executor(3), options).run());
  const Ran rest = run_in(folder.path() / "run", "", 0, text);
  CHECK(rest.result.phases == wanted.result.phases);
  CHECK(rest.steps.at("test") < 450);
  CHECK(rest.steps.at("test") >= 50);
}
