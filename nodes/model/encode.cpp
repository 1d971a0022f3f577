#include <ATen/core/grad_mode.h>

#include "model/stage.h"

namespace {
using namespace leat;

struct Encode final : StageWithDropout {
  Input<at::Tensor> image{this, "image",
                          "N x C x H x W, float. The images from `tensor.normalize`. Both sides must be multiples of 2^(stages - 1), or of "
                          "2^stages with `pool_before_head`."};
  Output<Features> features{this, "features", "N x ... The output of each encoder stage, for `model.classify` and `model.segment`.",
                            differentiable};

  void shapes(Shapes& shapes) const override { check_size(shapes, image, *model); }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }

  void process(Frame& frame) const override {
    const at::Tensor& x = frame[image];
    check_input(*model, x);
    const at::AutoGradMode gradients(records_gradients());
    frame.put(features, encode(*model, x, pass(frame, image)));
  }
};

}  // namespace

LEAT_NODE(Encode, "model.encode", "Runs a network's encoder on images.", leat::LaneKind::Device)
