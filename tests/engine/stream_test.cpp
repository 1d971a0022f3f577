#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "leat/streams_samples.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/toys.h"

// Sources that find their number of samples at their end.

using namespace leat;

namespace {

/// How the samples of `test.stream` arrive, and what the engine did with it.
struct Arrivals {
  std::int64_t length = 0;
  std::int64_t fails_at = -1;  ///< Sample before which the data cannot be read.
  std::int64_t holds_at = -1;  ///< Sample before which it waits until it is stopped.
  std::vector<std::int64_t> starts;
  int stops = 0;
};

struct Stream final : Source, StreamsSamples {
  explicit Stream(Arrivals& of) : arrivals(of) {}
  ~Stream() override { stop(); }

  Output<toys::Number> number{this, "number", "Any shape. The slot's place in the stream."};
  State<std::int64_t> done{this, "done"};

  [[nodiscard]] std::int64_t length() const override { return 0; }

  void start(Frame& frame, std::function<void()> arrived) override {
    known_ = frame.state(done);
    is_stopped_ = has_ended_ = has_failed_ = false;
    arrivals.starts.push_back(known_);
    thread_ = std::thread([this, arrived = std::move(arrived)] { deliver(arrived); });
  }
  [[nodiscard]] std::optional<std::int64_t> count(std::int64_t wanted) override {
    const std::lock_guard guard(lock_);
    if (known_ >= wanted) return wanted;
    if (has_failed_) throw std::runtime_error("the line is dead");
    return has_ended_ ? std::optional(known_) : std::nullopt;
  }
  void stop() noexcept override {
    {
      const std::lock_guard guard(lock_);
      is_stopped_ = true;
    }
    changed_.notify_all();
    if (!thread_.joinable()) return;
    thread_.join();
    ++arrivals.stops;
  }

  void process(Frame& frame) const override {
    const std::int64_t place = frame.draw();
    frame.state(done) = place + 1;
    frame.identify({"n" + std::to_string(place), "", "", {}});
    frame.put(number, {place, place});
  }

 private:
  void deliver(const std::function<void()>& arrived) {
    for (;;) {
      {
        std::unique_lock guard(lock_);
        if (known_ == arrivals.holds_at) changed_.wait(guard, [this] { return is_stopped_; });
        if (is_stopped_) return;
        has_failed_ = known_ == arrivals.fails_at;
        has_ended_ = known_ >= arrivals.length;
        if (!has_failed_ && !has_ended_) ++known_;
      }
      arrived();
      if (has_failed_ || has_ended_) return;
      std::this_thread::yield();
    }
  }

  Arrivals& arrivals;
  std::mutex lock_;
  std::condition_variable changed_;
  std::int64_t known_ = 0;
  bool is_stopped_ = false, has_ended_ = false, has_failed_ = false;
  std::thread thread_;
};

const char* const on_workers = R"(leat: 1
phases:
  predict:
    nodes:
      stream: {uses: test.stream, with: {batch: 4}}
      pass: {uses: toy.pass, in: {number: stream}, with: {busy_us: 50, jitter: true}}
      sum: {uses: toy.sum, in: {numbers: pass}}
plan: {then: [predict]}
)";

const char* const with_a_lane = R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  predict:
    nodes:
      stream: {uses: test.stream, with: {batch: 4}}
      fold: {uses: toy.fold, in: {number: stream}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      sum: {uses: toy.sum, in: {numbers: stream}}
plan: {then: [predict]}
)";

Registry registry_of(Arrivals& arrivals) {
  Registry out = toy_registry();
  out.add(NodeType{"test.stream", "Streams.", [&arrivals] { return std::make_unique<Stream>(arrivals); }, LaneKind::Cpu});
  return out;
}

struct Ran {
  RunResult result;
  std::vector<std::int64_t> steps;  ///< Retired, in order.
  double sum = 0, living = 0;       ///< Over all steps.
};

Ran run_stream(Arrivals& arrivals, const char* graph, const std::filesystem::path& folder = {}, std::int64_t stop_at = -1) {
  const Registry registry = registry_of(arrivals);
  Program program = build(registry, graph, 5);
  RunOptions options;
  options.folder = folder;
  options.resumes = !folder.empty();
  Ran out;
  Run* running = nullptr;
  OnStep count([&](const Progress& progress) {
    CHECK(progress.steps == 0);
    out.steps.push_back(progress.step - 1);
    out.sum += progress.metrics.at("sum.sum");
    out.living += progress.metrics.at("sum.living");
    if (progress.step - 1 == stop_at) running->stop();
  });
  options.observers = {{&count, Hears::Steps}};
  Run run(program, make_thread_lane(), make_test_executor(3), options);
  running = &run;
  out.result = run.run();
  return out;
}

}  // namespace

