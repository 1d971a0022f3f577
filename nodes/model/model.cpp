#include "leat/model.h"

#include <ATen/core/grad_mode.h>
#include <stdexcept>

namespace leat {
namespace {

std::string shape_text(at::IntArrayRef shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text.empty() ? "a number" : text;
}

bool has_averages_in(const Archive& archive, const std::string& first) { return archive.has("ema." + first); }

}  // namespace

std::optional<std::string> Model::misfit(const Archive& archive, const std::vector<Slot>& slots) {
  std::vector<std::string> prefixes{""};
  if (!slots.empty() && has_averages_in(archive, slots.front().name)) prefixes.emplace_back("ema.");
  for (const std::string& prefix : prefixes)
    for (const Slot& slot : slots) {
      const std::string name = prefix + slot.name;
      if (!archive.has(name)) return "it has no `" + name + "`";
      const auto& entry = archive.entry(name);
      if (entry.shape != slot.shape)
        return "its `" + name + "` is " + shape_text(entry.shape) + ", but here it is " + shape_text(slot.shape);
      if (entry.dtype != "F32") return "its `" + name + "` is " + entry.dtype + ", but here it is F32";
    }
  return {};
}

void Model::set_weights(std::vector<std::string> names, std::vector<at::Tensor> weights) {
  names_ = std::move(names);
  parameters_ = std::move(weights);
  averages_.clear();
  for (at::Tensor& tensor : parameters_) tensor = tensor.detach().requires_grad_(true);
}

std::int64_t Model::count() const {
  std::int64_t sum = 0;
  for (const at::Tensor& tensor : parameters_) sum += tensor.numel();
  return sum;
}

void Model::start_averages() {
  if (has_averages()) return;
  for (const at::Tensor& tensor : parameters_) averages_.push_back(tensor.detach().clone());
}

const std::vector<at::Tensor>& Model::tensors(Weights which) const {
  if (which == Weights::Live) return parameters_;
  if (!has_averages())
    throw std::runtime_error("the network has no averaged weights: no node of this run keeps them, and no loaded file has them");
  return averages_;
}

void Model::save(Archive& archive) const {
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    archive.put(names_[k], archive_entry(parameters_[k]));
    if (has_averages()) archive.put("ema." + names_[k], archive_entry(averages_[k]));
  }
}

void Model::load(const Archive& archive) {
  std::vector<Slot> slots;
  for (std::size_t k = 0; k < names_.size(); ++k) slots.push_back({names_[k], parameters_[k].sizes().vec()});
  if (const auto text = misfit(archive, slots)) throw std::runtime_error("these weights do not fit the network: " + *text);
  const at::NoGradGuard no_gradients;
  const bool brings_averages = !names_.empty() && has_averages_in(archive, names_.front());
  if (brings_averages) start_averages();
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    parameters_[k].copy_(from_entry(archive.entry(names_[k])));
    if (has_averages()) averages_[k].copy_(brings_averages ? from_entry(archive.entry("ema." + names_[k])) : parameters_[k]);
  }
}

std::vector<Contract> ForwardModel::outputs(const Contract&) const { return {}; }

Dim ForwardModel::entries(std::size_t) const { return {}; }

}  // namespace leat
