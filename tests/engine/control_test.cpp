#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "leat/activity.h"
#include "leat/checkpoint.h"
#include "leat/live_activity.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/held_lane.h"
#include "support/toys.h"

// What a page asks of a run in progress: its values, a checkpoint, a pause; and what a run says that does not move.

using namespace leat;
using namespace std::chrono_literals;

namespace {

std::string training(std::int64_t steps, const std::string& plan = "") {
  return R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 8}}
      slow: {uses: toy.pass, in: {number: count}, with: {busy_us: 200}}
      fold: {uses: toy.fold, in: {number: slow}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
plan: {train: {phase: train, steps: )" +
         std::to_string(steps) + ", checkpoint_every: 1000000}" + plan + "}\n";
}

/// A run on a thread of its own.
struct Running {
  Running(const std::string& text, RunOptions options)
      : registry(toy_registry()),
        program(build(registry, text)),
        run(program, make_thread_lane(), make_test_executor(2), std::move(options)),
        thread([this] { result = run.run(); }) {}
  ~Running() {
    if (thread.joinable()) thread.join();
  }
  Registry registry;
  Program program;
  Run run;
  RunResult result;
  std::thread thread;

  [[nodiscard]] std::int64_t steps_done() const {
    const RunNow now = run.now();
    return now.phases.empty() ? -1 : now.phases[0].steps_done;
  }
};

}  // namespace

TEST_CASE("control: a step of a run is captured as a whole, also its device's values") {
  Running one(training(4000), {});
  for (int k = 0; k < 5; ++k) {
    const auto step = one.run.capture("train", {{"count", "number"}, {"multiply", "product"}, {"slow", "same"}}, 3, 20s);
    REQUIRE(step);
    REQUIRE(step->outputs.size() == 3);
    CHECK(step->outputs[0].name == OutputName{"count", "number"});
    // Slots that are not asked for are not kept.
    CHECK(step->outputs[0].values.size() == 3);
    CHECK(step->outputs[2].values.size() == 3);
    CHECK(step->outputs[1].values.size() == 1);
    CHECK(step->outputs[0].samples.size() == 3);
    for (const auto& [slot, value] : step->outputs[0].values) CHECK(value.hash() == step->outputs[2].values.at(slot).hash());
  }
  CHECK_THROWS_WITH_AS((void)one.run.capture("train", {{"count", "other"}}, 3, 1s), doctest::Contains("has no output `count.other`"),
                       Refusal);
  CHECK_THROWS_WITH_AS((void)one.run.capture("none", {}, 3, 1s), doctest::Contains("no phase `none`"), Refusal);
  one.run.stop();
  one.thread.join();
  CHECK(!one.run.capture("train", {{"count", "number"}}, 3, 10ms));
}

TEST_CASE("control: a checkpoint is taken when it is asked for") {
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder / "run";
  Running one(training(100000), options);
  while (one.steps_done() < 3) std::this_thread::sleep_for(1ms);
  CHECK(!last_checkpoint(folder / "run"));
  one.run.checkpoint();
  while (!last_checkpoint(folder / "run")) std::this_thread::sleep_for(1ms);
  CHECK(last_checkpoint(folder / "run")->steps > 3);
  CHECK(last_checkpoint(folder / "run")->steps < 100000);
  one.run.stop();
  one.thread.join();
  CHECK_THROWS_WITH_AS(one.run.checkpoint(), doctest::Contains("no training is in progress"), Refusal);
  LiveActivity live(folder / "run" / "events.log");
  for (int k = 0; k < 500 && !live.has_ended(); ++k) {
    std::this_thread::sleep_for(10ms);
    (void)live.read();
  }
  bool is_said = false;
  for (const LiveMessage& message : live.messages()) is_said = is_said || message.text.starts_with("a checkpoint was asked for at step ");
  CHECK(is_said);
}

