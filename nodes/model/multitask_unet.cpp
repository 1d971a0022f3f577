#include "model/multitask_unet.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "leat/registry.h"
#include "tensor/tensor.h"

namespace leat {
namespace {

/// The settings that a file of weights was trained with and that its user has to share.
constexpr std::array settings{"channels",    "norm",         "groups",        "standardized", "bias",        "slope", "pool_before_head",
                              "bridge.join", "bridge.scale", "bridge.resize", "classes",      "multi_label", "masks", "mean",
                              "deviation"};

std::string shape_text(at::IntArrayRef shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text.empty() ? "a number" : text;
}

at::Tensor drawn(const WeightSlot& slot, RandomKey key, std::uint32_t index) {
  at::Tensor tensor = at::empty(slot.shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  key.slot = index;
  Random random(key);
  for (std::int64_t k = 0; k < tensor.numel(); ++k)
    values[k] = static_cast<float>(slot.bound > 0 ? random.uniform(-slot.bound, slot.bound) : slot.constant);
  return tensor;
}

/// What keeps the tensors called `prefix` and a slot's name out of the network; nothing where they fit.
std::optional<std::string> misfit(const Archive& archive, const std::vector<WeightSlot>& slots, const std::string& prefix) {
  for (const WeightSlot& slot : slots) {
    const std::string name = prefix + slot.name;
    if (!archive.has(name)) return "it has no `" + name + "`";
    const auto& entry = archive.entry(name);
    if (entry.shape != slot.shape) return "its `" + name + "` is " + shape_text(entry.shape) + ", here it is " + shape_text(slot.shape);
    if (entry.dtype != "F32") return "its `" + name + "` is " + entry.dtype + ", here it is F32";
  }
  return {};
}

bool has_averages_in(const Archive& archive, const std::vector<WeightSlot>& slots) { return archive.has("ema." + slots.front().name); }

std::optional<std::string> misfit(const Archive& archive, const MultitaskUnet& network, const std::vector<WeightSlot>& slots) {
  for (const ParamPort* param : network.params()) {
    if (std::find(settings.begin(), settings.end(), param->name()) == settings.end()) continue;
    const auto kept = archive.metadata.find("model." + std::string(param->name()));
    if (kept != archive.metadata.end() && kept->second != param->value_text())
      return "its `" + std::string(param->name()) + "` is " + kept->second + ", here it is " + param->value_text();
  }
  if (auto text = misfit(archive, slots, "")) return text;
  return has_averages_in(archive, slots) ? misfit(archive, slots, "ema.") : std::nullopt;
}

}  // namespace

UnetShape MultitaskUnet::shape() const {
  return {*channels, *bias, !(norm == "instance"), static_cast<int>(classes->size()), static_cast<int>(masks->size()),
          bridge_join == "none" ? 0 : 2};
}

std::int64_t MultitaskUnet::side_multiple() const { return std::int64_t{1} << (channels->size() - (*pool_before_head ? 0 : 1)); }

std::int64_t MultitaskUnet::groups_of(std::int64_t layer_channels) const {
  return norm == "group" ? std::clamp<std::int64_t>(layer_channels / 2, 1, *groups) : layer_channels;
}

std::int64_t MultitaskUnet::count() const {
  std::int64_t sum = 0;
  for (const at::Tensor& tensor : parameters_) sum += tensor.numel();
  return sum;
}

std::int64_t MultitaskUnet::count_without_decoder() const {
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < parameters_.size(); ++k)
    if (layout_.slots[k].name.starts_with("encoder.") || layout_.slots[k].name.starts_with("head.")) sum += parameters_[k].numel();
  return sum;
}

std::int64_t MultitaskUnet::multiply_adds() const {
  double sum = 0;
  // A kernel's weights work once on each pixel of its stage, and every stage halves both sides.
  const auto add = [&](const LayerAt& layer, std::size_t stage) {
    if (layer.weight < 0) return;
    const auto weights = static_cast<double>(parameters_[static_cast<std::size_t>(layer.weight)].numel());
    sum += std::ldexp(weights, -2 * static_cast<int>(stage));
  };
  const auto add_block = [&](const BlockAt& block, std::size_t stage) {
    add(block.conv1, stage);
    add(block.conv2, stage);
  };
  for (std::size_t k = 0; k < layout_.encoder.size(); ++k) add_block(layout_.encoder[k], k);
  for (std::size_t k = 0; k < layout_.decoder.size(); ++k) add_block(layout_.decoder[k], layout_.decoder.size() - 1 - k);
  add(layout_.masks, 0);
  return std::llround(sum);
}

void MultitaskUnet::check_settings() const {
  if (channels->empty() || channels->size() > 10)
    throw Refusal("`channels` names " + std::to_string(channels->size()) + " stages, it takes 1 to 10", "channels");
  for (const int number : *channels) {
    if (number < 1) throw Refusal("`channels` has a stage of " + std::to_string(number), "channels");
    if (number % groups_of(number) != 0)
      throw Refusal("a stage of " + std::to_string(number) + " channels cannot have " + std::to_string(groups_of(number)) +
                        " groups of equal size", "channels");
  }
  if (classes->empty() && masks->empty()) throw Refusal("the network has neither `classes` nor `masks`", "classes");
  if (classes->size() == 1 && !*multi_label) throw Refusal("one class alone needs `multi_label: true`", "classes");
  if (!masks->empty() && channels->size() < 2) throw Refusal("a decoder needs at least two stages in `channels`", "channels");
  if (!(bridge_join == "none") && (classes->empty() || masks->empty()))
    throw Refusal("a bridge leads from the head to the decoder: it needs `classes` and `masks`", "bridge.join");
}

void MultitaskUnet::survey(const Opening&) {
  check_settings();
  layout_ = unet_layout(shape());
  if (weights->path.empty()) return;
  try {
    if (const auto text = misfit(Archive::read(weights->path), *this, layout_.slots))
      throw Refusal("`" + weights->path.string() + "` does not fit: " + *text, "weights");
  } catch (const std::runtime_error& error) {
    if (dynamic_cast<const Refusal*>(&error)) throw;
    throw Refusal(error.what(), "weights");
  }
}

void MultitaskUnet::open(const Opening& opening) {
  survey(opening);
  const RandomKey key = opening.random_key(initial->empty() ? opening.name : *initial);
  const at::Device device(opening.device);
  parameters_.clear();
  averages_.clear();
  for (const WeightSlot& slot : layout_.slots)
    parameters_.push_back(drawn(slot, key, static_cast<std::uint32_t>(parameters_.size())).to(device).requires_grad_(true));
  if (!weights->path.empty()) load(Archive::read(weights->path));
}

void MultitaskUnet::start_averages() {
  if (has_averages()) return;
  for (const at::Tensor& tensor : parameters_) averages_.push_back(tensor.detach().clone());
}

const std::vector<at::Tensor>& MultitaskUnet::tensors(Weights which) const {
  if (which == Weights::Live) return parameters_;
  if (!has_averages())
    throw std::runtime_error("the network has no averaged weights: nothing keeps them in this run, and no file brought them");
  return averages_;
}

void MultitaskUnet::save(Archive& archive) const {
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    archive.put(layout_.slots[k].name, archive_entry(parameters_[k]));
    if (has_averages()) archive.put("ema." + layout_.slots[k].name, archive_entry(averages_[k]));
  }
  for (const ParamPort* param : params())
    if (std::find(settings.begin(), settings.end(), param->name()) != settings.end())
      archive.metadata["model." + std::string(param->name())] = param->value_text();
}

void MultitaskUnet::load(const Archive& archive) {
  if (const auto text = misfit(archive, *this, layout_.slots)) throw std::runtime_error("these weights do not fit the network: " + *text);
  const at::NoGradGuard no_gradients;
  const bool brings_averages = has_averages_in(archive, layout_.slots);
  if (brings_averages) start_averages();
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    const std::string& name = layout_.slots[k].name;
    parameters_[k].copy_(from_entry(archive.entry(name)));
    if (has_averages()) averages_[k].copy_(brings_averages ? from_entry(archive.entry("ema." + name)) : parameters_[k]);
  }
}

}  // namespace leat

LEAT_NODE(leat::MultitaskUnet, "model.multitask_unet",
          "One encoder with a classification head and a U-Net decoder, joined by a saliency bridge.")
