#include "leat/prediction.h"

#include <fstream>

#include "leat/leaves_out.h"
#include "leat/resolved_text.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/text_file.h"
#include "support/toys.h"

using namespace leat;
using Whole = toys::Number;

namespace {

namespace fs = std::filesystem;

/// A data set: the whole numbers of a file. One with a budget refuses files that are shorter, as label budgets do.
struct NumberFile final : Resource {
  static constexpr std::string_view kind = "numbers";
  Param<FilePath> path{this, "path", "The file.", required};
  Param<int> budget{this, "budget", "Numbers that may be used.", 0, {0, 1000}};
  std::vector<std::int64_t> numbers;

  void survey(const Opening&) override {
    std::ifstream in(path->path);
    for (std::int64_t number = 0; in >> number;) numbers.push_back(number);
    if (static_cast<int>(numbers.size()) < *budget) throw Refusal("the file is too short", "budget");
  }
};

/// The numbers of a folder's file, next to folders that hold none.
struct NumberFolder final : Resource, LeavesOut {
  static constexpr std::string_view kind = "numbers";
  Param<FilePath> path{this, "path", "The folder.", required};
  Param<std::vector<std::string>> marks{this, "marks", "Folders of marks.", std::vector<std::string>{}};
  Param<std::vector<std::string>> left_out{this, "left_out", "Folders that are not read.", std::vector<std::string>{}};

  [[nodiscard]] std::vector<std::string> left_out_folders() const override { return *marks; }
};

struct ReadFolder final : Source {
  Uses<NumberFolder> split{this, "split", "The numbers."};
  Output<Whole> number{this, "number", "Any shape."};
  std::int64_t length() const override { return 1; }
  void process(Frame&) const override {}
};

struct ReadNumbers final : Source {
  Uses<NumberFile> split{this, "split", "The numbers."};
  Output<Whole> number{this, "number", "Any shape."};

  std::int64_t length() const override { return static_cast<std::int64_t>(split->numbers.size()); }
  void process(Frame& frame) const override {
    const std::int64_t place = frame.draw() % length();
    frame.identify({"n" + std::to_string(place), "", "", {}});
    frame.put(number, {place, split->numbers[static_cast<std::size_t>(place)]});
  }
};

struct Square final : Node {
  Input<Whole> number{this, "number", "Any shape."};
  Output<Whole> square{this, "square", "Any shape."};
  void process(Frame& frame) const override { frame.put(square, {0, frame[number].value * frame[number].value}); }
};

struct MeanNumber final : Node {
  Inputs<Whole> numbers{this, "numbers", "Any shape."};
  Output<Whole> mean{this, "mean", "Any shape."};
  void process(Frame& frame) const override {
    Whole out;
    for (const auto& [name, number] : frame[numbers]) out.value += number->value;
    out.value /= static_cast<std::int64_t>(frame[numbers].size());
    frame.put(mean, out);
  }
};

struct Tell final : Node {
  Input<Whole> number{this, "number", "Any shape."};
  void process(Frame& frame) const override { frame.metric("value", static_cast<double>(frame[number].value)); }
};

struct MeanOfLists final : Node {
  Inputs<std::vector<Whole>> numbers{this, "numbers", "Any shape."};
  Output<std::vector<Whole>> mean{this, "mean", "Any shape."};
  void process(Frame&) const override {}
};

/// Of the name that Whole has.
struct Namesake {
  float value = 0;
};

}  // namespace

template <>
struct leat::ValueTraits<Namesake> {
  static constexpr std::string_view name = ValueTraits<Whole>::name;
  static std::size_t bytes(const Namesake&) { return sizeof(Namesake); }
  static std::uint64_t hash(const Namesake& one) { return hash_bytes(&one, sizeof one); }
  static std::string describe(const Namesake& one) { return std::to_string(one.value); }
  static Contract contract(const Namesake&) { return {}; }
  static Namesake blank(const Contract&) { return {}; }
};

