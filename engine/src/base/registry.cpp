#include "leat/registry.h"

#include "leat/check.h"

namespace leat {

void Registry::add(NodeType type) {
  const std::string id = type.id;
  LEAT_CHECK(!resources_.contains(id) && nodes_.emplace(id, std::move(type)).second);
}

void Registry::add(ResourceType type) {
  const std::string id = type.id;
  LEAT_CHECK(!nodes_.contains(id) && resources_.emplace(id, std::move(type)).second);
}

const NodeType* Registry::find_node(std::string_view id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

const ResourceType* Registry::find_resource(std::string_view id) const {
  const auto found = resources_.find(id);
  return found == resources_.end() ? nullptr : &found->second;
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

}  // namespace leat
