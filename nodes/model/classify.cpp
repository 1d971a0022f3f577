#include <ATen/core/grad_mode.h>

#include "model/stage.h"

namespace {
using namespace leat;

struct Classify final : Stage {
  Input<Features> features{this, "features", "N x ... Features of `model.encode` with the same network.", differentiable};
  Output<at::Tensor> logits{this, "logits", "N x classes, float. One logit per class.", differentiable};

  void shapes(Shapes& shapes) const override {
    if (model->classes->empty()) throw Refusal("this network has no classification head: it names no `classes`", "model");
    Contract out = logits.contract();
    out.dims[1] = Dim::named(*model->classes, &*model, "classes").with_multi_label(*model->multi_label, &*model, "multi_label");
    shapes.set(logits, out);
  }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }

  void process(Frame& frame) const override { process_alone(frame); }

  void process_merged(std::span<Frame* const> frames) const override {
    std::vector<at::Tensor> pooled;
    for (const Frame* frame : frames) pooled.push_back((*frame)[features].pooled);
    const at::AutoGradMode gradients(records_gradients());
    std::vector<at::Tensor> parts = rows_of_each(classify(*model, {{}, joined_rows(pooled)}, which()), counts_of(pooled));
    for (std::size_t k = 0; k < frames.size(); ++k) frames[k]->put(logits, std::move(parts[k]));
  }
};

}  // namespace

LEAT_NODE(Classify, "model.classify", "Runs a network's classification head on features.", leat::LaneKind::Device)
