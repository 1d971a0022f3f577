#include "report/page_sources.h"

#include <algorithm>
#include <string>
#include <vector>

#include "leat/tree.h"

namespace leat::report {

namespace {

using nlohmann::json;

/// The source that draws its images from the seed, and the parameters that they follow from (nodes/io/chest.cpp).
constexpr const char* drawing_type = "io.chest";
constexpr const char* drawing_params[] = {"hospital", "split", "count"};

/// Returns the first resource that a source names in its `with`; empty: it names none.
std::string resource_of(const NodeText& source, const GraphDescription& graph) {
  for (const Tree::Entry& entry : source.with.entries)
    for (const ComponentText& resource : graph.resources)
      if (entry.value.is_scalar() && entry.value.scalar == resource.name) return resource.name;
  return {};
}

/// Returns a list of one entry as this entry, because both give the same images.
std::string value_text(const Tree& value) { return flow_text(value.is_list() && value.items.size() == 1 ? value.items[0] : value); }

json params_of(const NodeText& source) {
  json out = json::array();
  for (const char* name : drawing_params)
    if (const Tree* value = source.with.find(name)) out.push_back({name, value_text(*value)});
  return out;
}

}  // namespace

json sources_of(const FinishedRun& run) {
  // A run without versions is of an earlier Leat, which recorded no fingerprint either.
  json files = json::object(), drawn = json::array(), unknown = json::array();
  for (const auto& [name, one] : run.facts.data)
    files[name] = {{"files", one.files}, {"fingerprint", one.fingerprint}, {"is_whole", one.is_whole}};
  for (const MeasuredPhase& measured : run.phases) {
    const PhaseText* phase = run.graph.find_phase(measured.name);
    if (!phase) continue;
    for (const NodeText& node : phase->nodes) {
      if (!node.in.empty()) continue;
      const std::string place = phase->name + "." + node.name;
      if (node.uses.text == drawing_type) {
        const json params = params_of(node);
        const auto same = std::find_if(drawn.begin(), drawn.end(), [&](const json& one) { return one["params"] == params; });
        if (same != drawn.end()) (*same)["nodes"].push_back(place);
        else drawn.push_back({{"type", drawing_type}, {"nodes", json::array({place})}, {"params", params}});
      } else if (!run.facts.versions.empty() && !run.facts.data.contains(resource_of(node, run.graph))) {
        unknown.push_back(place + " (" + node.uses.text + ")");
      }
    }
  }
  return {{"files", files}, {"drawn", drawn}, {"unknown", unknown}};
}

json saliency_masks(const GraphDescription& graph) {
  json out = json::object();
  for (const PhaseText& phase : graph.phases)
    for (const NodeText& node : phase.nodes)
      for (const InputText& input : node.in)
        if (node.uses.text == "metric.saliency" && input.port == "mask")
          out[phase.name + "." + node.name] = input.from.node + (input.from.port.empty() ? "" : "." + input.from.port);
  return out;
}

}  // namespace leat::report