namespace {

struct MeanOfNamesakes final : Node {
  Inputs<Namesake> numbers{this, "numbers", "Any shape."};
  Output<Namesake> mean{this, "mean", "Any shape."};
  void process(Frame&) const override {}
};

Registry registry_with_numbers() {
  Registry registry = toy_registry();
  detail::register_type<NumberFile>(registry, "test.numbers", "Numbers of a file.");
  detail::register_type<NumberFolder>(registry, "test.folder", "Numbers of a folder.");
  detail::register_type<ReadFolder>(registry, "test.read_folder", "Reads numbers of a folder.");
  detail::register_type<ReadNumbers>(registry, "test.read", "Reads numbers.");
  detail::register_type<Square>(registry, "test.square", "Squares.", LaneKind::Device);
  detail::register_type<MeanNumber>(registry, "test.mean", "Averages.", LaneKind::Device);
  detail::register_type<MeanOfLists>(registry, "test.mean_of_lists", "Averages lists.", LaneKind::Device);
  detail::register_type<MeanOfNamesakes>(registry, "test.mean_of_namesakes", "Averages others.", LaneKind::Device);
  detail::register_type<Tell>(registry, "test.tell", "Tells a number.");
  return registry;
}

const char* const graph_text = R"(leat: 1
params: {data: numbers.txt}
resources:
  numbers: {uses: test.numbers, with: {path: "${data}", budget: 5}}
  weight: {uses: toy.weight}
phases:
  train:
    nodes:
      read: {uses: test.read, with: {split: numbers, batch: 2}}
      multiply: {uses: toy.multiply, in: {numbers: read}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
  predict:
    nodes:
      read: {uses: test.read, with: {split: numbers, batch: 10}}
      multiply: {uses: toy.multiply, in: {numbers: read}, with: {weight: weight}}
      square: {uses: test.square, in: {number: multiply}}
      tell: {uses: test.tell, in: {number: square}}
      tell_again: {uses: test.tell, in: {number: square}}
      tell_before: {uses: test.tell, in: {number: multiply}}
plan: {train: {phase: train, steps: 3}}
)";

GraphDescription described(const std::string& text, const fs::path& folder) {
  Diagnostics diagnostics;
  GraphDescription graph = read_graph_text(text, "g.yaml", folder, {}, diagnostics);
  diagnostics.throw_if_errors();
  return graph;
}

Archive weight_of(std::int64_t value) {
  Archive archive;
  archive.put("value", value);
  return archive;
}

Metrics predicted(const GraphDescription& graph, const Registry& registry, RunOptions options) {
  Diagnostics diagnostics;
  Program program = Program::build(graph, registry, {}, diagnostics);
  diagnostics.throw_if_errors();
  Run run(program, make_thread_lane(), make_test_executor(2), std::move(options));
  return run.run().phases.at("predict");
}

std::string refusal_of(const std::string& text, const fs::path& images, const Registry& registry) {
  try {
    (void)prediction_graph(described(text, images.parent_path()), images, registry);
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return {};
}

std::string without(std::string text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from);
  return text.erase(begin, text.find(to) - begin);
}

}  // namespace

TEST_CASE("prediction: the predict phase alone runs on other images, with no other setting of the data set") {
  const TemporaryFolder folder;
  put(folder.path() / "images.txt", "3 4 5");
  const Registry registry = registry_with_numbers();
  const GraphDescription graph = prediction_graph(described(graph_text, folder.path()), folder.path() / "images.txt", registry);
  REQUIRE(graph.phases.size() == 1);
  CHECK(graph.resources.size() == 2);
  RunOptions options;
  options.weights["weight"] = weight_of(1);
  const Metrics metrics = predicted(graph, registry, options);
  CHECK(metrics.at("tell_before.value") == 24);
  CHECK(metrics.at("tell.value") == 576);
  // What is written into the run's folder says the same graph.
  CHECK(resolved_text(described(graph.resolved, "/")) == graph.resolved);
}

TEST_CASE("prediction: folders that a data set of the graph leaves out are left out of the images, if there are any") {
  const TemporaryFolder folder;
  const Registry registry = registry_with_numbers();
  const auto predicting = [&](const std::string& marks) {
    const std::string text =
        "leat: 1\nresources:\n  trained: {uses: test.folder, with: {path: a" + marks +
        "}}\n  shown: {uses: test.folder, with: {path: b}}\nphases:\n  train:\n    nodes:\n      read: {uses: test.read_folder, with: "
        "{split: trained}}\n  predict:\n    nodes:\n      read: {uses: test.read_folder, with: {split: shown}}\nplan: {then: [predict]}\n";
    const GraphDescription graph = prediction_graph(described(text, folder.path()), folder.path(), registry);
    REQUIRE(graph.resources.size() == 1);
    return graph.resources[0].with;
  };
  CHECK_FALSE(predicting("").find("left_out"));
  const Tree with = predicting(", marks: [hearts, a/lungs]");
  REQUIRE(with.find("left_out"));
  REQUIRE(with.find("left_out")->items.size() == 2);
  CHECK(with.find("left_out")->items[0].scalar == "a/lungs");
  CHECK(with.find("path")->scalar == folder.path().string());
}

