#include <atomic>
#include <thread>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/text_file.h"
#include "support/toys.h"

using namespace leat;

namespace {

/// Calls for a stop from a thread of its own once so many bodies of `test.call` ran: it falls anywhere between two moves of the engine.
class Stopper {
 public:
  Stopper(Run& run, int after)
      : after_(after), thread_([this, &run] {
          is_due_.wait(false);
          if (!is_over_) run.stop();
        }) {}
  ~Stopper() {
    is_over_ = true;
    call();
    thread_.join();
  }
  void count() {
    if (++calls_ == after_) call();
  }

 private:
  void call() {
    is_due_ = true;
    is_due_.notify_all();
  }

  int after_;
  std::atomic<int> calls_{0};
  std::atomic<bool> is_due_{false};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

struct Calls {
  std::atomic<Stopper*> stopper{nullptr};
};

struct Call final : Node {
  explicit Call(Calls& all) : calls(all) {}
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};

  void process(Frame& frame) const override {
    if (Stopper* stopper = calls.stopper) stopper->count();
    frame.put(same, frame[number]);
  }
  Calls& calls;
};

const char* const with_a_lane = R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    prefetch: 3
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 4}}
      call: {uses: test.call, in: {number: count}}
      fold: {uses: toy.fold, in: {number: call}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
      behind: {uses: toy.fold, in: {number: multiply}}
  validate:
    nodes:
      count: {uses: toy.count, with: {length: 10, batch: 4}}
      call: {uses: test.call, in: {number: count}}
      score: {uses: toy.score, in: {number: call}, with: {weight: weight}}
  test:
    nodes:
      count: {uses: toy.count, with: {length: 12, batch: 4}}
      call: {uses: test.call, in: {number: count}}
      score: {uses: toy.score, in: {number: call}, with: {weight: weight}}
plan:
  train: {phase: train, steps: 20, checkpoint_every: 3, validate: every 5 steps}
  then: [test]
)";

const char* const without_a_lane = R"(leat: 1
phases:
  train:
    prefetch: 4
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 4}}
      call: {uses: test.call, in: {number: count}}
      fold: {uses: toy.fold, in: {number: call}}
  validate:
    nodes:
      count: {uses: toy.count, with: {length: 10, batch: 4}}
      call: {uses: test.call, in: {number: count}}
      fold: {uses: toy.fold, in: {number: call}}
plan:
  train: {phase: train, steps: 20, checkpoint_every: 3, validate: every 5 steps}
)";

RunResult run_in(const std::filesystem::path& folder, std::string_view graph, int stop_after, bool resumes) {
  Calls calls;
  Registry registry = toy_registry();
  registry.add(NodeType{"test.call", "Counts.", [&calls] { return std::make_unique<Call>(calls); }, LaneKind::Cpu});
  Program program = build(registry, graph, 5);
  RunOptions options;
  options.folder = folder;
  options.resumes = resumes;
  Run run(program, make_thread_lane(), make_test_executor(3), options);
  Stopper stopper(run, stop_after);
  calls.stopper = &stopper;
  return run.run();
}

void check_stops(std::string_view graph) {
  TemporaryFolder whole;
  const RunResult wanted = run_in(whole.path() / "run", graph, -1, false);
  const std::string metrics = text_of(whole.path() / "run" / "metrics.jsonl");
  int cut = 0;
  for (int stop_after = 1; stop_after < 130; stop_after += 4) {
    CAPTURE(stop_after);
    TemporaryFolder folder;
    cut += run_in(folder.path() / "run", graph, stop_after, false).was_interrupted ? 1 : 0;
    const RunResult rest = run_in(folder.path() / "run", graph, -1, true);
    CHECK(!rest.was_interrupted);
    CHECK(rest.phases == wanted.phases);
    CHECK(text_of(folder.path() / "run" / "metrics.jsonl") == metrics);
  }
  CHECK(cut > 10);
}

}  // namespace

TEST_CASE("a stop: from another thread, at any moment of training or validation, a resumed run ends with the same") {
  check_stops(with_a_lane);
}

TEST_CASE("a stop: the same where no device lane orders the steps") { check_stops(without_a_lane); }

TEST_CASE("a stop: what was loaded ahead and has not begun is left undone") {
  std::atomic<int> loaded{0};
  struct Load final : Node {
    explicit Load(std::atomic<int>& all) : loaded(all) {}
    Input<toys::Number> number{this, "number", "Any shape."};
    Output<toys::Number> same{this, "same", "Any shape."};
    void process(Frame& frame) const override {
      ++loaded;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      frame.put(same, frame[number]);
    }
    std::atomic<int>& loaded;
  };
  Registry registry = toy_registry();
  registry.add(NodeType{"test.slow_load", "Loads.", [&loaded] { return std::make_unique<Load>(loaded); }, LaneKind::Cpu});
  Program program = build(registry, R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    prefetch: 16
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 16}}
      load: {uses: test.slow_load, in: {number: count}}
      multiply: {uses: toy.multiply, in: {numbers: load}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
plan: {train: {phase: train, steps: 1000}}
)");
  Run run(program, make_thread_lane(), make_test_executor(2), {});
  toys::Witness witness;
  witness.learning = [&](std::int64_t step) {
    if (step == 0) run.stop();
  };
  toys::watch(&witness);
  const RunResult result = run.run();
  toys::watch(nullptr);
  CHECK(result.was_interrupted);
  CHECK(result.steps == 1);
  // 17 steps of 16 were admitted.
  CHECK(loaded < 200);
}
