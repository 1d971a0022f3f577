#include "leat/check_behaviour.h"
#include "leat/check_declarations.h"

#include <filesystem>

#include "leat/load_plugin.h"
#include "leat/register_nodes.h"
#include "support/doctest.h"

namespace fs = std::filesystem;
using namespace leat;

namespace {

Registry nodes() {
  Registry made;
  register_nodes(made);
  return made;
}

fs::path file(const std::string& name) { return fs::path(LEAT_PLUGIN_FOLDER) / (name + ".plugin"); }

/// What is found of a plugin's node NAME.same between drawn chests and two nodes that read what it gives.
std::vector<Finding> findings_of(const std::string& name) {
  Registry registry = nodes();
  load_plugin(file(name), registry);
  Diagnostics diagnostics;
  const GraphDescription graph = read_graph_text(
      "leat: 1\nphases: {predict: {nodes: {chests: {uses: io.chest, with: {hospital: [A], count: 8, batch: 4}}, "
      "one: {uses: " +
          name +
          ".same, in: chests.image}, small: {uses: image.resize, in: one, with: {size: 32}}, "
          "other: {uses: image.resize, in: chests.image, with: {size: 32}}}}}\nplan: {then: [predict]}\n",
      "g.yaml", fs::current_path(), {}, diagnostics);
  REQUIRE_MESSAGE(!diagnostics.has_errors(), diagnostics.str());
  ConformanceSettings settings;
  settings.steps = 2;
  settings.types = {name + ".same"};
  settings.most = std::chrono::seconds(name == "blocks" ? 3 : 60);
  return check_behaviour(graph, registry, settings).findings;
}

/// All that is found, a line each.
std::string told(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& one : findings) out += (one.type.empty() ? "?" : one.type) + ": " + one.text + "\n";
  return out;
}

void check_found(const std::string& name, const std::string& begin) {
  const std::string text = told(findings_of(name));
  CAPTURE(text);
  CHECK(text.find(name + ".same: " + begin) != std::string::npos);
}

}  // namespace

TEST_CASE("conformance: nothing is found of a node that keeps what nodes promise") { CHECK(told(findings_of("fine")) == ""); }

TEST_CASE("conformance: nothing is found of a node that weighs the rows of a step") { CHECK(told(findings_of("weighs")) == ""); }

TEST_CASE("conformance: a node that throws in open is named") { check_found("open_throws", "fails at its opening: no licence was found"); }

TEST_CASE("conformance: a node that writes to what it reads is named") { check_found("writes_input", "changes the image that it reads"); }

TEST_CASE("conformance: a node with numbers that are not its frame's is named") {
  check_found("uses_rand", "gives other values in a second run with the same seed");
}

TEST_CASE("conformance: a node that does not keep its contract is named") {
  check_found("wrong_contract", "puts 7 x 5, 8 bit into `same`, where 64 x 64, 8 bit is promised");
}

TEST_CASE("conformance: a node that forgets what it counted is named") { check_found("forgets", "gives other values after a resume"); }

TEST_CASE("conformance: a node whose metric reads what the next call changes is named") {
  check_found("late_metric", "its metric `seen` is another one when it is read two steps later");
}

TEST_CASE("conformance: a node that ignores the weights of rows is named, with its output and its metrics") {
  constexpr const char* changes =
      " changes with what the row of a dropped sample repeats: leave out rows whose `weight(row)` is 0, or multiply by `RowWeights` "
      "(leat/row_weights.h)\n";
  const std::string type = "ignores_weights.same: ignores the weights of rows: its ";
  CHECK(told(findings_of("ignores_weights")) == type + "metric `gray`" + changes + type + "output `same`" + changes);
  CHECK(told(findings_of("forgets_weights")) ==
        "forgets_weights.same: ignores the weights of rows: its metric `sum`" + std::string(changes));
}

TEST_CASE("conformance: a node that fails where a sample was dropped is named") {
  CHECK(told(findings_of("wants_all")) ==
        "wants_all.same: fails where samples are dropped, at step 0 of `predict`: a picture is missing\n");
}

TEST_CASE("conformance: a node whose values depend on the order of slots is named") { check_found("races", "gives other values"); }

TEST_CASE("conformance: a node that never returns is named") {
  check_found("blocks", "does not return from `process`: its run has not ended within 3 seconds");
}

TEST_CASE("conformance: a node that crashes is named") { check_found("dies", "crashes (Segmentation fault) the process"); }

TEST_CASE("conformance: a node that swallows exceptions is named") { check_found("swallows", "goes on where its frame throws"); }

TEST_CASE("conformance: a node that leaves memory behind is named") { check_found("leaks", "leaves at least"); }

TEST_CASE("conformance: what a type says of itself") {
  Registry registry = nodes();
  load_plugin(file("words"), registry);
  CHECK(told(check_declarations(registry, "words.Same")) ==
        "words.Same: its id is not family.name in lower case\n"
        "words.Same: its sentence is \"same\", which does not end as one\n"
        "words.Same: the parameter `width` has the name of another\n"
        "words.Same: the sentence of the parameter `width` is \"Width.\", which is one word\n"
        "words.Same: the sentence of the input `other` is \"height x width, 8 bit\", which does not end as one\n"
        "words.Same: the default of the parameter `width` is refused: `width` is 0, its range is 1..10\n");
}