TEST_CASE("prediction: of several runs the mean is taken where values leave the device lane") {
  const TemporaryFolder folder;
  put(folder.path() / "images.txt", "3 4 5");
  const Registry registry = registry_with_numbers();
  GraphDescription graph = prediction_graph(described(graph_text, folder.path()), folder.path() / "images.txt", registry);
  average_runs(graph, {"weight"}, 3, {"test.mean", "", ""}, registry);
  CHECK(graph.resources.size() == 4);
  CHECK(graph.phases[0].nodes.size() == 6 + 2 * 2 + 2);
  RunOptions options;
  options.weights[member_name("weight", 0)] = weight_of(1);
  options.weights[member_name("weight", 1)] = weight_of(4);
  options.weights[member_name("weight", 2)] = weight_of(9);
  const Metrics metrics = predicted(graph, registry, options);
  CHECK(metrics.at("tell_before.value") == (24 + 60 + 120) / 3);
  CHECK(metrics.at("tell.value") == (24 * 24 + 60 * 60 + 120 * 120) / 3);
  CHECK(metrics.at("tell_again.value") == metrics.at("tell.value"));
  CHECK(resolved_text(described(graph.resolved, "/")) == graph.resolved);
  GraphDescription other = prediction_graph(described(graph_text, folder.path()), folder.path() / "images.txt", registry);
  CHECK_THROWS_WITH_AS(average_runs(other, {"weight"}, 2, {"test.mean_of_lists", "", ""}, registry),
                       "`square.square` is of type `number`, but only values of type `numbers` have a mean over several runs", Refusal);
  CHECK_THROWS_WITH_AS(
      average_runs(other, {"weight"}, 2, {"test.mean_of_namesakes", "", ""}, registry),
      doctest::Contains("of type `number`, the C++ type `leat::toys::Number` (16 bytes), but `test.mean_of_namesakes` takes "
                        "another of that name, `(anonymous namespace)::Namesake` (4 bytes)"),
      Refusal);
}

TEST_CASE("prediction: of several runs no name that it makes is another node's or resource's") {
  const TemporaryFolder folder;
  put(folder.path() / "images.txt", "3 4 5");
  const Registry registry = registry_with_numbers();
  const auto averaged = [&](std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
    GraphDescription graph = prediction_graph(described(text, folder.path()), folder.path() / "images.txt", registry);
    average_runs(graph, {"weight"}, 2, {"test.mean", "", ""}, registry);
    return graph;
  };
  RunOptions options;
  options.weights[member_name("weight", 0)] = weight_of(1);
  options.weights[member_name("weight", 1)] = weight_of(4);
  const Metrics plain = predicted(averaged(graph_text, "tell_before", "tell_before"), registry, options);
  const Metrics named = predicted(averaged(graph_text, "tell_before", "mean_square"), registry, options);
  CHECK(named.at("mean_square.value") == plain.at("tell_before.value"));
  CHECK(named.at("tell.value") == plain.at("tell.value"));
  CHECK_THROWS_WITH_AS((void)averaged(graph_text, "tell_before", "run2_square"),
                       "the node `run2_square` has the name that `square` gets for another run: rename it", Refusal);
}

TEST_CASE("prediction: takes the weights that a run kept, and leaves no checkpoint") {
  const TemporaryFolder folder;
  put(folder.path() / "numbers.txt", "1 2 3 4 5");
  const Registry registry = registry_with_numbers();
  CHECK_FALSE(kept_weights(folder.path()).has_value());
  std::int64_t learnt = 0;
  {
    Diagnostics diagnostics;
    Program program = Program::build(described(graph_text, folder.path()), registry, {5, "cpu"}, diagnostics);
    diagnostics.throw_if_errors();
    RunOptions options;
    options.folder = folder.path() / "run";
    Run run(program, make_thread_lane(), make_test_executor(2), options);
    CHECK(run.run().steps == 3);
    Archive archive;
    for (const ProgramResource& one : program.resources)
      if (one.name == "weight") one.resource->save(archive);
    learnt = archive.whole("value");
  }
  auto kept = kept_weights(folder.path() / "run");
  REQUIRE(kept.has_value());
  CHECK(kept->steps == 3);
  CHECK_FALSE(kept->is_best);
  CHECK(kept->resources.at("weight").whole("value") == learnt);
  RunOptions options;
  options.folder = folder.path() / "out";
  options.keeps_checkpoints = false;
  options.weights = kept->resources;
  const GraphDescription graph = prediction_graph(described(graph_text, folder.path()), folder.path() / "numbers.txt", registry);
  CHECK(predicted(graph, registry, options).at("tell_before.value") == 15 * (learnt % 1000 + 1) % 1000003);
  CHECK(fs::exists(folder.path() / "out" / "results.json"));
  CHECK_FALSE(fs::exists(folder.path() / "out" / "checkpoints"));
}

TEST_CASE("prediction: refuses graphs that do not predict on files") {
  const TemporaryFolder folder;
  const fs::path images = folder.path() / "images.txt";
  put(images, "3");
  const Registry registry = registry_with_numbers();
  const std::string text = graph_text;
  CHECK(refusal_of(without(text, "  predict:", "plan:"), images, registry) == "the graph has no phase of kind `predict`");
  CHECK(refusal_of(R"(leat: 1
phases:
  predict: {nodes: {count: {uses: toy.count, with: {length: 3}}, sink: {uses: toy.sink, in: count}}}
plan: {then: [predict]}
)",
                   images, registry) == "the phase `predict` reads no data set: none of its sources names a resource with a `path`");
  CHECK(refusal_of(R"(leat: 1
phases:
  predict: {nodes: {count: {uses: toy.count, with: {length: 3}}, sink: {uses: toy.sink, in: count}}}
  more: {kind: predict, nodes: {count: {uses: toy.count, with: {length: 3}}, sink: {uses: toy.sink, in: count}}}
plan: {then: [predict]}
)",
                   images, registry) == "the graph has two phases of kind `predict`: `predict` and `more`");
}
