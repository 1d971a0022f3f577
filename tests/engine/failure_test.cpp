#include <atomic>
#include <fstream>

#include "leat/thrown.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/text_file.h"
#include "support/toys.h"

// Whatever is thrown, wherever, ends a run with one sentence that names who threw.
using namespace leat;

namespace {

/// A state that throws in one of its functions after some steps.
struct Fragile {
  std::int64_t count = 0;
  static inline std::string at;  ///< `copy`, `save`, `load` or nothing.
  static inline std::int64_t from = 5;

  Fragile() = default;
  Fragile(const Fragile& other) : count(other.count) {
    if (at == "copy" && count == from) throw std::bad_alloc();
  }
  Fragile& operator=(const Fragile&) = default;
  void save(Archive& archive, const std::string& name) const {
    if (at == "save") throw std::runtime_error("the state does not fit into an archive");
    archive.put(name, count);
  }
  void load(const Archive& archive, const std::string& name) {
    if (at == "load") throw 7L;
    count = archive.whole(name);
  }
};

struct Counting final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  State<Fragile> state{this, "state"};

  void process(Frame& frame) const override {
    ++frame.state(state).count;
    frame.put(same, frame[number]);
  }
};

/// Throws in one of its functions, what a test says.
struct Throwing final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  Choice at{this, "at", "Where it throws.", "process", {"process", "finish", "close", "open", "metric", "none"}};
  Param<bool> plain{this, "plain", "It throws an int.", false};

  void throw_at(std::string_view where) const {
    if (!(at == where)) return;
    if (*plain) throw 42;
    throw std::runtime_error("it was told to fail");
  }
  void open(const Opening&) override { throw_at("open"); }
  void process(Frame& frame) const override {
    if (frame[number].id == 3) throw_at("process");
    if (at == "metric")
      frame.metric("late", [this, step = frame.key().step] {
        if (step == 2) throw_at("metric");
        return 1.0;
      });
    frame.put(same, frame[number]);
  }
  void finish(Frame&) const override { throw_at("finish"); }
  void close() override { throw_at("close"); }
};

/// A list that is gone after some looks, or that grows.
struct ShrinkingSource final : Source {
  Output<toys::Number> number{this, "number", "Any shape."};
  Param<bool> grows{this, "grows", "Its length changes; else it throws.", false};
  mutable std::atomic<int> looks{0};

  std::int64_t length() const override {
    if (++looks <= 9) return 64;
    if (*grows) return 65;
    throw std::runtime_error("the list is gone");
  }
  void process(Frame& frame) const override {
    frame.identify({"n" + std::to_string(frame.draw()), "", "", {}});
    frame.put(number, {frame.draw(), 0});
  }
};

struct BadWeight final : Resource {
  static constexpr std::string_view kind = "weight";
  Choice at{this, "at", "Where it throws.", "save", {"save", "load", "facts"}};

  void save(Archive& archive) const override {
    if (at == "save") throw 42;
    archive.put("value", std::int64_t{1});
  }
  void load(const Archive&) override {
    if (at == "load") throw std::runtime_error("the weights are of another shape");
  }
  std::vector<std::pair<std::string, std::int64_t>> facts() const override {
    if (at == "facts") throw std::runtime_error("nobody counted");
    return {{"weights", 1}};
  }
};

struct UseWeight final : Node {
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  Changes<BadWeight> weight{this, "weight", "It."};
  void process(Frame& frame) const override { frame.metric("loss", 1.0); }
};

Registry failing_registry() {
  Registry registry = toy_registry();
  detail::register_type<Counting>(registry, "test.counting", "Counts.");
  detail::register_type<Throwing>(registry, "test.throwing", "Throws.");
  detail::register_type<ShrinkingSource>(registry, "test.shrinking", "Shrinks.");
  detail::register_type<BadWeight>(registry, "test.bad_weight", "Is bad.");
  detail::register_type<UseWeight>(registry, "test.use_weight", "Uses it.", LaneKind::Device);
  return registry;
}

const std::string head = "leat: 1\nphases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 20, batch: 1}}\n";

