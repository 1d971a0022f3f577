#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "gate/class_shares.h"
#include "leat/read_tree.h"
#include "leat/run.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/own_nodes.h"
#include "support/small_data.h"

// The class shares that a gate aligns pseudo-labels to: stated by the graph, or those of the labelled images.
using namespace leat;
using namespace leat::test;

namespace {

/// What a text gives for these classes, or what it refuses.
std::string said_by(const std::string& yaml, const std::vector<std::string>& classes) {
  struct Owner : Component {
  } owner;
  ClassShares made(&owner, "prior", "Shares.");
  Diagnostics diagnostics;
  const Tree tree = read_tree(source_text("prior", {}, yaml), diagnostics);
  diagnostics.throw_if_errors();
  try {
    made.read(tree);
    return ClassShares::words(made.stated(classes), classes);
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
}

/// Twelve pictures of NORMAL and four of PNEUMONIA, and a graph with a gate over the unlabelled ones.
struct Training {
  TemporaryFolder folder;

  Training() {
    for (int k = 0; k < 16; ++k) put_picture(folder.path() / (k < 12 ? "NORMAL" : "PNEUMONIA") / (std::to_string(k) + ".png"), 10 + 13 * k);
  }

  [[nodiscard]] std::string graph(const std::string& prior, const std::string& budget = "class_labels: 8",
                                  const std::string& truth = ", truth: more.known_label",
                                  const std::string& classes = "NORMAL, PNEUMONIA") const {
    return R"(leat: 1
resources:
  data: {uses: io.split, with: {path: ')" +
           folder.path().string() + R"(', classes: [)" + classes + R"(], validation: 0, )" + budget + R"(}}
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [NORMAL, PNEUMONIA]}}
  adam: {uses: optim.adam, with: {model: net, lr: 1.0e-2}}
phases:
  train:
    nodes:
      files: {uses: io.images, with: {split: data, part: labelled, batch: 4}}
      images: {uses: image.decode, in: files.file}
      batch: {uses: tensor.normalize, in: images, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      classes: {uses: loss.cross_entropy, in: {logits: logits, label: files.label}}
      more: {uses: io.images, with: {split: data, part: unlabelled, batch: 8}}
      others: {uses: image.decode, in: more.file}
      other_batch: {uses: tensor.normalize, in: others, with: {model: net}}
      other_features: {uses: model.encode, in: other_batch, with: {model: net, detached: true}}
      other_logits: {uses: model.classify, in: other_features, with: {model: net}}
      gate: {uses: gate.confidence, in: {logits: other_logits)" +
           truth + R"(}, with: {threshold: 0.5, alignment: prior, prior: )" + prior + R"(}}
      pseudo: {uses: loss.pseudo_label, in: {logits: logits_of_others, pseudo: gate.pseudo, weight: gate.weight}}
      features_of_others: {uses: model.encode, in: other_batch, with: {model: net, mode: train}}
      logits_of_others: {uses: model.classify, in: features_of_others, with: {model: net}}
      loss: {uses: loss.total, in: {terms: {classes: classes, pseudo: pseudo}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam}}
plan: {train: {phase: train, steps: 3}}
)";
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("gate.confidence: shares of classes are a list in their order, or a map whose names are compared") {
  CHECK(said_by("[0.257, 0.743]", {"NORMAL", "PNEUMONIA"}) == "NORMAL 0.257, PNEUMONIA 0.743");
  CHECK(said_by("{PNEUMONIA: 0.743, NORMAL: 0.257}", {"NORMAL", "PNEUMONIA"}) == "NORMAL 0.257, PNEUMONIA 0.743");
  CHECK(said_by("{PNEUMONIA: 0.743, NORMAL: 0.257}", {"PNEUMONIA", "NORMAL"}) == "PNEUMONIA 0.743, NORMAL 0.257");
  CHECK(said_by("{NORMAL: 0.3, ILL: 0.7}", {"NORMAL", "PNEUMONIA"}) == "`prior` names `ILL`, which is not one of the classes");
  CHECK(said_by("{NORMAL: 1}", {"NORMAL", "PNEUMONIA"}) == "`prior` has no share for the class `PNEUMONIA`");
  CHECK(said_by("{NORMAL: 0.3, PNEUMONIA: 0.7}", {}) == "`prior` names classes, but the classes of the logits have no names");
  CHECK(said_by("[0.3, 0.3]", {}) == "`prior` must give each class a share above 0, and the shares must sum to 1");
  CHECK(said_by("{NORMAL: 0, PNEUMONIA: 1}", {"NORMAL", "PNEUMONIA"}) ==
        "`prior` must give each class a share above 0, and the shares must sum to 1");
  CHECK(
      has(said_by("label", {}), "`prior` must be `labels`, a list of shares or a map from class names to shares, found the text `label`"));
}

TEST_CASE("gate.confidence: `prior: labels` takes the shares of the labelled images, and what is used is disclosed") {
  const Training training;
  const auto disclosed = [&](const std::string& prior, const std::string& budget = "class_labels: 8") {
    return build(own_nodes(), training.graph(prior, budget)).disclosures;
  };
  using Sentences = std::vector<std::string>;
  CHECK(disclosed("labels") ==
        Sentences{
            "`data`: 8 labelled images were drawn in the class proportions of all images outside of validation (`class_share: prior`)",
            "`gate` of `train`: its class proportions are those of the 8 labelled images: NORMAL 0.75, PNEUMONIA 0.25 (`prior: labels`)"});
  CHECK(disclosed("labels", "class_labels: 8, class_share: balanced").at(1) ==
        "`gate` of `train`: its class proportions are those of the 8 labelled images: NORMAL 0.5, PNEUMONIA 0.5 (`prior: labels`)");
  CHECK(disclosed("{PNEUMONIA: 0.743, NORMAL: 0.257}").at(1) ==
        "`gate` of `train`: the graph gives it the class proportions NORMAL 0.257, PNEUMONIA 0.743 (`prior`)");
}

TEST_CASE("gate.confidence: `prior: labels` computes what the same shares do, also where the split has the classes in another order") {
  const Training training;
  const auto confidence = [&](const std::string& prior, const std::string& classes = "NORMAL, PNEUMONIA") {
    Program program = build(own_nodes(), training.graph(prior, "class_labels: 8", ", truth: more.known_label", classes));
    Run run(program, own_nodes().make_lane()("cpu:1"), make_test_executor(2), {});
    return run.run().phases.at("train").at("gate.confidence");
  };
  const double of_labels = confidence("labels");
  CHECK(of_labels == confidence("[0.75, 0.25]"));
  CHECK(of_labels == confidence("{PNEUMONIA: 0.25, NORMAL: 0.75}"));
  CHECK(of_labels != confidence("[0.25, 0.75]"));
  CHECK(confidence("labels", "PNEUMONIA, NORMAL") == confidence("[0.75, 0.25]", "PNEUMONIA, NORMAL"));
}

TEST_CASE("gate.confidence: `prior: labels` needs a truth whose split has a budget of labels") {
  const Training training;
  const auto said = [&](const std::string& budget, const std::string& truth) {
    return mistakes(own_nodes(), training.graph("labels", budget, truth));
  };
  CHECK(said("class_labels: 8", ", truth: more.known_label") == "");
  CHECK(has(said("class_labels: 8", ""), "`prior: labels` needs a connected `truth` that comes from the split with the labelled images"));
  CHECK(has(said("class_labels: -1", ", truth: more.known_label"),
            "needs a split with a label budget (`class_labels`), but `truth` does not come from one"));
}
