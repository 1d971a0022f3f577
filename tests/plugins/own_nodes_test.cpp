#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mean.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "leat/check_behaviour.h"
#include "leat/loss_term.h"
#include "leat/register_nodes.h"
#include "leat/row_weights.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"

// Leat's own nodes promise what others' do.

namespace fs = std::filesystem;
using namespace leat;

namespace {

/// Eight pictures of two classes, in colour, each with a disc as its mask.
void put_pictures(const fs::path& folder) {
  for (const char* name : {"a", "b", "masks"}) fs::create_directories(folder / name);
  for (int k = 0; k < 8; ++k) {
    cv::Mat picture(40, 48, CV_8UC3, cv::Scalar::all(30 + 20 * k)), mask = cv::Mat::zeros(40, 48, CV_8UC1);
    cv::circle(picture, {20 + k, 18}, 9, cv::Scalar(220, 200, 230), cv::FILLED);
    cv::circle(mask, {20 + k, 18}, 9, cv::Scalar(255), cv::FILLED);
    const std::string name = "p" + std::to_string(k) + ".png";
    cv::imwrite((folder / (k % 2 ? "a" : "b") / name).string(), picture);
    cv::imwrite((folder / "pictures" / name).string(), picture);
    cv::imwrite((folder / "masks" / name).string(), mask);
  }
}

constexpr const char* from_files = R"(
leat: 1
params: {folder: {value: ., doc: Where the pictures are.}, channels: gray, depth: 8, in_channels: 1}
resources:
  classes: {uses: io.split, with: {path: "${folder}/classes"}}
  masks: {uses: io.split, with: {path: "${folder}/pictures", masks: ["disc=${folder}/masks"]}}
  net: {uses: model.multitask_unet, with: {channels: [4, 8], in_channels: "${in_channels}", classes: [a, b], masks: [disc]}}
phases:
  predict:
    nodes:
      images: {uses: io.images, with: {split: classes, batch: 3}}
      decoded: {uses: image.decode, in: images.file, with: {channels: "${channels}", depth: "${depth}"}}
      windowed: {uses: image.window, in: decoded, with: {depth: "${depth}"}}
      equalized: {uses: image.equalize, in: windowed}
      changed: {uses: augment.intensity, in: equalized}
      strong: {uses: augment.strong, in: small, with: {operations: [4, 4]}}
      weak: {uses: augment.weak, in: strong}
      checked: {uses: image.check, in: weak}
      grays: {uses: metric.intensities, in: checked}
      cells: {uses: io.cells, with: {count: 4, batch: 2}}
      few_cells: {uses: image.resize, in: cells.image, with: {size: 16}}
      mosaic: {uses: write.mosaic, in: {image: weak}}
      small: {uses: image.resize, in: changed, with: {size: 16}}
      batch: {uses: tensor.normalize, in: small, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      likely: {uses: tensor.probabilities, in: logits}
      again: {uses: tensor.logits, in: likely}
      mean: {uses: tensor.mean, in: {tensors: {one: likely, other: likely}}}
      scores: {uses: tensor.scores, in: mean}
      differ: {uses: tensor.disagreement, in: {members: {one: likely, other: likely}}}
      differences: {uses: tensor.scores, in: differ}
      segmented: {uses: model.segment, in: {features: features, image: batch}, with: {model: net}}
      mask_probabilities: {uses: tensor.probabilities, in: segmented, with: {kind: sigmoid}}
      masks: {uses: tensor.images, in: {probabilities: mask_probabilities, like: small}}
      table: {uses: write.csv, in: {probabilities: scores, mask: masks}, with: {classes: [a, b], masks: [disc]}}
      written: {uses: write.image, in: {mask: masks, image: decoded}, with: {masks: [disc], overlay: true}}
      set: {uses: write.dataset, in: {image: small, label: images.label}, with: {classes: [a, b]}}
      part: {uses: io.shard, with: {path: "${folder}/classes", shard: 2/3, batch: 2}}
      part_decoded: {uses: image.decode, in: part, with: {channels: "${channels}", depth: "${depth}"}}
      pairs: {uses: io.masks, with: {split: masks, batch: 3}}
      pictures: {uses: image.decode, in: pairs.file, with: {channels: "${channels}", depth: "${depth}"}}
      moved: {uses: augment.affine, in: {image: small_pictures, mask: small_masks}}
      small_pictures: {uses: image.resize, in: pictures, with: {size: 16}}
      small_masks: {uses: image.resize, in: pairs.mask, with: {size: 16}}
      picture_batch: {uses: tensor.normalize, in: small_pictures, with: {model: net}}
      saliency: {uses: model.saliency, in: picture_batch, with: {model: net}}
      classes_judged: {uses: metric.classification, in: {logits: logits, label: images.label}, with: {classes: [a, b]}}
      picture_features: {uses: model.encode, in: picture_batch, with: {model: net}}
      discs: {uses: model.segment, in: {features: picture_features, image: picture_batch}, with: {model: net}}
      discs_judged: {uses: metric.segmentation, in: {logits: discs, mask: small_masks}, with: {masks: [disc]}}
      focus: {uses: metric.saliency, in: {saliency: saliency, mask: small_masks}}
plan: {then: [predict]}
)";

constexpr const char* from_tars = R"(
leat: 1
params: {tar: {value: a.tar, doc: A tar of pictures.}}
phases:
  predict:
    nodes:
      tars: {uses: io.tars, with: {path: "${tar}", batch: 2}}
      decoded: {uses: image.decode, in: tars, with: {channels: gray}}
      small: {uses: image.resize, in: decoded, with: {size: 16}}
      files: {uses: write.image, in: {mask: small}, with: {masks: [gray], tar: true}}
      tar: {uses: write.tar, in: {entries: {files: files.entries}}}
      table: {uses: write.csv, in: {mask: small}, with: {masks: [gray], tars: tars}}
plan: {then: [predict]}
)";

