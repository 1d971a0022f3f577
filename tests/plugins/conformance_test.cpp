#include "leat/check_behaviour.h"
#include "leat/check_declarations.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "leat/image.h"
#include "leat/load_plugin.h"
#include "leat/register_nodes.h"
#include "support/doctest.h"
#include "support/text_file.h"

namespace fs = std::filesystem;
using namespace leat;

namespace {

Registry nodes() {
  Registry made;
  register_nodes(made);
  return made;
}

fs::path file(const std::string& name) { return fs::path(LEAT_PLUGIN_FOLDER) / (name + ".plugin"); }

Conformance conformance_of(const std::string& plugin, const std::string& text, const std::set<std::string>& types) {
  Registry registry = nodes();
  load_plugin(file(plugin), registry);
  Diagnostics diagnostics;
  const GraphDescription graph = read_graph_text(text, "g.yaml", fs::current_path(), {}, diagnostics);
  REQUIRE_MESSAGE(!diagnostics.has_errors(), diagnostics.str());
  ConformanceSettings settings;
  settings.steps = 2;
  settings.types = types;
  settings.most = std::chrono::seconds(plugin == "blocks" ? 3 : 60);
  return check_behaviour(graph, registry, settings);
}

/// Of a plugin's node NAME.same between drawn chests and two nodes that read what it gives.
Conformance conformance_of(const std::string& name) {
  return conformance_of(name,
                        "leat: 1\nphases: {predict: {nodes: {chests: {uses: io.chest, with: {hospital: [A], count: 8, batch: 4}}, "
                        "one: {uses: " +
                            name +
                            ".same, in: chests.image}, small: {uses: image.resize, in: one, with: {size: 32}}, "
                            "other: {uses: image.resize, in: chests.image, with: {size: 32}}}}}\nplan: {then: [predict]}\n",
                        {name + ".same"});
}

std::vector<Finding> findings_of(const std::string& name) { return conformance_of(name).findings; }

/// Of a node that ignores the weights of rows, whose hashes are like that.
Conformance conformance_of_rows(const std::string& hashes, int batch = 4) {
  return conformance_of("unseen",
                        "leat: 1\nphases: {predict: {nodes: {chests: {uses: io.chest, with: {hospital: [A], count: 8, batch: " +
                            std::to_string(batch) + "}}, rows: {uses: unseen.rows, in: chests.image, with: {hashes: " + hashes +
                            "}}, mean: {uses: unseen.mean, in: rows}}}}\nplan: {then: [predict]}\n",
                        {"unseen.rows", "unseen.mean"});
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

TEST_CASE("conformance: nothing is found of the metric of images in docs/writing_nodes.md, and the text there is that of the file") {
  const Conformance found = conformance_of(
      "contrast",
      "leat: 1\nphases: {test: {nodes: {chests: {uses: io.chest, with: {hospital: A, split: test, count: 12, batch: 4}}, judge: {uses: "
      "contrast.judge, in: chests.image}}}}\nplan: {then: [test]}\n",
      {"contrast.judge"});
  CHECK(told(found.findings) == "");
  CHECK(text_of(LEAT_SOURCE "/docs/writing_nodes.md").find("```cpp\n" + text_of(LEAT_SOURCE "/tests/plugins/contrast.cpp") + "```\n") !=
        std::string::npos);
}

TEST_CASE("conformance: a node that throws in open is named") { check_found("open_throws", "fails at its opening: no licence was found"); }

TEST_CASE("conformance: a node that writes to what it reads is named") { check_found("writes_input", "changes the image that it reads"); }

TEST_CASE("conformance: a node with numbers that are not its frame's is named") {
  check_found("uses_rand", "gives other values in a second run with the same seed");
}

TEST_CASE("conformance: a node that does not keep its contract is named") {
  const std::string text = told(findings_of("wrong_contract"));
  CAPTURE(text);
  CHECK(text.starts_with("wrong_contract.same: fails at step 0 of `predict`, slot "));
  CHECK(text.ends_with(": it puts 7 x 5, 8 bit into `same`, where 64 x 64, 8 bit is promised\n"));
}

TEST_CASE("conformance: a node that forgets what it counted is named") { check_found("forgets", "gives other values after a resume"); }

TEST_CASE("conformance: a node whose metric reads what the next call changes is named") {
  check_found("late_metric", "its metric `seen` has another value if it is read two steps later");
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

TEST_CASE("conformance: a node that weighs its rows and divides by the number of all is named, with both numbers") {
  const std::string text = told(findings_of("half_weights"));
  CAPTURE(text);
  CHECK(text.starts_with("half_weights.same: counts the rows of dropped samples: its metric `gray` is "));
  CHECK(text.ends_with(" together with as many rows of dropped samples: divide by the sum of the weights, not by the number of rows\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("conformance: what was not judged is said, with the reason") {
  const std::string weights = "unseen.mean: whether `mean` ignores the weights of rows is not known: ";
  CHECK(told(conformance_of_rows("right").findings).starts_with("unseen.mean: ignores the weights of rows: its metric `gray` changes"));
  CHECK(told(conformance_of_rows("right").not_judged) == "");
  const auto unseen = [&](const std::string& hashes, int batch = 4) {
    const Conformance found = conformance_of_rows(hashes, batch);
    CHECK(told(found.findings) == "");
    return told(found.not_judged);
  };
  CHECK(unseen("none") == weights + "`hash_rows` of `grays` gives 0 hashes for the 4 rows of `rows.grays`\n");
  CHECK(unseen("few") == weights + "`hash_rows` of `grays` gives 3 hashes for the 4 rows of `rows.grays`\n");
  CHECK(unseen("constant") == weights + "`hash_rows` of `grays` gives all rows of `rows.grays` the same hash\n");
  CHECK(unseen("right", 2) == weights + "it needs a `batch` of at least 3, and that of `chests` is 2\n");
  CHECK(told(conformance_of_rows("same").not_judged) ==
        "unseen.rows: whether its output `grays` is the same in every run is not known: all 2 values have one hash; if they are not equal, "
        "`hash` of `grays` is wrong\n");
  CHECK(told(conformance_of("weighs").not_judged) ==
        "weighs.same: whether its output `same` counts the rows of dropped samples is not known: no metric shows it, and only exact values "
        "could be compared, but its numbers can be rounded differently\n");
}

TEST_CASE("conformance: an optimizer that does not save all that it remembers is named, and not the node that runs the network") {
  const Conformance found = conformance_of(
      "unsaved",
      "leat: 1\nresources:\n  weight: {uses: unsaved.weight}\n  momentum: {uses: unsaved.momentum, with: {weight: weight}}\nphases: "
      "{train: {nodes: {chests: {uses: io.chest, with: {hospital: [A], split: labelled, count: 8, batch: 4}}, forward: {uses: "
      "unsaved.forward, in: chests.image, with: {weight: weight}}, step: {uses: unsaved.step, in: forward, with: {momentum: "
      "momentum}}}}}\nplan: {train: {phase: train, steps: 40, checkpoint_every: 2}}\n",
      {"unsaved.weight", "unsaved.momentum", "unsaved.forward", "unsaved.step"});
  const std::string text = told(found.findings);
  CAPTURE(text);
  CHECK(
      text.starts_with("unsaved.momentum: gives other values after a resume (what it remembers must be in a State or be saved by its "
                       "resource): output `sum` of `forward` of `train` at step "));
  CHECK(text.find(" differs, because it reads `weight`, which `momentum` changes\n") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("conformance: what only metrics show is found") {
  const auto findings = [](const std::string& node, const std::string& resources, const std::set<std::string>& types) {
    return told(conformance_of("measured",
                               "leat: 1\n" + resources +
                                   "phases: {train: {nodes: {chests: {uses: io.chest, with: {hospital: [A], split: labelled, count: 8, "
                                   "batch: 4}}, one: {uses: " +
                                   node +
                                   "}, small: {uses: image.resize, in: chests.image, with: {size: 16}}}}}\nplan: {train: {phase: train, "
                                   "steps: 40, checkpoint_every: 2}}\n",
                               types)
                    .findings);
  };
  CHECK(findings("measured.calls, in: chests.image", "", {"measured.calls"}).starts_with("measured.calls: gives other values "));
  constexpr const char* resumed =
      ": gives other values after a resume (what it remembers must be in a State or be saved by its resource): ";
  const std::string remembered = findings("measured.memory, in: chests.image", "", {"measured.memory"});
  CAPTURE(remembered);
  CHECK(remembered.starts_with("measured.memory" + std::string(resumed) + "metric `count` of `one` of `train` at step "));
  CHECK(findings("measured.memory, in: chests.image, with: {late: true}", "", {"measured.memory"}) ==
        "measured.memory" + std::string(resumed) + "metric `count` of `one` over all of `train` differs\n");
  const std::string kept = findings("measured.bump, in: chests.image, with: {keeper: keeper}",
                                    "resources: {keeper: {uses: measured.keeper}}\n", {"measured.bump", "measured.keeper"});
  CAPTURE(kept);
  CHECK(kept.starts_with("measured.keeper" + std::string(resumed) + "metric `count` of `one` of `train` at step "));
  CHECK(kept.ends_with(" differs, because it reads `keeper`, which saves nothing\n"));
  CHECK(std::count(kept.begin(), kept.end(), '\n') == 1);
}

TEST_CASE("conformance: nothing is found of a metric that is given as a number and as a function") {
  CHECK(told(findings_of("both_ways")) == "");
}

TEST_CASE("conformance: a node that fails where a sample was dropped is named") {
  CHECK(told(findings_of("wants_all")) == "wants_all.same: fails if samples are dropped, at step 0 of `predict`: a picture is missing\n");
}

TEST_CASE("conformance: a node whose values depend on the order of slots is named") { check_found("races", "gives other values"); }

TEST_CASE("conformance: a node that never returns is named") {
  check_found("blocks", "does not return from `process`: its run has not ended within 3 seconds");
}

TEST_CASE("conformance: a node that crashes is named") { check_found("dies", "crashes (Segmentation fault) the process"); }

TEST_CASE("conformance: a node that swallows exceptions is named") { check_found("swallows", "continues if its frame throws"); }

TEST_CASE("conformance: a node that leaves memory behind is named") { check_found("leaks", "leaves at least"); }

TEST_CASE("conformance: states of one name, and one without a name") {
  struct States final : Node {
    Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
    State<double> one{this, "mean"}, other{this, "mean"}, nameless{this, ""};
    void process(Frame&) const override {}
  };
  Registry registry;
  leat::detail::register_type<States>(registry, "test.states", "Has three states.");
  CHECK(told(check_declarations(registry, "test.states")) ==
        "test.states: it declares two states called `mean`\ntest.states: it declares a state without a name\n");
}

TEST_CASE("conformance: a sentence without its contract, and a word in it that means nothing, are named with the port") {
  struct Vague final : Node {
    Input<Image> image{this, "image", "A gray picture."};
    Output<Image> same{this, "same", "height x width, 8 bits. The same."};
    void process(Frame&) const override {}
  };
  Registry registry;
  leat::detail::register_type<Vague>(registry, "test.vague", "Gives what it gets.");
  CHECK(told(check_declarations(registry, "test.vague")) ==
        "test.vague: it declares an input called `image` with the sentence \"A gray picture.\": it has to begin with what its values are, "
        "such as `N x C, float.`, `height x width, 8 bit.`, `One of C.`, `A scalar, float.` or `Any shape.`\n"
        "test.vague: it declares an output called `same` with the sentence \"height x width, 8 bits. The same.\": `8 bits` is not an "
        "element type (`8 bit`, `16 bit`, `8 or 16 bit`, `8 or 16 bit or float`, `int` or `float`), a range such as `0..1`, the entries, "
        "`of C` or `one of C`, or `or unknown`\n");
}

TEST_CASE("conformance: what a type says of itself") {
  Registry registry = nodes();
  load_plugin(file("words"), registry);
  CHECK(told(check_declarations(registry, "words.Same")) ==
        "words.Same: its id is not family.name in lower case\n"
        "words.Same: its sentence is \"same\", which does not end with a full stop\n"
        "words.Same: it declares two parameters called `width`\n"
        "words.Same: the sentence of the parameter `width` is \"Width.\", which is one word\n"
        "words.Same: the sentence of the input `other` is \"height x width, 8 bit\", which does not end with a full stop\n"
        "words.Same: the default of the parameter `width` is refused: `width` is 0; the range is 1..10\n");
}
