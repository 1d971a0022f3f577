#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <utility>

#include "leat/verdict.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/simulated_lane.h"
#include "support/text_file.h"
#include "support/toys.h"

// A lane that only gives work to its device: the next segments run while the device computes, and nothing but time changes.
using namespace leat;
namespace fs = std::filesystem;

namespace {

/// On the device: one value for each slot.
struct Spread final : Node {
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  Scatter<toys::Number> twice{this, "twice", "Any shape."};
  void process(Frame& frame) const override {
    const auto rows = frame[numbers];
    for (int row = 0; row < rows.size(); ++row)
      if (rows.weight(row) > 0) frame.put(twice, row, {rows[row].id, rows[row].value % 1000003 * 2});
  }
};

/// On the device, behind nodes of the workers: a second segment.
struct Total final : Node {
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  void process(Frame& frame) const override {
    const auto rows = frame[numbers];
    std::int64_t sum = 0;
    for (int row = 0; row < rows.size(); ++row) sum += rows[row].value % 1000003 * static_cast<std::int64_t>(rows.weight(row));
    // Read when the device has computed it.
    frame.metric("sum", [sum] { return static_cast<double>(sum); });
  }
};

Registry registry() {
  Registry out = toy_registry();
  detail::register_type<Spread>(out, "test.spread", "Spreads.", LaneKind::Device);
  detail::register_type<Total>(out, "test.total", "Totals.", LaneKind::Device);
  return out;
}

const char* const graph = R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    prefetch: 4
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 4}}
      noise: {uses: toy.noise, in: {number: count}}
      rest: {uses: toy.drop, in: {number: noise}, with: {every: 5}}
      fold: {uses: toy.fold, in: {number: noise}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
      behind: {uses: toy.fold, in: {number: multiply}}
      spread: {uses: test.spread, in: {numbers: rest}}
      after: {uses: toy.add, in: {number: spread}}
      last: {uses: toy.sink, in: {number: spread}}
      total: {uses: test.total, in: {numbers: after}}
  validate:
    nodes:
      count: {uses: toy.count, with: {length: 10, batch: 4}}
      score: {uses: toy.score, in: {number: count}, with: {weight: weight}}
  test:
    nodes:
      count: {uses: toy.count, with: {length: 30, batch: 4}}
      spread: {uses: test.spread, in: {numbers: count}}
      score: {uses: toy.score, in: {number: spread}, with: {weight: weight}}
plan:
  train: {phase: train, steps: 40, checkpoint_every: 3, validate: every 10 steps, keep: {best: [validate.score.score]}}
  then: [test]
)";

struct Ran {
  RunResult result;
  std::string metrics;
  std::int64_t most_on_device = 1;
};

Ran run_on(std::unique_ptr<Lane> lane, const fs::path& folder, int threads, std::int64_t stop_after = 0, bool resumes = false) {
  const Registry types = registry();
  Program program = build(types, graph, 5);
  RunOptions options;
  options.folder = folder;
  options.resumes = resumes;
  options.stop_after_steps = stop_after;
  const auto* simulated = dynamic_cast<const SimulatedLane*>(lane.get());
  Run run(program, std::move(lane), make_test_executor(threads), options);
  Ran out{run.run(), {}, 1};
  if (simulated) out.most_on_device = simulated->most_on_device();
  out.metrics = text_of(folder / "metrics.jsonl");
  return out;
}

}  // namespace

TEST_CASE("an asynchronous lane: the metrics of a plain one, with any delays and any number of workers") {
  const TemporaryFolder folder;
  const Ran plain = run_on(make_thread_lane(), folder / "plain", 2);
  CHECK(plain.metrics.size() > 1000);
  std::int64_t most = 0;
  for (int turn = 0; turn < 12; ++turn) {
    CAPTURE(turn);
    const Ran ran = run_on(std::make_unique<SimulatedLane>(turn, turn % 4 * 400), folder / ("async-" + std::to_string(turn)), 1 + turn % 4);
    CHECK(ran.metrics == plain.metrics);
    CHECK(ran.result.phases == plain.result.phases);
    most = std::max(most, ran.most_on_device);
  }
  // The lane did run ahead of the device.
  CHECK(most > 1);
}

