#include "leat/run_node.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/toys.h"

using namespace leat;

namespace {

struct Named final : Node {
  Inputs<toys::Number> numbers{this, "numbers", "Any shape."};
  Input<toys::Number> base{this, "base", "Any shape."};
  Output<toys::Number> sum{this, "sum", "Any shape."};
  void process(Frame& frame) const override {
    toys::Number out{frame[base].id, 0};
    for (const auto& [name, number] : frame[numbers]) out.id += number->id * (name == "ten" ? 10 : 100);
    frame.put(sum, out);
  }
};

Registry registry_with_named() {
  Registry registry = toy_registry();
  detail::register_type<Named>(registry, "test.named", "Adds.");
  return registry;
}

}  // namespace

TEST_CASE("run_node: gives an `Inputs` port values by their names") {
  const NodeRun run = run_node(registry_with_named(), "test.named", "{}",
                               {given<toys::Number>("base", {{1, 0}, {2, 0}}), given<toys::Number>("numbers.ten", {{3, 0}, {4, 0}}),
                                given<toys::Number>("numbers.hundred", {{5, 0}, {6, 0}})},
                               {kept<toys::Number>("sum")});
  CHECK(run.get<toys::Number>(0, "sum").id == 531);
  CHECK(run.get<toys::Number>(1, "sum").id == 642);
}

TEST_CASE("run_node: what it cannot run, and what is not there, is said in a sentence") {
  const Registry registry = registry_with_named();
  const std::vector<toys::Number> two{{1, 0}, {2, 0}};
  const auto refused = [&](const std::string& type, const std::vector<Given>& inputs, const NodeRunSettings& settings = {}) {
    try {
      (void)run_node(registry, type, "{}", inputs, {kept<toys::Number>(type == "toy.sum" ? "sum" : "same")}, settings);
    } catch (const Refusal& refusal) {
      return std::string(refusal.what());
    }
    return std::string();
  };
  const Given number = given<toys::Number>("number", two);
  CHECK(refused("toy.pass", {number}) == "");
  CHECK(refused("toy.count", {number}) == "`toy.count` is a source: `run_node` runs nodes that read samples, and makes these itself");
  CHECK(refused("toy.sum", {given<toys::Number>("numbers", two)}) ==
        "`toy.sum` runs once per step, but `run_node` runs nodes that run once per sample");
  CHECK(refused("toy.pass", {}) == "`run_node` needs values for at least one input of `toy.pass`, which give the number of samples");
  CHECK(refused("toy.pass", {given<toys::Number>("number", {})}) == "`number` of `toy.pass` is given no values");
  CHECK(refused("toy.pair", {given<toys::Number>("first", two), given<toys::Number>("second", {{1, 0}})}) ==
        "`second` of `toy.pair` is given 1 value, but `first` 2");
  CHECK(refused("toy.pass", {number}, {.ids = {"a"}}) == "`ids` has 1 id for 2 samples");
  CHECK(refused("toy.nothing", {number}) == "no node type is called `toy.nothing`");
  CHECK_THROWS_WITH_AS((void)run_node<toys::Number>(registry, "toy.count", "{}", two),
                       "`toy.count` has no input: `run_node` reads what a node makes of values", Refusal);
  const NodeRun run = run_node(registry, "toy.drop", "{every: 2}", {number}, {kept<toys::Number>("rest")});
  CHECK(run.get<toys::Number>(0, "rest").id == 1);
  CHECK_THROWS_WITH_AS((void)run.get<toys::Number>(1, "rest"), "sample 1 has no `rest`: it was dropped, divided by 2", Refusal);
  CHECK_THROWS_WITH_AS((void)run.get<toys::Number>(0, "other"), "sample 0 has no `other`: the output is not stored", Refusal);
  CHECK_THROWS_WITH_AS((void)run.get<toys::Number>(2, "rest"), "there is no sample 2: the node ran over 2", Refusal);
}

TEST_CASE("oneTBB: its threads end with the last run, and runs that begin meanwhile have them") {
  const Registry registry = toy_registry();
  const std::string text =
      "leat: 1\nphases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 40, batch: 4}}\n"
      "      pass: {uses: toy.pass, in: {number: count}}\n      sink: {uses: toy.sink, in: {number: pass}}\nplan: {then: [test]}\n";
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int k = 0; k < 3; ++k)
    threads.emplace_back([&] {
      for (int round = 0; round < 40; ++round) {
        Program program = build(registry, text);
        (void)Run(program, make_thread_lane(), make_tbb_executor(2), {}).run();
        ++done;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(done == 120);
}
