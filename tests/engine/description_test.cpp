#include "leat/description.h"

#include "support/doctest.h"
#include "support/graph_text.h"
#include "support/text_file.h"

using namespace leat;
using leat::TemporaryFolder;
using leat::test::brief;
using leat::test::params_of;
using leat::test::same_description;

namespace {

GraphDescription good(const std::string& yaml, const std::vector<Setting>& settings = {}, const std::string& directory = "/graphs") {
  Diagnostics diagnostics;
  GraphDescription graph = read_graph_text(yaml, "g.yaml", directory, settings, diagnostics);
  CHECK(brief(diagnostics) == "");
  return graph;
}

std::string mistakes(const std::string& yaml, const std::vector<Setting>& settings = {}) {
  Diagnostics diagnostics;
  (void)read_graph_text(yaml, "g.yaml", "/graphs", settings, diagnostics);
  return brief(diagnostics);
}

/// A graph with these lines in front of a phase with one node and a plan.
std::string with_phase(const std::string& lines) {
  return "leat: 1\n" + lines + "phases: {predict: {nodes: {a: {uses: io.images}}}}\nplan: {then: [predict]}\n";
}
/// A graph whose train phase has these nodes (from line 5 on).
std::string with_nodes(const std::string& nodes) {
  return "leat: 1\nplan: {train: {phase: train, steps: 1}}\nphases:\n  train: {nodes: {\n" + nodes + "}}\n";
}
/// A graph with a validation and this `plan.train` (on line 3).
std::string with_train(const std::string& train) {
  return "leat: 1\nplan:\n  train: " + train +
         "\nphases:\n  train: {nodes: {a: {uses: io.images}}}\n  validate: {nodes: {a: {uses: io.images}}}\n";
}

const NodeText& node(const GraphDescription& graph, const std::string& phase, const std::string& name) {
  const PhaseText* found = graph.find_phase(phase);
  REQUIRE(found);
  for (const NodeText& one : found->nodes)
    if (one.name == name) return one;
  FAIL("no node " << name);
  return found->nodes.front();
}

std::string inputs(const NodeText& node) {
  std::string out;
  for (const InputText& input : node.in) {
    out += (out.empty() ? "" : ", ") + input.port + (input.member.empty() ? "" : "[" + input.member + "]") + "=" + input.from.node;
    if (!input.from.port.empty()) out += "." + input.from.port;
  }
  return out;
}

const char* const whole_graph = R"yaml(leat: 1
title: "MultiMix: ${size} pixels"
params:
  size: {value: 256, doc: Side of the images, multiple_of: 32, range: [64, 1024]}
  data: ../data
  rate: 1.0e-4
  channels: [16, 32]
  flag: true
resources:
  chex: {uses: io.split, with: {path: "${data}/chex/train", patient: "(person[0-9]+_[a-z]+|(NORMAL2-)?IM-[0-9]+)"}}
  net:
    uses: model.multitask_unet
    with: {channels: "${channels}", bridge: {join: deepest, flag: "${flag}"}}
  adam: {uses: optim.adam, with: {model: net, lr: "${rate}"}}
templates:
  strong:
    inputs: [image]
    params: {least: 2, size: {value: 8}}
    outputs: {image: cut.resized}
    nodes:
      pick: {uses: augment.strong, in: {image: image}, with: {operations: ["${least}", 2]}}
      cut: {uses: image.resize, in: pick.image, with: {width: "${size}", height: "${size}"}}
phases:
  train:
    nodes:
      unlabelled: {uses: io.images, with: {split: chex, batch: 10}, on_error: skip}
      weak: {uses: augment.weak, in: {image: unlabelled.image}, lane: cpu}
      strong: {uses: strong, in: {image: weak}, with: {least: 1}}
      total:
        uses: loss.total
        in: {terms: {dice: weak.loss, kl: strong.image}, ramp: unlabelled}
  validate: {prefetch: 5, nodes: {images: {uses: io.images, with: {split: chex}}}}
  test_cross: {kind: test, nodes: {images: {uses: io.images}}}
plan:
  train:
    phase: train
    epochs: 24 of unlabelled
    checkpoint_every: 500
    validate: every epoch
    keep: {best: [validate.classes.balanced_accuracy, validate.lungs.dice], mode: mean, within: 0.01}
    stop_after: 8 validations
  then: [test_cross]
  memory: 1.5GB
)yaml";

}  // namespace

