#include <ATen/ops/roll.h>
#include <ATen/ops/zeros_like.h>
#include <stdexcept>

#include "model/stage.h"

namespace {
using namespace leat;

/// It differentiates its own pass, also in a phase without gradients, and nothing flows back through what it puts.
struct Saliency final : Node {
  Input<at::Tensor> image{this, "image", "N x 1 x H x W, float. As `tensor.normalize` makes it."};
  Output<at::Tensor> saliency{this, "saliency",
                              "N x 1 x H x W, float. The size of the gradient of the largest logit with respect to each pixel."};
  Uses<MultitaskUnet> model{this, "model", "The network; runs without dropout."};
  Choice of{this,
            "of",
            "Whose saliency it puts, to test what one is worth: the image's own; another's, that of the next row; none, zeros.",
            "own",
            {"own", "another", "none"}};
  Choice weights{this, "weights", "live: those that are trained; ema: their moving averages.", "live", {"live", "ema"}};

  void shapes(Shapes& shapes) const override {
    if (model->classes->empty()) throw Refusal("this network has no classification head: it names no `classes`", "model");
    check_size(shapes, image, *model);
  }

  void process(Frame& frame) const override {
    const at::Tensor& x = frame[image];
    if (const std::string text = wrong_size(*model, x.size(2), x.size(3)); !text.empty()) throw std::runtime_error(text);
    if (of == "none") {
      frame.put(saliency, at::zeros_like(x));
      return;
    }
    const at::Tensor own = leat::saliency(*model, x, weights == "live" ? Weights::Live : Weights::Averaged);
    frame.put(saliency, of == "another" ? at::roll(own, -1, 0) : own);
  }
};

}  // namespace

LEAT_NODE(Saliency, "model.saliency", "Finds the pixels that a network's classification hangs on.", leat::LaneKind::Device)
