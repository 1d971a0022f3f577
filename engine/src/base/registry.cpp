#include "leat/registry.h"

#include <algorithm>

#include "leat/diagnostics.h"

namespace leat {
namespace {

std::string owner(const std::string& plugin) { return plugin.empty() ? "leat itself" : "the plugin " + plugin; }

/// Returns the plugin of the type with this id; null if the id is free.
template <class Types>
const std::string* find_owner(const Types& types, const std::string& id) {
  const auto found = types.find(id);
  return found == types.end() ? nullptr : &found->second->plugin;
}

template <class Type>
std::shared_ptr<const Type> owned_by(const std::string& plugin, const Type& type) {
  const auto owned = std::make_shared<Type>(type);
  owned->plugin = plugin;
  return owned;
}

}  // namespace

void Registry::check_free(const std::string& id, const std::string& plugin) const {
  const std::string* other = find_owner(nodes_, id);
  if (!other) other = find_owner(resources_, id);
  if (other && *other == plugin) throw Refusal("`" + id + "` is registered twice: two files have a LEAT_NODE of that id");
  if (other) throw Refusal("`" + id + "` is registered twice, by " + owner(*other) + " and by " + owner(plugin));
}

void Registry::add(NodeType type) {
  check_free(type.id, type.plugin);
  std::string id = type.id;
  nodes_.emplace(std::move(id), std::make_shared<const NodeType>(std::move(type)));
}

void Registry::add(ResourceType type) {
  check_free(type.id, type.plugin);
  std::string id = type.id;
  resources_.emplace(std::move(id), std::make_shared<const ResourceType>(std::move(type)));
}

void Registry::adopt(Registry&& of_plugin, PluginFile plugin) {
  // A lane moves the values of all nodes of its device, also Leat's own, and a plugin's lane would not know their tensors.
  if (of_plugin.make_lane_) throw Refusal("it calls `Registry::set_device`, but a plugin cannot add devices");
  if (of_plugin.worker_) throw Refusal("it calls `Registry::set_worker`, but a plugin cannot change the workers of the cpu lane");
  if (!of_plugin.value_builds_.empty())
    throw Refusal(
        "it calls `Registry::set_value_build`, but the builds of a plugin's values are read from its file: include their headers");
  for (const PluginFile& other : plugins_)
    if (other.id == plugin.id) throw Refusal("the plugin " + other.str() + " was found first");
  const std::string name = plugin.str();
  for (const auto& [id, type] : of_plugin.nodes_) check_free(id, name);
  for (const auto& [id, type] : of_plugin.resources_) check_free(id, name);
  for (const auto& [id, type] : of_plugin.nodes_) nodes_.emplace(id, owned_by(name, *type));
  for (const auto& [id, type] : of_plugin.resources_) resources_.emplace(id, owned_by(name, *type));
  for (const auto& [value, build] : plugin.values) value_builds_.emplace(value, build);
  plugins_.push_back(std::move(plugin));
}

std::string Registry::why_not(std::string_view id) const {
  for (const auto& [plugin, why] : refused_)
    if (std::binary_search(plugin.types.begin(), plugin.types.end(), id))
      return "it is in the plugin " + plugin.str() + ", which is not loaded: " + why;
  return {};
}

const NodeType* Registry::find_node(std::string_view id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second.get();
}

const ResourceType* Registry::find_resource(std::string_view id) const {
  const auto found = resources_.find(id);
  return found == resources_.end() ? nullptr : found->second.get();
}

std::vector<std::string> Registry::node_ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, type] : nodes_) ids.push_back(id);
  return ids;
}

std::vector<std::string> Registry::resource_ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, type] : resources_) ids.push_back(id);
  return ids;
}

std::vector<std::shared_ptr<const void>> Registry::types() const {
  std::vector<std::shared_ptr<const void>> types;
  for (const auto& [id, type] : nodes_) types.push_back(type);
  for (const auto& [id, type] : resources_) types.push_back(type);
  return types;
}

}  // namespace leat