constexpr const char* from_indexed_tars = R"(
leat: 1
params: {tar: {value: a.tar, doc: A tar of pictures.}}
resources: {tars: {uses: io.tar_set, with: {path: "${tar}", masks: [disc=mask.png]}}}
phases:
  predict:
    nodes:
      images: {uses: io.tar_images, with: {tars: tars, batch: 2}}
      decoded: {uses: image.decode, in: images.file, with: {channels: gray}}
      small: {uses: image.resize, in: decoded, with: {size: 16}}
      table: {uses: write.csv, in: {mask: small}, with: {masks: [gray]}}
plan: {then: [predict]}
)";

/// With dropout and a batch norm.
constexpr const char* of_pytorch = R"(
leat: 1
resources:
  net: {uses: model.torchscript, with: {file: forward/dropout.pt}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 4, batch: 2}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      net: {uses: model.forward, in: batch, with: {model: net, mode: train}}
      classes: {uses: loss.cross_entropy, in: {logits: net.output, label: chests.label}}
      loss: {uses: loss.total, in: {terms: {classes: classes}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam}}
plan: {train: {phase: train, steps: 6, checkpoint_every: 2}}
)";

/// Weighs its values, and divides by the number of rows.
struct HalfLoss final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Logits.", differentiable};
  Output<LossTerm> term{this, "term", "The mean of their squared distances from 1, too small.", differentiable};
  Param<bool> is_right{this, "is_right", "It divides by the weights.", false};

  void process(Frame& frame) const override {
    const RowWeights weights = RowWeights::of({frame.rows(logits)});
    LossTerm out = weights.term(at::mean((1 - frame[logits]) * (1 - frame[logits]), 1));
    if (!*is_right) out.weight = at::full({}, weights.size(), frame[logits].options());
    frame.put(term, out);
  }
};

constexpr const char* of_half_loss = R"(
leat: 1
params: {is_right: false}
resources:
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [NORMAL, PNEUMONIA], masks: []}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 8, batch: 4}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      half: {uses: test.half_loss, in: logits, with: {is_right: "${is_right}"}}
      right: {uses: loss.cross_entropy, in: {logits: logits, label: chests.label}}
      loss: {uses: loss.total, in: {terms: {half: half, right: right}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam}}
plan: {train: {phase: train, steps: 6, checkpoint_every: 2}}
)";

GraphDescription checked(GraphDescription graph, const Diagnostics& diagnostics) {
  REQUIRE_MESSAGE(!diagnostics.has_errors(), diagnostics.str());
  return graph;
}

GraphDescription shipped(const std::string& name, const std::vector<Setting>& settings) {
  Diagnostics diagnostics;
  GraphDescription graph = read_graph(fs::path(LEAT_SOURCE "/graphs") / (name + ".yaml"), settings, diagnostics);
  return checked(std::move(graph), diagnostics);
}

}  // namespace

