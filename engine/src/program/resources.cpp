#include "program/resources.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>

#include "base/article.h"
#include "base/class_name.h"
#include "base/make_component.h"

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

void add_earlier(Opening& opening, const EarlierRun& earlier, const ProgramResource& resource) {
  const auto type = earlier.types.find(resource.name);
  if (type != earlier.types.end() && type->second != resource.type->id) return;
  opening.is_loaded = earlier.loaded.contains(resource.name);
  const auto record = earlier.records.find(resource.name);
  if (record != earlier.records.end()) opening.recorded = &record->second;
  opening.accepts_changed_files = earlier.accepts_changed_files;
}

namespace {

/// Returns true if the resource's class and the port's class are different but have one name, as in two plugins. dynamic_cast compares only
/// the names.
bool is_namesake(const UsePort& port, const ResourceType& type) {
  return type.identity.type && *type.identity.type == *port.type().type && !(type.identity == port.type());
}

std::string wrong_kind(const UsePort& port, const std::string& user, const ProgramResource& resource) {
  if (is_namesake(port, *resource.type))
    return "`" + std::string(port.name()) + "` of `" + user + "` takes a resource of class " + port.type().str() + ", but `" +
           resource.name + "` " + of_type(resource.type->id, resource.type->plugin) + " is another class of that name, " +
           resource.type->identity.str();
  const std::string kind = with_article(port.kind());
  if (resource.type->kind != port.kind())
    return "`" + std::string(port.name()) + "` of `" + user + "` must be " + kind + ", but `" + resource.name + "` is of type `" +
           resource.type->id + "`";
  const std::string header(port.header());
  return "`" + resource.name + "` (`" + resource.type->id + "`) calls itself " + kind + ", but is not a `" + class_name(*port.type().type) +
         "`" + (header.empty() ? "" : " (" + header + ")");
}

}  // namespace

bool Types::is_of_missing_plugin(std::string_view type) const {
  const std::string_view family = type.substr(0, type.find('.'));
  return std::find(missing_plugins.begin(), missing_plugins.end(), family) != missing_plugins.end();
}

namespace {

/// Returns true if the name needs no similar type: it is empty, or its type is in a plugin that is not loaded.
bool is_told_otherwise(const Types& types, const Named& uses) {
  return uses.text.empty() || types.is_of_missing_plugin(uses.text) || !types.registry.why_not(uses.text).empty();
}

/// Reports an unknown type. `what` is the expected kind; `belongs` is the hint for a type of the other kind.
void report_unknown(const Types& types, std::string_view what, const Named& uses, bool is_other, const char* belongs,
                    const std::vector<std::string>& ids, Diagnostics& diagnostics) {
  if (uses.text.empty() || types.is_of_missing_plugin(uses.text)) return;
  const std::string refused = types.registry.why_not(uses.text);
  diagnostics.error(std::string(what) + ".type", uses.place, "no " + std::string(what) + " type is called `" + uses.text + "`",
                    is_other          ? belongs
                    : refused.empty() ? name_hint(uses.text, ids)
                                      : refused);
}

}  // namespace

const NodeType* Types::find_node(const Named& uses, Diagnostics& diagnostics) const {
  const NodeType* type = registry.find_node(uses.text);
  if (!type)
    report_unknown(*this, "node", uses, registry.find_resource(uses.text) != nullptr, "it is a resource type and belongs under `resources`",
                   registry.node_ids(), diagnostics);
  return type;
}

const ResourceType* Types::find_resource(const Named& uses, Diagnostics& diagnostics) const {
  const ResourceType* type = registry.find_resource(uses.text);
  if (!type)
    report_unknown(*this, "resource", uses, registry.find_node(uses.text) != nullptr, "it is a node type and belongs in a phase",
                   registry.resource_ids(), diagnostics);
  return type;
}

const NodeType* Types::nearest_node(const Named& uses) const {
  if (is_told_otherwise(*this, uses) || registry.find_resource(uses.text)) return nullptr;
  return registry.find_node(nearest_name(uses.text, registry.node_ids()));
}