TEST_CASE("control: a run without a folder keeps no checkpoints, and says so") {
  Running one(training(100000), {});
  while (one.steps_done() < 1) std::this_thread::sleep_for(1ms);
  CHECK_THROWS_WITH_AS(one.run.checkpoint(), "this run keeps no checkpoints", Refusal);
  one.run.stop();
}

TEST_CASE("control: a paused run finishes its steps, stands still, and goes on to the same weights") {
  std::vector<std::uint64_t> weights;
  for (const bool pauses : {false, true}) {
    const TemporaryFolder folder;
    RunOptions options;
    options.folder = folder / "run";
    Running one(training(300, ", stall_after: 0.1 s"), options);
    if (pauses) {
      while (one.steps_done() < 20) std::this_thread::sleep_for(1ms);
      one.run.pause();
      one.run.pause();
      while (one.run.now().phases.at(0).steps_admitted != one.steps_done()) std::this_thread::sleep_for(1ms);
      const std::int64_t steps = one.steps_done();
      LiveActivity live(folder / "run" / "events.log");
      const auto end = std::chrono::steady_clock::now() + 60s;
      while (!live.is_paused() && std::chrono::steady_clock::now() < end) (void)live.read(), std::this_thread::sleep_for(1ms);
      CHECK(live.is_paused());
      std::this_thread::sleep_for(300ms);
      CHECK(one.steps_done() == steps);
      CHECK(one.run.now().is_paused);
      one.run.go_on();
    }
    one.thread.join();
    CHECK(one.result.steps == 300);
    const auto kept = kept_weights(folder / "run", true);
    REQUIRE(kept);
    weights.push_back(kept->resources.at("weight").hash());
    if (!pauses) continue;
    // To stand still on purpose is no stall.
    LiveActivity live(folder / "run" / "events.log");
    (void)live.read();
    for (const LiveMessage& message : live.messages()) CHECK(message.text.find("nothing has moved") == std::string::npos);
    CHECK(!live.is_paused());
    // And no time of its phase.
    CHECK(activity(folder / "run" / "events.log").at(0).seconds < live.seconds() - 0.29);
    live.end();
    CHECK(live.at(0).whole.seconds < live.seconds() - 0.29);
  }
  CHECK(weights[0] == weights[1]);
}

TEST_CASE("control: a paused run can be stopped") {
  Running one(training(100000), {});
  while (one.steps_done() < 3) std::this_thread::sleep_for(1ms);
  one.run.pause();
  std::this_thread::sleep_for(20ms);
  one.run.stop();
  one.thread.join();
  CHECK(one.result.was_interrupted);
}

TEST_CASE("stall: a run that does not move says which node holds it up, and when it moves again") {
  const TemporaryFolder folder;
  toys::Witness witness;
  std::atomic<bool> may_go{false};
  witness.learning = [&](std::int64_t step) {
    while (step == 5 && !may_go) std::this_thread::sleep_for(1ms);
  };
  toys::watch(&witness);
  RunOptions options;
  options.folder = folder / "run";
  Running one(training(20, ", stall_after: 0.2 s"), options);
  LiveActivity live(folder / "run" / "events.log");
  while (live.stall().empty()) {
    std::this_thread::sleep_for(20ms);
    (void)live.read();
  }
  CHECK(live.stall().starts_with("nothing has moved for "));
  CHECK(live.stall().find("`learn` has run for ") != std::string::npos);
  CHECK(live.stall().find("at step 5 of `train` (toy.learn)") != std::string::npos);
  may_go = true;
  one.thread.join();
  toys::watch(nullptr);
  // The log writes its last notes soon after the run's end.
  for (int k = 0; k < 500 && !(live.stall().empty() && live.has_ended()); ++k) {
    std::this_thread::sleep_for(10ms);
    (void)live.read();
  }
  CHECK(live.stall().empty());
  std::string said;
  for (const LiveMessage& message : live.messages()) said += message.text + "\n";
  CHECK(said.find("nothing has moved for ") != std::string::npos);
  CHECK(said.find("the run moves again after ") != std::string::npos);
}