TEST_CASE("conformance: every node of Leat runs in a graph here, and keeps what nodes promise") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "pictures");
  put_pictures(folder.path());
  fs::create_directories(folder / "classes");
  for (const char* name : {"a", "b"}) fs::rename(folder / name, folder / "classes" / name);
  Diagnostics diagnostics;
  std::vector<GraphDescription> graphs;
  const auto of_files = [&](const std::string& channels, const std::string& depth) {
    const std::vector<Setting> settings{{"folder", folder.path().string(), {}},
                                        {"channels", channels, {}},
                                        {"depth", depth, {}},
                                        {"in_channels", channels == "gray" ? "1" : "3", {}}};
    return checked(read_graph_text(from_files, "g.yaml", folder.path(), settings, diagnostics), diagnostics);
  };
  graphs.push_back(of_files("gray", "8"));
  const fs::path tar = folder / "pictures.tar";
  REQUIRE(std::system(("tar -C '" + (folder / "pictures").string() + "' -cf '" + tar.string() + "' .").c_str()) == 0);
  graphs.push_back(checked(read_graph_text(from_tars, "g.yaml", folder.path(), {{"tar", tar.string(), {}}}, diagnostics), diagnostics));
  graphs.push_back(
      checked(read_graph_text(from_indexed_tars, "g.yaml", folder.path(), {{"tar", tar.string(), {}}}, diagnostics), diagnostics));
  graphs.push_back(checked(read_graph_text(of_pytorch, "g.yaml", LEAT_SOURCE "/tests/data", {}, diagnostics), diagnostics));
  graphs.push_back(shipped("02_views", {}));
  graphs.push_back(shipped("04_pseudo_labels", {}));
  graphs.push_back(shipped("demo", {{"unlabelled", "40", {}}, {"tests", "4", {}}}));
  Registry registry;
  register_nodes(registry);
  ConformanceSettings settings;
  settings.steps = 2;
  const std::vector<std::string> ids = registry.node_ids();
  settings.types = {ids.begin(), ids.end()};
  settings.most = std::chrono::seconds(300);
  std::set<std::string> ran;
  for (const GraphDescription& graph : graphs) {
    const Conformance found = check_behaviour(graph, registry, settings);
    // A training needs the length of its sources.
    const bool is_of_tars = graph.resolved.find("uses: io.tars") != std::string::npos;
    if (is_of_tars) CHECK(found.why_not_resumed.find("finds its number of samples only at its end") != std::string::npos);
    else CHECK(found.why_not_resumed == "");
    CHECK(found.why_not_dropped == "");
    ran.insert(found.ran.begin(), found.ran.end());
    for (const Finding& one : found.findings) FAIL_CHECK(one.type << ": " << one.text);
    for (const std::string& type : found.ran) settings.types.erase(type);
  }
  for (const std::string& id : ids) CHECK_MESSAGE(ran.contains(id), id);
  // The nodes of pictures once more, on colours and on 16 bit.
  for (const auto& [channels, depth] : {std::pair("rgb", "8"), {"gray", "16"}}) {
    settings.types = {ids.begin(), ids.end()};
    for (const Finding& one : check_behaviour(of_files(channels, depth), registry, settings).findings)
      FAIL_CHECK(channels << ", " << depth << ": " << one.type << ": " << one.text);
  }
}

TEST_CASE("conformance: a loss whose term has the number of all rows for its weight is named, by what loss.total measures of it") {
  Registry registry;
  register_nodes(registry);
  leat::detail::register_type<HalfLoss>(registry, "test.half_loss", "Divides by all.", LaneKind::Device);
  ConformanceSettings settings;
  settings.types = {"test.half_loss"};
  for (const char* is_right : {"true", "false"}) {
    Diagnostics diagnostics;
    const GraphDescription graph =
        checked(read_graph_text(of_half_loss, "g.yaml", fs::current_path(), {{"is_right", is_right, {}}}, diagnostics), diagnostics);
    const Conformance found = check_behaviour(graph, registry, settings);
    std::string told, open;
    for (const Finding& one : found.findings) told += one.type + ": " + one.text + "\n";
    for (const Finding& one : found.not_judged) open += one.type + ": " + one.text + "\n";
    CAPTURE(told);
    CHECK(open == "");
    if (is_right == std::string("true")) CHECK(told == "");
    else {
      CHECK(told.starts_with("test.half_loss: counts the rows of dropped samples: the metric `half` of `loss`, which reads it, is "));
      CHECK(std::count(told.begin(), told.end(), '\n') == 1);
    }
  }
}
