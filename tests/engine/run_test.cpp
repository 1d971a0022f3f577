#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/toys.h"

using namespace leat;

namespace {

/// A graph with one test phase.
std::string test_graph(const std::string& nodes, const std::string& more = "") {
  return "leat: 1\nphases:\n  test:\n    prefetch: 4\n    nodes:\n" + nodes + "plan: {then: [test]}\n" + more;
}

struct Watched {
  Watched() { toys::watch(&witness); }
  ~Watched() { toys::watch(nullptr); }
  toys::Witness witness;
};

/// Bodies that wait for each other until enough of them are there at once, or too long.
struct Meeting {
  int wanted;
  std::mutex lock;
  std::condition_variable moved;
  int present = 0;
  bool has_met = false;

  void come() {
    std::unique_lock guard(lock);
    has_met |= ++present == wanted;
    moved.notify_all();
    moved.wait_for(guard, std::chrono::seconds(30), [&] { return has_met; });
    --present;
  }
};

struct Meet final : Node {
  explicit Meet(Meeting& where) : meeting(where) {}
  Input<toys::Number> number{this, "number", "Any shape."};

  void process(Frame&) const override { meeting.come(); }
  Meeting& meeting;
};

struct DrawsTwice final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};

  void process(Frame& frame) const override { (void)(frame.random().uniform() + frame.random().uniform()); }
};

/// Notes a sentence, and passes the number on.
struct Notes final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  Param<std::string> sentence{this, "sentence", "What it notes.", required};

  void process(Frame& frame) const override {
    frame.note(*sentence);
    frame.put(same, frame[number]);
  }
};

/// Adds the notes that it reads to a list, once the node beside it has noted something.
struct ReadsNotes final : Node {
  explicit ReadsNotes(std::set<std::string>& list) : seen(list) {}
  Input<toys::Number> number{this, "number", "Any shape."};
  State<int> calls{this, "calls"};

  void process(Frame& frame) const override {
    frame.note("its own");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    for (const std::string& one : frame.notes()) seen.insert(one);
  }
  std::set<std::string>& seen;
};

}  // namespace