TEST_CASE("a stream: its phase has the steps of its samples, whose number is known only at the end") {
  for (const char* graph : {on_workers, with_a_lane})
    for (const std::int64_t length : {0, 1, 3, 4, 5, 8, 41}) {
      CAPTURE(length);
      Arrivals arrivals{length};
      const Ran ran = run_stream(arrivals, graph);
      CHECK_FALSE(ran.result.was_interrupted);
      CHECK(static_cast<std::int64_t>(ran.steps.size()) == (length + 3) / 4);
      CHECK(ran.sum == static_cast<double>(length * (length - 1) / 2));
      CHECK(ran.living == static_cast<double>(length));
      CHECK(arrivals.starts == std::vector<std::int64_t>{0});
      CHECK(arrivals.stops == 1);
    }
}

TEST_CASE("a stream: stopped and resumed, it begins where its state is, and no sample comes twice") {
  for (const char* graph : {on_workers, with_a_lane}) {
    const TemporaryFolder folder;
    Arrivals arrivals{402};
    const Ran cut = run_stream(arrivals, graph, folder.path() / "run", 7);
    REQUIRE(cut.result.was_interrupted);
    const Ran rest = run_stream(arrivals, graph, folder.path() / "run");
    CHECK_FALSE(rest.result.was_interrupted);
    CHECK(cut.sum + rest.sum == 402 * 401 / 2);
    REQUIRE(arrivals.starts.size() == 2);
    CHECK(arrivals.starts[1] == static_cast<std::int64_t>(cut.steps.size()) * 4);
    CHECK(rest.steps.front() == cut.steps.back() + 1);
    CHECK(rest.steps.back() == 100);
  }
}

TEST_CASE("a stream: data that cannot be read end the run with the name of the source") {
  for (const char* graph : {on_workers, with_a_lane}) {
    Arrivals arrivals{100, 18};
    CHECK_THROWS_WITH_AS((void)run_stream(arrivals, graph), doctest::Contains("`stream` (test.stream)"), NodeError);
    CHECK(arrivals.stops == 1);
    CHECK_THROWS_WITH((void)run_stream(arrivals, graph), doctest::Contains("the line is dead"));
  }
}

TEST_CASE("a stream: a run that waits for samples can be stopped, and says what it waits for") {
  Arrivals arrivals{100, -1, 10};
  const Registry registry = registry_of(arrivals);
  std::string text = on_workers;
  text.replace(text.find("then: ["), 7, "stall_after: 0.1 s, then: [");
  Program program = build(registry, text, 5);
  std::mutex lock;
  std::string said;
  Run* running = nullptr;
  OnMessage hears([&](const std::string& sentence) {
    const std::lock_guard guard(lock);
    said += sentence + "\n";
    running->stop();
  });
  RunOptions options;
  options.observers = {{&hears, Hears::Messages}};
  Run run(program, make_thread_lane(), make_test_executor(2), options);
  running = &run;
  CHECK(run.run().was_interrupted);
  CHECK(said.find("no step is in flight: `predict` waits for samples of `stream`") != std::string::npos);
}

TEST_CASE("a stream: is refused in a phase that needs its length, and next to another source") {
  Arrivals arrivals;
  const Registry registry = registry_of(arrivals);
  CHECK(mistakes(registry, R"(leat: 1
phases:
  test:
    nodes:
      stream: {uses: test.stream, with: {batch: 4}}
      sum: {uses: toy.sum, in: {numbers: stream}}
plan: {then: [test]}
)")
            .find("`stream` finds its number of samples only at its end, but `test` is of kind `test`") != std::string::npos);
  CHECK(mistakes(registry, R"(leat: 1
phases:
  train:
    nodes:
      stream: {uses: test.stream, with: {batch: 4}}
      sum: {uses: toy.sum, in: {numbers: stream}}
plan: {train: {phase: train, steps: 3}}
)")
            .find("but `train` is of kind `train`") != std::string::npos);
  CHECK(mistakes(registry, R"(leat: 1
phases:
  predict:
    nodes:
      stream: {uses: test.stream, with: {batch: 4}}
      count: {uses: toy.count, with: {length: 4}}
      sum: {uses: toy.sum, in: {numbers: stream}}
      other: {uses: toy.sum, in: {numbers: count}}
plan: {then: [predict]}
)")
            .find("so it must be the only source of `predict`") != std::string::npos);
}
