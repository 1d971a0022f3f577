#include <condition_variable>
#include <thread>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/held_lane.h"
#include "support/toys.h"

using namespace leat;

namespace {

/// What the nodes of a test saw, and what it waits for. [any thread]
struct Seen {
  std::mutex lock;
  std::condition_variable moved;
  std::int64_t loaded = 0;     ///< Samples that were loaded.
  std::int64_t learnt = 0;     ///< Steps that the lane has done.
  std::int64_t furthest = 0;   ///< The most steps that a loader was ahead of the lane, its own among them.
  std::int64_t fails_at = -1;  ///< The step that fails on the lane.
  int inside = 0;              ///< Bodies of `meet` that have come.
  bool has_missed = false;

  void wait_loaded(std::int64_t count) {
    std::unique_lock guard(lock);
    moved.wait(guard, [&] { return loaded >= count; });
  }
};

struct Load final : Node {
  explicit Load(Seen& all) : seen(all) {}
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};

  void process(Frame& frame) const override {
    {
      const std::lock_guard guard(seen.lock);
      ++seen.loaded;
      seen.furthest = std::max(seen.furthest, frame.key().step + 1 - seen.learnt);
    }
    seen.moved.notify_all();
    frame.put(same, frame[number]);
  }
  Seen& seen;
};

struct LearnHeld final : Node {
  explicit LearnHeld(Seen& all) : seen(all) {}
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};

  void process(Frame& frame) const override {
    const std::lock_guard guard(seen.lock);
    if (frame.key().step == seen.fails_at) throw std::runtime_error("the device is gone");
    seen.learnt = frame.key().step + 1;
  }
  Seen& seen;
};

/// Its bodies wait for each other, eight at a time.
struct Meet final : Node {
  static constexpr int together = 8;
  explicit Meet(Seen& all) : seen(all) {}
  Input<toys::Number> number{this, "number", "Any shape."};

  void process(Frame&) const override {
    std::unique_lock guard(seen.lock);
    const int wanted = (seen.inside++ / together + 1) * together;
    seen.moved.notify_all();
    if (!seen.moved.wait_for(guard, std::chrono::seconds(60), [&] { return seen.inside >= wanted; })) seen.has_missed = true;
  }
  Seen& seen;
};

Registry registry_with(Seen& seen) {
  Registry registry = toy_registry();
  registry.add(NodeType{"test.load", "Loads.", [&seen] { return std::make_unique<Load>(seen); }, LaneKind::Cpu});
  registry.add(NodeType{"test.learn", "Learns.", [&seen] { return std::make_unique<LearnHeld>(seen); }, LaneKind::Device});
  registry.add(NodeType{"test.meet", "Meets.", [&seen] { return std::make_unique<Meet>(seen); }, LaneKind::Cpu});
  return registry;
}

constexpr int batch = 4;
constexpr int prefetch = 3;
constexpr int steps = 10;
const char* const train_graph = R"(leat: 1
phases:
  train:
    prefetch: 3
    nodes:
      count: {uses: toy.count, with: {batch: 4}}
      load: {uses: test.load, in: {number: count}}
      learn: {uses: test.learn, in: {numbers: load}}
plan: {train: {phase: train, steps: 10}}
)";

/// A run of the graph above on a thread of its own, with a lane that is held.
struct HeldRun {
  explicit HeldRun(int threads, std::filesystem::path folder = {}) : registry(registry_with(seen)), program(build(registry, train_graph)) {
    auto made = std::make_unique<HeldLane>();
    lane = made.get();
    RunOptions options;
    options.folder = std::move(folder);
    run = std::make_unique<Run>(program, std::move(made), make_test_executor(threads), options);
  }
  ~HeldRun() {
    if (thread.joinable()) join();
  }
  void start() {
    thread = std::thread([this] {
      try {
        result = run->run();
      } catch (const std::exception& failed) {
        failure = failed.what();
      }
    });
  }
  void join() {
    lane->open();
    thread.join();
  }

  Seen seen;
  Registry registry;
  Program program;
  HeldLane* lane = nullptr;
  std::unique_ptr<Run> run;
  RunResult result;
  std::string failure;
  std::thread thread;
};

}  // namespace

TEST_CASE("a lane: loaders run ahead of it within their credits, and no worker waits for it") {
  // One worker: if it waited for the lane, nothing more would be loaded.
  for (const int threads : {1, 4}) {
    CAPTURE(threads);
    HeldRun held(threads);
    held.start();
    held.lane->wait_submitted(1);
    held.seen.wait_loaded(prefetch * batch);
    CHECK(held.lane->held() == 1);
    for (int step = 0; step < 4; ++step) {
      held.lane->release();
      held.lane->wait_submitted(step + 2);
      held.seen.wait_loaded((step + 1 + prefetch) * batch);
    }
    {
      const std::lock_guard guard(held.seen.lock);
      CHECK(held.seen.loaded == (4 + prefetch) * batch);
      CHECK(held.seen.learnt == 4);
    }
    held.join();
    CHECK(held.failure == "");
    CHECK(held.result.steps == steps);
    CHECK(held.seen.furthest == prefetch);
    CHECK(held.seen.loaded == steps * batch);
  }
}