const ResourceType* Types::nearest_resource(const Named& uses) const {
  if (is_told_otherwise(*this, uses) || registry.find_node(uses.text)) return nullptr;
  return registry.find_resource(nearest_name(uses.text, registry.resource_ids()));
}

Bound bind_resources(const std::vector<NamedUse>& uses, const std::string& user, const ResourcesKnown& known, Program& program,
                     Diagnostics& diagnostics) {
  Bound bound;
  std::vector<std::string> names;
  for (const ProgramResource& resource : program.resources) names.push_back(resource.name);
  for (const NamedUse& use : uses) {
    const auto found = std::find(names.begin(), names.end(), use.name.text);
    if (found == names.end()) {
      bound.is_whole = false;
      if (known.has_all)
        diagnostics.error("resource.unknown", use.name.place, "`" + user + "` uses `" + use.name.text + "`, but no resource has that name",
                          name_hint(use.name.text, names));
      continue;
    }
    const auto index = static_cast<std::size_t>(found - names.begin());
    ProgramResource& resource = program.resources[index];
    bound.is_whole = bound.is_whole && known.is_whole[index];
    if (!resource.resource) continue;  // Its own mistake is reported already.
    if (is_namesake(*use.port, *resource.type) || !use.port->bind(*resource.resource)) {
      bound.is_whole = false;
      diagnostics.error("resource.kind", use.name.place, wrong_kind(*use.port, user, resource))
          .notes.push_back({resource.place, "`" + resource.name + "` is declared here"});
      continue;
    }
    bound.resources.emplace_back(static_cast<int>(index), use.port->access());
    // A node that changes an optimizer also changes the optimizer's model.
    for (const auto& [inner, access] : resource.uses)
      bound.resources.emplace_back(inner, use.port->access() == UsePort::Access::Write ? access : UsePort::Access::Read);
  }
  return bound;
}

namespace {

using UseGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Place>;

/// Collects the resources so that each comes after those that it uses. Reports each resource that uses itself, directly or through others.
class ByUse : public boost::default_dfs_visitor {
 public:
  ByUse(const GraphDescription& graph, Diagnostics& diagnostics, std::vector<std::size_t>& order, std::vector<bool>& is_whole,
        std::vector<std::vector<NamedUse>>& named)
      : graph_(graph), diagnostics_(diagnostics), order_(order), is_whole_(is_whole), named_(named) {}

  void discover_vertex(std::size_t one, const UseGraph&) { path_.push_back(one); }
  void finish_vertex(std::size_t one, const UseGraph&) {
    path_.pop_back();
    order_.push_back(one);
  }
  void back_edge(UseGraph::edge_descriptor edge, const UseGraph& uses) {
    const std::size_t again = boost::target(edge, uses);
    std::string words;
    for (auto one = std::find(path_.begin(), path_.end(), again); one != path_.end(); ++one) {
      words += "`" + graph_.resources[*one].name + "` uses ";
      is_whole_[*one] = false;
    }
    diagnostics_.error("resource.cycle", uses[edge], words + "`" + graph_.resources[again].name + "`", "a resource cannot use itself");
    // Do not report the kind of this resource as a second mistake.
    const Place& told = uses[edge];
    std::erase_if(named_[boost::source(edge, uses)], [&told](const NamedUse& use) {
      return use.name.place.text == told.text && use.name.place.line == told.line && use.name.place.column == told.column;
    });
  }

