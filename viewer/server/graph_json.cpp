#include "server/graph_json.h"

#include <map>
#include <set>

#include "leat/manual.h"
#include "leat/program_summary.h"
#include "leat/tree.h"
#include "leat/tries_files.h"
#include "server/text_places.h"

namespace leat::viewer {

namespace {

using nlohmann::json;

std::string_view lane_name(LaneKind lane) { return lane == LaneKind::Device ? "device" : "cpu"; }

json values_json(const Tree& with) {
  json out = json::object();
  for (const Tree::Entry& entry : with.entries) out[entry.key] = flow_text(entry.value);
  return out;
}

/// Returns the values of all parameters, as they are after defaults.
json values_json(const Component& component) {
  json out = json::object();
  for (const ParamPort* param : component.params()) out[std::string(param->name())] = param->value_text();
  return out;
}

json wire_json(const Wire& wire) {
  return {{"port", wire.port->name()},
          {"type", wire.port->type().name},
          {"contract", wire.contract.has_shape || wire.contract.has_entries ? wire.contract.str() : ""},
          {"grain", wire.grain == Grain::Slot ? "slot" : "step"},
          {"origin", wire.origin},
          {"bytes", wire.is_size_known ? json(wire.bytes) : json(nullptr)}};
}

class GraphJson {
 public:
  GraphJson(const GraphDescription& description, const Program* program, const Registry& registry)
      : description_(description), program_(program), registry_(registry), places_(description.texts) {}

  json graph(const Diagnostics& diagnostics) {
    json out{{"version", 1},
             {"title", description_.title},
             {"is_readable", description_.is_readable},
             {"is_built", program_ != nullptr},
             {"params", params()},
             {"resources", resources()},
             {"phases", phases()},
             {"mistakes", mistakes(diagnostics)}};
    if (program_) {
      out["hash"] = program_->graph_hash;
      out["seed"] = std::to_string(program_->settings.seed);  // JavaScript rounds large numbers.
      out["device"] = program_->settings.device;
      out["plan"] = plan_text(*program_);
      out["data"] = data_rows(*program_);
      out["memory"] = memory_text(*program_);
      out["has_files_to_try"] = has_files_to_try();
      out["warnings"] = program_->warnings;
      out["disclosures"] = program_->disclosures;
    }
    out["types"] = types();
    out["texts"] = places_.texts();
    return out;
  }

 private:
  json params() const {
    json out = json::array();
    for (const ParamText& one : description_.params)
      out.push_back({{"name", one.name}, {"value", one.value}, {"doc", one.doc}, {"allowed", one.allowed}});
    return out;
  }

  bool has_files_to_try() const {
    for (const ProgramPhase& phase : program_->phases)
      for (const ProgramNode& node : phase.nodes)
        if (dynamic_cast<const TriesFiles*>(node.node.get())) return true;
    return false;
  }

  json resources() {
    json out = json::array();
    for (const ComponentText& text : description_.resources) {
      json one = component(text);
      json uses = json::array();
      if (const ProgramResource* built = find_resource(text.name)) {
        for (const auto& [other, access] : built->uses) uses.push_back(use(other, access));
        one["values"] = values_json(*built->resource);
      }
      one["uses"] = uses;
      out.push_back(std::move(one));
    }
    return out;
  }

  json phases() {
    json out = json::array();
    for (const PhaseText& text : description_.phases) {
      const ProgramPhase* built = find_phase(text.name);
      json nodes = json::array(), instances = json::array();
      for (const NodeText& node : text.nodes) nodes.push_back(node_json(node, text, built));
      for (const InstanceText& one : text.instances)
        instances.push_back({{"name", one.name}, {"of", one.of}, {"place", places_.json(one.place)}});
      json phase{{"name", text.name},
                 {"kind", leat::name(text.kind)},
                 {"place", places_.json(text.place)},
                 {"nodes", nodes},
                 {"instances", instances}};
      if (built) {
        json origins = json::array();
        for (const Origin& origin : built->origins)
          origins.push_back({{"source", built->nodes[static_cast<std::size_t>(origin.source)].name},
                             {"rows", origin.rows},
                             {"length", built->nodes[static_cast<std::size_t>(origin.source)].length}});
        phase.update({{"steps", built->steps},
                      {"credits", built->credits},
                      {"text", phase_text(*built)},
                      {"sources", source_rows(*built)},
                      {"size_notes", size_notes(*built)},
                      {"origins", origins}});
      }
      out.push_back(std::move(phase));
    }
    return out;
  }

  json component(const ComponentText& text) {
    used_.insert(text.uses.text);
    return {{"name", text.name}, {"type", text.uses.text}, {"place", places_.json(text.place)}, {"given", values_json(text.with)}};
  }

