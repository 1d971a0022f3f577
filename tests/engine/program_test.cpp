#include "leat/program_summary.h"
#include "support/doctest.h"
#include "support/graphs.h"

using namespace leat;

namespace {

std::string train_graph(const std::string& nodes) {
  return "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n  train:\n    nodes:\n" + nodes +
         "plan: {train: {phase: train, steps: 5}}\n";
}

const char* const count = "      count: {uses: toy.count, with: {length: 10, batch: 2}}\n";

}  // namespace

TEST_CASE("a program: grains, rows and lanes are solved before anything runs") {
  const Registry registry = toy_registry();
  const Program program = build(registry, train_graph(std::string(count) + R"(
      add: {uses: toy.add, in: {number: count}}
      multiply: {uses: toy.multiply, in: {numbers: add}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
)"));
  const ProgramPhase& phase = program.phases.at(0);
  CHECK(phase.steps == 5);
  CHECK(phase.nodes.at(1).grain == Grain::Slot);
  CHECK(phase.nodes.at(2).grain == Grain::Step);
  CHECK(phase.segments.size() == 1);
  CHECK(phase.segments.at(0).nodes == std::vector<int>{2, 3});
  CHECK(program_table(program).find("multiply") != std::string::npos);
  CHECK(program_json(program).find("\"version\": 1") != std::string::npos);
}

TEST_CASE("a program: who reads a resource does so before its writer of the same step") {
  const Program program = build(toy_registry(), train_graph(std::string(count) + R"(
      learn_from: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: learn_from}, with: {weight: weight}}
      look: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}}
)"));
  const auto& nodes = program.phases.at(0).segments.at(0).nodes;
  CHECK(nodes.back() == 2);
}

TEST_CASE("a program: a cycle is refused with its path") {
  const std::string text = mistakes(toy_registry(), train_graph(std::string(count) + R"(
      one: {uses: toy.pair, in: {first: count, second: two}}
      two: {uses: toy.add, in: {number: one}}
)"));
  CHECK(text.find("a cycle: `one` → `two` → `one`") != std::string::npos);
}

TEST_CASE("a program: several mistakes are told in one go, sorted by place") {
  const std::string text = mistakes(toy_registry(), train_graph(std::string(count) + R"(
      add: {uses: toy.add, in: {number: coutn}, with: {byy: 3}}
      other: {uses: toy.ad}
      sum: {uses: toy.sum, in: {numbers: count.numbr}}
)"));
  const auto first = text.find("and no node of `train` has that name");
  const auto second = text.find("no node type is called `toy.ad`");
  const auto third = text.find("has no output `numbr`");
  CHECK(text.find("did you mean `by`?") != std::string::npos);
  CHECK(text.find("did you mean `count`?") != std::string::npos);
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
}

TEST_CASE("a program: rows of two sources are not paired") {
  const std::string text = mistakes(toy_registry(), train_graph(std::string(count) + R"(
      other: {uses: toy.count, with: {length: 10, batch: 2}}
      pair: {uses: toy.pair, in: {first: count, second: other}}
)"));
  CHECK(text.find("`pair` would pair samples of `other` with samples of `count`") != std::string::npos);
  CHECK(text.find("note: samples of `count` come in here") != std::string::npos);
}

TEST_CASE("a program: a writer outside training, and a node that reads nothing, are refused") {
  const std::string text = mistakes(toy_registry(), R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  test:
    nodes:
      count: {uses: toy.count, with: {length: 10, batch: 2}}
      multiply: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
plan: {then: [test]}
)");
  CHECK(text.find("changes `weight` in a `test` phase") != std::string::npos);
}