 private:
  const GraphDescription& graph_;
  Diagnostics& diagnostics_;
  std::vector<std::size_t>& order_;
  std::vector<bool>& is_whole_;                ///< Indexed by resource of the text.
  std::vector<std::vector<NamedUse>>& named_;  ///< Indexed likewise; uses that close a cycle are removed.
  std::vector<std::size_t> path_;
};

/// Returns the indices of the description's resources, so that each comes after those that it uses.
std::vector<std::size_t> resource_order(const GraphDescription& graph, std::vector<std::vector<NamedUse>>& uses,
                                        std::vector<bool>& is_whole, Diagnostics& diagnostics) {
  UseGraph all(graph.resources.size());
  for (std::size_t at = 0; at < uses.size(); ++at)
    for (const NamedUse& use : uses[at])
      for (std::size_t k = 0; k < graph.resources.size(); ++k)
        if (graph.resources[k].name == use.name.text) boost::add_edge(at, k, use.name.place, all);
  std::vector<std::size_t> order;
  boost::depth_first_search(all, boost::visitor(ByUse(graph, diagnostics, order, is_whole, uses)));
  return order;
}

/// Creates a resource and reads its `with`. Returns false if there is a mistake in it. For an unknown type, reads it as `nearest`, an
/// object of the most similar type.
bool make_resource(const ComponentText& text, const Types& types, ProgramResource& made, std::unique_ptr<Resource>& nearest,
                   std::vector<NamedUse>& uses, Diagnostics& diagnostics) {
  made.name = text.name;
  made.place = text.place;
  const std::size_t mistakes = diagnostics.all().size();
  made.type = types.find_resource(text.uses, diagnostics);
  if (!made.type) {
    const ResourceType* type = types.nearest_resource(text.uses);
    if (type) nearest = made_quietly(*type);
    if (nearest) uses = configure_as(*nearest, type->id, text, diagnostics);
    return false;
  }
  const auto at_name = [&](const std::string&) { return text.place; };
  const bool is_made = guarded("resource.refused", text, made.type->plugin, at_name, diagnostics, [&] {
    std::unique_ptr<Resource> resource = made_of(*made.type);
    check_declared(*resource, made.type->id);
    made.resource = std::move(resource);
  });
  if (!is_made) return false;
  uses = configure(*made.resource, text, diagnostics);
  return !text.is_broken && diagnostics.all().size() == mistakes;
}

}  // namespace

ResourcesKnown build_resources(const GraphDescription& graph, const Types& types, Program& program, Diagnostics& diagnostics) {
  std::vector<ProgramResource> made(graph.resources.size());
  std::vector<std::vector<NamedUse>> uses(graph.resources.size());
  std::vector<std::unique_ptr<Resource>> nearest(graph.resources.size());
  std::vector<bool> is_whole(graph.resources.size());
  // A checkpoint has one file per resource, and a file `states`.
  for (const ComponentText& text : graph.resources)
    if (text.name == "states")
      diagnostics.error("name.invalid", text.place, "`states` is not a valid name for a resource",
                        "checkpoints store the states of nodes under that name");
  for (std::size_t k = 0; k < made.size(); ++k)
    is_whole[k] = make_resource(graph.resources[k], types, made[k], nearest[k], uses[k], diagnostics);
  const std::vector<std::size_t> order = resource_order(graph, uses, is_whole, diagnostics);
  ResourcesKnown known{graph.has_all_resources, {}};
  // A resource without an object has only its name, so that its users are not reported.
  for (const std::size_t k : order) {
    program.resources.push_back(std::move(made[k]));
    known.is_whole.push_back(is_whole[k]);
  }
  for (std::size_t at = 0; at < order.size(); ++at) {
    ProgramResource& resource = program.resources[at];
    const Bound bound = bind_resources(uses[order[at]], resource.name, known, program, diagnostics);
    if (!resource.resource) continue;
    resource.uses = bound.resources;
    known.is_whole[at] = known.is_whole[at] && bound.is_whole;
    if (!known.is_whole[at]) continue;
    const ComponentText& text = graph.resources[order[at]];
    Opening opening = opening_of(program, "", resource.name);
    opening.warn = [&](const std::string& sentence) { diagnostics.warning("resource.warning", text.place, sentence); };
    add_earlier(opening, program.settings.earlier, resource);
    known.is_whole[at] = guarded(
        "resource.refused", text, resource.type->plugin, [&](const std::string& name) { return place_of(text, name); }, diagnostics,
        [&] { resource.resource->survey(opening); });
  }
  return known;
}

}  // namespace leat::program
