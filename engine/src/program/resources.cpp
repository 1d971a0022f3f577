#include "program/resources.h"

#include <algorithm>
#include <set>

#include "base/class_name.h"

namespace leat::program {

Opening opening_of(const Program& program, const std::string& phase, const std::string& name) {
  Opening opening;
  opening.seed = program.settings.seed;
  opening.name = name;
  opening.phase = phase;
  opening.device = program.settings.device;
  opening.warn = [](const std::string&) {};
  return opening;
}

namespace {

/// Returns true if the resource's class is another one than the port's under the same name, as each of two plugins can have it. A cast
/// goes by the name.
bool is_namesake(const UsePort& port, const ResourceType& type) {
  return type.identity.type && *type.identity.type == *port.type().type && !(type.identity == port.type());
}

std::string wrong_kind(const UsePort& port, const std::string& user, const ProgramResource& resource) {
  if (is_namesake(port, *resource.type))
    return "`" + std::string(port.name()) + "` of `" + user + "` takes a resource of class " + port.type().str() + ", `" + resource.name +
           "` " + of_type(resource.type->id, resource.type->plugin) + " is another class of that name, " + resource.type->identity.str();
  const std::string kind = with_article(port.kind());
  if (resource.type->kind != port.kind())
    return "`" + std::string(port.name()) + "` of `" + user + "` wants " + kind + ", `" + resource.name + "` is of type `" +
           resource.type->id + "`";
  const std::string header(port.header());
  return "`" + resource.name + "` (`" + resource.type->id + "`) calls itself " + kind + ", but is not a `" + class_name(*port.type().type) +
         "`" + (header.empty() ? "" : " (" + header + ")");
}

}  // namespace

std::vector<std::pair<int, UsePort::Access>> bind_resources(const std::vector<NamedUse>& uses, const std::string& user, Program& program,
                                                            Diagnostics& diagnostics) {
  std::vector<std::pair<int, UsePort::Access>> bound;
  std::vector<std::string> names;
  for (const ProgramResource& resource : program.resources) names.push_back(resource.name);
  for (const NamedUse& use : uses) {
    const auto found = std::find(names.begin(), names.end(), use.name.text);
    if (found == names.end()) {
      diagnostics.error("resource.unknown", use.name.place, "`" + user + "` uses `" + use.name.text + "`, and no resource has that name",
                        name_hint(use.name.text, names));
      continue;
    }
    const int index = static_cast<int>(found - names.begin());
    ProgramResource& resource = program.resources[static_cast<std::size_t>(index)];
    if (!resource.resource) continue;  // Its own mistake is told already.
    if (is_namesake(*use.port, *resource.type) || !use.port->bind(*resource.resource)) {
      diagnostics.error("resource.kind", use.name.place, wrong_kind(*use.port, user, resource))
          .notes.push_back({resource.place, "`" + resource.name + "` is declared here"});
      continue;
    }
    bound.emplace_back(index, use.port->access());
    // Who changes an optimizer changes the model that it changes.
    for (const auto& [inner, access] : resource.uses)
      bound.emplace_back(inner, use.port->access() == UsePort::Access::Write ? access : UsePort::Access::Read);
  }
  return bound;
}

namespace {

/// Indices of the description's resources so that what is used stands first; a resource that uses itself in a circle is reported.
std::vector<std::size_t> resource_order(const GraphDescription& graph, const std::vector<std::vector<NamedUse>>& uses,
                                        Diagnostics& diagnostics) {
  std::vector<std::size_t> order;
  std::vector<int> marks(graph.resources.size(), 0);
  std::vector<std::size_t> path;
  const auto report_cycle = [&](std::size_t again, const Place& place) {
    std::string words;
    for (auto one = std::find(path.begin(), path.end(), again); one != path.end(); ++one)
      words += "`" + graph.resources[*one].name + "` uses ";
    diagnostics.error("resource.cycle", place, words + "`" + graph.resources[again].name + "`", "a resource cannot use itself");
  };
  const auto visit = [&](auto& self, std::size_t at) -> void {
    if (marks[at] == 2) return;
    marks[at] = 1;
    path.push_back(at);
    for (const NamedUse& use : uses[at])
      for (std::size_t k = 0; k < graph.resources.size(); ++k) {
        if (graph.resources[k].name != use.name.text) continue;
        if (marks[k] == 1) report_cycle(k, use.name.place);
        else self(self, k);
      }
    path.pop_back();
    marks[at] = 2;
    order.push_back(at);
  };
  for (std::size_t k = 0; k < graph.resources.size(); ++k) visit(visit, k);
  return order;
}

}  // namespace

void build_resources(const GraphDescription& graph, const Registry& registry, Program& program, Diagnostics& diagnostics) {
  std::vector<ProgramResource> made(graph.resources.size());
  std::vector<std::vector<NamedUse>> uses(graph.resources.size());
  for (std::size_t k = 0; k < made.size(); ++k) {
    const ComponentText& text = graph.resources[k];
    made[k].name = text.name;
    made[k].place = text.place;
    const ResourceType* type = registry.find_resource(text.uses.text);
    if (!type) {
      const bool is_node = registry.find_node(text.uses.text) != nullptr;
      const std::string refused = registry.why_not(text.uses.text);
      diagnostics.error("resource.type", text.uses.place, "no resource type is called `" + text.uses.text + "`",
                        is_node           ? "it is a node type and belongs into a phase"
                        : refused.empty() ? name_hint(text.uses.text, registry.resource_ids())
                                          : refused);
      continue;
    }
    made[k].type = type;
    const auto at_name = [&](const std::string&) { return text.place; };
    if (!guarded("resource.refused", text, type->plugin, at_name, diagnostics, [&] { made[k].resource = type->make(); })) continue;
    uses[k] = configure(*made[k].resource, text, diagnostics);
  }
  const std::size_t mistakes = diagnostics.all().size();
  const std::vector<std::size_t> order = resource_order(graph, uses, diagnostics);
  const bool has_cycle = diagnostics.all().size() > mistakes;
  // One without an object has only its name, so that those who use it are not told that there is none.
  for (const std::size_t k : order) program.resources.push_back(std::move(made[k]));
  for (std::size_t at = 0; at < order.size() && !has_cycle; ++at) {
    ProgramResource& resource = program.resources[at];
    if (!resource.resource) continue;
    resource.uses = bind_resources(uses[order[at]], resource.name, program, diagnostics);
    if (diagnostics.has_errors()) continue;
    const ComponentText& text = graph.resources[order[at]];
    guarded(
        "resource.refused", text, resource.type->plugin, [&](const std::string& at) { return place_of(text, at); }, diagnostics,
        [&] { resource.resource->survey(opening_of(program, "", resource.name)); });
  }
}

}  // namespace leat::program
