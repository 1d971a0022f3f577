#include <ATen/TensorOperators.h>
#include <ATen/ops/logit.h>

#include "leat/leat.h"
#include "leat/tensor.h"

namespace {
using namespace leat;

struct Logits final : Node {
  Input<at::Tensor> probabilities{this, "probabilities", "N x K x ..., float, 0..1. Probabilities, one channel per class or structure."};
  Output<at::Tensor> logits{
      this, "logits",
      "N x K x ..., float. Logits whose softmax or sigmoid are the probabilities, on the CPU, without a gradient graph. "
      "Probabilities count as at least 1e-30 for softmax, and as 1e-7 to 1 - 1e-7 for sigmoid."};
  Choice kind{
      this, "kind", "softmax: exactly one channel is true; sigmoid: each channel independently.", "softmax", {"softmax", "sigmoid"}};

  void shapes(Shapes& shapes) const override {
    Contract out = shapes.of(probabilities);
    const bool are_several = kind == "sigmoid";
    if (out.dims.size() > 1 && out.dims[1].multi_label && out.dims[1].multi_label->is_on != are_several)
      throw Refusal(are_several ? "exactly one entry of `probabilities` holds, but a sigmoid takes each by itself"
                                : "several entries of `probabilities` may hold at once, but softmax makes them sum to 1",
                    "kind", are_several ? "set `kind: softmax`" : "set `kind: sigmoid`");
    if (out.dims.size() > 1) out.dims[1] = out.dims[1].with_multi_label(are_several, this, "kind");
    out.has_range = false;
    shapes.set(logits, out);
  }

  void process(Frame& frame) const override {
    const at::Tensor given = frame[probabilities].detach().to(at::kCPU, at::kFloat);
    constexpr double least = 1e-30, margin = 1e-7;
    frame.put(logits, kind == "softmax" ? given.clamp_min(least).log() : at::logit(given, margin));
  }
};

}  // namespace

LEAT_NODE(Logits, "tensor.logits",
          "Makes logits of probabilities, so that a metric of logits can judge a mean of several networks. It runs on the workers.")
