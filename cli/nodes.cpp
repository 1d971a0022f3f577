#include <iostream>
#include <nlohmann/json.hpp>

#include "context.h"

namespace leat::cli {

namespace {

using nlohmann::json;

/// Ports, parameters and resources of one type, as loader and docs see them.
struct Listing {
  std::string id;
  std::string sentence;
  std::unique_ptr<Node> node;
  std::unique_ptr<Resource> resource;

  [[nodiscard]] const Component& component() const { return node ? static_cast<const Component&>(*node) : *resource; }
};

Listing listing_of(const Registry& registry, const std::string& id) {
  if (const NodeType* type = registry.find_node(id)) return {id, type->sentence, type->make(), nullptr};
  if (const ResourceType* type = registry.find_resource(id)) return {id, type->sentence, nullptr, type->make()};
  std::vector<std::string> ids = registry.node_ids();
  for (const std::string& one : registry.resource_ids()) ids.push_back(one);
  const std::string near = nearest_name(id, ids);
  throw Refusal("no node or resource type is called `" + id + "`" + (near.empty() ? "" : "; did you mean `" + near + "`?"));
}

const char* takes(PortKind kind) {
  switch (kind) {
    case PortKind::Input: return "one";
    case PortKind::Optional: return "one, optional";
    case PortKind::Maybe: return "one, also of dropped samples";
    case PortKind::Inputs: return "any number, named";
    case PortKind::Gather: return "all of a step";
    case PortKind::OptionalGather: return "all of a step, optional";
    case PortKind::Output: return "one";
    case PortKind::Scatter: return "one a sample";
  }
  return "";
}

void print(const Listing& type) {
  std::cout << type.id << (type.node ? "" : " (a resource)") << "\n  " << type.sentence << "\n";
  if (type.node) {
    for (const bool outputs : {false, true}) {
      const auto& ports = outputs ? type.node->outputs() : type.node->inputs();
      if (ports.empty()) continue;
      std::cout << (outputs ? "\noutputs\n" : "\ninputs\n");
      for (const Port* port : ports)
        std::cout << "  " << port->name() << " (" << port->type().name << ", " << takes(port->kind()) << (port->is(diagnostic) ? ", for diagnosis only" : "") << ")\n      "
                  << port->sentence() << "\n";
    }
  }
  const Component& component = type.component();
  if (component.params().empty() && component.uses().empty()) return;
  std::cout << "\nwith\n";
  for (const UsePort* use : component.uses())
    std::cout << "  " << use->name() << ": the name of a " << use->kind() << (use->is_optional() ? ", optional" : "") << (use->access() == UsePort::Access::Write ? "; changes it" : "")
              << "\n      " << use->sentence() << "\n";
  for (const ParamPort* param : component.params()) {
    std::cout << "  " << param->name() << ": " << param->type_name();
    if (!param->range_text().empty()) std::cout << ", " << param->range_text();
    std::cout << (param->is_required() ? ", required" : ", default " + param->value_text()) << "\n      " << param->sentence() << "\n";
  }
}

json to_json(const Listing& type) {
  json out{{"id", type.id}, {"sentence", type.sentence}, {"resource", type.node == nullptr}, {"inputs", json::array()}, {"outputs", json::array()}, {"params", json::array()}, {"uses", json::array()}};
  if (type.node)
    for (const bool outputs : {false, true})
      for (const Port* port : outputs ? type.node->outputs() : type.node->inputs())
        out[outputs ? "outputs" : "inputs"].push_back({{"name", std::string(port->name())}, {"type", std::string(port->type().name)}, {"takes", takes(port->kind())}, {"diagnostic", port->is(diagnostic)}, {"sentence", std::string(port->sentence())}});
  for (const ParamPort* param : type.component().params())
    out["params"].push_back({{"name", std::string(param->name())}, {"type", param->type_name()}, {"required", param->is_required()}, {"default", param->is_required() ? json(nullptr) : json(param->value_text())}, {"range", param->range_text()}, {"sentence", std::string(param->sentence())}});
  for (const UsePort* use : type.component().uses())
    out["uses"].push_back({{"name", std::string(use->name())}, {"kind", std::string(use->kind())}, {"optional", use->is_optional()}, {"changes", use->access() == UsePort::Access::Write}, {"sentence", std::string(use->sentence())}});
  return out;
}

}  // namespace

void add_nodes(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("nodes", "Lists node and resource types, or says all about one");
  command->footer("Example: leat nodes augment.strong");
  auto type = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  command->add_option("type", *type, "A node or resource type")->type_name("TYPE");
  command->add_flag("--json", *as_json, "Prints JSON");
  command->callback([&context, type, as_json] {
    std::vector<std::string> ids = context.registry().node_ids();
    for (const std::string& id : context.registry().resource_ids()) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    if (!type->empty()) ids = {*type};
    json list = json::array();
    std::size_t width = 0;
    for (const std::string& id : ids) width = std::max(width, id.size());
    for (const std::string& id : ids) {
      const Listing listing = listing_of(context.registry(), id);
      if (*as_json)
        list.push_back(to_json(listing));
      else if (!type->empty())
        print(listing);
      else
        std::cout << id << std::string(width - id.size() + 2, ' ') << listing.sentence << "\n";
    }
    if (*as_json) std::cout << json{{"version", 1}, {"types", list}}.dump(2) << "\n";
  });
}

}  // namespace leat::cli
