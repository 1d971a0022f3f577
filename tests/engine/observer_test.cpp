#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "leat/checkpoint.h"
#include "run/observer_thread.h"
#include "run/observers.h"
#include "run/run_threads.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/held_lane.h"
#include "support/observers.h"
#include "support/toys.h"

using namespace leat;

namespace {

const std::string nodes = R"(
      count: {uses: toy.count, with: {length: 64, batch: 8}}
      noise: {uses: toy.noise, in: {number: count}}
      slow: {uses: toy.pass, in: {number: noise}, with: {busy_us: 20, jitter: true}}
      fold: {uses: toy.fold, in: {number: slow}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
)";

std::string training(std::int64_t steps) {
  return "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n  train:\n    nodes:" + nodes +
         "plan: {train: {phase: train, steps: " + std::to_string(steps) + "}}\n";
}

/// Counts what it hears.
struct Counter final : Observer {
  std::atomic<int> begun{0}, ended{0}, values{0}, steps{0}, segments{0}, ended_segments{0}, requests{0};
  void call_begins(const NodeCall&) override { ++begun; }
  void call_ends(const NodeCall&) override { ++ended; }
  void value_put(const PutValue&) override { ++values; }
  void step_retired(const Progress&) override { ++steps; }
  void segment_begins(const SegmentCall&) override { ++segments; }
  void segment_ends(const SegmentCall&) override { ++ended_segments; }
  void requested() override { ++requests; }
};

struct GivesMetric final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  void process(Frame& frame) const override {
    frame.metric("one", 1.0);
    frame.put(same, frame[number]);
  }
};

constexpr Hears all = Hears::Steps | Hears::Calls | Hears::Values | Hears::Segments | Hears::Requests | Hears::Metrics | Hears::Files;

}  // namespace

TEST_CASE("observer: hears of every call, value, segment and step of a run") {
  const Registry registry = toy_registry();
  Counter counter;
  RunOptions options;
  options.observers = {{&counter, all}};
  (void)run_graph(registry, training(10), 3, options);
  // Four nodes of slot grain on eight slots, two of step grain on the lane, and the steps that were loaded ahead.
  CHECK(counter.begun == counter.ended);
  CHECK(counter.begun >= 10 * (4 * 8 + 2));
  CHECK(counter.steps == 10);
  CHECK(counter.segments == 10);
  CHECK(counter.ended_segments == 10);
  CHECK(counter.values >= 10 * (4 * 8 + 1));
  CHECK(counter.requests > counter.begun);
}

