#include <ATen/ops/roll.h>
#include <ATen/ops/zeros_like.h>

#include "model/stage.h"

namespace {
using namespace leat;

/// Runs and differentiates its own pass, even in a phase without gradients. No gradient flows back through the output.
struct Saliency final : Node, MergesPasses {
  Input<at::Tensor> image{this, "image", "N x C x H x W, float. The images from `tensor.normalize`."};
  Output<at::Tensor> saliency{
      this, "saliency",
      "N x 1 x H x W, float. The absolute gradient of the largest logit with respect to each pixel; of a colour image, the maximum over "
      "its channels. With `bridge.scale: max` of the network it is divided by its largest value."};
  Uses<MultitaskUnet> model{this, "model", "The network. It runs without dropout."};
  Choice of{this,
            "of",
            "Saliency map of the output, for ablations. own: the image's own; another: the map of the next row; none: zeros.",
            "own",
            {"own", "another", "none"}};
  Choice weights{this,
                 "weights",
                 "Weights to use. live: the weights that are trained; ema: their exponential moving averages.",
                 "live",
                 {"live", "ema"}};

  void shapes(Shapes& shapes) const override {
    if (model->classes->empty()) throw Refusal("this network has no classification head: it names no `classes`", "model");
    check_size(shapes, image, *model);
  }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return of == "another" ? RowsOfRanks::All : RowsOfRanks::Own; }

  void process(Frame& frame) const override { process_alone(frame); }

  void process_merged(std::span<Frame* const> frames) const override {
    std::vector<at::Tensor> images;
    for (const Frame* frame : frames) {
      check_input(*model, (*frame)[image]);
      images.push_back((*frame)[image]);
    }
    const std::vector<at::Tensor> parts = rows_of_each(maps_of(joined_rows(images)), counts_of(images));
    for (std::size_t k = 0; k < frames.size(); ++k) frames[k]->put(saliency, of == "another" ? at::roll(parts[k], -1, 0) : parts[k]);
  }

 private:
  [[nodiscard]] at::Tensor maps_of(const at::Tensor& images) const {
    if (of == "none") return at::zeros_like(images.narrow(1, 0, 1));
    return leat::saliency(*model, images, weights == "live" ? Weights::Live : Weights::Averaged);
  }
};

}  // namespace

LEAT_NODE(Saliency, "model.saliency", "Computes how much a network's classification depends on each pixel.", leat::LaneKind::Device)
