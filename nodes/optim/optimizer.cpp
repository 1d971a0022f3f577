#include "leat/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "optim/schedule.h"

namespace leat {

std::vector<std::size_t> OptimizerStep::learning() const {
  std::vector<std::size_t> out;
  for (std::size_t k = 0; k < gradients.size(); ++k)
    if (gradients[k].defined()) out.push_back(k);
  return out;
}

void OptimizerStep::set(const at::Tensor& into, const at::Tensor& value) const { into.copy_(at::where(is_skipped > 0, into, value)); }

std::vector<at::Tensor> chosen(const std::vector<at::Tensor>& tensors, const std::vector<std::size_t>& indices) {
  std::vector<at::Tensor> out;
  out.reserve(indices.size());
  for (const std::size_t k : indices) out.push_back(tensors.at(k));
  return out;
}

void Optimizer::survey(const Opening& opening) {
  name_ = opening.name;
  if (schedule_kind == "steps" && *schedule_every == 0) throw Refusal("`kind: steps` needs `every`, a number of steps", "schedule.every");
  if (!(schedule_kind == "steps") && *schedule_every != 0)
    throw Refusal("`every` is given, but `kind` is " + *schedule_kind, "schedule.every", "set `kind: steps`");
  if (frozen->empty()) return;
  const std::vector<Model::KnownWeight> known = model->known_weights();
  if (known.empty()) return;
  std::vector<std::string> weights, unloaded;
  for (const Model::KnownWeight& one : known) {
    weights.push_back(one.name);
    if (is_frozen(one.name) && !one.is_loaded) unloaded.push_back(one.name);
  }
  check_frozen(weights);
  if (!unloaded.empty() && opening.warn)
    opening.warn("`" + name_ + "`: `frozen` keeps weights at their initial values, because the network loads none for them (`" +
                 unloaded.front() + "`" + (unloaded.size() > 1 ? " and " + std::to_string(unloaded.size() - 1) + " more" : "") +
                 "): set `weights` of the network, or take them out of `frozen`");
}

void Optimizer::check_frozen(const std::vector<std::string>& weights) const {
  for (const std::string& begin : *frozen) {
    if (std::any_of(weights.begin(), weights.end(), [&begin](const std::string& name) { return name.starts_with(begin); })) continue;
    std::vector<std::string> begins;
    for (const std::string& name : weights) {
      std::string one = name.substr(0, std::min(name.find('.'), name.size() - 1) + 1);
      if (begins.empty() || begins.back() != one) begins.push_back(std::move(one));
    }
    throw Refusal("no weight of the network has a name that begins with `" + begin + "`; the first is called `" + weights.front() + "`",
                  "frozen", name_hint(begin, begins));
  }
  if (std::all_of(weights.begin(), weights.end(), [this](const std::string& name) { return is_frozen(name); }))
    throw Refusal("all weights of the network are frozen", "frozen");
}

bool Optimizer::is_frozen(const std::string& weight) const {
  return std::any_of(frozen->begin(), frozen->end(), [&weight](const std::string& begin) { return weight.starts_with(begin); });
}

void Optimizer::open(const Opening&) {
  if (model->parameters().empty()) throw Refusal("the network has no trainable weights", "model");
  const std::vector<std::string>& weights = model->names();
  check_frozen(weights);
  for (std::size_t k = 0; k < weights.size(); ++k)
    if (is_frozen(weights[k])) frozen_.push_back(k);
}

std::vector<at::Tensor> Optimizer::without_frozen(const std::vector<at::Tensor>& all) const {
  std::vector<at::Tensor> out;
  for (std::size_t k = 0; k < all.size(); ++k)
    if (std::find(frozen_.begin(), frozen_.end(), k) == frozen_.end()) out.push_back(all[k]);
  return out;
}

void Optimizer::freeze(std::vector<at::Tensor>& gradients) const {
  for (const std::size_t weight : frozen_) gradients[weight].reset();
}

double Optimizer::learning_rate(const FrameKey& key) const {
  Schedule schedule{Schedule::Kind::Constant, *schedule_warm_up, *schedule_every, *schedule_factor};
  if (schedule_kind == "steps") schedule.kind = Schedule::Kind::Steps;
  if (schedule_kind == "cosine") schedule.kind = Schedule::Kind::Cosine;
  if (schedule.kind == Schedule::Kind::Cosine && key.steps <= 0)
    throw std::runtime_error("`schedule.kind: cosine` needs a phase with a number of steps, but this phase has none");
  return *lr * rate_factor(schedule, key.step, key.steps);
}

WeightState Optimizer::kept(const std::string& name, std::vector<at::Tensor> tensors) {
  for (const Kept& other : kept_)
    if (other.name == name) throw std::logic_error("an optimizer keeps two states called `" + name + "`");
  return kept_.emplace_back(Kept{name, WeightState(std::move(tensors))}).state;
}

WeightState Optimizer::keep_tensors(const std::string& name) {
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> tensors;
  for (const at::Tensor& weight : model->parameters()) tensors.push_back(at::zeros_like(weight));
  return kept(name, std::move(tensors));
}

WeightState Optimizer::keep_numbers(const std::string& name) {
  std::vector<at::Tensor> tensors;
  for (const at::Tensor& weight : model->parameters()) tensors.push_back(at::zeros({}, weight.options().requires_grad(false)));
  return kept(name, std::move(tensors));
}

void Optimizer::save(Archive& archive) const {
  const std::vector<std::string>& weights = model->names();
  for (const Kept& one : kept_)
    for (std::size_t k = 0; k < weights.size(); ++k) archive.put(one.name + "." + weights[k], archive_entry(one.state[k]));
}

void Optimizer::load(const Archive& archive) {
  const at::NoGradGuard no_gradients;
  const std::vector<std::string>& weights = model->names();
  for (const Kept& one : kept_)
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const std::string name = one.name + "." + weights[k];
      const at::Tensor saved = from_entry(archive.entry(name));
      if (saved.sizes() != one.state[k].sizes()) throw std::runtime_error("`" + name + "` does not have the shape of its weight");
      one.state[k].copy_(saved);
    }
}

}  // namespace leat