TEST_CASE("a lane: a stop while it holds a step waits for that step, and for no other") {
  TemporaryFolder folder;
  HeldRun held(2, folder.path() / "run");
  held.start();
  held.lane->wait_submitted(1);
  held.lane->release();
  held.lane->wait_submitted(2);
  held.run->stop();
  held.join();
  CHECK(held.failure == "");
  CHECK(held.result.was_interrupted);
  CHECK(held.result.steps == 2);
  CHECK(held.seen.learnt == 2);
  const auto checkpoint = last_checkpoint(folder.path() / "run");
  REQUIRE(checkpoint);
  CHECK(checkpoint->steps == 2);
}

TEST_CASE("a lane: an error on it ends the run, with what waits and what is loaded") {
  HeldRun held(2);
  held.seen.fails_at = 3;
  held.start();
  held.join();
  CHECK(held.failure == "g.yaml:8:7: error: `learn` (test.learn) failed at step 3 of `train`: the device is gone");
  CHECK(held.seen.learnt == 3);
}

TEST_CASE("a lane: an error elsewhere leaves what it holds undone") {
  Seen seen;
  const Registry registry = registry_with(seen);
  Program program = build(registry, R"(leat: 1
phases:
  train:
    prefetch: 3
    nodes:
      count: {uses: toy.count, with: {batch: 4}}
      load: {uses: test.load, in: {number: count}}
      fail: {uses: toy.fail, in: {number: load}, with: {at: 9}}
      learn: {uses: test.learn, in: {numbers: load}}
plan: {train: {phase: train, steps: 10}}
)");
  auto made = std::make_unique<HeldLane>();
  HeldLane& lane = *made;
  std::string failure;
  {
    Run run(program, std::move(made), make_test_executor(2), {});
    std::thread thread([&] {
      try {
        (void)run.run();
      } catch (const std::exception& failed) {
        failure = failed.what();
      }
    });
    lane.wait_submitted(1);
    // Step 2 fails, which is in flight while the lane holds step 0; the run ends as soon as the lane has given that back.
    seen.wait_loaded(2 * batch + 2);
    lane.open();
    thread.join();
  }
  CHECK(failure.find("`fail` (toy.fail) failed at step 2 of `train`, slot 1, sample `n9`") != std::string::npos);
  // Where the failing body is slow the lane may do what is in flight meanwhile: the step that fails and two behind it.
  CHECK(seen.learnt <= 2 + 3);
}

TEST_CASE("workers: eight bodies of one node run at once, on however few cores") {
  Seen seen;
  const Registry registry = registry_with(seen);
  (void)run_graph(registry, R"(leat: 1
phases:
  test:
    prefetch: 2
    nodes:
      count: {uses: toy.count, with: {length: 80, batch: 8}}
      meet: {uses: test.meet, in: {number: count}}
plan: {then: [test]}
)",
                  8);
  CHECK(seen.inside == 80);
  CHECK(!seen.has_missed);
}

namespace {

/// Bodies of steps from one on wait until a test lets them go.
struct Latch final : Node {
  explicit Latch(Seen& all) : seen(all) {}
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  Param<int> from{this, "from", "Steps from this one on wait.", 1, {0, 1000}};

  void process(Frame& frame) const override {
    {
      std::unique_lock guard(seen.lock);
      if (frame.key().step >= *from) {
        ++seen.inside;
        seen.moved.notify_all();
        seen.moved.wait(guard, [this] { return seen.loaded < 0; });
      }
    }
    frame.put(same, frame[number]);
  }
  Seen& seen;
};

}  // namespace

TEST_CASE("a lane: a segment gets there while every worker is in a body that does not end") {
  // On each number of workers, all of them are latched in bodies of step 1 and later before step 0's last slot goes on to the lane.
  for (const int threads : {1, 2, 4}) {
    CAPTURE(threads);
    Seen seen;
    Registry registry = registry_with(seen);
    registry.add(NodeType{"test.latch", "Waits.", [&seen] { return std::make_unique<Latch>(seen); }, LaneKind::Cpu});
    Program program = build(registry, R"(leat: 1
phases:
  train:
    prefetch: 8
    nodes:
      count: {uses: toy.count, with: {batch: 1}}
      latch: {uses: test.latch, in: {number: count}}
      learn: {uses: test.learn, in: {numbers: latch}}
plan: {train: {phase: train, steps: 8}}
)");
    auto made = std::make_unique<HeldLane>();
    HeldLane& lane = *made;
    Run run(program, std::move(made), make_test_executor(threads), {});
    std::thread thread([&] { (void)run.run(); });
    {
      std::unique_lock guard(seen.lock);
      seen.moved.wait(guard, [&] { return seen.inside >= threads; });
    }
    // No worker is free from here on, and step 0 was handed over all the same.
    lane.wait_submitted(1);
    lane.release();
    {
      const std::lock_guard guard(seen.lock);
      CHECK(seen.learnt == 1);
      seen.loaded = -1;
    }
    seen.moved.notify_all();
    lane.open();
    thread.join();
    CHECK(seen.learnt == 8);
  }
}
