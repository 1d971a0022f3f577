#include "optim/adam_moments.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <stdexcept>

#include "leat/tensor.h"

namespace leat {

AdamMoments::AdamMoments(const std::vector<at::Tensor>& parameters) {
  const at::NoGradGuard no_gradients;
  for (const at::Tensor& parameter : parameters) {
    mean_.push_back(at::zeros_like(parameter));
    square_.push_back(at::zeros_like(parameter));
    step_.push_back(at::zeros({}, parameter.options().requires_grad(false)));
  }
}

void AdamMoments::update(const std::vector<at::Tensor>& parameters, const std::vector<at::Tensor>& gradients, const at::Tensor& rate,
                         const at::Tensor& is_skipped, const AdamSettings& settings) {
  std::vector<at::Tensor> weights, slopes, means, squares, steps;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (!gradients[k].defined()) continue;
    weights.push_back(parameters[k]);
    slopes.push_back(gradients[k]);
    means.push_back(mean_[k]);
    squares.push_back(square_[k]);
    steps.push_back(step_[k]);
  }
  if (weights.empty()) return;
  const at::NoGradGuard no_gradients;
  at::_foreach_add_(steps, 1 - is_skipped);
  if (settings.decoupled)
    at::_fused_adamw_(weights, slopes, means, squares, {}, steps, rate, settings.beta1, settings.beta2, settings.weight_decay, settings.eps,
                      false, false, {}, is_skipped);
  else
    at::_fused_adam_(weights, slopes, means, squares, {}, steps, rate, settings.beta1, settings.beta2, settings.weight_decay, settings.eps,
                     false, false, {}, is_skipped);
}

void AdamMoments::save(Archive& archive, const std::vector<std::string>& names) const {
  for (std::size_t k = 0; k < names.size(); ++k) {
    archive.put("mean." + names[k], archive_entry(mean_[k]));
    archive.put("square." + names[k], archive_entry(square_[k]));
    archive.put("step." + names[k], archive_entry(step_[k]));
  }
}

void AdamMoments::load(const Archive& archive, const std::vector<std::string>& names) {
  const at::NoGradGuard no_gradients;
  const auto read = [&](const std::string& name, at::Tensor& into) {
    const at::Tensor saved = from_entry(archive.entry(name));
    if (saved.sizes() != into.sizes()) throw std::runtime_error("`" + name + "` has another shape than the weight it belongs to");
    into.copy_(saved);
  };
  for (std::size_t k = 0; k < names.size(); ++k) {
    read("mean." + names[k], mean_[k]);
    read("square." + names[k], square_[k]);
    read("step." + names[k], step_[k]);
  }
}

}  // namespace leat
