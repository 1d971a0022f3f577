#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <algorithm>
#include <stdexcept>
#include <string>

#include "leat/leat.h"
#include "leat/loss_term.h"
#include "leat/tensor.h"
#include "loss/ramp.h"
#include "tensor/readout.h"

namespace {
using namespace leat;

struct Total final : Node {
  Inputs<LossTerm> terms{this, "terms", "Losses by name.", differentiable};
  Output<at::Tensor> loss{this, "loss", "A scalar, float. The sum of weight x mean of each term.", differentiable};
  Metric of_term{this, "{term}", Better::Lower, "The mean of a term, without its weight."};
  Metric total{this, "loss", Better::Lower, "The sum."};
  Param<std::map<std::string, double>> weights{this, "weights", "Of terms by name; 1 where none is given.",
                                               std::map<std::string, double>{}};
  Param<std::map<std::string, double>> ramp{
      this, "ramp", "Of terms by name: the share of the phase's steps, 0..1, over which the weight rises linearly from 0.",
      std::map<std::string, double>{}};

  void shapes(Shapes& shapes) const override {
    std::vector<std::string> names;
    for (int k = 0; k < shapes.count(terms); ++k) names.push_back(shapes.member(terms, k));
    if (names.empty()) throw Refusal("there is no term to add up", "terms");
    for (const auto* param : {&weights, &ramp})
      for (const auto& [name, number] : **param)
        if (std::find(names.begin(), names.end(), name) == names.end())
          throw Refusal("`" + std::string(param->name()) + "` names `" + name + "`, which is no term", std::string(param->name()),
                        name_hint(name, names));
    if (std::find(names.begin(), names.end(), "loss") != names.end())
      throw Refusal("a term cannot be called `loss`, the sum's metric is", "terms");
    for (const auto& [name, fraction] : *ramp)
      if (!(fraction >= 0 && fraction <= 1))
        throw Refusal("`ramp` of `" + name + "` is " + std::to_string(fraction) + ", its range is 0..1", "ramp");
  }

  void process(Frame& frame) const override {
    const auto all = frame[terms];
    std::vector<at::Tensor> shown;
    at::Tensor sum;
    for (const auto& [name, term] : all) {
      if (term->sum.dim() != 0 || term->weight.dim() != 0)
        throw std::runtime_error("the term `" + std::string(name) + "` is not two scalars, but " +
                                 ValueTraits<at::Tensor>::describe(term->sum) + " and " + ValueTraits<at::Tensor>::describe(term->weight) +
                                 ": `RowWeights::term` makes them");
      shown.push_back(mean(*term));
      const at::Tensor weighted = scaled(shown.back(), std::string(name), frame.key());
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
    // What changes from step to step is a tensor, so that a captured step sees it.
    return weighted * at::full({}, leat::ramp(rise->second, key.step, key.steps), value.options().requires_grad(false));
  }
};

}  // namespace

LEAT_NODE(Total, "loss.total", "Adds up losses, each divided by its number of samples, with weights that may rise.", leat::LaneKind::Device)
