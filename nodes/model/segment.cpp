#include <ATen/core/grad_mode.h>

#include "model/stage.h"

namespace {
using namespace leat;

struct Segment final : StageWithDropout {
  Input<Features> features{this, "features", "N x ... Features of `model.encode` with the same network.", differentiable};
  Input<at::Tensor> image{this, "image", "N x C x H x W, float. The images that the features come from."};
  OptionalInput<at::Tensor> saliency{
      this, "saliency", "N x 1 x H x W, float. The map from `model.saliency`; required if the network has a bridge, else not allowed."};
  Output<at::Tensor> logits{this, "logits", "N x masks x H x W, float. A logit for each structure and pixel.", differentiable};

  void shapes(Shapes& shapes) const override {
    if (model->masks->empty()) throw Refusal("this network has no decoder: it names no `masks`", "model");
    const bool has_bridge = !(model->bridge_join == "none");
    if (has_bridge && !shapes.is_connected(saliency))
      throw Refusal("the network has a saliency bridge, but `saliency` is not connected", "saliency",
                    "connect `model.saliency`, or set `bridge: {join: none}`");
    if (!has_bridge && shapes.is_connected(saliency))
      throw Refusal("the network has no bridge that would take a saliency", "saliency", "leave it out, or set `bridge: {join: deepest}`");
    check_size(shapes, image, *model);
    const Contract given = shapes.of(image);
    Contract out = logits.contract();
    out.dims[1] = Dim::named(*model->masks, &*model, "masks").with_multi_label(true, &*model, "masks");
    if (given.dims.size() == 4) {
      out.dims[2] = given.dims[2];
      out.dims[3] = given.dims[3];
    }
    shapes.set(logits, out);
  }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }

  void process(Frame& frame) const override {
    check_input(*model, frame[image]);
    const at::AutoGradMode gradients(records_gradients());
    const at::Tensor* of_pixels = frame[saliency];
    frame.put(logits, segment(*model, frame[features], frame[image], of_pixels ? *of_pixels : at::Tensor(), pass(frame, image)));
  }
};

}  // namespace

LEAT_NODE(Segment, "model.segment", "Runs a network's decoder on features, to a mask for each structure.", leat::LaneKind::Device)