/// What a run of this text throws; empty: nothing.
std::string failure(const std::string& yaml, RunOptions options = {}) {
  try {
    (void)run_graph(failing_registry(), yaml, 2, std::move(options));
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

std::string throwing(const std::string& with) {
  return head + "      bad: {uses: test.throwing, in: {number: count}, with: {" + with +
         "}}\n      sink: {uses: toy.sink, in: {number: bad}}\nplan: {then: [test]}\n";
}

std::string trained(const std::string& nodes, const std::string& resources, const std::string& plan = "steps: 20, checkpoint_every: 2") {
  return "leat: 1\nresources:\n  " + resources + "\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: {batch: 1}}\n" +
         nodes + "plan: {train: {phase: train, " + plan + "}}\n";
}

struct FragileAt {
  explicit FragileAt(const char* where) { Fragile::at = where; }
  ~FragileAt() { Fragile::at.clear(); }
};

const std::string counting =
    "      counting: {uses: test.counting, in: {number: count}}\n      multiply: {uses: toy.multiply, in: {numbers: counting}, with: "
    "{weight: w}}\n"
    "      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: w}}\n";

}  // namespace

TEST_CASE("failures: what is no std::exception is named with its type, in any function of a node") {
  CHECK(failure(throwing("at: process, plain: true")) ==
        "g.yaml:6:7: error: `bad` (test.throwing) failed at step 3 of `test`, slot 0, sample `n3`: threw a value of type `int`, which is "
        "not a std::exception");
  CHECK(failure(throwing("at: finish, plain: true")) ==
        "g.yaml:6:7: error: `bad` (test.throwing) failed at the end of `test`: threw a value of type `int`, which is not a std::exception");
  CHECK(failure(throwing("at: open, plain: true")) ==
        "g.yaml:6:7: error: `bad` (test.throwing) failed at its opening: threw a value of type `int`, which is not a std::exception");
  CHECK(failure(throwing("at: metric, plain: true")) ==
        "g.yaml:6:7: error: `bad` (test.throwing) failed at step 2 of `test`: threw a value of type `int`, which is not a std::exception");
  toys::Witness witness;
  witness.learning = [](std::int64_t step) {
    if (step == 3) throw "a text";
  };
  toys::watch(&witness);
  const std::string multiplied =
      "      multiply: {uses: toy.multiply, in: {numbers: count}, with: {weight: w}}\n      learn: {uses: toy.learn, in: {product: "
      "multiply}, with: {weight: w}}\n";
  CHECK(failure(trained(multiplied, "w: {uses: toy.weight}")) ==
        "g.yaml:9:7: error: `learn` (toy.learn) failed at step 3 of `train`: threw a value of type `char const*`, which is not a "
        "std::exception");
  toys::watch(nullptr);
}

TEST_CASE("failures: `on_error: skip` leaves out a sample for which anything is thrown") {
  const RunResult result = run_graph(
      failing_registry(), head +
                              "      bad: {uses: test.throwing, in: {number: count}, with: {at: process, plain: true}, on_error: skip}\n"
                              "      sink: {uses: toy.sink, in: {number: bad}}\nplan: {then: [test]}\n");
  CHECK(result.phases.at("test").at("sink.dropped") == 1);
  REQUIRE(result.warnings.size() == 1);
  CHECK(result.warnings[0].find(
            "`bad` failed for 1 of 20 samples, which `on_error: skip` left out: step 3 of `test`, slot 0, sample `n3`: threw "
            "a value of type `int`") == 0);
}

TEST_CASE("dropped samples: a warning at the phase's end says how many, of how many, and the first, once a run") {
  const std::string drop =
      "      gate: {uses: toy.drop, in: {number: count}, with: {every: 7}}\n      sink: {uses: toy.sink, in: {number: gate}}\n";
  CHECK(run_graph(failing_registry(), head + drop + "plan: {then: [test]}\n", 4).warnings ==
        std::vector<std::string>{"`gate` dropped 3 of 20 samples; the first: step 0 of `test`, slot 0, sample `n0`: divided by 7"});
  // A node that fails for some samples and drops others says both; what it passes on is not its own.
  const std::string both =
      "      bad: {uses: toy.fail, in: {number: count}, with: {at: 3}, on_error: skip}\n      gate: {uses: toy.drop, in: {number: bad}, "
      "with: {every: 19}}\n      last: {uses: toy.drop, in: {number: gate}, with: {every: 18}}\n";
  CHECK(run_graph(failing_registry(), head + both + "plan: {then: [test]}\n", 4).warnings ==
        std::vector<std::string>{
            "`bad` failed for 1 of 20 samples, which `on_error: skip` left out: step 3 of `test`, slot 0, sample `n3`: it was told to fail",
            "`gate` dropped 2 of 20 samples; the first: step 0 of `test`, slot 0, sample `n0`: divided by 19",
            "`last` dropped 1 of 20 samples: step 18 of `test`, slot 0, sample `n18`: divided by 18"});
  // Each validation drops the same: it is said of the first.
  const std::string trains = "leat: 1\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: {batch: 1}}\n" + drop +
                             "  validate:\n    nodes:\n      count: {uses: toy.count, with: {length: 14, batch: 1}}\n" + drop +
                             "plan: {train: {phase: train, steps: 8, validate: every 2 steps}}\n";
  CHECK(run_graph(failing_registry(), trains, 4).warnings ==
        std::vector<std::string>{"`gate` dropped 2 of 14 samples; the first: step 0 of `validate`, slot 0, sample `n0`: divided by 7",
                                 "`gate` dropped 2 of 8 samples; the first: step 0 of `train`, slot 0, sample `n0`: divided by 7"});
}

namespace {

/// Measures a sample, and then cannot go on with it.
struct MeasuresFirst final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> out{this, "out", "Any shape."};
  void process(Frame& frame) const override {
    const bool is_bad = frame[number].id == 3;
    frame.metric("size", is_bad ? 1000.0 : 1.0);
    if (is_bad) throw std::runtime_error("it was told to fail");
    frame.put(out, frame[number]);
  }
};

}  // namespace

