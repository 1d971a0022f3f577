#include "server/text_places.h"

#include <algorithm>

namespace leat::viewer {

using nlohmann::json;

std::size_t TextPlaces::number(const std::shared_ptr<const SourceText>& text) {
  // Each reading of a file makes a text of its own.
  const auto found = std::find_if(texts_.begin(), texts_.end(), [&](const auto& one) { return one->name == text->name; });
  const auto at = static_cast<std::size_t>(found - texts_.begin());
  if (found == texts_.end()) texts_.push_back(text);
  return at;
}

json TextPlaces::json(const Place& place) {
  if (!place.text) return nullptr;
  return {{"text", number(place.text)}, {"line", place.line}, {"column", place.column}};
}

json TextPlaces::texts() const {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& text : texts_) out.push_back({{"name", text->name}, {"lines", text->lines}});
  return out;
}

PlaceOwners::PlaceOwners(const GraphDescription& description) {
  for (const ComponentText& resource : description.resources) add(resource.place, {"", resource.name});
  for (const PhaseText& phase : description.phases) {
    for (const InstanceText& instance : phase.instances) add(instance.place, {phase.name, instance.name});
    for (const NodeText& node : phase.nodes) add(node.place, {phase.name, node.name});
  }
  // The last node before the plan, or before another phase, does not own what stands there.
  for (const PhaseText& phase : description.phases) end_before(phase.place);
  end_before(description.plan.place);
  if (description.plan.train) end_before(description.plan.train->place);
}

void PlaceOwners::end_before(const Place& place) {
  if (place.text) begins_[place.text->name].try_emplace(place.line, Begin{place.column, {}});
}

void PlaceOwners::add(const Place& place, Owner owner) {
  if (!place.text) return;
  Begin& begin = begins_[place.text->name][place.line];
  begin.column = place.column;
  begin.owners.push_back(std::move(owner));
}

std::vector<PlaceOwners::Owner> PlaceOwners::of(const Place& place) const {
  if (!place.text) return {};
  const auto text = begins_.find(place.text->name);
  if (text == begins_.end()) return {};
  const auto next = text->second.upper_bound(place.line);
  if (next == text->second.begin()) return {};
  const auto& [line, begin] = *std::prev(next);
  return line == place.line || place.column > begin.column ? begin.owners : std::vector<Owner>();
}

}  // namespace leat::viewer
