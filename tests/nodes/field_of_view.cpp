#include <string>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/own_nodes.h"

// Pixels at the same position must show the same place. Where a node changes the field of view of only one of two inputs, `check` says so.

using namespace leat;
using namespace leat::test;

namespace {

/// A training on drawn chests. IMAGE and MASK are the pictures that the network and the loss take; NODES are further nodes.
std::string training(const std::string& nodes, const std::string& image, const std::string& mask) {
  return R"(leat: 1
title: masks of drawn chests
resources:
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [A, B], masks: [lungs]}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: 4, batch: 2}}
)" + nodes +
         R"(      batch: {uses: tensor.normalize, in: )" + image + R"(, with: {model: net}}
      masks: {uses: tensor.masks, in: )" +
         mask + R"(}
      features: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      lungs: {uses: model.segment, in: {features: features, image: batch}, with: {model: net, mode: train}}
      dice: {uses: loss.dice, in: {logits: lungs, mask: masks}}
      total: {uses: loss.total, in: {terms: {dice: dice}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
plan:
  train: {phase: train, steps: 1}
)";
}

std::string told(const std::string& nodes, const std::string& image, const std::string& mask) {
  return mistakes(own_nodes(), training(nodes, image, mask));
}

constexpr std::string_view differ = "`logits` and `mask` have different fields of view";

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("field of view: padding of the image alone is refused at its loss, with the node that pads") {
  const std::string pad = "      fit: {uses: image.resize, in: chests.image, with: {size: 48, height: 24, fit: pad}}\n";
  const std::string squash = "      fit_mask: {uses: image.resize, in: chests.mask, with: {size: 48, height: 24, method: nearest}}\n";
  const std::string text = told(pad + squash, "fit", "fit_mask");
  CHECK(says(text, differ));
  CHECK(says(text, "`fit` (fit: pad, 2:1) changes that of `logits` only"));
  CHECK(says(text, "mask: masks"));
}

TEST_CASE("field of view: equal padding of image and mask is accepted, at any size of one ratio") {
  const std::string pad = "      fit: {uses: image.resize, in: chests.image, with: {size: 32, height: 16, fit: pad}}\n";
  const auto mask = [](const std::string& with) {
    return "      fit_mask: {uses: image.resize, in: chests.mask, with: {" + with + ", fit: pad, method: nearest}}\n";
  };
  CHECK(told(pad + mask("size: 64, height: 32"), "fit", "fit_mask").empty());
  CHECK(told(pad + mask("size: 64, height: 16"), "fit", "fit_mask") != "");
}

TEST_CASE("field of view: random motion must be that of one node") {
  const std::string moved = "      moved: {uses: augment.affine, in: {image: chests.image, mask: chests.mask}}\n";
  CHECK(told(moved, "moved.image", "moved.mask").empty());
  CHECK(says(told(moved, "moved.image", "chests.mask"), "`moved` changes that of `logits` only"));
  const std::string alone = "      alone: {uses: augment.affine, in: {image: chests.mask}}\n";
  CHECK(says(told(moved + alone, "moved.image", "alone.image"), "`moved` changes that of `logits`, and `alone` that of `mask`"));
  CHECK(says(told("      view: {uses: augment.weak, in: chests.image}\n", "view", "chests.mask"), "`view` changes that of `logits` only"));
  const std::string late =
      "      view: {uses: augment.weak, in: chests.image}\n      moved: {uses: augment.affine, in: {image: view, mask: chests.mask}}\n";
  CHECK(says(told(late, "moved.image", "moved.mask"), "`image` and `mask` have different fields of view"));
}

TEST_CASE("field of view: a view that moves nothing keeps it") {
  CHECK(told("      view: {uses: augment.weak, in: chests.image, with: {flip: 0, pad: 0}}\n", "view", "chests.mask").empty());
  const auto strong = [](const std::string& with) {
    return "      view: {uses: augment.strong, in: chests.image, with: {" + with + "}}\n";
  };
  CHECK(told(strong("flip: 0, pad: 0, pool: [contrast, identity]"), "view", "chests.mask").empty());
  CHECK(told(strong("flip: 0, pad: 0, operations: [0, 0]"), "view", "chests.mask").empty());
  CHECK(says(told(strong("flip: 0, pad: 0, pool: [contrast, shear_x]"), "view", "chests.mask"), differ));
}

TEST_CASE("field of view: a change that is made twice differs from one, and what several inputs share counts once") {
  const auto pad = [](const std::string& name, const std::string& of, const std::string& size) {
    return "      " + name + ": {uses: image.resize, in: " + of + ", with: {" + size + ", fit: pad}}\n";
  };
  const std::string wide = "size: 32, height: 16", square = "size: 32";
  const std::string moved = "      moved: {uses: augment.affine, in: {image: one, mask: two}}\n";
  const std::string both = pad("one", "chests.image", wide) + pad("two", "chests.mask", wide) + moved +
                           pad("three", "moved.image", square) + pad("four", "moved.mask", square);
  CHECK(told(both, "three", "four").empty());
  const std::string again = both + pad("five", "three", wide) + pad("six", "five", square);
  CHECK(says(told(again, "six", "four"), "`five` (fit: pad, 2:1) changes that of `logits` only"));
}

TEST_CASE("field of view: padding to the ratio that an image has is none") {
  const std::string same = "      fit: {uses: image.resize, in: chests.image, with: {size: 48, fit: pad}}\n";
  const std::string mask = "      fit_mask: {uses: image.resize, in: chests.mask, with: {size: 48, method: nearest}}\n";
  CHECK(told(same + mask, "fit", "fit_mask").empty());
}