TEST_CASE("failures: what a node measured of a sample that it leaves out does not count") {
  Registry registry = toy_registry();
  detail::register_type<MeasuresFirst>(registry, "test.measures_first", "Measures, then fails.");
  const RunResult result = run_graph(registry, head +
                                                   "      bad: {uses: test.measures_first, in: {number: count}, on_error: skip}\n"
                                                   "      sink: {uses: toy.sink, in: {number: bad}}\nplan: {then: [test]}\n");
  CHECK(result.phases.at("test").at("sink.dropped") == 1);
  CHECK(result.phases.at("test").at("bad.size") == 1);
}

TEST_CASE("failures: a node that cannot close ends the run in its name, and the results are written first") {
  TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  const std::string sentence = "g.yaml:6:7: error: `bad` (test.throwing) failed at its closing: it was told to fail";
  CHECK(failure(throwing("at: close"), options) == sentence);
  const std::string results = text_of(options.folder / "results.json");
  CHECK(results.find("sink.seen") != std::string::npos);
  CHECK(results.find("failed at its closing") != std::string::npos);
}

TEST_CASE("failures: of a run that failed for another reason, a closing that fails is said as well") {
  std::vector<std::string> said;
  OnMessage listen([&](const std::string& sentence) { said.push_back(sentence); });
  RunOptions options;
  options.observers = {{&listen, Hears::Messages}};
  const std::string text = head +
                           "      bad: {uses: test.throwing, in: {number: count}, with: {at: close}}\n      fail: {uses: toy.fail, in: "
                           "{number: bad}, with: {at: 2}}\n"
                           "plan: {then: [test]}\n";
  CHECK(failure(text, options).find("`fail` (toy.fail) failed at step 2") != std::string::npos);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("`bad` (test.throwing) failed at its closing") != std::string::npos);
}

