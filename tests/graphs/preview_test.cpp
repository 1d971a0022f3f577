#include "leat/preview.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

#include "leat/run.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/own_nodes.h"
#include "support/temporary_folder.h"

// A preview of an output in a step has the bits that a run has there.

namespace fs = std::filesystem;
using namespace leat;
using leat::test::own_nodes;

namespace {

using Key = std::tuple<std::string, std::string, std::int64_t, int>;  // Node, port, step, slot.

/// Keeps a hash of each value of a run.
struct Hashes final : Observer {
  void value_put(const PutValue& put) override {
    const std::uint64_t hash = put.value.hash();
    const std::lock_guard guard(lock);
    all[{std::string(put.node), std::string(put.port), put.step, put.slot}] = hash;
  }
  std::mutex lock;
  std::map<Key, std::uint64_t> all;
};

Program program_of(const std::string& graph, const std::vector<Setting>& set) {
  Diagnostics diagnostics;
  const GraphDescription description = read_graph(fs::path(LEAT_SOURCE) / graph, set, diagnostics);
  Program program = Program::build(description, own_nodes(), {7, "cpu:1"}, diagnostics);
  diagnostics.throw_if_errors();
  return program;
}

std::unique_ptr<Lane> lane() { return make_lane(own_nodes(), "cpu:1"); }

Preview preview_of(const std::string& graph, const std::vector<Setting>& set, const std::string& phase, const Key& key, bool takes_slots,
                   PreviewScope& scope) {
  const auto& [node, port, step, slot] = key;
  Program program = program_of(graph, set);
  scope = keep_upstream(program, phase, {{node, port}});
  return preview(program, lane(), make_test_executor(2), {{node, port}}, {step, takes_slots ? slot + 1 : 0, {}});
}

struct Compared {
  int equal = 0, others = 0;
};

/// Compares previews of drawn outputs with the first steps of the graph's first phase.
Compared compare(const std::string& graph, const std::vector<Setting>& set, int draws) {
  Hashes hashes;
  Program program = program_of(graph, set);
  const std::string phase =
      program.phases[static_cast<std::size_t>(program.plan.train >= 0 ? program.plan.train : program.plan.then[0])].name;
  RunOptions options;
  options.stop_after_steps = 3;
  options.observers = {{&hashes, Hears::Values}};
  (void)Run(program, lane(), make_test_executor(2), std::move(options)).run();
  REQUIRE(!hashes.all.empty());
  std::vector<Key> keys;
  for (const auto& [key, hash] : hashes.all) keys.push_back(key);
  Compared out;
  RandomKey random;
  random.key = RandomKey::of(1, graph, "draws");
  Random draw(random);
  for (int k = 0; k < draws; ++k) {
    const Key& key = keys[static_cast<std::size_t>(draw.below(keys.size()))];
    PreviewScope scope;
    const Preview seen = preview_of(graph, set, phase, key, k % 2 == 0, scope);
    const auto& [node, port, step, slot] = key;
    CAPTURE(node);
    CAPTURE(port);
    CAPTURE(step);
    CAPTURE(slot);
    // What is trained or has a state is that of a first step.
    if (!scope.has_any_step() && step > 0) {
      ++out.others;
      continue;
    }
    const PreviewedOutput& output = seen.outputs.at(0);
    REQUIRE(output.values.contains(slot));
    CHECK(output.values.at(slot).hash() == hashes.all.at(key));
    ++out.equal;
  }
  return out;
}

}  // namespace

TEST_CASE("preview: has the bits of the run in the graphs of the tutorial and the demo") {
  for (const char* graph :
       {"graphs/01_first_graph.yaml", "graphs/02_views.yaml", "graphs/03_train.yaml", "graphs/04_pseudo_labels.yaml", "graphs/demo.yaml"}) {
    CAPTURE(graph);
    CHECK(compare(graph, {}, 10).equal > 3);
  }
}

TEST_CASE("soak: two hundred previews have the bits of the run, where the real X-rays are there" * doctest::skip()) {
  const std::string data = (fs::path(LEAT_SOURCE).parent_path() / "shared/data").string();
  std::vector<std::pair<const char*, std::vector<Setting>>> graphs{
      {"graphs/02_views.yaml", {}}, {"graphs/03_train.yaml", {}}, {"graphs/04_pseudo_labels.yaml", {}}, {"graphs/demo.yaml", {}}};
  if (fs::exists(data)) {
    graphs.push_back({"graphs/multimix.yaml", {{"data", data}}});
    graphs.push_back({"graphs/unet.yaml", {{"data", data}}});
  }
  int equal = 0;
  for (const auto& [graph, set] : graphs) {
    CAPTURE(graph);
    equal += compare(graph, set, 70).equal;
  }
  CHECK(equal >= 200);
}

