#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/model.h"
#include "leat/starts_from_run.h"
#include "model/layout.h"

namespace leat {

/// One encoder, a classification head and a U-Net decoder with a saliency bridge (Haque et al., "Generalized multi-task learning from
/// substantially unlabeled multi-source medical image data", MELBA 2021:011). It has the settings and weights; the stages `model.encode`,
/// `.classify`, `.saliency` and `.segment` compute with them. There is no batch norm, because it would couple the rows of a batch and so
/// its streams. `standardized` weights can replace it (Qiao et al., "Micro-batch training with batch-channel normalization and weight
/// standardization", 2019). Called on the device lane. [worker]
class MultitaskUnet final : public Model, public StartsFromRun {
 public:
  static constexpr std::string_view kind = "multi-task U-Net";
  static constexpr std::string_view header = {};

  Param<std::vector<int>> channels{
      this, "channels", "Number of channels of each encoder stage, finest first. The decoder mirrors all stages except the last.",
      std::vector<int>{16, 32, 64, 128, 256}};
  Param<int> in_channels{this, "in_channels", "Number of channels of the images: 1 for gray, 3 for colour.", 1, {1, 64}};
  Choice norm{this,
              "norm",
              "Normalization after each 3 x 3 convolution. instance: instance norm without weights; instance_affine: instance norm with a "
              "scale and a shift per channel; group: group norm with a scale and a shift per channel.",
              "group",
              {"instance", "instance_affine", "group"}};
  Param<int> groups{this,
                    "groups",
                    "Maximum number of groups for `norm: group`. A layer has half as many groups as channels if that is less.",
                    8,
                    {1, 1024}};
  Param<bool> standardized{this, "standardized",
                           "Weight standardization. true: the weights of each output channel of a 3 x 3 convolution are scaled to mean 0 "
                           "and variance 1 before each pass.",
                           false};
  Param<double> dropout{this,
                        "dropout",
                        "Fraction of values that dropout sets to 0 after each block of two convolutions, with `mode: train`.",
                        0.0,
                        {0.0, 0.9}};
  Param<bool> bias{this, "bias", "Bias of the 3 x 3 convolutions. With an instance norm it has no effect.", true};
  Param<double> slope{this, "slope", "Slope of the leaky ReLU for negative inputs.", 0.1, {0.0, 1.0}};
  Param<bool> pool_before_head{this, "pool_before_head", "Max-pools the deepest stage once more before the head averages it.", false};
  Choice bridge_join{this,
                     "bridge.join",
                     "Place where the image and its saliency map join the decoder. none: no bridge; deepest: at the deepest stage; "
                     "first_stage: after the first upsampling.",
                     "none",
                     {"none", "deepest", "first_stage"}};
  Choice bridge_scale{
      this, "bridge.scale", "Divisor of an image's saliency map. none: no division; max: its largest value.", "none", {"none", "max"}};
  Choice bridge_resize{this,
                       "bridge.resize",
                       "Resizing of the image and its saliency map for the bridge. bilinear: interpolates four neighbours and skips the "
                       "rest (no anti-aliasing); area: each output pixel is the mean of the pixels it covers.",
                       "area",
                       {"bilinear", "area"}};
  Param<std::vector<std::string>> classes{this, "classes", "Names of the classes. Empty: no classification head.",
                                          std::vector<std::string>{}};
  Param<bool> multi_label{
      this, "multi_label",
      "Meaning of the class logits. true: several classes can be present at once (sigmoid); false: exactly one class (softmax).", false};
  Param<std::vector<std::string>> masks{this, "masks", "Names of the structures to segment, one sigmoid channel each. Empty: no decoder.",
                                        std::vector<std::string>{}};
  Param<PerChannel> mean{this, "mean", mean_sentence, 0.45, mean_range};
  Param<PerChannel> deviation{this, "deviation", deviation_sentence, 0.25, deviation_range};
  Param<FilePath> weights{
      this, "weights",
      "The initial weights: a safetensors file, a file of `leat export`, or the folder of a run (its best weights, or its last). They can "
      "have the classes and masks in another order. Empty: random weights.",
      FilePath{}};
  Param<std::vector<std::string>> weights_parts{
      this, "weights_parts",
      "Beginnings of the names of weights to take from `weights`, such as `encoder.`; the others are random, so classes and masks can be "
      "other ones. Empty: all.",
      std::vector<std::string>{}};
  Param<std::string> initial{this, "initial",
                             "Name that seeds the initial weights. Empty: the resource's own name. Two networks with the same `initial` "
                             "and the same shape start with equal weights.",
                             std::string{}};

  /// Returns true if `weights` must have the same value of a setting.
  [[nodiscard]] bool needs_equal(std::string_view setting) const;
  void survey(const Opening& opening) override;
  void open(const Opening& opening) override;
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> facts() const override {
    return {{"weights", count()}, {"multiply_adds", multiply_adds()}};
  }
  [[nodiscard]] std::vector<KnownWeight> known_weights() const override;
  [[nodiscard]] std::filesystem::path starts_from() const override { return weights->path; }
  [[nodiscard]] std::vector<std::string_view> starting_params() const override { return {weights.name(), weights_parts.name()}; }
  /// The settings are in the metadata.
  void save(Archive& archive) const override;
  void load(const Archive& archive) override;

  [[nodiscard]] Normalization normalization() const override { return {*mean, *deviation}; }
  [[nodiscard]] UnetShape shape() const;
  /// Returns the number of which an input's height and width must be multiples.
  [[nodiscard]] std::int64_t side_multiple() const;
  [[nodiscard]] std::int64_t groups_of(std::int64_t layer_channels) const;

  // ---- After `open` ----
  [[nodiscard]] const UnetLayout& layout() const { return layout_; }  ///< Its slots are in the order of `parameters()`.
  /// Returns the number of weights of encoder and head.
  [[nodiscard]] std::int64_t count_without_decoder() const;
  /// Returns the multiply-adds of all convolutions in a forward pass, per input pixel. The FLOPs of a pass are twice this times its pixels.
  [[nodiscard]] std::int64_t multiply_adds() const;

 private:
  void check_settings() const;
  /// Returns the weights of the file `weights`, with classes and structures in this network's order.
  [[nodiscard]] Archive first_weights(const std::string& name) const;
  /// Returns true if a weight comes from `weights`, if that is set.
  [[nodiscard]] bool takes(std::string_view weight) const;
  [[nodiscard]] bool takes_any_of(std::string_view layer) const;  ///< `layer`: `head.` or `masks.`.
  void check_parts() const;
  [[nodiscard]] std::vector<Slot> slots() const;  ///< Of the weights that `takes`.

  UnetLayout layout_;
};

}  // namespace leat
