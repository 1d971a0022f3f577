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

  void process(Frame& frame) const override { process_alone(frame); }

  void process_merged(std::span<Frame* const> frames) const override {
    std::vector<at::Tensor> images;
    for (const Frame* frame : frames) {
      check_input(*model, (*frame)[image]);
      images.push_back((*frame)[image]);
    }
    const at::AutoGradMode gradients(records_gradients());
    const Features whole = encode(*model, joined_rows(images), pass(frames, image));
    std::vector<Features> parts = rows_of_each(whole, counts_of(images));
    for (std::size_t k = 0; k < frames.size(); ++k) frames[k]->put(features, std::move(parts[k]));
  }
};

}  // namespace

LEAT_NODE(Encode, "model.encode", "Runs a network's encoder on images.", leat::LaneKind::Device)
