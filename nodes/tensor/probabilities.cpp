#include <ATen/TensorOperators.h>

#include "leat/leat.h"
#include "leat/tensor.h"

namespace {
using namespace leat;

struct Probabilities final : Node {
  Input<at::Tensor> logits{this, "logits", "N x K x ..., float. Logits, one channel per class or structure."};
  Output<at::Tensor> probabilities{this, "probabilities", "N x K x ..., float, 0..1. The probabilities, without a gradient graph."};
  Choice kind{
      this, "kind", "softmax: exactly one channel is true; sigmoid: each channel independently.", "softmax", {"softmax", "sigmoid"}};

  void shapes(Shapes& shapes) const override {
    Contract out = shapes.of(logits);
    const bool are_several = kind == "sigmoid";
    if (out.dims.size() > 1) {
      if (out.dims[1].multi_label && out.dims[1].multi_label->is_on != are_several)
        throw Refusal(are_several ? "exactly one entry of `logits` holds, but a sigmoid takes each by itself"
                                  : "several entries of `logits` may hold at once, but softmax makes their probabilities sum to 1",
                      "kind", are_several ? "set `kind: softmax`" : "set `kind: sigmoid`");
      if (!are_several && out.dims[1].size == 1)
        throw Refusal("the softmax of one channel alone is always 1", "kind", "set `kind: sigmoid`");
      out.dims[1] = out.dims[1].with_multi_label(are_several, this, "kind");
    }
    out.low = 0;
    out.high = 1;
    out.has_range = true;
    shapes.set(probabilities, out);
  }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }

  void process(Frame& frame) const override {
    const at::Tensor x = frame[logits].detach();
    // The sigmoid of an infinite logit is 0 or 1. Adding x - x gives NaN instead, so the fault is not hidden.
    frame.put(probabilities, kind == "softmax" ? x.softmax(1) : x.sigmoid() + (x - x));
  }
};

}  // namespace

LEAT_NODE(Probabilities, "tensor.probabilities", "Makes probabilities of logits.", leat::LaneKind::Device)
