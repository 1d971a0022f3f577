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

  void process(Frame& frame) const override { process_alone(frame); }

  void process_merged(std::span<Frame* const> frames) const override {
    std::vector<const Features*> given;
    std::vector<at::Tensor> images, of_pixels;
    for (const Frame* frame : frames) {
      check_input(*model, (*frame)[image]);
      given.push_back(&(*frame)[features]);
      images.push_back((*frame)[image]);
      if (const at::Tensor* one = (*frame)[saliency]) of_pixels.push_back(*one);
    }
    const at::AutoGradMode gradients(records_gradients());
    const at::Tensor map = of_pixels.empty() ? at::Tensor() : joined_rows(of_pixels);
    const at::Tensor whole = segment(*model, joined_rows(given), joined_rows(images), map, pass(frames, image));
    std::vector<at::Tensor> parts = rows_of_each(whole, counts_of(images));
    for (std::size_t k = 0; k < frames.size(); ++k) frames[k]->put(logits, std::move(parts[k]));
  }
};

}  // namespace

LEAT_NODE(Segment, "model.segment", "Runs a network's decoder on features, to a mask for each structure.", leat::LaneKind::Device)
