#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "leat/description.h"
#include "support/temporary_folder.h"

namespace leat::test {

/// Returns diagnostics without source lines and carets, sorted by place: `g.yaml:1:1: error: text (hint)`, and a note as `  note:
/// g.yaml:2:1: text`.
[[nodiscard]] inline std::string brief(const Diagnostics& diagnostics) {
  std::vector<const Diagnostic*> sorted;
  for (const Diagnostic& one : diagnostics.all()) sorted.push_back(&one);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic* a, const Diagnostic* b) {
    return std::tie(a->place.text->name, a->place.line, a->place.column) < std::tie(b->place.text->name, b->place.line, b->place.column);
  });
  std::string out;
  for (const Diagnostic* one : sorted) {
    out += one->place.str() + (one->is_warning ? ": warning: " : ": error: ") + one->text +
           (one->hint.empty() ? "" : " (" + one->hint + ")") + "\n";
    for (const Note& note : one->notes) out += "  note: " + note.place.str() + ": " + note.text + "\n";
  }
  return out;
}

/// Returns each parameter with its valid values: `size=128(0..256) data=../data() `.
[[nodiscard]] inline std::string params_of(const GraphDescription& graph) {
  std::string out;
  for (const ParamText& param : graph.params) out += param.name + "=" + param.value + "(" + param.allowed + ") ";
  return out;
}

/// Returns a description as text. Equal descriptions give equal texts.
[[nodiscard]] inline std::string same_description(const GraphDescription& graph) {
  std::string out = "title " + graph.title + "\n";
  for (const ParamText& param : graph.params) out += "param " + param.name + " = " + param.value + "\n";
  const auto component = [&out](const ComponentText& one) { out += one.name + " uses " + one.uses.text + "\n" + one.with.yaml(4); };
  for (const ComponentText& resource : graph.resources) component(resource);
  for (const PhaseText& phase : graph.phases) {
    out += "phase " + phase.name + " " + std::string(name(phase.kind)) + " " + std::to_string(phase.prefetch) +
           (phase.uses_last ? " last" : "") + "\n";
    for (const NodeText& node : phase.nodes) {
      component(node);
      for (const InputText& input : node.in)
        out += "  in " + input.port + "/" + input.member + " = " + input.from.node + "." + input.from.port + "\n";
      out += "  lane " + (node.lane ? node.lane->text : "") + " skips " + std::to_string(node.skips_errors) + "\n";
    }
  }
  if (const auto& train = graph.plan.train) {
    out += "train " + train->phase.text + " " + std::to_string(train->steps) + " " + std::to_string(train->epochs) + " " +
           train->epochs_of.text + " " + std::to_string(train->checkpoint_every) + " " + std::to_string(train->checkpoint_seconds) + " " +
           train->validate_phase.text + " " + std::to_string(train->validate_every.steps) + " " +
           std::to_string(train->validate_every.epochs) + " " + train->validate_every.epochs_of.text + " " + train->keep.mode + " " +
           std::to_string(train->keep.within) + " " + std::to_string(train->stop_after) + "\n";
    for (const Named& metric : train->keep.metrics) out += "  best " + metric.text + "\n";
  }
  for (const Named& phase : graph.plan.then) out += "then " + phase.text + "\n";
  if (const auto& record = graph.plan.record) {
    out += "record " + std::to_string(record->slots) + " " + std::to_string(record->every.steps) + " " +
           std::to_string(record->every.epochs) + " " + record->every.epochs_of.text + " " + std::to_string(record->budget_bytes) + "\n";
    for (const Named& edge : record->edges) out += "  edge " + edge.text + "\n";
  }
  return out + "memory " + std::to_string(graph.plan.memory_bytes) + " stall " + std::to_string(graph.plan.stall_seconds) + " keep " +
         std::to_string(graph.plan.keep_bytes) + "\n";
}

}  // namespace leat::test
