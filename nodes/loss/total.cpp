#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <algorithm>
#include <stdexcept>
#include <string>

#include "leat/leat.h"
#include "leat/loss_term.h"
#include "leat/tensor.h"
#include "loss/known_mean.h"
#include "loss/ramp.h"
#include "tensor/readout.h"

namespace {
using namespace leat;

struct Total final : Node {
  Inputs<LossTerm> terms{this, "terms", "Loss terms, each under a name.", differentiable};
  Output<at::Tensor> loss{this, "loss", "A scalar, float. The sum of weight x mean of each term.", differentiable};
  Metric of_term{this, "{terms}", Better::Lower, "Mean of a term, before its weight. Undefined in a step in which no sample of it counts."};
  Metric total{this, "loss", Better::Lower, "Weighted sum of the terms."};
  Param<std::map<std::string, double>> weights{this, "weights", "Weight of each term, by name. A term that is not listed has weight 1.",
                                               std::map<std::string, double>{}};
  Param<std::map<std::string, double>> ramp{
      this, "ramp",
      "Fraction of the phase's steps, 0..1, in which a term's weight rises linearly from 0, by name. A term that is not listed has "
      "its full weight at once.",
      std::map<std::string, double>{}};

  void shapes(Shapes& shapes) const override {
    std::vector<std::string> names;
    for (int k = 0; k < shapes.count(terms); ++k) names.push_back(shapes.member(terms, k));
    if (names.empty()) throw Refusal("no loss is connected to `terms`", "terms");
    for (const auto* param : {&weights, &ramp})
      for (const auto& [name, number] : **param)
        if (std::find(names.begin(), names.end(), name) == names.end())
          throw Refusal("`" + std::string(param->name()) + "` names `" + name + "`, which is not a term", std::string(param->name()),
                        name_hint(name, names));
    if (std::find(names.begin(), names.end(), "loss") != names.end())
      throw Refusal("a term cannot be named `loss`, because the metric of the sum has this name", "terms");
    for (const auto& [name, fraction] : *ramp)
      if (!(fraction >= 0 && fraction <= 1))
        throw Refusal("`ramp` of `" + name + "` is " + std::to_string(fraction) + "; the range is 0..1", "ramp");
  }

  bool has_equal_steps() const override { return true; }

  void process(Frame& frame) const override {
    const auto all = frame[terms];
    std::vector<at::Tensor> shown;
    at::Tensor sum;
    for (const auto& [name, term] : all) {
      if (term->sum.dim() != 0 || term->weight.dim() != 0)
        throw std::runtime_error("the term `" + std::string(name) + "` is not two scalars, but " +
                                 ValueTraits<at::Tensor>::describe(term->sum) + " and " + ValueTraits<at::Tensor>::describe(term->weight) +
                                 ": `RowWeights::term` makes them");
      shown.push_back(known_mean(*term));
      const at::Tensor weighted = scaled(mean(*term), std::string(name), frame.key());
      sum = sum.defined() ? sum + weighted : weighted;
    }
    shown.push_back(sum);
    const Readout numbers(shown);
    for (std::size_t k = 0; k < all.size(); ++k) frame.metric(of_term.of(all[k].first), numbers.number(static_cast<int>(k)));
    frame.metric(total, numbers.number(static_cast<int>(all.size())));
    frame.put(loss, sum);
  }

 private:
  [[nodiscard]] at::Tensor scaled(const at::Tensor& value, const std::string& name, const FrameKey& key) const {
    const auto weight = weights->find(name);
    const at::Tensor weighted = weight == weights->end() ? value : value * weight->second;
    const auto rise = ramp->find(name);
    if (rise == ramp->end()) return weighted;
    // A number that changes from step to step is a tensor, so that a captured step reads its new value.
    return weighted * at::full({}, leat::ramp(rise->second, key.step, key.steps), value.options().requires_grad(false));
  }
};

}  // namespace

LEAT_NODE(Total, "loss.total", "Adds up loss terms, each divided by its number of samples, with weights that can rise during training.",
          leat::LaneKind::Device)
