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
  static inline std::atomic<int> calls{0};
  void process(Frame&) const override { ++calls; }
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
  Load::calls = 0;
  Net::seen.clear();
  Write::calls = 0;
  return measure_headspace({[&] { return build(registry, text); }, [] { return make_thread_lane(); }, [] { return make_test_executor(2); }},
                           settings);
}

}  // namespace

TEST_CASE("headspace: of a slow loader, what the device could do with its data; of a slow device, nothing") {
  const Headspace slow = measured(loading(4000, 4000), quick());
  CHECK(slow.phase == "test");
  CHECK(slow.nodes == std::vector<std::string>{"source", "load"});
  // Two workers sleep 16 ms of each step; the device 4 ms.
  CHECK(slow.speed > 2);
  CHECK(slow.speed < 8);
  CHECK(slow.sentence.find("without any cost of data, `test` would be ") != std::string::npos);
  const Headspace healthy = measured(loading(0, 8000), quick());
  CHECK(healthy.speed < 1.3);
  CHECK(healthy.speed > .7);
  const auto json = nlohmann::json::parse(headspace_json(slow));
  CHECK(json["speed"] == slow.speed);
  CHECK(json["nodes"].size() == 2);
}

TEST_CASE("headspace: the first steps come again and again, with their samples; what is behind the device lane runs") {
  HeadspaceSettings settings = quick();
  settings.replayed_steps = 3;
  (void)measured(loading(0, 1000), settings);
  REQUIRE(Net::seen.size() > 60);
  CHECK(Write::calls == static_cast<int>(Net::seen.size()));
  // The turn without replay sees each sample once.
  std::set<std::string> once;
  std::size_t plain = 0;
  while (plain < Net::seen.size() && once.insert(Net::seen[plain]).second) ++plain;
  REQUIRE(plain + 20 < Net::seen.size());
  const std::set<std::string> last(Net::seen.end() - 20, Net::seen.end());
  CHECK(last == std::set<std::string>(Net::seen.begin(), Net::seen.begin() + 3));
  CHECK(Load::calls < static_cast<int>(8 * Net::seen.size()));
}

TEST_CASE("headspace: what cannot be measured is refused") {
  CHECK_THROWS_WITH_AS((void)measured(graph("      load: {uses: test.load, in: {number: source}}\n"), quick()),
                       doctest::Contains("`test` has no node on the device lane"), Refusal);
  CHECK_THROWS_WITH_AS((void)measured(loading(0, 0, 12), quick()), doctest::Contains("`test` has 12 steps; "), Refusal);
  HeadspaceSettings settings = quick();
  settings.most_bytes = 1;
  CHECK_THROWS_WITH_AS((void)measured(loading(0, 1000), settings),
                       doctest::Contains("the values of 1 step of `test` take more than 0 MiB, so they cannot be replayed"), Refusal);
}