TEST_CASE("an asynchronous lane: stopped after any step and resumed, on either lane, it goes on with the same bits") {
  const TemporaryFolder folder;
  const Ran whole = run_on(make_thread_lane(), folder / "whole", 2);
  const auto lane = [](bool is_async, int turn) -> std::unique_ptr<Lane> {
    if (!is_async) return make_thread_lane();
    return std::make_unique<SimulatedLane>(turn, 300);
  };
  for (const int stop : {1, 2, 9, 10, 11, 25, 39}) {
    CAPTURE(stop);
    const fs::path own = folder / ("stopped-" + std::to_string(stop));
    const Registry types = registry();
    {
      Program program = build(types, graph, 5);
      RunOptions options;
      options.folder = own;
      Run* running = nullptr;
      toys::Witness witness;
      witness.learning = [&](std::int64_t step) {
        if (step + 1 == stop) running->stop();
      };
      toys::watch(&witness);
      Run run(program, std::make_unique<SimulatedLane>(stop, 300), make_test_executor(3), options);
      running = &run;
      const RunResult stopped = run.run();
      toys::watch(nullptr);
      CHECK(stopped.was_interrupted);
      CHECK(stopped.steps == stop);
    }
    Program program = build(types, graph, 5);
    RunOptions options;
    options.folder = own;
    options.resumes = true;
    Run run(program, std::make_unique<SimulatedLane>(stop + 1, 300), make_test_executor(2), options);
    const RunResult rest = run.run();
    CHECK(rest.phases == whole.result.phases);
    CHECK(text_of(own / "metrics.jsonl") == whole.metrics);
  }
}

/// Returns what a run on the lane says when it fails.
std::string failure_on(std::unique_ptr<Lane> lane) {
  const Registry types = registry();
  Program program = build(types, graph, 5);
  Run run(program, std::move(lane), make_test_executor(2), {});
  try {
    (void)run.run();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("an asynchronous lane: a fault of the device is told with its steps, and ends the run") {
  const std::string end = " of `train` failed on the device: the device met an illegal address";
  for (const std::int64_t at : {0, 1, 6, 31}) {
    CAPTURE(at);
    auto lane = std::make_unique<SimulatedLane>(at, 200);
    lane->fail_after(at);
    const std::string failure = failure_on(std::move(lane)), step = std::to_string(at / 2);
    CAPTURE(failure);
    // Where the lane meets it first, the lane is ahead: by four steps in flight at most.
    bool is_told = failure == "step " + step + end;
    for (std::int64_t last = at / 2 + 1; last <= at / 2 + 4; ++last)
      is_told = is_told || failure == "one of the steps " + step + " to " + std::to_string(last) + end;
    CHECK(is_told);
  }
}

TEST_CASE("an asynchronous lane: a segment that the device does not take ends the run") {
  for (const std::int64_t at : {0, 5}) {
    CAPTURE(at);
    auto lane = std::make_unique<SimulatedLane>(at, 200);
    lane->refuse(at);
    CHECK(failure_on(std::move(lane)).find("failed on the device: the device met an illegal address") != std::string::npos);
  }
}

TEST_CASE("an asynchronous lane: the log has the time of the device, and explains a slow one") {
  // If other programs use the cores, the log says so, and nothing of the device.
  Verdict train;
  for (int tries = 0; tries < 10 && (tries == 0 || train.limit == Limit::Elsewhere); ++tries) {
    const TemporaryFolder folder;
    (void)run_on(std::make_unique<SimulatedLane>(1, 8000), folder / "slow", 2);
    const LogVerdicts read = verdicts(folder / "slow" / "events.log");
    const auto found = std::find_if(read.phases.begin(), read.phases.end(), [](const Verdict& one) { return one.phase == "train"; });
    REQUIRE(found != read.phases.end());
    train = *found;
  }
  CAPTURE(train.sentence);
  if (train.limit == Limit::Elsewhere) return;
  CHECK(train.limit == Limit::Device);
  REQUIRE(!train.details.empty());
  CHECK(train.details.back().starts_with("The lane is asynchronous: "));
}

TEST_CASE("an asynchronous lane: an observer that asks for a value waits for the device, and the run has the same metrics") {
  const TemporaryFolder folder;
  const Ran plain = run_on(make_thread_lane(), folder / "plain", 2);
  const Registry types = registry();
  Program program = build(types, graph, 5);
  RunOptions options;
  options.folder = folder / "asked";
  Run run(program, std::make_unique<SimulatedLane>(3, 300), make_test_executor(2), options);
  std::atomic<int> taken{0};
  for (const auto& [node, port] : {std::pair{"multiply", "product"}, {"spread", "twice"}, {"after", "sum"}})
    (void)run.ask("train", node, port, [&taken](const PutValue&) { ++taken; });
  (void)run.run();
  CHECK(taken == 3);
  CHECK(text_of(folder / "asked" / "metrics.jsonl") == plain.metrics);
}

TEST_CASE("a lane of plain threads has no other mode") {
  const auto lane = make_thread_lane();
  CHECK_NOTHROW(lane->set_mode("plain"));
  CHECK_THROWS_WITH_AS(lane->set_mode("async"), "the lane of `cpu` cannot be `async`: only that of a GPU can", Refusal);
}
