#include <ATen/ops/roll.h>
#include <ATen/ops/zeros_like.h>

#include "model/stage.h"

namespace {
using namespace leat;

/// Runs and differentiates its own pass, even in a phase without gradients. No gradient flows back through the output.
struct Saliency final : Node {
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
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }

  void process(Frame& frame) const override {
    const at::Tensor& x = frame[image];
    check_input(*model, x);
    if (of == "none") {
      frame.put(saliency, at::zeros_like(x.narrow(1, 0, 1)));
      return;
    }
    const at::Tensor own = leat::saliency(*model, x, weights == "live" ? Weights::Live : Weights::Averaged);
    frame.put(saliency, of == "another" ? at::roll(own, -1, 0) : own);
  }
};

}  // namespace

LEAT_NODE(Saliency, "model.saliency", "Computes how much a network's classification depends on each pixel.", leat::LaneKind::Device)