TEST_CASE("failures: a source whose length throws, or changes, ends the phase in its name") {
  const auto text = [](const char* grows) {
    return std::string("leat: 1\nphases:\n  test:\n    nodes:\n      list: {uses: test.shrinking, with: {batch: 1, grows: ") + grows +
           "}}\n      sink: {uses: toy.sink, in: {number: list}}\nplan: {then: [test]}\n";
  };
  const std::string thrown = failure(text("false"));
  CHECK(thrown.find("g.yaml:5:7: error: `list` (test.shrinking) failed at step ") == 0);
  CHECK(thrown.find(" of `test`: the list is gone") != std::string::npos);
  CHECK(failure(text("true")).find(" of `test`: its length was 64 when the phase began, and is 65 now") != std::string::npos);
}

TEST_CASE("failures: a state that cannot be copied, saved or loaded is named") {
  TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  {
    const FragileAt where("copy");
    CHECK(failure(trained(counting, "w: {uses: toy.weight}")) ==
          "g.yaml:8:7: error: `counting` (test.counting) failed at step 4 of `train`, slot 0, sample `n4`: out of memory");
  }
  {
    const FragileAt where("save");
    CHECK(failure(trained(counting, "w: {uses: toy.weight}"), options) ==
          "g.yaml:8:7: error: `counting` (test.counting) failed at the saving of its state after step 2: the state does not fit into an "
          "archive");
  }
  options.stop_after_steps = 0;
  options.resumes = true;
  CHECK(failure(trained(counting, "w: {uses: toy.weight}"), options) == "");
  {
    RunOptions again;
    again.folder = folder.path() / "run-2";
    int steps = 0;
    Run* running = nullptr;
    OnStep stop([&](const Progress&) {
      if (++steps == 3) running->stop();
    });
    again.observers = {{&stop, Hears::Steps}};
    const Registry registry = failing_registry();
    Program program = build(registry, trained(counting, "w: {uses: toy.weight}", "steps: 2000"));
    {
      Run run(program, make_thread_lane(), make_test_executor(2), again);
      running = &run;
      REQUIRE(run.run().was_interrupted);
    }
    again.observers.clear();
    again.resumes = true;
    const FragileAt where("load");
    CHECK(failure(trained(counting, "w: {uses: toy.weight}", "steps: 2000"), again) ==
          "g.yaml:8:7: error: `counting` (test.counting) failed at the loading of its state: threw a value of type `long`, which is not a "
          "std::exception");
  }
}

TEST_CASE("failures: a resource that cannot be saved ends the run in its name; one that cannot give its facts loses these alone") {
  TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  const std::string use = "      use: {uses: test.use_weight, in: {numbers: count}, with: {weight: w}}\n";
  CHECK(failure(trained(use, "w: {uses: test.bad_weight, with: {at: save}}"), options) ==
        "g.yaml:3:3: error: `w` (test.bad_weight) failed at its saving: threw a value of type `int`, which is not a std::exception");
  options.folder = folder.path() / "facts";
  CHECK(failure(trained(use, "w: {uses: test.bad_weight, with: {at: facts}}"), options) == "");
  const std::string results = text_of(options.folder / "results.json");
  CHECK(results.find("the facts of `w` (test.bad_weight) are left out: nobody counted") != std::string::npos);
  CHECK(results.find("\"use.loss\"") != std::string::npos);
}

TEST_CASE("failures: an observer that throws ends the run, in its own name") {
  OnStep fails([](const Progress& progress) {
    if (progress.step == 3) throw std::runtime_error("the page is closed");
  });
  RunOptions options;
  options.observers = {{&fails, Hears::Steps}};
  CHECK(failure(throwing("at: none"), options) == "an observer failed: the page is closed");
}