  json node_json(const NodeText& text, const PhaseText& phase, const ProgramPhase* built) {
    json out = component(text);
    const NodeType* type = registry_.find_node(text.uses.text);
    out["skips_errors"] = text.skips_errors;
    out["lane"] = text.lane ? json(text.lane->text) : json(lane_name(type ? type->lane : LaneKind::Cpu));
    const int at = built ? built->find(text.name) : -1;
    if (at < 0) {
      out["inputs"] = inputs_json(text, phase);
      return out;
    }
    const ProgramNode& node = built->nodes[static_cast<std::size_t>(at)];
    out["lane"] = lane_name(node.lane);
    out["segment"] = node.segment;
    out["grain"] = node.grain == Grain::Slot ? "slot" : "step";
    out["origin"] = node.origin;
    out["is_ordered"] = node.is_ordered();
    out["is_source"] = node.source != nullptr;
    out["values"] = values_json(*node.node);
    json outputs = json::array(), used = json::array();
    for (const int wire : node.wires) outputs.push_back(wire_json(built->wires[static_cast<std::size_t>(wire)]));
    for (const auto& [resource, access] : node.resources) used.push_back(use(resource, access));
    out["outputs"] = outputs;
    out["resources"] = used;
    json inputs = json::array();
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& wire = built->wires[static_cast<std::size_t>(feed.wire)];
        inputs.push_back({{"port", input.port->name()},
                          {"member", feed.member},
                          {"from", built->nodes[static_cast<std::size_t>(wire.node)].name},
                          {"output", wire.port->name()},
                          {"place", places_.json(feed.place)}});
      }
    out["inputs"] = inputs;
    return out;
  }

  json inputs_json(const NodeText& text, const PhaseText& phase) {
    json out = json::array();
    for (const InputText& input : text.in)
      if (!input.from.node.empty())
        out.push_back({{"port", input.port},
                       {"member", input.member},
                       {"from", input.from.node},
                       {"output", output_of(input.from, phase)},
                       {"place", places_.json(input.place)}});
    return out;
  }

  /// Returns the output that a reference names. A node with one output needs no name.
  std::string output_of(const Reference& from, const PhaseText& phase) const {
    if (!from.port.empty()) return from.port;
    for (const NodeText& node : phase.nodes) {
      if (node.name != from.node) continue;
      const NodeType* type = registry_.find_node(node.uses.text);
      const std::unique_ptr<Node> made = type ? type->make() : nullptr;
      return made && made->outputs().size() == 1 ? std::string(made->outputs()[0]->name()) : "";
    }
    return {};
  }

  json use(int resource, UsePort::Access access) const {
    return {{"name", program_->resources[static_cast<std::size_t>(resource)].name}, {"changes", access == UsePort::Access::Write}};
  }

  json mistakes(const Diagnostics& diagnostics) {
    const PlaceOwners owners(description_);
    json out = json::array();
    for (const Diagnostic& one : diagnostics.all()) {
      json notes = json::array(), parts = json::array();
      for (const Note& note : one.notes) notes.push_back({{"place", places_.json(note.place)}, {"text", note.text}});
      for (const PlaceOwners::Owner& owner : owners.of(one.place)) parts.push_back({{"phase", owner.phase}, {"name", owner.name}});
      out.push_back({{"id", one.id},
                     {"is_warning", one.is_warning},
                     {"place", places_.json(one.place)},
                     {"text", one.text},
                     {"hint", one.hint},
                     {"notes", notes},
                     {"parts", parts}});
    }
    return out;
  }

  json types() const {
    std::vector<std::string> known;
    for (const std::string& id : used_)
      if (registry_.find_node(id) || registry_.find_resource(id)) known.push_back(id);
    json out = json::object();
    if (known.empty()) return out;
    const json manual = json::parse(manual_json(registry_, known));
    for (const json& type : manual["types"]) out[type["id"].get<std::string>()] = type;
    return out;
  }

  const ProgramPhase* find_phase(const std::string& name) const {
    if (!program_) return nullptr;
    for (const ProgramPhase& phase : program_->phases)
      if (phase.name == name) return &phase;
    return nullptr;
  }
  const ProgramResource* find_resource(const std::string& name) const {
    if (!program_) return nullptr;
    for (const ProgramResource& one : program_->resources)
      if (one.name == name) return &one;
    return nullptr;
  }

  const GraphDescription& description_;
  const Program* program_;
  const Registry& registry_;
  TextPlaces places_;
  std::set<std::string> used_;
};

}  // namespace

json graph_json(const GraphDescription& description, const Program* program, const Diagnostics& diagnostics, const Registry& registry) {
  return GraphJson(description, program, registry).graph(diagnostics);
}

}  // namespace leat::viewer
