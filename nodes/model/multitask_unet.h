#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/model.h"
#include "model/layout.h"

namespace leat {

/// One encoder, a classification head and a U-Net decoder with a saliency bridge (Haque et al., "Generalized multi-task learning from
/// substantially unlabeled multi-source medical image data", MELBA 2021:011). It holds settings and weights; the stages `model.encode`,
/// `.classify`, `.saliency` and `.segment` compute with them. There is no batch norm: it would couple the rows of a batch, and so the
/// streams that meet in one. `standardized` weights stand in for it (Qiao et al., "Micro-batch training with batch-channel normalization
/// and weight standardization", 2019). [worker], on the device lane
class MultitaskUnet final : public Model {
 public:
  static constexpr std::string_view kind = "multi-task U-Net";
  static constexpr std::string_view header = {};

  Param<std::vector<int>> channels{this, "channels",
                                   "Channels of the encoder's stages, finest first; the decoder mirrors all but the last.",
                                   std::vector<int>{16, 32, 64, 128, 256}};
  Choice norm{this,
              "norm",
              "After each convolution; instance has no weights, the others scale and shift each channel.",
              "group",
              {"instance", "instance_affine", "group"}};
  Param<int> groups{this, "groups", "Of a group norm; a layer has half as many groups as channels where that is less.", 8, {1, 1024}};
  Param<bool> standardized{this, "standardized",
                           "Whether the weights of each output of a 3 x 3 convolution are brought to mean 0 and variance 1 before it "
                           "(weight standardization).",
                           false};
  Param<double> dropout{
      this, "dropout", "Share of values set to 0 at the end of each block of two convolutions, in mode train.", 0.0, {0.0, 0.9}};
  Param<bool> bias{this, "bias", "Whether the 3 x 3 convolutions have one; a norm without weights makes it idle.", true};
  Param<double> slope{this, "slope", "Of the leaky ReLU below 0.", 0.1, {0.0, 1.0}};
  Param<bool> pool_before_head{this, "pool_before_head",
                               "Whether the deepest stage is max-pooled once more before the head takes its mean.", false};
  Choice bridge_join{this,
                     "bridge.join",
                     "Where picture and saliency join the decoder: deepest feature, or after its first upsampling.",
                     "none",
                     {"none", "deepest", "first_stage"}};
  Choice bridge_scale{this, "bridge.scale", "What a picture's saliency is divided by.", "none", {"none", "max"}};
  Choice bridge_resize{this,
                       "bridge.resize",
                       "How the bridge is brought to the size it joins at; bilinear takes no mean over what it skips.",
                       "area",
                       {"bilinear", "area"}};
  Param<std::vector<std::string>> classes{this, "classes", "Names of the classes; none: no classification head.",
                                          std::vector<std::string>{}};
  Param<bool> multi_label{this, "multi_label", "Several classes may hold at once: probabilities are sigmoids.", false};
  Param<std::vector<std::string>> masks{this, "masks", "Names of the structures to segment, a sigmoid channel each; none: no decoder.",
                                        std::vector<std::string>{}};
  Param<double> mean{this, "mean", "The input is (v/255 - mean) / deviation.", 0.45, {0.0, 1.0}};
  Param<double> deviation{this, "deviation", "The input is (v/255 - mean) / deviation.", 0.25, {0.001, 10.0}};
  Param<FilePath> weights{this, "weights",
                          "A safetensors file to start from; it may have classes and masks in another order. Empty: drawn.", FilePath{}};
  Param<std::string> initial{this, "initial", "Draws the first weights as the network of this name would; empty: its own name.",
                             std::string{}};

  void survey(const Opening& opening) override;
  void open(const Opening& opening) override;
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> facts() const override {
    return {{"weights", count()}, {"multiply_adds", multiply_adds()}};
  }
  /// Settings stand in the metadata.
  void save(Archive& archive) const override;
  void load(const Archive& archive) override;

  [[nodiscard]] Normalization normalization() const override { return {*mean, *deviation}; }
  [[nodiscard]] UnetShape shape() const;
  /// What height and width of an input have to be a multiple of.
  [[nodiscard]] std::int64_t side_multiple() const;
  [[nodiscard]] std::int64_t groups_of(std::int64_t layer_channels) const;

  // ---- After `open` ----
  [[nodiscard]] const UnetLayout& layout() const { return layout_; }  ///< Its slots are in the order of `parameters()`.
  /// The number of weights of encoder and head.
  [[nodiscard]] std::int64_t count_without_decoder() const;
  /// Of all convolutions in one pass forward, for each pixel of the input; a pass's FLOPs are twice as many times its pixels.
  [[nodiscard]] std::int64_t multiply_adds() const;

 private:
  void check_settings() const;
  /// Those of the file `weights`, with classes and structures in the order that they have here.
  [[nodiscard]] Archive first_weights() const;
  [[nodiscard]] std::vector<Slot> slots() const;

  UnetLayout layout_;
};

}  // namespace leat
