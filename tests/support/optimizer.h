#pragma once

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "leat/optimizer.h"
#include "leat/registry.h"
#include "support/settings.h"

void leat_register_leat_nodes_optim(leat::Registry& registry);

namespace leat {

/// A model that consists of weights only, called `a`, `b` and so on.
class GivenWeights final : public Model {
 public:
  explicit GivenWeights(std::vector<at::Tensor> weights) {
    std::vector<std::string> names;
    for (std::size_t k = 0; k < weights.size(); ++k) names.emplace_back(1, static_cast<char>('a' + k));
    set_weights(std::move(names), std::move(weights));
  }
  Normalization normalization() const override { return {}; }
};

inline const Registry& optimizers() {
  static const Registry all = [] {
    Registry made;
    leat_register_leat_nodes_optim(made);
    return made;
  }();
  return all;
}

/// Returns an optimizer of a registered type with these settings for a model, surveyed and opened.
inline std::unique_ptr<Optimizer> open_optimizer(const std::string& type, const std::string& settings, Model& model) {
  auto made = optimizers().find_resource(type)->make();
  auto* optimizer = dynamic_cast<Optimizer*>(made.get());
  if (!optimizer) throw std::runtime_error(type + " is not an optimizer");
  (void)made.release();
  std::unique_ptr<Optimizer> out(optimizer);
  set(*out, settings);
  if (!out->model.bind(model)) throw std::runtime_error("this model does not fit");
  const Opening opening;
  out->survey(opening);
  out->open(opening);
  return out;
}

inline at::Tensor scalar(double number) { return at::full({}, number, at::kFloat); }

/// Makes one step as `train.step` does.
inline void update(Optimizer& optimizer, std::vector<at::Tensor> gradients, double rate, int step = 0, bool is_skipped = false) {
  const at::NoGradGuard no_gradients;
  optimizer.update({std::move(gradients), scalar(rate), scalar(step), scalar(is_skipped ? 1 : 0)});
}

}  // namespace leat
