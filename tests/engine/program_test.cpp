#include <nlohmann/json.hpp>
#include <sstream>

#include "leat/program_summary.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/text_file.h"
#include "support/toys.h"

using namespace leat;

namespace {

/// A type of the name that toys::Number has.
struct Namesake {
  double value = 0;
};

}  // namespace

template <>
struct leat::ValueTraits<Namesake> {
  static constexpr std::string_view name = "number";
  static std::size_t bytes(const Namesake&) { return sizeof(Namesake); }
  static std::uint64_t hash(const Namesake& one) { return hash_bytes(&one, sizeof one); }
  static std::string describe(const Namesake& one) { return std::to_string(one.value); }
  static Contract contract(const Namesake&) { return {}; }
  static Namesake blank(const Contract&) { return {}; }
};

namespace {

struct ReadNamesake final : Node {
  Input<Namesake> number{this, "number", "Any shape."};
  void process(Frame&) const override {}
};

enum class Throws { Made, Read, Survey, Shapes, Length };

struct ThrowingParam final : ParamPort {
  ThrowingParam(Component* owner) : ParamPort(owner, "odd", "It throws.", false) {}
  void read(const Tree&) override { throw 42; }
  std::string type_name() const override { return "text"; }
  std::string value_text() const override { return "odd"; }
  std::string range_text() const override { return {}; }
};

template <Throws when>
struct Thrower final : Source {
  Thrower() {
    if (when == Throws::Made) throw 42;
  }
  Output<toys::Number> number{this, "number", "Any shape."};
  ThrowingParam odd{this};
  void shapes(Shapes&) const override {
    if (when == Throws::Shapes) throw 42;
  }
  std::int64_t length() const override {
    if (when == Throws::Length) throw 42;
    return 4;
  }
  void process(Frame&) const override {}
};

template <Throws when>
struct ThrowingResource final : Resource {
  ThrowingResource() {
    if (when == Throws::Made) throw std::string("no");
  }
  ThrowingParam odd{this};
  void survey(const Opening&) override {
    if (when == Throws::Survey) throw std::bad_alloc();
  }
};

template <class Made>
std::string mistakes_of_thrower(const std::string& with) {
  Registry registry = toy_registry();
  detail::register_type<Made>(registry, "test.throws", "It throws.");
  const bool is_node = std::is_base_of_v<Node, Made>;
  const std::string thrower = "one: {uses: test.throws" + with + "}";
  const std::string text =
      mistakes(registry, "leat: 1\nresources: {" + (is_node ? "" : thrower) + "}\nphases:\n  test:\n    nodes:\n      " +
                             (is_node ? thrower : "count: {uses: toy.count, with: {length: 4}}") +
                             "\n      sink: {uses: toy.sink, in: " + (is_node ? "one" : "count") + "}\nplan: {then: [test]}\n");
  return text.substr(0, text.find('\n'));
}

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

TEST_CASE("a program: it is usable after its registry is gone") {
  const Program program = build(toy_registry(), train_graph(std::string(count) + R"(
      multiply: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
)"));
  CHECK(program.phases.at(0).nodes.at(1).type->id == "toy.multiply");
  CHECK(program.resources.at(0).type->id == "toy.weight");
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
  const auto first = text.find("but no node of `train` has that name");
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
  CHECK(text.find("note: samples of `count` arrive here") != std::string::npos);
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

namespace {

/// The steps after which a run of this plan validates, by its metrics.jsonl.
std::vector<std::int64_t> validations_of(int length, int batch, const std::string& plan) {
  TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  (void)run_graph(
      toy_registry(),
      "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: {length: " +
          std::to_string(length) + ", batch: " + std::to_string(batch) +
          "}}\n      multiply: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}}\n"
          "      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}\n  validate:\n    nodes:\n"
          "      count: {uses: toy.count, with: {length: 4, batch: 4}}\n      score: {uses: toy.score, in: {number: count}, with: {weight: "
          "weight}}\n" +
          "plan: {train: {phase: train, " + plan + "}}\n",
      2, options);
  std::vector<std::int64_t> steps;
  std::istringstream in(text_of(options.folder / "metrics.jsonl"));
  for (std::string line; std::getline(in, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line);
    if (entry.at("phase") == "validate") steps.push_back(entry.at("step"));
  }
  return steps;
}

}  // namespace

TEST_CASE("epochs: as many validations as epochs, each where its epoch ends, whatever the batch") {
  CHECK(validations_of(16, 6, "epochs: 12 of count, validate: every epoch") ==
        std::vector<std::int64_t>{3, 5, 8, 11, 13, 16, 19, 21, 24, 27, 29, 32});
  CHECK(validations_of(12, 4, "epochs: 4 of count, validate: every epoch") == std::vector<std::int64_t>{3, 6, 9, 12});
  CHECK(validations_of(10, 3, "epochs: 2.5 of count, validate: every epoch") == std::vector<std::int64_t>{3, 7, 8});
  // Epochs that are shorter than a step.
  CHECK(validations_of(2, 8, "epochs: 12 of count, validate: every epoch") == std::vector<std::int64_t>{1, 2, 3});
  // One source is what an epoch is of, where the plan counts steps.
  CHECK(validations_of(12, 4, "steps: 7, validate: every epoch") == std::vector<std::int64_t>{3, 6, 7});
  CHECK(validations_of(12, 4, "steps: 7, validate: every 3 steps") == std::vector<std::int64_t>{3, 6, 7});
}

TEST_CASE("epochs: `every epoch` of a plan that counts steps of an endless source is refused") {
  const std::string text =
      "leat: 1\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count}\n      sum: {uses: toy.sum, in: {numbers: count}}\n  "
      "validate:\n    nodes:\n"
      "      count: {uses: toy.count, with: {length: 4}}\n      sum: {uses: toy.sum, in: {numbers: count}}\n"
      "plan: {train: {phase: train, steps: 7, validate: every epoch}}\n";
  CHECK(mistakes(toy_registry(), text).find("error: `validate` counts epochs, but `train` has 0 sources with an end") != std::string::npos);
}

TEST_CASE("the plan's line says when validations and checkpoints come") {
  const auto table = [](const std::string& plan) {
    const std::string text =
        "leat: 1\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: {length: 16, batch: 6}}\n      sum: {uses: toy.sum, "
        "in: {numbers: count}}\n"
        "  validate:\n    nodes:\n      count: {uses: toy.count, with: {length: 4}}\n      sum: {uses: toy.sum, in: {numbers: count}}\n"
        "plan: {train: {phase: train, " +
        plan + "}}\n";
    const std::string all = program_table(build(toy_registry(), text));
    return all.substr(all.find("plan: "), all.find('\n', all.find("plan: ")) - all.find("plan: "));
  };
  CHECK(table("epochs: 3 of count, validate: every epoch") ==
        "plan: 8 steps of train, validate every epoch (2.7 steps), a checkpoint every 10 min");
  CHECK(table("steps: 8, validate: every 5 steps, checkpoint_every: 4") ==
        "plan: 8 steps of train, validate every 5 steps, a checkpoint every 4 steps");
  CHECK(table("steps: 8, validate: every 5 steps, checkpoint_every: 90 s") ==
        "plan: 8 steps of train, validate every 5 steps, a checkpoint every 90 s");
}

TEST_CASE("a program: a value type is its C++ type too, not its name alone") {
  Registry registry = toy_registry();
  detail::register_type<ReadNamesake>(registry, "test.namesake", "Reads numbers of its own.");
  const std::string text = mistakes(registry, train_graph(std::string(count) + "      read: {uses: test.namesake, in: count}\n"));
  CHECK(text.find("`count` (toy.count) outputs number values of the C++ type `leat::toys::Number` (16 bytes), but `number` of `read` "
                  "(test.namesake) takes number values of the C++ type `(anonymous namespace)::Namesake` (8 bytes)") != std::string::npos);
  CHECK(Value::of(Namesake{1}).is<Namesake>());
  CHECK_FALSE(Value::of(Namesake{1}).is<toys::Number>());
  CHECK_FALSE(Value().is<Namesake>());
  ValueType copy = value_type<Namesake>();
  CHECK(copy.is_same(value_type<Namesake>()));
  copy.identity.size = 4;
  CHECK_FALSE(copy.is_same(value_type<Namesake>()));
}

TEST_CASE("a program: whatever a component throws before a run is one mistake with its name and place") {
  const std::string thrown = ": threw a value of type `int`, which is not a std::exception";
  CHECK(mistakes_of_thrower<Thrower<Throws::Made>>("") == "g.yaml:6:7: error: `one` (test.throws)" + thrown);
  CHECK(mistakes_of_thrower<Thrower<Throws::Shapes>>("") == "g.yaml:6:7: error: `one` (test.throws)" + thrown);
  CHECK(mistakes_of_thrower<Thrower<Throws::Length>>("") == "g.yaml:6:7: error: `one` (test.throws)" + thrown);
  CHECK(mistakes_of_thrower<Thrower<Throws::Read>>(", with: {odd: 1}") ==
        "g.yaml:6:44: error: `one` (test.throws): `odd` cannot be read" + thrown);
  CHECK(mistakes_of_thrower<ThrowingResource<Throws::Made>>("") ==
        "g.yaml:2:13: error: `one` (test.throws): threw a value of type `std::string`, which is not a std::exception");
  CHECK(mistakes_of_thrower<ThrowingResource<Throws::Read>>(", with: {odd: 1}") ==
        "g.yaml:2:50: error: `one` (test.throws): `odd` cannot be read" + thrown);
  CHECK(mistakes_of_thrower<ThrowingResource<Throws::Survey>>("") == "g.yaml:2:13: error: `one` (test.throws): out of memory");
}

TEST_CASE("program: a graph with more phases or nodes than a run can number is refused") {
  const Registry registry = toy_registry();
  const auto said = [&registry](std::size_t phases, std::size_t nodes) {
    GraphDescription graph;
    graph.phases.resize(phases);
    for (PhaseText& phase : graph.phases) phase.name = "train";
    graph.phases.front().nodes.resize(nodes);
    Diagnostics diagnostics;
    (void)Program::build(graph, registry, {}, diagnostics);
    return diagnostics.all().empty() ? std::string() : diagnostics.all().front().text;
  };
  CHECK(said(1, 65'535) == "the phase `train` has 65535 nodes; the maximum is 65534");
  CHECK(said(65'536, 0) == "the graph has 65536 phases; the maximum is 65535");
}
