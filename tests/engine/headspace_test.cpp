#include "leat/headspace.h"

#include <atomic>
#include <ctime>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "leat/thread_lane.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/toys.h"

// How much faster a graph would be if its data cost nothing. The nodes sleep, so that other programs change little.
using namespace leat;

namespace {

void sleep_us(int microseconds) {
  timespec left{microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
  while (::nanosleep(&left, &left) != 0) {
  }
}

struct Load final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  Param<int> sleeps{this, "sleeps", "Microseconds.", 0, {0, 1000000}};
  static inline std::atomic<int> calls{0};

  void process(Frame& frame) const override {
    ++calls;
    sleep_us(*sleeps);
    frame.put(same, frame.take(number));
  }
};

/// Notes the numbers and samples that it gets.
struct Net final : Node {
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  Output<toys::Number> sum{this, "sum", "Any shape."};
  Param<int> sleeps{this, "sleeps", "Microseconds.", 0, {0, 1000000}};
  static inline std::mutex lock;
  static inline std::vector<std::string> seen;

  void process(Frame& frame) const override {
    sleep_us(*sleeps);
    {
      const std::lock_guard guard(lock);
      seen.push_back(std::to_string(frame[numbers][0].value) + " of " + frame.rows(numbers).sample(0).id);
    }
    frame.put(sum, frame[numbers][0]);
  }
};

struct Write final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  static inline std::atomic<int> calls{0}, folders{0};
  void open(const Opening& opening) override { folders += !opening.run_folder.empty(); }
  void process(Frame&) const override { ++calls; }
};

/// Loads a whole step.
struct Fold final : Node {
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  Output<toys::Number> first{this, "first", "Any shape."};
  static inline std::atomic<int> calls{0};
  void process(Frame& frame) const override {
    ++calls;
    frame.put(first, {frame[numbers][0].id, frame[numbers].size()});
  }
};

/// On the device lane, behind it.
struct Last final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  static inline std::mutex lock;
  static inline std::vector<std::int64_t> rows;
  void process(Frame& frame) const override {
    const std::lock_guard guard(lock);
    rows.push_back(frame[number].value);
  }
};

std::string graph(const std::string& nodes, int steps = 1'000'000) {
  return "leat: 1\nphases:\n  test:\n    prefetch: 3\n    nodes:\n      source: {uses: toy.count, with: {is_sized: true, length: " +
         std::to_string(8 * steps) + ", batch: 8}}\n" + nodes + "plan: {then: [test]}\n";
}

std::string loading(int load_us, int net_us, int steps = 1'000'000) {
  return graph("      load: {uses: test.load, in: {number: source}, with: {sleeps: " + std::to_string(load_us) +
                   "}}\n      net: {uses: test.net, in: {numbers: load}, with: {sleeps: " + std::to_string(net_us) +
                   "}}\n      write: {uses: test.write, in: {number: net}}\n",
               steps);
}

HeadspaceSettings quick() {
  HeadspaceSettings out;
  out.turns = 1;
  out.seconds = .3;
  return out;
}

Headspace measured(const std::string& text, const HeadspaceSettings& settings) {
  Registry registry = toy_registry();
  detail::register_type<Load>(registry, "test.load", "Loads.");
  detail::register_type<Net>(registry, "test.net", "Computes.", LaneKind::Device);
  detail::register_type<Write>(registry, "test.write", "Writes.");
  detail::register_type<Fold>(registry, "test.fold", "Loads steps.");
  detail::register_type<Last>(registry, "test.last", "Computes.", LaneKind::Device);
  Load::calls = Write::calls = Write::folders = Fold::calls = 0;
  Net::seen.clear();
  Last::rows.clear();
  return measure_headspace(
      {[&](int) { return build(registry, text); }, [] { return make_thread_lane(); }, [] { return make_test_executor(2); }}, settings);
}

}  // namespace

TEST_CASE("headspace: what a slow loader costs") {
  const Headspace slow = measured(loading(4000, 0), quick());
  CHECK(slow.phase == "test");
  CHECK(slow.nodes == std::vector<std::string>{"source", "load"});
  // Two workers sleep 16 ms of each step.
  CHECK(slow.speed > 1);
  CHECK(slow.sentence.find("without any cost of data, `test` would be ") != std::string::npos);
  CHECK(slow.steps >= 20);
  const auto json = nlohmann::json::parse(headspace_json(slow));
  CHECK(json["speed"] == slow.speed);
  CHECK(json["steps"] == slow.steps);
  CHECK(json["nodes"].size() == 2);
}