TEST_CASE("a run: a node that asks its frame for random numbers twice is told that they would be the same") {
  Registry registry = toy_registry();
  registry.add(NodeType{"test.draws", "Draws twice.", [] { return std::make_unique<DrawsTwice>(); }, LaneKind::Cpu});
  try {
    (void)run_graph(registry, test_graph(R"(
      count: {uses: toy.count, with: {length: 4, batch: 2}}
      draws: {uses: test.draws, in: {number: count}}
)"));
    FAIL_CHECK("it ran");
  } catch (const NodeError& failed) {
    CHECK(failed.cause.find("would give the same numbers again") != std::string::npos);
  }
}

TEST_CASE("a run: eight threads are in eight bodies of one node at once") {
  Meeting meeting{.wanted = 8};
  Registry registry = toy_registry();
  registry.add(NodeType{"test.meet", "Waits for the others.", [&] { return std::make_unique<Meet>(meeting); }, LaneKind::Cpu});
  (void)run_graph(registry, test_graph(R"(
      count: {uses: toy.count, with: {length: 40, batch: 8}}
      meet: {uses: test.meet, in: {number: count}}
)"),
                  8);
  CHECK(meeting.has_met);
}

TEST_CASE("a run: nodes without state overlap, a node with state sees (step, slot) order") {
  Watched watched;
  (void)run_graph(toy_registry(), test_graph(R"(
      count: {uses: toy.count, with: {length: 2000, batch: 7}}
      slow: {uses: toy.pass, in: {number: count}, with: {busy_us: 60, jitter: true}}
      fold: {uses: toy.fold, in: {number: slow}}
)"),
                  8);
  CHECK(watched.witness.most_running >= 2);
  std::vector<std::int64_t> wanted(2000);
  std::iota(wanted.begin(), wanted.end(), 0);
  CHECK(watched.witness.order == wanted);
}

TEST_CASE("a run: the last step is smaller, a gather sees it whole, and a phase ends when all its sources have") {
  const auto result = run_graph(toy_registry(), test_graph(R"(
      long: {uses: toy.count, with: {length: 23, batch: 10}}
      short: {uses: toy.count, with: {length: 5, batch: 3}}
      long_sink: {uses: toy.sink, in: {number: long}}
      short_sink: {uses: toy.sink, in: {number: short}}
      long_sum: {uses: toy.sum, in: {numbers: long}}
      short_sum: {uses: toy.sum, in: {numbers: short}}
)"));
  const Metrics& test = result.phases.at("test");
  CHECK(test.at("long_sink.seen") == 23);
  CHECK(test.at("short_sink.seen") == 5);
  // Three steps of the long one, two of the short one; the third has nothing of it.
  CHECK(test.at("long_sum.living") == doctest::Approx(23.0 / 3));
  CHECK(test.at("short_sum.living") == doctest::Approx(2.5));
}

TEST_CASE("a run: a dropped sample is a tombstone with its reason, its row weighs nothing, and nobody waits for it") {
  Watched watched;
  const auto result = run_graph(toy_registry(), test_graph(R"(
      count: {uses: toy.count, with: {length: 100, batch: 10}}
      drop: {uses: toy.drop, in: {number: count}, with: {every: 5}}
      after: {uses: toy.add, in: {number: drop}, with: {by: 0}}
      sink: {uses: toy.sink, in: {number: after}}
      sum: {uses: toy.sum, in: {numbers: after}}
)"));
  const Metrics& test = result.phases.at("test");
  CHECK(test.at("sink.seen") == 80);
  CHECK(test.at("sink.dropped") == 20);
  CHECK(test.at("sum.living") == 8);
  CHECK(test.at("sum.sum") == doctest::Approx((4950.0 - 950.0) / 10));
}

TEST_CASE("a run: a step in which every sample is dropped goes through with weight 0") {
  const auto result = run_graph(toy_registry(), test_graph(R"(
      count: {uses: toy.count, with: {length: 40, batch: 4}}
      drop: {uses: toy.drop, in: {number: count}, with: {every: 1}}
      sum: {uses: toy.sum, in: {numbers: drop}}
      sink: {uses: toy.sink, in: {number: drop}}
)"));
  CHECK(result.phases.at("test").at("sum.living") == 0);
  CHECK(result.phases.at("test").at("sink.dropped") == 40);
}

TEST_CASE("a run: for a trial samples are dropped at their source, and their rows repeat the living one before them or after them") {
  const std::string graph = test_graph(R"(
      count: {uses: toy.count, with: {length: 10, batch: 5}}
      batch: {uses: toy.batch, in: {numbers: count}}
      back: {uses: toy.unbatch, in: {batch: batch}}
      sink: {uses: toy.sink, in: {number: count}}
      sum: {uses: toy.sum, in: {numbers: back}}
)");
  struct Batch {
    std::vector<std::int64_t> ids;
    std::vector<float> weights;
  };
  const auto batches = [&](bool repeats_next, RunResult& result) {
    std::map<std::int64_t, Batch> out;
    std::mutex lock;
    OnValue keep([&](const PutValue& put) {
      if (put.node != "batch") {
        if (put.slot >= 0) CHECK(put.weights.empty());
        return;
      }
      const std::lock_guard guard(lock);
      Batch& batch = out[put.step];
      for (const toys::Number& number : put.value.as<std::vector<toys::Number>>()) batch.ids.push_back(number.id);
      batch.weights.assign(put.weights.begin(), put.weights.end());
      CHECK(put.value.hash_rows().size() == batch.ids.size());
    });
    RunOptions options;
    options.drops = [](std::string_view phase, std::int64_t step, int slot) {
      CHECK(phase == "test");
      return step == 1 ? slot % 2 == 0 : slot == 1;
    };
    if (repeats_next)
      options.repeats_next = [](std::string_view phase, std::int64_t step) {
        CHECK(phase == "test");
        return step == 1;
      };
    options.observers = {{&keep, Hears::Values}};
    result = run_graph(toy_registry(), graph, 2, options);
    return out;
  };
  RunResult before, after;
  const auto repeat_before = batches(false, before);
  const auto repeat_after = batches(true, after);
  CHECK(repeat_before.at(0).ids == std::vector<std::int64_t>{0, 0, 2, 3, 4});
  CHECK(repeat_before.at(0).weights == std::vector<float>{1, 0, 1, 1, 1});
  CHECK(repeat_before.at(1).ids == std::vector<std::int64_t>{6, 6, 6, 8, 8});
  CHECK(repeat_before.at(1).weights == std::vector<float>{0, 1, 0, 1, 0});
  CHECK(repeat_after.at(0).ids == repeat_before.at(0).ids);
  CHECK(repeat_after.at(1).ids == std::vector<std::int64_t>{6, 6, 8, 8, 8});
  CHECK(repeat_after.at(1).weights == repeat_before.at(1).weights);
  CHECK(before.phases == after.phases);
  CHECK(before.phases.at("test").at("sink.dropped") == 4);
  CHECK(before.phases.at("test").at("sum.living") == 3);
}

TEST_CASE("a run: drops that differ between two views multiply where their rows meet") {
  Watched watched;
  const auto result = run_graph(toy_registry(), test_graph(R"(
      count: {uses: toy.count, with: {length: 60, batch: 6}}
      twos: {uses: toy.drop, in: {number: count}, with: {every: 2}}
      threes: {uses: toy.drop, in: {number: count}, with: {every: 3}}
      first: {uses: toy.batch, in: {numbers: twos}}
      second: {uses: toy.batch, in: {numbers: threes}}
      pair: {uses: toy.pair_rows, in: {first: first, second: second}}
)"));
  // Of six numbers in a row two are divided by neither 2 nor 3.
  CHECK(result.phases.at("test").at("pair.weight") == 2);
  CHECK(watched.witness.wrong == 0);
}

TEST_CASE("a run: what a step gathers comes back into the slots it came from, tombstones too") {
  Watched watched;
  const auto result = run_graph(toy_registry(), test_graph(R"(
      count: {uses: toy.count, with: {length: 90, batch: 9}}
      drop: {uses: toy.drop, in: {number: count}, with: {every: 4}}
      batch: {uses: toy.batch, in: {numbers: drop}}
      back: {uses: toy.unbatch, in: {batch: batch}}
      pair: {uses: toy.pair, in: {first: count, second: back}}
      sink: {uses: toy.sink, in: {number: pair}}
)"));
  CHECK(watched.witness.wrong == 0);
  CHECK(result.phases.at("test").at("sink.seen") == 67);
  CHECK(result.phases.at("test").at("sink.dropped") == 23);
}

TEST_CASE("a run: one error names the node, the sample and the place, and the run ends") {
  const std::string graph = test_graph(R"(
      count: {uses: toy.count, with: {length: 5000, batch: 10}}
      fail: {uses: toy.fail, in: {number: count}, with: {at: 47}}
      sink: {uses: toy.sink, in: {number: fail}}
)");
  try {
    (void)run_graph(toy_registry(), graph, 4);
    FAIL("it ran");
  } catch (const NodeError& error) {
    CHECK(error.node == "fail");
    CHECK(std::string(error.what()) ==
          "g.yaml:8:7: error: `fail` (toy.fail) failed at step 4 of `test`, slot 7, sample `n47`: it was told to fail");
  }
}

TEST_CASE("a run: `on_error: skip` makes the sample a tombstone") {
  const auto result = run_graph(toy_registry(), test_graph(R"(
      count: {uses: toy.count, with: {length: 50, batch: 10}}
      fail: {uses: toy.fail, in: {number: count}, with: {at: 47}, on_error: skip}
      sink: {uses: toy.sink, in: {number: fail}}
)"));
  CHECK(result.phases.at("test").at("sink.seen") == 49);
  CHECK(result.phases.at("test").at("sink.dropped") == 1);
  CHECK(result.warnings == std::vector<std::string>{"`fail` failed for 1 of 50 samples, which `on_error: skip` left out: step 4 of `test`, "
                                                    "slot 7, sample `n47`: it was told to fail"});
}

namespace {

/// Scatters a step, but the rows whose number can be divided.
struct DropRows final : Node {
  Input<std::vector<toys::Number>> batch{this, "batch", "N x 1."};
  Scatter<toys::Number> numbers{this, "numbers", "Any shape."};
  Scatter<toys::Number> again{this, "again", "Any shape."};
  Param<int> every{this, "every", "Which rows are dropped.", 7, {1, 1000}};
  Param<int> row{this, "row", "One that may not be there.", 0, {-1, 1000}};

  void process(Frame& frame) const override {
    const std::vector<toys::Number>& all = frame[batch];
    for (int k = 0; k < static_cast<int>(all.size()); ++k) {
      const toys::Number& one = all[static_cast<std::size_t>(k)];
      if (one.id % *every == 0) {
        frame.drop(k, "divided by " + std::to_string(*every));
        continue;
      }
      frame.put(numbers, k, one);
      frame.put(again, k, one);
    }
    if (*row != 0) frame.drop(*row, "it is not there");
  }
};

struct DropRow final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  void process(Frame& frame) const override { frame.drop(0, "it is alone"); }
};

}  // namespace

TEST_CASE("a run: a node that takes whole steps drops single rows, which are counted and come with the reason") {
  Registry registry = toy_registry();
  detail::register_type<DropRows>(registry, "test.drop_rows", "Drops rows.");
  detail::register_type<DropRow>(registry, "test.drop_row", "Drops the row of a slot.");
  const auto graph = [](const std::string& with, const std::string& more = "") {
    return test_graph(
        "      count: {uses: toy.count, with: {length: 40, batch: 10}}\n" + more +
        "      batch: {uses: toy.batch, in: {numbers: count}}\n      rows: {uses: test.drop_rows, in: {batch: batch}, with: {" + with +
        "}}\n      sink: {uses: toy.sink, in: {number: rows.numbers}}\n      other: {uses: toy.sink, in: {number: rows.again}}\n");
  };
  for (const int threads : {1, 4}) {
    const auto result = run_graph(registry, graph("every: 7"), threads);
    CHECK(result.phases.at("test").at("sink.seen") == 34);
    CHECK(result.phases.at("test").at("sink.dropped") == 6);
    CHECK(result.phases.at("test").at("other.dropped") == 6);
    CHECK(result.warnings ==
          std::vector<std::string>{"`rows` dropped 6 of 40 samples; the first: step 0 of `test`, slot 0, sample `n0`: divided by 7"});
  }
  CHECK_THROWS_WITH_AS((void)run_graph(registry, graph("every: 7, row: 10")),
                       doctest::Contains("row 10 is asked for, but there are 10 rows, 0..9"), NodeError);
  CHECK_THROWS_WITH_AS((void)run_graph(registry, graph("every: 7", "      one: {uses: test.drop_row, in: {number: count}}\n")),
                       doctest::Contains("`frame.drop` with a row is for nodes that run once per step"), NodeError);
}

TEST_CASE("a run: values in flight stay below the bound, whatever is slow") {
  const Registry registry = toy_registry();
  Program program = build(registry, test_graph(R"(
      count: {uses: toy.count, with: {length: 4000, batch: 8, is_sized: true}}
      quick: {uses: toy.pass, in: {number: count}, with: {is_sized: true}}
      slow: {uses: toy.pass, in: {number: quick}, with: {busy_us: 20, is_sized: true}}
      sink: {uses: toy.sink, in: {number: slow}}
)"));
  CHECK_FALSE(program.phases.at(0).has_unknown_sizes());
  const std::int64_t bound = program.bound_bytes();
  Run run(program, make_thread_lane(), make_test_executor(4), {});
  const RunResult result = run.run();
  CHECK(bound > 0);
  CHECK(result.peak_bytes > 0);
  CHECK(result.peak_bytes <= bound);
  CHECK(result.phases.at("test").at("sink.seen") == 4000);
}

TEST_CASE("a run: the same bits on every edge with 1, 2 and 8 threads, and others with another seed") {
  const std::string graph = R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 8}}
      noise: {uses: toy.noise, in: {number: count}}
      slow: {uses: toy.pass, in: {number: noise}, with: {busy_us: 30, jitter: true}}
      fold: {uses: toy.fold, in: {number: slow}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
plan: {train: {phase: train, steps: 50}}
)";
  const auto hashes = [&](int threads, std::uint64_t seed) {
    std::vector<std::string> all;
    std::mutex lock;
    RunOptions options;
    OnValue keep([&](const PutValue& one) {
      const std::lock_guard guard(lock);
      all.push_back(std::string(one.node) + " " + std::to_string(one.step) + " " + std::to_string(one.slot) + " " +
                    std::to_string(one.value.hash()));
    });
    options.observers = {{&keep, Hears::Values}};
    (void)run_graph(toy_registry(), graph, threads, options, seed);
    std::sort(all.begin(), all.end());
    return all;
  };
  const auto one = hashes(1, 3);
  CHECK(one.size() == 50 * (4 * 8 + 1));
  CHECK(hashes(2, 3) == one);
  CHECK(hashes(8, 3) == one);
  CHECK(hashes(2, 4) != one);
}

TEST_CASE("run: a node sees the notes of the nodes upstream of it, never of one beside it, which may not have run") {
  std::set<std::string> seen;
  Registry registry = toy_registry();
  detail::register_type<Notes>(registry, "test.notes", "Notes a sentence.");
  registry.add(NodeType{"test.reads_notes", "Reads notes.", [&] { return std::make_unique<ReadsNotes>(seen); }, LaneKind::Cpu, {}});
  run_graph(registry, test_graph("      count: {uses: toy.count, with: {length: 40, batch: 8}}\n"
                                 "      above: {uses: test.notes, in: count, with: {sentence: above}}\n"
                                 "      between: {uses: toy.pass, in: above}\n"
                                 "      beside: {uses: test.notes, in: count, with: {sentence: beside}}\n"
                                 "      reads: {uses: test.reads_notes, in: between}\n"));
  CHECK(seen == std::set<std::string>{"above"});
}