TEST_CASE("failures: a lane that takes no work, or has no name, ends the run") {
  struct Refusing final : Lane {
    bool refuses_work;
    std::unique_ptr<Lane> lane = make_thread_lane();
    explicit Refusing(bool work) : refuses_work(work) {}
    std::string name() const override {
      if (!refuses_work) throw 42;
      return lane->name();
    }
    std::string device() const override { return lane->device(); }
    void submit(std::function<void()> work) override {
      if (refuses_work) throw std::runtime_error("the device is lost");
      lane->submit(std::move(work));
    }
    void enter(bool gradients) override { lane->enter(gradients); }
    Value upload(Value value) override { return lane->upload(std::move(value)); }
    Value fetch(Value value) override { return lane->fetch(std::move(value)); }
  };
  const Registry registry = failing_registry();
  const auto failure_with = [&](bool work) -> std::string {
    TemporaryFolder folder;
    Program program = build(registry, trained(counting, "w: {uses: toy.weight}"));
    RunOptions options;
    options.folder = folder.path() / "run";
    try {
      (void)Run(program, std::make_unique<Refusing>(work), make_test_executor(2), options).run();
    } catch (const std::exception& error) {
      return error.what();
    }
    return {};
  };
  CHECK(failure_with(true) == "the device lane does not take work: the device is lost");
  CHECK(failure_with(false) == "the run failed: it threw a value of type `int`, which is not a std::exception");
}

TEST_CASE("failures: what is not a run is refused") {
  const Registry registry = failing_registry();
  Program program = build(registry, trained(counting, "w: {uses: toy.weight}"));
  CHECK_THROWS_WITH_AS(Run(program, nullptr, make_test_executor(1), {}), "a Run needs a Lane, but got none", std::invalid_argument);
  CHECK_THROWS_WITH_AS(Run(program, make_thread_lane(), nullptr, {}), "a Run needs an Executor, but got none", std::invalid_argument);
  RunOptions options;
  options.observers = {{nullptr, Hears::Steps}};
  CHECK_THROWS_WITH_AS(Run(program, make_thread_lane(), make_test_executor(1), options), "`RunOptions::observers` has a null pointer",
                       std::invalid_argument);
  options = {};
  options.weights["nobody"];
  CHECK_THROWS_WITH_AS(Run(program, make_thread_lane(), make_test_executor(1), options),
                       "`RunOptions::weights` has `nobody`, but the graph has no resource of that name", std::invalid_argument);
  Run run(program, make_thread_lane(), make_test_executor(1), {});
  (void)run.run();
  CHECK_THROWS_WITH_AS((void)run.run(), "`Run::run` is called a second time; make a new Run for each run", std::logic_error);
}

TEST_CASE("failures: words for what has none, and without the frames that LibTorch puts behind its own") {
  const auto words = [](const auto& thrown) {
    try {
      throw thrown;
    } catch (...) {
      return words_of_current_exception();
    }
  };
  CHECK(words(std::runtime_error("")) == "threw a `std::runtime_error` without a message");
  CHECK(words(std::runtime_error("sizes differ\nException raised from check at x.cpp:3 (most recent call first):\nframe #0: f")) ==
        "sizes differ");
  CHECK(words(std::runtime_error("two\nlines")) == "two\nlines");
}

TEST_CASE("failures: names that are not UTF-8 cost no results") {
  TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  struct Latin final : Source {
    Output<toys::Number> number{this, "number", "Any shape."};
    std::int64_t length() const override { return 8; }
    void process(Frame& frame) const override {
      frame.identify({.id = "caf\xe9" + std::to_string(frame.draw())});
      frame.put(number, {frame.draw(), 0});
    }
  };
  Registry registry = failing_registry();
  detail::register_type<Latin>(registry, "test.latin", "Has old names.");
  const RunResult result = run_graph(registry,
                                     "leat: 1\nphases:\n  test:\n    nodes:\n      names: {uses: test.latin, with: {batch: 1}}\n"
                                     "      bad: {uses: toy.fail, in: {number: names}, with: {at: 3}, on_error: skip}\n"
                                     "      drop: {uses: toy.drop, in: {number: bad}, with: {every: 5}}\n"
                                     "      sink: {uses: toy.sink, in: {number: drop}}\nplan: {then: [test]}\n",
                                     2, options);
  CHECK(result.phases.at("test").at("sink.dropped") == 3);
  // As JSON writes `caf\xE93`.
  CHECK(text_of(options.folder / "results.json").find("caf\\\\xE93") != std::string::npos);
}