TEST_CASE("observer: attached and detached a thousand times while a run goes, it changes no bit and is called at no other time") {
  const Registry registry = toy_registry();
  const RunResult wanted = run_graph(registry, training(400), 2);
  Program program = build(registry, training(400));
  Run run(program, make_thread_lane(), make_test_executor(3), {});
  RunResult result;
  std::atomic<bool> is_done{false};
  std::thread thread([&] {
    result = run.run();
    is_done = true;
  });
  int rounds = 0;
  for (; rounds < 1000 || !is_done; ++rounds) {
    auto counter = std::make_unique<Counter>();
    run.attach(*counter, all);
    if (rounds % 7 == 0) std::this_thread::yield();
    run.detach(*counter);
    const int begun = counter->begun;
    if (rounds % 50 == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
    REQUIRE(counter->begun == begun);
    // A call to a counter that is gone would be seen by a sanitizer.
    counter.reset();
    if (rounds > 1'000'000) break;
  }
  thread.join();
  CHECK(rounds >= 1000);
  CHECK(result.phases.at("train") == wanted.phases.at("train"));
}

TEST_CASE("observer: the next value of one output is given once, on the host, and another time when it is asked for again") {
  const Registry registry = toy_registry();
  Program program = build(registry, training(60));
  std::mutex lock;
  std::vector<std::int64_t> steps;
  Run run(program, make_thread_lane(), make_test_executor(2), {});
  const auto take = [&](const PutValue& put) {
    const std::lock_guard guard(lock);
    CHECK(put.node == "multiply");
    CHECK(put.port == "product");
    CHECK(put.value.is<toys::Number>());
    steps.push_back(put.step);
  };
  CHECK_THROWS_WITH_AS(run.ask("train", "multiply", "sum", take), "the graph has no output `multiply.sum` in a phase `train`", Refusal);
  (void)run.ask("train", "multiply", "product", take);
  const std::uint64_t withdrawn = run.ask("train", "multiply", "product", [](const PutValue&) { FAIL("it was withdrawn"); });
  run.withdraw(withdrawn);
  std::thread asker([&] {
    while (run.now().phases.empty() || run.now().phases[0].steps_done < 20) std::this_thread::yield();
    (void)run.ask("train", "multiply", "product", take);
  });
  (void)run.run();
  asker.join();
  REQUIRE(!steps.empty());
  CHECK(steps[0] == 0);
  if (steps.size() > 1) CHECK(steps[1] >= 20);
  CHECK(steps.size() <= 2);
}

TEST_CASE("observer: an output that no node reads can be asked for, too") {
  const Registry registry = toy_registry();
  Program program = build(registry,
                          "leat: 1\nphases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 8, batch: 4}}\n"
                          "      add: {uses: toy.add, in: {number: count}, with: {by: 5}}\nplan: {then: [test]}\n");
  Run run(program, make_thread_lane(), make_test_executor(2), {});
  std::vector<std::int64_t> values;
  (void)run.ask("test", "add", "sum",
                [&](const PutValue& put) { values.push_back(put.value.as<toys::Number>().value - put.value.as<toys::Number>().id); });
  (void)run.run();
  CHECK(values == std::vector<std::int64_t>{5});
}

TEST_CASE("observer: what it throws ends the run, also at a node with `on_error: skip`") {
  struct Thrower final : Observer {
    void call_begins(const NodeCall& call) override {
      if (call.node == "fail" && call.step == 3) throw std::runtime_error("the observer has seen enough");
    }
  } thrower;
  const Registry registry = toy_registry();
  Program program = build(registry,
                          "leat: 1\nphases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 64, batch: 8}}\n"
                          "      fail: {uses: toy.fail, in: {number: count}, with: {at: 9}, on_error: skip}\n"
                          "      sink: {uses: toy.sink, in: {number: fail}}\nplan: {then: [test]}\n");
  RunOptions options;
  options.observers = {{&thrower, Hears::Calls}};
  Run run(program, make_thread_lane(), make_test_executor(2), std::move(options));
  try {
    (void)run.run();
    FAIL("the run went on");
  } catch (const std::exception& error) {
    CHECK(std::string(error.what()).find("the observer has seen enough") != std::string::npos);
  }
}

TEST_CASE("observer: cannot be detached from within a call to it, and says so") {
  const Registry registry = toy_registry();
  Program program = build(registry, training(3));
  Run run(program, make_thread_lane(), make_test_executor(2), {});
  struct Leaving final : Observer {
    Run* run = nullptr;
    std::string said;
    void step_retired(const Progress&) override {
      try {
        run->detach(*this);
      } catch (const std::logic_error& error) {
        said = error.what();
      }
    }
  } leaving;
  leaving.run = &run;
  run.attach(leaving, Hears::Steps);
  (void)run.run();
  CHECK(leaving.said.find("no observer can be attached or detached") != std::string::npos);
}

TEST_CASE("observer: one that waits, for a terminal or a network, holds up neither checkpoints nor a stop") {
  const Registry registry = toy_registry();
  TemporaryFolder folder;
  std::atomic<bool> is_inside{false}, may_go{false};
  const auto wait = [&] {
    is_inside = true;
    while (!may_go) std::this_thread::yield();
  };
  Program program = build(registry, "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n  train:\n    nodes:" + nodes +
                                        "plan: {train: {phase: train, steps: 1000000, checkpoint_every: 5}}\n");
  OnStep waiting([&](const Progress&) { wait(); });
  RunOptions options;
  options.folder = folder.path() / "run";
  options.observers = {{&waiting, Hears::Steps}};
  Run run(program, make_thread_lane(), make_test_executor(2), options);
  RunResult result;
  std::thread thread([&] { result = run.run(); });
  while (!is_inside) std::this_thread::yield();
  const auto steps_of_last = [&] {
    const auto last = last_checkpoint(options.folder);
    return last ? last->steps : 0;
  };
  // It hears of the first step yet.
  while (steps_of_last() < 10) std::this_thread::yield();
  run.stop();
  while (!run.now().phases.empty()) std::this_thread::yield();
  may_go = true;
  thread.join();
  CHECK(result.was_interrupted);
  CHECK(steps_of_last() == result.steps);
}

TEST_CASE("observer: one that waits holds up nobody who attaches, detaches or asks, nor the calls that others hear of") {
  const Registry registry = toy_registry();
  Program program = build(registry, training(1000000));
  Run run(program, make_thread_lane(), make_test_executor(2), {});
  std::atomic<bool> is_inside{false}, may_go{false}, is_taken{false};
  OnStep waiting([&](const Progress&) {
    is_inside = true;
    while (!may_go) std::this_thread::yield();
  });
  run.attach(waiting, Hears::Steps);
  std::thread thread([&] { (void)run.run(); });
  while (!is_inside) std::this_thread::yield();
  for (int k = 0; k < 20; ++k) {
    Counter comes;
    run.attach(comes, Hears::Calls);
    while (comes.begun == 0) std::this_thread::yield();
    run.detach(comes);
  }
  (void)run.ask("train", "multiply", "product", [&](const PutValue&) { is_taken = true; });
  while (!is_taken) std::this_thread::yield();
  run.withdraw(run.ask("train", "multiply", "product", [](const PutValue&) {}));
  run.stop();
  may_go = true;
  thread.join();
}

TEST_CASE("observer: whatever it throws, in whatever it hears of, ends the run in an observer's name, and fails no node") {
  enum class At { Step, Message, Begin, End, Put, Given, Due, SegmentBegin, SegmentEnd, File, Taken };
  struct Thrower final : Observer {
    At at;
    explicit Thrower(At where) : at(where) {}
    void throw_at(At here) const {
      if (at == here) throw 42;
    }
    void step_retired(const Progress&) override { throw_at(At::Step); }
    void message(const std::string&) override { throw_at(At::Message); }
    void call_begins(const NodeCall&) override { throw_at(At::Begin); }
    void call_ends(const NodeCall&) override { throw_at(At::End); }
    void value_put(const PutValue&) override { throw_at(At::Put); }
    void metric_given(std::string_view, std::int64_t, const std::function<double()>&) override { throw_at(At::Given); }
    void metrics_due(std::string_view, std::int64_t) override { throw_at(At::Due); }
    void segment_begins(const SegmentCall&) override { throw_at(At::SegmentBegin); }
    void segment_ends(const SegmentCall&) override { throw_at(At::SegmentEnd); }
    void file_written(const WrittenFile&) override { throw_at(At::File); }
  };
  Registry registry = toy_registry();
  detail::register_type<GivesMetric>(registry, "test.gives_metric", "Gives one.");
  const std::string text =
      "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n  train:\n    nodes:\n"
      "      count: {uses: toy.count, with: {length: 8, batch: 4}}\n"
      "      fail: {uses: toy.fail, in: {number: count}, with: {at: 7}, on_error: skip}\n"
      "      given: {uses: test.gives_metric, in: {number: fail}, on_error: skip}\n"
      "      fold: {uses: toy.fold, in: {number: given}, on_error: skip}\n"
      "      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}\n"
      "      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}\n"
      "plan: {train: {phase: train, steps: 2, checkpoint_every: 1}}\n";
  for (const At at :
       {At::Step, At::Message, At::Begin, At::End, At::Put, At::Given, At::Due, At::SegmentBegin, At::SegmentEnd, At::File, At::Taken}) {
    CAPTURE(static_cast<int>(at));
    TemporaryFolder folder;
    Program program = build(registry, text);
    RunOptions options;
    options.folder = folder.path() / "run";
    Thrower thrower(at);
    options.observers = {{&thrower, all | Hears::Messages}};
    Run run(program, make_thread_lane(), make_test_executor(2), options);
    if (at == At::Taken) (void)run.ask("train", "given", "same", [](const PutValue&) { throw 42; });
    CHECK_THROWS_WITH_AS((void)run.run(), "an observer failed: threw a value of type `int`, which is not a std::exception",
                         std::runtime_error);
  }
}

TEST_CASE("observer: what it throws when a finished run says so is told, too") {
  const Registry registry = toy_registry();
  TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  (void)run_graph(registry, training(3), 2, options);
  OnMessage thrower([](const std::string&) { throw std::runtime_error("nobody reads this"); });
  options.resumes = true;
  options.observers = {{&thrower, Hears::Messages}};
  CHECK_THROWS_WITH((void)run_graph(registry, training(3), 2, options), "an observer failed: nobody reads this");
}

TEST_CASE("observer: hears of nothing that was told before it was attached, also where others have not heard it yet") {
  run::Observers observers;
  run::ObserverThread thread(observers, [](std::exception_ptr) {});
  std::latch may_go(1);
  std::vector<std::int64_t> first, second;
  OnStep waits([&](const Progress& progress) {
    may_go.wait();
    first.push_back(progress.step);
  });
  OnStep late([&](const Progress& progress) { second.push_back(progress.step); });
  const auto tell = [&](std::int64_t step) {
    thread.tell(Hears::Steps, [step](Observer& one) { one.step_retired({"train", PhaseKind::Train, step, 9, 1, {}}); });
  };
  observers.attach(waits, Hears::Steps);
  tell(1);
  tell(2);
  observers.attach(late, Hears::Steps);
  tell(3);
  may_go.count_down();
  thread.flush();
  CHECK(first == std::vector<std::int64_t>{1, 2, 3});
  CHECK(second == std::vector<std::int64_t>{3});
}

TEST_CASE("observer: is attached once, and a value is asked for with a function") {
  const Registry registry = toy_registry();
  Program program = build(registry, training(3));
  Run run(program, make_thread_lane(), make_test_executor(2), {});
  Counter counter;
  run.attach(counter, Hears::Steps);
  CHECK_THROWS_WITH_AS(run.attach(counter, Hears::Calls), "the observer is attached already", std::invalid_argument);
  CHECK_THROWS_WITH_AS((void)run.ask("train", "multiply", "product", {}), "a value is asked for with an empty function",
                       std::invalid_argument);
}

TEST_CASE("observer: to detach waits for the calls that go on, not for those that come meanwhile") {
  run::Observers observers;
  Counter heard, comes;
  observers.attach(heard, Hears::Requests);
  std::atomic<bool> is_over{false};
  std::atomic<int> inside{0};
  std::vector<std::thread> threads;
  // Each call goes on until another one has begun: the lock is never free.
  for (int k = 0; k < 3; ++k)
    threads.emplace_back([&] {
      while (!is_over)
        observers.tell(Hears::Requests, [&](Observer&) {
          ++inside;
          for (int spin = 0; spin < 200000 && inside < 2 && !is_over; ++spin) std::this_thread::yield();
          --inside;
        });
    });
  for (int k = 0; k < 100; ++k) {
    observers.attach(comes, Hears::Requests);
    observers.detach(comes);
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  observers.detach(heard);
  CHECK_FALSE(observers.hears(Hears::Requests));
}

TEST_CASE("now: a thread that works for two runs in turn has one place in each") {
  run::RunThreads first, second;
  const auto* in_first = &first.mine();
  const auto* in_second = &second.mine();
  for (int k = 0; k < 100; ++k) {
    first.mine().running.begin(0, 0, k, -1, 1);
    second.mine().running.begin(0, 0, k, -1, 1);
  }
  CHECK(&first.mine() == in_first);
  CHECK(&second.mine() == in_second);
  REQUIRE(first.running().size() == 1);
  CHECK(first.running()[0].step == 99);
}

TEST_CASE("now: what runs, and how far the phases are, can be read at any time") {
  const Registry registry = toy_registry();
  Program program = build(registry, training(50));
  auto made = std::make_unique<HeldLane>();
  HeldLane& lane = *made;
  toys::Witness witness;
  std::atomic<bool> is_inside{false}, may_go{false};
  witness.learning = [&](std::int64_t step) {
    if (step != 2) return;
    is_inside = true;
    while (!may_go) std::this_thread::yield();
  };
  toys::watch(&witness);
  Run run(program, std::move(made), make_test_executor(2), {});
  std::thread thread([&] { (void)run.run(); });
  lane.open();
  while (!is_inside) std::this_thread::yield();
  const RunNow now = run.now();
  REQUIRE(now.phases.size() == 1);
  CHECK(now.phases[0].name == "train");
  CHECK(now.phases[0].steps == 50);
  CHECK(now.phases[0].steps_done <= 2);
  CHECK(now.phases[0].steps_admitted >= 3);
  const auto learn = std::find_if(now.calls.begin(), now.calls.end(), [](const RunningCall& call) { return call.node == "learn"; });
  REQUIRE(learn != now.calls.end());
  CHECK(learn->step == 2);
  CHECK(learn->slot == -1);
  CHECK(learn->is_on_device);
  CHECK(learn->seconds >= 0);
  may_go = true;
  thread.join();
  toys::watch(nullptr);
  CHECK(run.now().phases.empty());
  CHECK(run.now().calls.empty());
}

TEST_CASE("messages: reach observers without a lock of the engine held, one at a time and in order") {
  const Registry registry = toy_registry();
  Program program = build(registry,
                          "leat: 1\nphases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 40, batch: 4}}\n"
                          "      fail: {uses: toy.fail, in: {number: count}, with: {at: 7}, on_error: skip}\nplan: {then: [test]}\n");
  Run run(program, make_thread_lane(), make_test_executor(2), {});
  std::vector<std::string> said;
  OnMessage listen([&](const std::string& sentence) {
    said.push_back(sentence);
    // Both want the engine's locks.
    run.stop();
    (void)run.now();
  });
  run.attach(listen, Hears::Messages);
  (void)run.run();
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("warning: `fail` failed for 1 of 40 samples") == 0);
}