TEST_CASE("preview: says what upstream of an output is trained or has a state, and leaves out the rest") {
  const auto scope_of = [](const char* node, const char* port) {
    Program program = program_of("graphs/04_pseudo_labels.yaml", {});
    return keep_upstream(program, "train", {{node, port}});
  };
  Program whole = program_of("graphs/04_pseudo_labels.yaml", {});
  const ProgramPhase& phase = whole.phases[static_cast<std::size_t>(whole.plan.train)];
  bool has_slots = false, has_trained = false;
  for (const ProgramNode& node : phase.nodes)
    for (const Port* port : node.node->outputs()) {
      const PreviewScope scope = scope_of(node.name.c_str(), std::string(port->name()).c_str());
      CHECK(std::find(scope.nodes.begin(), scope.nodes.end(), node.name) != scope.nodes.end());
      if (node.source) CHECK(scope.nodes.size() == 1);
      has_slots = has_slots || scope.is_by_slot;
      has_trained = has_trained || !scope.trained.empty();
      // A network is an output's only if something upstream of it reads the network.
      if (scope.is_by_slot) CHECK(scope.resources.empty());
    }
  CHECK(has_slots);
  CHECK(has_trained);
}

TEST_CASE("preview: what is not there is refused with what is") {
  const auto refusal_of = [](const char* phase, const char* node, const char* port, std::int64_t step = 0) -> std::string {
    try {
      Program program = program_of("graphs/02_views.yaml", {});
      (void)keep_upstream(program, phase, {{node, port}});
      (void)preview(program, lane(), make_test_executor(1), {{node, port}}, {step, 0, {}});
    } catch (const Refusal& refusal) {
      return refusal.what() + (refusal.hint().empty() ? "" : " (" + refusal.hint() + ")");
    }
    return {};
  };
  CHECK(refusal_of("predict", "weak", "view") == "");
  CHECK(refusal_of("predcit", "weak", "view") == "the graph has no phase `predcit` (did you mean `predict`?)");
  CHECK(refusal_of("predict", "waek", "view").starts_with("`predict` has no node `waek`"));
  CHECK(refusal_of("predict", "weak", "veiw") == "`weak` has no output `veiw` (did you mean `view`?)");
  CHECK(refusal_of("predict", "weak", "view", 2) == "`predict` has 2 steps, so none with the number 2");
  CHECK(refusal_of("predict", "weak", "view", -1) == "`predict` has 2 steps, so none with the number -1");
}

TEST_CASE("preview: the first slots alone are computed where every node upstream runs once per slot") {
  Program program = program_of("graphs/02_views.yaml", {});
  const PreviewScope scope = keep_upstream(program, "predict", {{"strong", "view"}, {"weak", "view"}});
  CHECK(scope.is_by_slot);
  CHECK(scope.has_any_step());
  CHECK(scope.nodes == std::vector<std::string>{"chests", "weak", "strong"});
  const Preview seen = preview(program, lane(), make_test_executor(1), {{"strong", "view"}, {"weak", "view"}}, {1, 3, {}});
  REQUIRE(seen.outputs.size() == 2);
  for (const PreviewedOutput& output : seen.outputs) {
    CHECK(output.values.size() == 3);
    REQUIRE(output.samples.size() == 3);
    CHECK(!output.samples[2].id.empty());
  }
}

TEST_CASE("preview: a dropped sample has no value, but its name, wherever its source is known") {
  Program program = build(toy_registry(), R"(leat: 1
phases:
  p:
    kind: predict
    nodes:
      count: {uses: toy.count, with: {length: 8, batch: 4}}
      odd: {uses: toy.drop, in: {number: count}, with: {every: 2}}
      more: {uses: toy.add, in: {number: odd}}
plan: {then: [p]}
)");
  const std::vector<OutputName> outputs{{"more", "sum"}};
  (void)keep_upstream(program, "p", outputs);
  const Preview seen = preview(program, make_thread_lane(), make_test_executor(2), outputs, {1, 0, {}});
  REQUIRE(seen.outputs.size() == 1);
  CHECK(seen.outputs[0].values.size() == 2);
  REQUIRE(seen.outputs[0].samples.size() == 4);
  for (std::size_t slot = 0; slot < 4; ++slot) CHECK(seen.outputs[0].samples[slot].id == "n" + std::to_string(4 + slot));
}

TEST_CASE("preview: what is upstream of an output is told without reducing the graph") {
  Program program = program_of("graphs/04_pseudo_labels.yaml", {});
  const ProgramPhase& phase = program.phases[static_cast<std::size_t>(program.plan.train)];
  const std::string name = phase.name;
  for (const ProgramNode& node : phase.nodes)
    for (const Port* port : node.node->outputs()) {
      const std::vector<OutputName> outputs{{node.name, std::string(port->name())}};
      const PreviewScope told = preview_scope(program, name, outputs);
      Program reduced = program_of("graphs/04_pseudo_labels.yaml", {});
      (void)keep_upstream(reduced, name, outputs);
      std::vector<std::string> kept;
      for (const ProgramNode& one : reduced.phases.at(0).nodes) kept.push_back(one.name);
      CHECK(told.nodes == kept);
    }
}