TEST_CASE("description: reads a whole graph") {
  const GraphDescription graph = good(whole_graph);
  CHECK(graph.title == "MultiMix: 256 pixels");
  CHECK(params_of(graph) == "size=256(64..1024, a multiple of 32) data=../data() rate=1.0e-4() channels=[16, 32]() flag=true() ");
  REQUIRE(graph.resources.size() == 3);
  CHECK(graph.resources[0].name == "chex");
  CHECK(graph.resources[0].place.str() == "g.yaml:10:3");
  CHECK(graph.resources[0].uses.text == "io.split");
  CHECK(graph.resources[0].uses.place.str() == "g.yaml:10:16");
  CHECK(graph.resources[1].with.find("channels")->items.size() == 2);
  CHECK(graph.resources[1].with.find("bridge")->find("flag")->scalar == "true");
  CHECK_FALSE(graph.resources[1].with.find("bridge")->find("flag")->is_quoted);
  REQUIRE(graph.phases.size() == 3);
  CHECK(graph.phases[0].kind == PhaseKind::Train);
  CHECK(graph.phases[0].prefetch == 3);
  CHECK(graph.phases[1].prefetch == 5);
  CHECK(graph.phases[2].kind == PhaseKind::Test);
  CHECK(graph.find_phase("nothing") == nullptr);

  const NodeText& weak = node(graph, "train", "weak");
  CHECK(weak.lane->text == "cpu");
  CHECK(weak.in.at(0).from.place.str() == "g.yaml:27:46");
  CHECK(node(graph, "train", "unlabelled").skips_errors);
  CHECK(inputs(node(graph, "train", "total")) == "terms[dice]=weak.loss, terms[kl]=strong/cut.resized, ramp=unlabelled");

  const TrainText& train = *graph.plan.train;
  CHECK(train.phase.text == "train");
  CHECK(train.epochs == 24);
  CHECK(train.epochs_of.text == "unlabelled");
  CHECK(train.checkpoint_every == 500);
  CHECK(train.validate_phase.text == "validate");
  CHECK(train.validate_every.steps == 0);
  CHECK(train.keep.metrics.size() == 2);
  CHECK(train.keep.mode == "mean");
  CHECK(train.stop_after == 8);
  CHECK(graph.plan.then.at(0).text == "test_cross");
  CHECK(graph.plan.memory_bytes == 1'500'000'000);
}

TEST_CASE("description: the resolved text reads as the same description, and resolves to itself") {
  const GraphDescription graph = good(whole_graph, {{"size", "512"}});
  Diagnostics diagnostics;
  const GraphDescription again = read_graph_text(graph.resolved, "graph.yaml", "/elsewhere", {}, diagnostics);
  CHECK(brief(diagnostics) == "");
  CHECK(again.resolved == graph.resolved);
  GraphDescription absolute = graph;
  absolute.resources[0].with.find("path")->scalar = "/data/chex/train";
  CHECK(same_description(again) == same_description(absolute));
  CHECK(graph.resolved.starts_with(
      "leat: 1\ntitle: \"MultiMix: 512 pixels\"\nparams:\n  size: 512\n  data: ../data\n  rate: 1.0e-4\n  channels: [16, 32]\n"
      "  flag: true\nresources:\n  chex:\n    uses: io.split\n    with:\n      path: \"/data/chex/train\"\n"));
  CHECK(
      graph.resolved.ends_with("plan:\n"
                               "  train:\n"
                               "    phase: train\n"
                               "    epochs: 24 of unlabelled\n"
                               "    checkpoint_every: 500\n"
                               "    validate:\n"
                               "      phase: validate\n"
                               "      every: epoch\n"
                               "    keep:\n"
                               "      best: [validate.classes.balanced_accuracy, validate.lungs.dice]\n"
                               "      mode: mean\n"
                               "      within: 0.01\n"
                               "    stop_after: 8 validations\n"
                               "  then: [test_cross]\n"
                               "  memory: 1500MB\n"));
}

TEST_CASE("description: the resolved text keeps how often is validated") {
  for (const std::string every : {"epoch", "2 epochs", "0.5 epochs of a", "epoch of a", "7 steps"}) {
    const GraphDescription graph = good(with_train("{phase: train, steps: 9, validate: {every: " + every + "}}"));
    CHECK(graph.resolved.find("every: " + every + "\n") != std::string::npos);
    CHECK(good(graph.resolved).resolved == graph.resolved);
  }
}

TEST_CASE("description: a resolved text keeps kinds, odd names and amounts") {
  const GraphDescription graph = good(
      "leat: 1\ntitle: '12'\nparams:\n  m: {value: {a: [1, {b: ~}]}}\n  t: '12'\n  n: null\n"
      "phases: {p: {kind: predict, nodes: {a: {uses: io.x, with: {m: '${m}', t: '${t}', n: '${n}', here: ., up: ../x, text: a/../b, q: "
      "'1'}},"
      " b: {uses: io.y, in: a.x}}}}\n"
      "plan: {then: p, memory: 1234567B}\n");
  CHECK(same_description(good(graph.resolved)) == same_description([&] {
          GraphDescription absolute = graph;
          Tree& with = absolute.phases[0].nodes[0].with;
          with.find("here")->scalar = "/graphs/";
          with.find("up")->scalar = "/x";
          return absolute;
        }()));
  CHECK(graph.params[0].value == "{a: [1, {b: null}]}");
  CHECK(graph.params[1].value == "\"12\"");
}

TEST_CASE("description: several mistakes are told in one pass, sorted by place") {
  CHECK(mistakes(R"(leat: 1
titel: x
params:
  size: {value: 100, multiple_of: 32, dok: no}
phases:
  train:
    prefetch: many
    nodes:
      a: {uses: io.images, in: {x: [1]}, wiht: {}}
      b: {in: {x: a.}}
      c d: {uses: x.y}
  odd: {nodes: {}}
plan: {train: {phase: train}, memory: 2 gigabytes}
)") == "g.yaml:2:1: error: the graph has no key `titel` (did you mean `title`?)\n"
       "g.yaml:4:17: error: `size` is 100, which is not a multiple of 32\n"
       "g.yaml:4:39: error: parameter `size` has no key `dok` (did you mean `doc`?)\n"
       "g.yaml:7:15: error: `prefetch` of phase `train` must be a whole number of at least 1, found the text `many`\n"
       "g.yaml:9:36: error: input `x` of node `a` must be `node.port` or `node`, found a list of 1\n"
       "g.yaml:9:42: error: node `a` has no key `wiht` (did you mean `with`?)\n"
       "g.yaml:10:7: error: node `b` has no `uses` (`uses: family.name` names its type)\n"
       "g.yaml:10:19: error: input `x` of node `b` must be `node.port` or `node`, found the text `a.`\n"
       "g.yaml:11:7: error: `c d` is not a valid name for a node (names are letters, digits, `_` and `-`)\n"
       "g.yaml:12:3: error: phase `odd` has no kind (`kind:` is one of `train`, `validate`, `test` and `predict`)\n"
       "g.yaml:13:8: error: `plan.train` has no length (`steps: 1000`, or `epochs: 24 of` a source)\n"
       "g.yaml:13:39: error: `memory` of the plan must be an amount like `2GB`, found the text `2 gigabytes` (units are kB, MB and GB)\n");
}

TEST_CASE("description: a diagnostic prints the line and a caret") {
  Diagnostics diagnostics;
  (void)read_graph_text(with_phase("titel: x\n"), "graphs/train.yaml", "/graphs", {}, diagnostics);
  CHECK(diagnostics.str() == "graphs/train.yaml:2:1: error: the graph has no key `titel`\n      titel: x\n      ^ did you mean `title`?\n");
}

TEST_CASE("description: the plugins that a graph needs") {
  const GraphDescription graph =
      good("leat: 1\nneeds: {plugins: {dicom: \">=0.10\", waves: \">=2\"}}\nphases: {predict: {nodes: {a: {uses: b.c}}}}\n", {});
  REQUIRE(graph.needs.size() == 2);
  CHECK(graph.needs[0].plugin == "dicom");
  CHECK(graph.needs[0].lowest_version == "0.10");
  CHECK(graph.needs[1].place.str() == "g.yaml:2:36");
  CHECK(good(graph.resolved, {}).needs[1].lowest_version == "2");
  CHECK(mistakes("leat: 1\nneeds: {dicom: 1}\nphases: {predict: {nodes: {a: {uses: b.c}}}}\n") ==
        "g.yaml:2:9: error: `needs` has no key `dicom` (the only valid name is `plugins`)\n");
}

TEST_CASE("description: refuses what is no graph") {
  CHECK(mistakes("") == "g.yaml:1:1: error: a graph must be a map, found nothing (begin it with `leat: 1`)\n");
  CHECK(mistakes("- a\n") == "g.yaml:1:1: error: a graph must be a map, found a list of 1 (begin it with `leat: 1`)\n");
  CHECK(mistakes("leat: 1\n") == "g.yaml:1:1: error: the graph has no `phases` (`phases: {train: {nodes: {…}}}`)\n");
  CHECK(mistakes("phases: {}\n") == "g.yaml:1:1: error: the graph has no `leat` (begin it with `leat: 1`)\n");
  CHECK(mistakes("leat: 2\nphases: {}\n") ==
        "g.yaml:1:7: error: `leat` must be the version of the graph's language, found the number `2` (this Leat reads version 1)\n");
  CHECK(mistakes("leat: 1\nphases: [a]\n") == "g.yaml:2:9: error: `phases` of the graph must be a map, found a list of 1\n");
  CHECK(mistakes("leat: 1\nphases: {train: [a]}\n") ==
        "g.yaml:2:17: error: phase `train` must be a map, found a list of 1 (its keys are `kind`, `like`, `prefetch`, `weights` and "
        "`nodes`)\n");
  CHECK(mistakes("leat: 1\nrecord: {}\nphases: {}\n") == "g.yaml:2:1: error: the graph has no key `record`\n");
  CHECK(mistakes(with_phase("title: [a]\n")) == "g.yaml:2:8: error: `title` must be a text, found a list of 1\n");
  CHECK(mistakes("leat: 1\nphases: {predict: }\n") ==
        "g.yaml:2:10: error: phase `predict` must be a map, found nothing (its keys are `kind`, `like`, `prefetch`, `weights` and "
        "`nodes`)\n");
  CHECK(mistakes("leat: 1\nphases: {predict: {nodes: }}\n") ==
        "g.yaml:2:20: error: phase `predict` has no `nodes` (`nodes: {name: {uses: …}}`)\n");
  CHECK(mistakes("leat: 1\nphases: {\"a/b\": {kind: test, nodes: {}}}\n") ==
        "g.yaml:2:10: error: `a/b` is not a valid name for a phase (names are letters, digits, `_` and `-`)\n");
  // What is written under a phase's and a node's name has a file name of both.
  const std::string longest(100, 'a');
  CHECK(mistakes("leat: 1\nphases: {" + longest + ": {kind: test, nodes: {" + longest + "/" + longest + ": {uses: io.chest}}}}\n") == "");
  CHECK(mistakes("leat: 1\nphases: {" + longest + "a: {kind: test, nodes: {}}}\n") ==
        "g.yaml:2:10: error: `" + longest + "a` is too long a name for a phase (names have at most 100 letters)\n");
  CHECK(mistakes("leat: 1\nphases: {a: {kind: tset, nodes: {}}}\n") ==
        "g.yaml:2:20: error: `kind` of phase `a` cannot be `tset` (did you mean `test`?)\n");
}

TEST_CASE("description: a phase may be like another, with changes, and use the last weights") {
  const GraphDescription graph = good(R"yaml(leat: 1
phases:
  test: {prefetch: 5, nodes: {a: {uses: x.y, with: {size: 3}}, b: {uses: x.z, in: a}}}
  test_last: {like: test, weights: last, nodes: {a: {with: {size: 4}}, b: null}}
  best: {like: test, kind: predict, weights: best}
plan: {then: [test, test_last]}
)yaml");
  REQUIRE(graph.phases.size() == 3);
  CHECK_FALSE(graph.phases[0].uses_last);
  const PhaseText& last = graph.phases[1];
  CHECK(last.uses_last);
  CHECK(last.kind == PhaseKind::Test);
  CHECK(last.prefetch == 5);
  REQUIRE(last.nodes.size() == 1);
  CHECK(last.nodes[0].with.find("size")->scalar == "4");
  CHECK(graph.phases[2].kind == PhaseKind::Predict);
  CHECK(graph.phases[2].nodes.size() == 2);
  CHECK(good(graph.resolved).resolved == graph.resolved);

  CHECK(mistakes("leat: 1\nphases:\n  test: {nodes: {a: {uses: x.y}}}\n  other: {like: tset}\n") ==
        "g.yaml:4:17: error: phase `other` cannot be like `tset` (it takes the nodes of another phase; did you mean `test`?)\n");
  CHECK(mistakes("leat: 1\nphases:\n  test: {nodes: {a: {uses: x.y}}}\n  b: {like: test, weights: lats}\n") ==
        "g.yaml:4:28: error: `weights` of phase `b` cannot be `lats` (did you mean `last`?)\n");
  CHECK(mistakes("leat: 1\nphases:\n  train: {weights: last, nodes: {a: {uses: x.y}}}\n") ==
        "g.yaml:3:20: error: phase `train` cannot have `weights`: it runs before weights are selected\n");
}

TEST_CASE("description: a file that cannot be read is said with the reason") {
  const TemporaryFolder folder;
  Diagnostics diagnostics;
  (void)read_graph(folder.path() / "no.yaml", {}, diagnostics);
  const std::string name = (folder.path() / "no.yaml").string();
  CHECK(brief(diagnostics) == name + ":1:1: error: cannot read `" + name + "`: No such file or directory\n");
  Diagnostics of_folder;
  (void)read_graph(folder.path(), {}, of_folder);
  CHECK(brief(of_folder) == folder.path().string() + ":1:1: error: cannot read `" + folder.path().string() + "`: it is a folder\n");
}

TEST_CASE("nodes: mistakes in their keys") {
  CHECK(mistakes(with_nodes("a: []")) ==
        "g.yaml:5:4: error: node `a` must be a map, found an empty list (its keys are `uses`, `in`, `with`, `lane` and `on_error`)\n");
  CHECK(mistakes(with_nodes("a: {uses: [x]}")) == "g.yaml:5:11: error: `uses` of node `a` must be a text, found a list of 1\n");
  CHECK(mistakes(with_nodes("a: {uses: x.y, with: 3}")) == "g.yaml:5:22: error: `with` of node `a` must be a map, found the number `3`\n");
  CHECK(mistakes(with_nodes("a: {uses: x.y, on_error: skp}")) ==
        "g.yaml:5:26: error: `on_error` of node `a` cannot be `skp` (did you mean `skip`?)\n");
  CHECK(mistakes("leat: 1\nphases:\n  train: {prefetch: 0, nodes: {a: {uses: x.y}}}\n") ==
        "g.yaml:3:21: error: `prefetch` of phase `train` must be a whole number of at least 1, found the number `0`\n");
  CHECK(mistakes(with_nodes("a: {uses: x.y, in: [b.c]}")) ==
        "g.yaml:5:20: error: `in` of node `a` must be a map from inputs to `node.port`, found a list of 1 (`in: {input: node.port}`)\n");
  CHECK(mistakes(with_nodes("a: {uses: x.y, in: {t: {m: {}}}}")) ==
        "g.yaml:5:28: error: input `t.m` of node `a` must be `node.port` or `node`, found an empty map\n");
  CHECK(mistakes(with_nodes("a: {uses: x.y, in: {t: {m n: b}}}")) ==
        "g.yaml:5:25: error: `m n` is not a valid name for a member of an input (names are letters, digits, `_` and `-`)\n");
  CHECK(mistakes(with_nodes("a: {uses: x.y, in: b.c.d}")) ==
        "g.yaml:5:20: error: `in` of node `a` must be `node.port` or `node`, found the text `b.c.d`\n");
  CHECK(mistakes(with_nodes("a: {uses: x.y}, a: {uses: x.z}")) ==
        "g.yaml:5:17: error: the key `a` is used here a second time\n  note: g.yaml:5:1: the first is here\n");
  CHECK(mistakes(with_nodes("a/: {uses: x.y}")) ==
        "g.yaml:5:1: error: `a/` is not a valid name for a node (names are letters, digits, `_` and `-`)\n");
  CHECK(mistakes(with_nodes("\"\": {uses: x.y}")) ==
        "g.yaml:5:1: error: `` is not a valid name for a node (names are letters, digits, `_` and `-`)\n");
}

TEST_CASE("nodes: one input needs no name") {
  const GraphDescription graph = good(with_nodes("a: {uses: x.y}, b: {uses: x.z, in: a.image}, c: {uses: x.z, in: a}"));
  CHECK(inputs(node(graph, "train", "b")) == "=a.image");
  CHECK(inputs(node(graph, "train", "c")) == "=a");
  CHECK(node(graph, "train", "b").in[0].place.str() == "g.yaml:5:36");
}

TEST_CASE("resources: mistakes in their keys") {
  CHECK(mistakes(with_phase("resources: {a: {uses: x.y, in: {}}, 'b c': {uses: x.y}, d: }\n")) ==
        "g.yaml:2:28: error: resource `a` has no key `in` (valid names are `uses` and `with`)\n"
        "g.yaml:2:37: error: `b c` is not a valid name for a resource (names are letters, digits, `_` and `-`)\n"
        "g.yaml:2:57: error: resource `d` must be a map, found nothing (its keys are `uses` and `with`)\n");
}

TEST_CASE("plan: reads lengths, periods and amounts") {
  const auto train = [](const std::string& text) { return *good(with_train(text)).plan.train; };
  CHECK(train("{phase: train, steps: 1000}").steps == 1000);
  CHECK(train("{phase: train, steps: 1000}").validate_phase.text.empty());
  CHECK(train("{phase: train, epochs: 0.5 of a/b}").epochs == 0.5);
  CHECK(train("{phase: train, epochs: 0.5 of a/b}").epochs_of.text == "a/b");
  CHECK(train("{phase: train, steps: 9, checkpoint_every: 50}").checkpoint_every == 50);
  CHECK(train("{phase: train, steps: 9, checkpoint_every: 50}").checkpoint_seconds == 0);
  CHECK(train("{phase: train, steps: 9, checkpoint_every: 10 min}").checkpoint_seconds == 600);
  CHECK(train("{phase: train, steps: 9, checkpoint_every: 1.5 h}").checkpoint_seconds == 5400);
  CHECK(train("{phase: train, steps: 9, checkpoint_every: 30 s}").checkpoint_every == 0);
  CHECK(train("{phase: train, steps: 9}").checkpoint_seconds == 0);
  CHECK(train("{phase: train, steps: 9, validate: every 50 steps}").validate_every.steps == 50);
  CHECK(train("{phase: train, steps: 9, validate: {phase: other, every: 1 step}}").validate_phase.text == "other");
  CHECK(train("{phase: train, steps: 9, validate: {every: 7 steps}}").validate_every.steps == 7);
  CHECK(train("{phase: train, steps: 9, validate: {phase: other}}").validate_every.steps == 0);
  CHECK(train("{phase: train, steps: 9, validate: {phase: other}}").validate_every.epochs == 1);
  CHECK(train("{phase: train, steps: 9, validate: every epoch}").validate_every.epochs == 1);
  CHECK(train("{phase: train, steps: 9, validate: every 3 epochs}").validate_every.epochs == 3);
  CHECK(train("{phase: train, steps: 9, validate: every 3 epochs}").validate_every.steps == 0);
  CHECK(train("{phase: train, steps: 9, validate: {every: 0.5 epochs of a/b}}").validate_every.epochs == 0.5);
  CHECK(train("{phase: train, steps: 9, validate: {every: 0.5 epochs of a/b}}").validate_every.epochs_of.text == "a/b");
  CHECK(train("{phase: train, steps: 9, validate: every epoch of a}").validate_every.epochs_of.text == "a");
  CHECK(train("{phase: train, steps: 9, validate: every epoch, keep: {best: validate.a.b}}").keep.metrics.at(0).text == "validate.a.b");
  CHECK(train("{phase: train, steps: 9, validate: every epoch, keep: {best: validate.a.b, within: 0.01}}").keep.within == 0.01);
  CHECK(train("{phase: train, steps: 9, validate: every epoch, keep: {best: validate.a.b}}").keep.within == 0);
  CHECK(train("{phase: train, steps: 9, validate: every epoch, keep: {best: validate.a.b}, stop_after: 1 validation}").stop_after == 1);
  for (const auto& [text, bytes] :
       std::map<std::string, std::int64_t>{{"2GB", 2'000'000'000}, {"500 MB", 500'000'000}, {"1.5kB", 1500}, {"7B", 7}})
    CHECK(good("leat: 1\nphases: {}\nplan: {then: [a], memory: " + text + "}").plan.memory_bytes == bytes);
  CHECK(good("leat: 1\nphases: {}\nplan: {then: a}").plan.memory_bytes == 2'000'000'000);
  CHECK(good("leat: 1\nphases: {}\nplan: {then: a, keep_results: 10MB}").plan.keep_bytes == 10'000'000);
  CHECK(good("leat: 1\nphases: {}\nplan: {then: a}").plan.keep_bytes == 0);
  CHECK(good("leat: 1\nphases: {}\n").plan.place.str() == "g.yaml:1:1");
}

TEST_CASE("plan: checkpoints are counted by steps or by time") {
  for (const auto& [text, seconds] :
       std::map<std::string, double>{{"10 min", 600}, {"90 s", 90}, {"1.5h", 5400}, {"2 h", 7200}, {"0.5 s", 0.5}}) {
    const GraphDescription graph = good(with_train("{phase: train, steps: 9, checkpoint_every: " + text + "}"));
    CHECK(graph.plan.train->checkpoint_seconds == seconds);
    CHECK(graph.plan.train->checkpoint_every == 0);
    CHECK(good(graph.resolved).plan.train->checkpoint_seconds == seconds);
  }
  CHECK(good(with_train("{phase: train, steps: 9, checkpoint_every: 10 min}")).resolved.find("checkpoint_every: 10 min\n") !=
        std::string::npos);
  CHECK(good(with_train("{phase: train, steps: 9, checkpoint_every: 20}")).plan.train->checkpoint_every == 20);
  // Said by nobody, it is not part of the text, whose hash names the graph.
  CHECK(good(with_train("{phase: train, steps: 9}")).resolved.find("checkpoint_every") == std::string::npos);
  for (const std::string wrong : {"0", "-1", "1.5", "10 minutes", "0 min", "min", "[1]", "1e9 h"})
    CHECK(
        mistakes(with_train("{phase: train, steps: 1, checkpoint_every: " + wrong + "}"))
            .starts_with("g.yaml:3:53: error: `checkpoint_every` of `plan.train` must be a number of steps like `500`, or a time like `10 "
                         "min`, found "));
}

TEST_CASE("plan: mistakes") {
  const auto of_train = [](const std::string& text) { return mistakes(with_train(text)); };
  CHECK(of_train("{steps: 1}") == "g.yaml:3:3: error: `plan.train` has no `phase` (`phase: train`)\n");
  CHECK(of_train("{phase: train, steps: 1, epochs: 2 of a}") ==
        "g.yaml:3:43: error: `plan.train` has both `steps` and `epochs` (remove one of them)\n  note: g.yaml:3:32: `steps` is here\n");
  CHECK(of_train("{phase: train, steps: 0}") ==
        "g.yaml:3:32: error: `steps` of `plan.train` must be a whole number of at least 1, found the number `0`\n");
  for (const std::string wrong : {"24", "of a", "24 a", "24 of ", "0 of a", "-1 of a"})
    CHECK(of_train("{phase: train, epochs: " + wrong + "}")
              .starts_with(
                  "g.yaml:3:33: error: `epochs` of `plan.train` must be a number of passes over a source like `24 of unlabelled`, found "));
  for (const std::string wrong :
       {"epoch", "every", "every 0 steps", "every 1.5 steps", "every 0 epochs", "every epoch of", "every epoch a", "every 3", "[a]"})
    CHECK(of_train("{phase: train, steps: 1, validate: " + wrong + "}")
              .starts_with("g.yaml:3:45: error: `validate` of `plan.train` must be `every epoch`, `every 2 epochs`, `every 500 steps` or a "
                           "map with `phase` and `every`, found "));
  CHECK(of_train("{phase: train, steps: 1, validate: {every: day, phaes: x}}") ==
        "g.yaml:3:53: error: `every` of `validate` of `plan.train` must be `epoch`, `2 epochs` or `500 steps`, found the text "
        "`day`\n"
        "g.yaml:3:58: error: `validate` of `plan.train` has no key `phaes` (did you mean `phase`?)\n");
  CHECK(of_train("{phase: train, steps: 1, validate: every epoch, keep: {best: accuracy, mode: median}}") ==
        "g.yaml:3:71: error: `best` of `keep` of `plan.train` must be a metric as `phase.node.name`, found the text `accuracy`\n"
        "g.yaml:3:87: error: `mode` of `keep` of `plan.train` cannot be `median` (did you mean `mean`?)\n");
  for (const std::string wrong : {"-0.1", "few", "'1'", "[1]", ".inf", ".nan"})
    CHECK(of_train("{phase: train, steps: 1, validate: every epoch, keep: {best: a.b.c, within: " + wrong + "}}")
              .starts_with("g.yaml:3:86: error: `within` of `keep` of `plan.train` must be a number of at least 0, found "));
  CHECK(of_train("{phase: train, steps: 1, validate: every epoch, keep: {best: a.b.c, mode: first, within: 1}}") ==
        "g.yaml:3:99: error: `within` of `keep` of `plan.train` has no effect with `mode: first`, which keeps no later weights\n");
  CHECK(of_train("{phase: train, steps: 1, validate: every epoch, keep: {best: []}}") ==
        "g.yaml:3:71: error: `best` of `keep` of `plan.train` must be a metric as `phase.node.name`, found an empty list\n");
  CHECK(of_train("{phase: train, steps: 1, validate: every epoch, keep: {}}") ==
        "g.yaml:3:64: error: `keep` of `plan.train` has no `best` (`best: validate.classes.accuracy`)\n");
  CHECK(of_train("{phase: train, steps: 1, validate: every epoch, keep: {best: a.b.c}, stop_after: 8}") ==
        "g.yaml:3:91: error: `stop_after` of `plan.train` must be a number of validations like `8 validations`, found the number `8`\n");
  CHECK(of_train("{phase: train, steps: 1, validate: every epoch, stop_after: 8 validations}") ==
        "g.yaml:3:70: error: `stop_after` counts validations without a better one, but `plan.train` has no `keep`\n");
  CHECK(mistakes("leat: 1\nphases: {}\nplan: {train: {phase: a, steps: 1, validate: every epoch}, then: [{}], memory: 2}\n") ==
        "g.yaml:3:46: error: `validate` has no phase to run: none is of kind `validate`\n"
        "g.yaml:3:67: error: `then` of the plan must be a list of phases, found an empty map\n"
        "g.yaml:3:80: error: `memory` of the plan must be an amount like `2GB`, found the number `2` (units are kB, MB and GB)\n");
  CHECK(mistakes("leat: 1\nplan: {train: {phase: a, steps: 1, validate: every epoch}}\nphases:\n  v: {kind: validate, nodes: {}}\n  w: "
                 "{kind: validate, nodes: {}}\n") ==
        "g.yaml:2:46: error: 2 phases are of kind `validate` (`validate: {phase: v, every: epoch}` names one)\n"
        "  note: g.yaml:4:3: `v` is one\n  note: g.yaml:5:3: `w` is one\n");
}

TEST_CASE("plan: `keep` needs a validation, and `weights: best` needs `keep`") {
  const auto of_train = [](const std::string& text) { return mistakes(with_train(text)); };
  CHECK(of_train("{phase: train, steps: 1, keep: {best: a.b.c}}") ==
        "g.yaml:3:35: error: `keep` selects weights by validation, but `plan.train` has no `validate` (`validate: every "
        "epoch`)\n");
  CHECK(of_train("{phase: train, steps: 1, keep: {best: a.b.c}, stop_after: 8 validations}") ==
        "g.yaml:3:35: error: `keep` selects weights by validation, but `plan.train` has no `validate` (`validate: every "
        "epoch`)\n");
  // A misspelt key is told alone.
  CHECK(of_train("{phase: train, steps: 1, valdate: every epoch, keep: {best: a.b.c}}") ==
        "g.yaml:3:35: error: `plan.train` has no key `valdate` (did you mean `validate`?)\n");
  const auto judged = [](const std::string& train) {
    return mistakes(
        "leat: 1\nplan: {train: {phase: train, steps: 1" + train +
        "}, then: [test, other]}\nphases:\n  train: {nodes: {a: {uses: io.images}}}\n  validate: {nodes: {a: {uses: io.images}}}\n"
        "  test: {weights: best, nodes: {a: {uses: io.images}}}\n  other: {like: test}\n");
  };
  CHECK(judged("") ==
        "g.yaml:6:19: error: phase `test` uses the best weights, but `plan.train` keeps none (add `keep: {best: validate.classes.auc}` to "
        "`plan.train`)\n");
  CHECK(judged(", validate: every epoch, keep: {best: a.b.c}") == "");
  CHECK(judged(", validate: every epoch, keeps: {best: a.b.c}") ==
        "g.yaml:2:63: error: `plan.train` has no key `keeps` (did you mean `keep`?)\n");
}

TEST_CASE("plan: what stands in a list twice is refused") {
  CHECK(mistakes("leat: 1\nplan: {then: [test, other, test, test]}\nphases:\n  test: {nodes: {a: {uses: x.y}}}\n  other: {like: test, "
                 "kind: test}\n") ==
        "g.yaml:2:28: error: `then` of the plan has `test` twice, but results of a phase are kept only once (add a phase with `like: "
        "test`, which has its own results)\n  note: g.yaml:2:15: the first is here\n"
        "g.yaml:2:34: error: `then` of the plan has `test` twice, but results of a phase are kept only once (add a phase with `like: "
        "test`, which has its own results)\n  note: g.yaml:2:15: the first is here\n");
  CHECK(mistakes(with_train("{phase: train, steps: 1, validate: every epoch, keep: {best: [a.b.c, a.b.d, a.b.c]}}")) ==
        "g.yaml:3:86: error: `best` of `keep` of `plan.train` has `a.b.c` twice\n  note: g.yaml:3:72: the first is here\n");
}

TEST_CASE("description: why a phase cannot be like another, and what it removes that is not there") {
  const auto said = [](const std::string& phases) {
    return mistakes("leat: 1\nphases:\n  test: {nodes: {small: {uses: x.y}, other: {uses: x.z}}}\n" + phases);
  };
  CHECK(said("  b: {like: test}\n  c: {like: b}\n") ==
        "g.yaml:5:13: error: phase `c` cannot be like `b`, which is like `test` (use `like: test`)\n");
  CHECK(said("  b: {like: b}\n") ==
        "g.yaml:4:13: error: phase `b` cannot be like `b`, itself (it takes the nodes of another phase; the only valid name is `test`)\n");
  CHECK(said("  b: {like: test, nodes: {smal: null, othr: ~, q: null}}\n") ==
        "g.yaml:4:27: error: `smal` is removed here, but phase `test` has no node of that name (did you mean `small`?)\n"
        "g.yaml:4:39: error: `othr` is removed here, but phase `test` has no node of that name (did you mean `other`?)\n"
        "g.yaml:4:48: error: `q` is removed here, but phase `test` has no node of that name\n");
  CHECK(said("  b: {like: test, nodes: {small: null}}\n") == "");
}

TEST_CASE("extends: what it removes has to be there") {
  const TemporaryFolder folder;
  put(folder / "base.yaml",
      "leat: 1\nresources: {net: {uses: x.y}}\ntemplates: {t: {nodes: {n: {uses: x.y}}}}\n"
      "phases:\n  test: {nodes: {small: {uses: x.y}, b: {uses: x.y}}}\n  other: {like: test}\nplan: {then: [test]}\n");
  const auto said = [&](const std::string& text) {
    put(folder / "g.yaml", "leat: 1\nextends: base.yaml\n" + text);
    Diagnostics diagnostics;
    (void)read_graph(folder / "g.yaml", {}, diagnostics);
    std::string out = brief(diagnostics);
    const std::string path = folder.path().string() + "/";
    for (std::size_t at = out.find(path); at != std::string::npos; at = out.find(path)) out.erase(at, path.size());
    return out;
  };
  CHECK(said("resources: {nett: null}\n") ==
        "g.yaml:3:13: error: `nett` is removed here, but `base.yaml` has no resource of that name (did you mean `net`?)\n");
  CHECK(said("phases: {tset: null}\n") ==
        "g.yaml:3:10: error: `tset` is removed here, but `base.yaml` has no phase of that name (did you mean `test`?)\n");
  CHECK(said("phases: {test: {nodes: {smal: null}}}\n") ==
        "g.yaml:3:25: error: `smal` is removed here, but phase `test` of `base.yaml` has no node of that name (did you mean `small`?)\n");
  CHECK(said("templates: {t: {nodes: {m: null}}}\n") ==
        "g.yaml:3:25: error: `m` is removed here, but template `t` of `base.yaml` has no node of that name (did you mean `n`?)\n");
  // It hides nothing else.
  CHECK(said("phases: {test: {nodes: {smal: null, b: {lane: []}}}}\n") ==
        "g.yaml:3:25: error: `smal` is removed here, but phase `test` of `base.yaml` has no node of that name (did you mean `small`?)\n"
        "g.yaml:3:47: error: `lane` of node `b` must be a text, found an empty list\n");
  CHECK(said("resources: {net: null}\ntemplates: {t: null}\nphases: {other: {nodes: {small: null}}, test: {nodes: {b: null}}}\n") == "");
}

TEST_CASE("description: control characters that escapes bring into a graph are refused") {
  const std::string refusal = "the text has a control character (";
  CHECK(mistakes(with_phase("title: \"x\\e[31m\"\n")) == "g.yaml:2:8: error: " + refusal + "27) in it\n");
  CHECK(mistakes(with_phase("title: \"\\u009b\"\n")) == "g.yaml:2:8: error: " + refusal + "155) in it\n");
  CHECK(mistakes(with_nodes("a: {uses: x.y, with: {\"\\x7f\": [1, \"\\b\"]}}")) ==
        "g.yaml:5:23: error: " + refusal + "127) in it\ng.yaml:5:35: error: " + refusal + "8) in it\n");
  CHECK(mistakes(with_phase("params: {name: x}\ntitle: \"${name}\"\n"), {{"name", "\"\\e\"", {}}}) ==
        "--set name:1:1: error: " + refusal + "27) in it\n");
  CHECK(mistakes(with_phase("title: \"lines\\nand\\ttabs\\r, and \\_ \\u00e9\"\n")) == "");
}