TEST_CASE("headspace: the first steps come again and again, with their samples; what is behind the device lane runs, with a folder") {
  HeadspaceSettings settings = quick();
  settings.replayed_steps = 3;
  (void)measured(loading(0, 1000), settings);
  REQUIRE(Net::seen.size() > 60);
  CHECK(Write::calls == static_cast<int>(Net::seen.size()));
  CHECK(Write::folders == 2);
  // The turn without replay sees each sample once.
  std::set<std::string> once;
  std::size_t plain = 0;
  while (plain < Net::seen.size() && once.insert(Net::seen[plain]).second) ++plain;
  REQUIRE(plain + 20 < Net::seen.size());
  const std::set<std::string> last(Net::seen.end() - 20, Net::seen.end());
  CHECK(last == std::set<std::string>(Net::seen.begin(), Net::seen.begin() + 3));
  // Steps in flight at the end were loaded, but not computed. Of the other turn, at most 3 steps and those in flight were.
  CHECK(Load::calls < static_cast<int>(8 * (plain + 3 + 3 * 3)));
}

TEST_CASE("headspace: of a training too") {
  std::string text = loading(0, 500);
  text.replace(text.find("    prefetch"), 0, "    kind: train\n");
  text.replace(text.find("plan: {then: [test]}"), 20, "plan: {train: {phase: test, steps: 1000000}}");
  HeadspaceSettings settings = quick();
  settings.replayed_steps = 2;
  const Headspace found = measured(text, settings);
  CHECK(found.phase == "test");
  CHECK(found.replayed_steps == 2);
}

TEST_CASE("headspace: a node that loads whole steps gives whole steps again, and computes a last one with fewer rows") {
  // 41 steps of 8 numbers and one of 5.
  std::string text = graph("      fold: {uses: test.fold, in: {numbers: source}}\n      last: {uses: test.last, in: {number: fold}}\n", 41);
  text.replace(text.find("length: 328"), 11, "length: 333");
  HeadspaceSettings settings = quick();
  settings.replayed_steps = 2;
  (void)measured(text, settings);
  REQUIRE(Last::rows.size() == 2 * 42);
  for (const std::size_t end : {std::size_t{41}, std::size_t{83}}) {
    CHECK(Last::rows[end] == 5);
    CHECK(Last::rows[end - 1] == 8);
  }
  CHECK(Fold::calls < 42 + 12);
}

TEST_CASE("headspace: turns with data that are there can be slower") {
  Headspace found;
  found.phase = "train";
  const auto said = [&](std::vector<double> plain, std::vector<double> replayed, double speed, double least, double most) {
    found.plain = std::move(plain);
    found.replayed = std::move(replayed);
    found.speed = speed;
    found.least = least;
    found.most = most;
    return headspace_sentence(found);
  };
  CHECK(said({.01}, {.0102}, .98, .98, .98) ==
        "A step of `train` takes 10 ms, and no less if its data are there already (10.2 ms): its data cost next to nothing.");
  CHECK(said({.01}, {.0099}, 1.01, 1.01, 1.01) ==
        "A step of `train` takes 10 ms, and 9.9 ms if its data are there already: its data cost next to nothing.");
  CHECK(
      said({.01, .01}, {.0125, .0125}, .8, .8, .8) ==
      "A step of `train` takes 10 ms. With data that were there already, steps took longer in every turn (0.80 to 0.80 times as fast), so "
      "something else has slowed them down. Try again while no other program computes.");
  CHECK(said({.01}, {.005}, 2, 2, 2).ends_with("without any cost of data, `train` would be 2.00 times as fast."));
}

TEST_CASE("headspace: what cannot be measured is refused") {
  CHECK_THROWS_WITH_AS((void)measured(graph("      load: {uses: test.load, in: {number: source}}\n"), quick()),
                       doctest::Contains("`test` has no node on the device lane"), Refusal);
  CHECK_THROWS_WITH_AS((void)measured(loading(0, 0, 12), quick()), doctest::Contains("`test` has 12 steps; "), Refusal);
  HeadspaceSettings settings = quick();
  // Nothing fits, or only a part.
  for (const std::int64_t most : {1, 3000}) {
    settings.most_bytes = most;
    CHECK_THROWS_WITH_AS((void)measured(loading(0, 1000), settings), doctest::Contains("cannot be replayed: they take more than 0 MiB"),
                         Refusal);
  }
}
