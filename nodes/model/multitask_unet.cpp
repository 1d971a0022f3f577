#include "model/multitask_unet.h"

#include <ATen/ops/empty.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>

#include "leat/registry.h"
#include "leat/tensor.h"
#include "model/weights_source.h"

namespace leat {
namespace {

/// The settings in which a weights file and the network that loads it must agree.
constexpr std::array settings{
    "channels",    "in_channels",  "norm",          "groups",  "standardized", "bias",  "slope", "pool_before_head",
    "bridge.join", "bridge.scale", "bridge.resize", "classes", "multi_label",  "masks", "mean",  "deviation"};

/// Files of gray networks do not state this setting, as those of older versions.
constexpr std::string_view stated_if_not_1 = "in_channels";

std::string average_of(const std::string& weight) { return "ema." + weight; }

at::Tensor drawn(const WeightSlot& slot, RandomKey key, std::uint32_t index) {
  at::Tensor tensor = at::empty(slot.shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  key.slot = index;
  Random random(key);
  for (std::int64_t k = 0; k < tensor.numel(); ++k)
    values[k] = static_cast<float>(slot.bound > 0 ? random.uniform(-slot.bound, slot.bound) : slot.constant);
  return tensor;
}

/// Returns the first setting of a weights file that differs from the network's, as a clause, or nullopt.
std::optional<std::string> other_setting(const Archive& archive, const MultitaskUnet& network) {
  for (const ParamPort* param : network.params()) {
    if (std::find(settings.begin(), settings.end(), param->name()) == settings.end() || !network.needs_equal(param->name())) continue;
    const auto kept = archive.metadata.find("model." + std::string(param->name()));
    // A file with another setting but without this one is of a gray network. A file without metadata can be of any.
    const bool is_of_gray = param->name() == stated_if_not_1 && archive.metadata.contains("model.channels");
    const std::string its = kept != archive.metadata.end() ? kept->second : is_of_gray ? "1" : param->value_text();
    if (its != param->value_text()) return "its `" + std::string(param->name()) + "` is " + its + ", but here it is " + param->value_text();
  }
  return {};
}

/// Returns the names of a list in a file's metadata, or nullopt if one is quoted.
std::optional<std::vector<std::string>> names_in(const std::string& text) {
  if (text.size() < 2 || text.find_first_of("'\"") != std::string::npos) return {};
  std::vector<std::string> out;
  for (std::size_t at = 1; at + 1 < text.size();) {
    const std::size_t end = std::min(text.find(", ", at), text.size() - 1);
    out.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return out;
}

/// Returns the entry with the rows of its first dimension reordered: row k is the old row `from[k]`.
Archive::Entry reordered(const Archive::Entry& entry, const std::vector<int>& from) {
  Archive::Entry out = entry;
  const std::size_t bytes = entry.bytes.size() / from.size();
  for (std::size_t k = 0; k < from.size(); ++k)
    std::copy_n(entry.bytes.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(from[k]) * bytes), bytes,
                out.bytes.begin() + static_cast<std::ptrdiff_t>(k * bytes));
  return out;
}

/// Reorders the rows of the layer `layer` in a file's weights to the order of `names`. Does nothing if the file has other names.
void bring_into_order(Archive& archive, const Param<std::vector<std::string>>& names, const std::string& layer) {
  std::string& kept = archive.metadata["model." + std::string(names.name())];
  const auto theirs = names_in(kept);
  if (!theirs || *theirs == *names || theirs->size() != names->size() ||
      !std::is_permutation(theirs->begin(), theirs->end(), names->begin()))
    return;
  std::vector<int> from;
  for (const std::string& name : *names)
    from.push_back(static_cast<int>(std::find(theirs->begin(), theirs->end(), name) - theirs->begin()));
  for (const std::string& prefix : {std::string(), std::string("ema.")})
    for (const char* part : {".weight", ".bias"})
      if (const std::string entry = prefix + layer + part; archive.has(entry) && archive.entry(entry).shape.at(0) == std::ssize(from))
        archive.put(entry, reordered(archive.entry(entry), from));
  kept = names.value_text();
}

/// Returns a warning if the file does not state the order of these names, which then is assumed to be the graph's; empty if it does, or if
/// one name has no order.
std::string assumed_order(const Archive& archive, const std::string& file, const Param<std::vector<std::string>>& names) {
  const std::string key = "model." + std::string(names.name());
  if (names->size() < 2 || archive.metadata.contains(key)) return {};
  return "`" + file + "` does not state its `" + std::string(names.name()) + "`, so their order is assumed to be " + names.value_text() +
         ", as in the graph: if it is another, write the graph's in that order, or save the file with its metadata, such as `" + key +
         ": " + names.value_text() + "` (`save_file` in Python drops it unless it gets `metadata`)";
}

}  // namespace

Archive MultitaskUnet::first_weights(const std::string& name) const {
  Archive out = weights_from(weights->path, name);
  if (needs_equal("classes") && out.metadata.contains("model.classes")) bring_into_order(out, classes, "head");
  if (needs_equal("masks") && out.metadata.contains("model.masks")) bring_into_order(out, masks, "masks");
  return out;
}

UnetShape MultitaskUnet::shape() const {
  return {*channels,
          *in_channels,
          *bias,
          !(norm == "instance"),
          static_cast<int>(classes->size()),
          static_cast<int>(masks->size()),
          bridge_join == "none" ? 0 : *in_channels + 1};
}

std::int64_t MultitaskUnet::side_multiple() const { return std::int64_t{1} << (channels->size() - (*pool_before_head ? 0 : 1)); }

std::int64_t MultitaskUnet::groups_of(std::int64_t layer_channels) const {
  return norm == "group" ? std::clamp<std::int64_t>(layer_channels / 2, 1, *groups) : layer_channels;
}

std::int64_t MultitaskUnet::count_without_decoder() const {
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < parameters().size(); ++k)
    if (layout_.slots[k].name.starts_with("encoder.") || layout_.slots[k].name.starts_with("head.")) sum += parameters()[k].numel();
  return sum;
}

std::int64_t MultitaskUnet::multiply_adds() const {
  double sum = 0;
  // Each weight of a kernel is used once per pixel of its stage. Each stage halves both sides.
  const auto add = [&](const LayerAt& layer, std::size_t stage) {
    if (layer.weight < 0) return;
    const auto weights = static_cast<double>(parameters()[static_cast<std::size_t>(layer.weight)].numel());
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
    throw Refusal("`channels` has " + std::to_string(channels->size()) + " stages; the range is 1..10", "channels");
  for (const auto* each : {&mean, &deviation})
    if (const std::size_t count = (*each)->numbers.size(); count > 1 && count != static_cast<std::size_t>(*in_channels))
      throw Refusal("`" + std::string(each->name()) + "` has " + std::to_string(count) + " numbers, but `in_channels` is " +
                        std::to_string(*in_channels),
                    std::string(each->name()));
  for (const int number : *channels) {
    if (number < 1) throw Refusal("a stage of `channels` is " + std::to_string(number) + "; it must be at least 1", "channels");
    if (number % groups_of(number) != 0)
      throw Refusal(
          "a stage of " + std::to_string(number) + " channels cannot have " + std::to_string(groups_of(number)) + " groups of equal size",
          "channels");
  }
  if (classes->empty() && masks->empty()) throw Refusal("the network has neither `classes` nor `masks`", "classes");
  for (const auto* named : {&classes, &masks})
    for (std::size_t k = 0; k < (*named)->size(); ++k)
      if (std::count((*named)->begin(), (*named)->end(), (**named)[k]) > 1)
        throw Refusal("`" + std::string(named->name()) + "` has `" + (**named)[k] + "` twice", std::string(named->name()));
  if (classes->size() == 1 && !*multi_label) throw Refusal("one class alone needs `multi_label: true`", "classes");
  if (!masks->empty() && channels->size() < 2) throw Refusal("a decoder needs at least two stages in `channels`", "channels");
  if (!(bridge_join == "none") && (classes->empty() || masks->empty()))
    throw Refusal("a bridge connects the head with the decoder, so it needs `classes` and `masks`", "bridge.join");
}

bool MultitaskUnet::takes(std::string_view weight) const {
  return weights_parts->empty() || std::any_of(weights_parts->begin(), weights_parts->end(),
                                               [weight](const std::string& begin) { return weight.starts_with(begin); });
}

bool MultitaskUnet::takes_any_of(std::string_view layer) const {
  return std::any_of(layout_.slots.begin(), layout_.slots.end(),
                     [&](const WeightSlot& slot) { return slot.name.starts_with(layer) && takes(slot.name); });
}

bool MultitaskUnet::needs_equal(std::string_view setting) const {
  if (weights_parts->empty()) return true;
  if (setting == "classes" || setting == "multi_label") return takes_any_of("head.");
  if (setting == "masks") return takes_any_of("masks.");
  return !setting.starts_with("bridge.");
}

void MultitaskUnet::check_parts() const {
  if (!weights_parts->empty() && weights->path.empty())
    throw Refusal("`weights_parts` is set, but `weights` is not", "weights_parts", "set `weights`, a file or a run's folder");
  for (const std::string& begin : *weights_parts) {
    const auto fits = [&begin](const WeightSlot& slot) { return slot.name.starts_with(begin); };
    if (std::any_of(layout_.slots.begin(), layout_.slots.end(), fits)) continue;
    std::vector<std::string> begins;
    for (const WeightSlot& slot : layout_.slots)
      if (std::string one = slot.name.substr(0, slot.name.find('.') + 1); begins.empty() || begins.back() != one)
        begins.push_back(std::move(one));
    throw Refusal("no weight of this network has a name that begins with `" + begin + "`", "weights_parts", name_hint(begin, begins));
  }
}

std::vector<Model::KnownWeight> MultitaskUnet::known_weights() const {
  std::vector<KnownWeight> out;
  for (const WeightSlot& slot : layout_.slots) out.push_back({slot.name, !weights->path.empty() && takes(slot.name)});
  return out;
}

std::vector<Model::Slot> MultitaskUnet::slots() const {
  std::vector<Slot> out;
  for (const WeightSlot& slot : layout_.slots)
    if (takes(slot.name)) out.push_back({slot.name, slot.shape});
  return out;
}

void MultitaskUnet::survey(const Opening& opening) {
  check_settings();
  layout_ = unet_layout(shape());
  check_parts();
  // A checkpoint has all weights, so the file can be missing.
  if (weights->path.empty() || opening.is_loaded) return;
  try {
    const Archive archive = first_weights(opening.name);
    std::optional<std::string> text = other_setting(archive, *this);
    if (!text) text = misfit(archive, slots());
    if (text) throw Refusal("`" + weights->path.string() + "` does not fit the network: " + *text, "weights");
    for (const auto* names : {&classes, &masks}) {
      if (!needs_equal(names->name()) || !opening.warn) continue;
      if (const std::string sentence = assumed_order(archive, weights->path.string(), *names); !sentence.empty()) opening.warn(sentence);
    }
    if (opening.disclose && archive.has(average_of(slots().front().name)))
      opening.disclose("`" + opening.name + "`: training, and passes with `weights: live`, start with the trained weights of `" +
                       weights->path.string() + "`; passes with `weights: ema` start with its moving averages");
  } catch (const std::runtime_error& error) {
    if (dynamic_cast<const Refusal*>(&error)) throw;
    throw Refusal(error.what(), "weights");
  }
}

void MultitaskUnet::open(const Opening& opening) {
  // The Program has surveyed it with a warning already.
  Opening quiet = opening;
  quiet.warn = nullptr;
  quiet.disclose = nullptr;
  survey(quiet);
  const RandomKey key = opening.random_key(initial->empty() ? opening.name : *initial);
  const at::Device device(opening.device);
  std::vector<std::string> names;
  std::vector<at::Tensor> first;
  for (const WeightSlot& slot : layout_.slots) {
    first.push_back(drawn(slot, key, static_cast<std::uint32_t>(first.size())).to(device));
    names.push_back(slot.name);
  }
  set_weights(std::move(names), std::move(first));
  if (weights->path.empty() || opening.is_loaded) return;
  const Archive given = first_weights(opening.name);
  if (weights_parts->empty()) return load(given);
  // The other weights stay as they are drawn, and so do their averages.
  const bool brings_averages = given.has(average_of(slots().front().name));
  if (brings_averages) start_averages();
  Archive joined;
  Model::save(joined);
  for (const std::string& name : this->names()) {
    if (!takes(name)) continue;
    joined.put(name, given.entry(name));
    if (brings_averages) joined.put(average_of(name), given.entry(average_of(name)));
  }
  Model::load(joined);
}

void MultitaskUnet::save(Archive& archive) const {
  Model::save(archive);
  for (const ParamPort* param : params())
    if (std::find(settings.begin(), settings.end(), param->name()) != settings.end() &&
        !(param->name() == stated_if_not_1 && *in_channels == 1))
      archive.metadata["model." + std::string(param->name())] = param->value_text();
}

void MultitaskUnet::load(const Archive& archive) {
  if (const auto text = other_setting(archive, *this)) throw std::runtime_error("these weights do not fit the network: " + *text);
  Model::load(archive);
}

}  // namespace leat

LEAT_NODE(leat::MultitaskUnet, "model.multitask_unet",
          "One encoder with a classification head and a U-Net decoder, joined by a saliency bridge.")
