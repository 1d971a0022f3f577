#include "report/page_names.h"

#include <unistd.h>
#include <cstdlib>

#include "report/report_words.h"
#include "report/systems.h"

namespace leat::report {

namespace {

bool is_path(const std::string& text) { return text.find_first_of("/\\") != std::string::npos; }

/// Adds the values of parameters that are paths, also in lists.
void learn_paths(Pseudonyms& names, const std::string& key, const Tree& value) {
  // The paths of Leat's nodes; those of plugins are known by their signs.
  const bool is_of_files = key == "path" || key == "file" || key == "weights" || key == "folder" || key == "list";
  if (is_of_files || is_path(value.scalar)) names.add_secret(value.scalar);
  for (const Tree& item : value.items) learn_paths(names, key, item);
  for (const Tree::Entry& entry : value.entries) learn_paths(names, entry.key, entry.value);
}

/// Adds the names of classes, structures and parameters in the parameters of a node or a resource.
void learn_with(Pseudonyms& names, const Tree& with) {
  learn_paths(names, "", with);
  for (const Tree::Entry& entry : with.entries) {
    names.add_own_name(entry.key);
    if (entry.key == "classes" || entry.key == "masks" || entry.key == "labels")
      for (const Tree& item : entry.value.items) names.add_own_name(item.scalar);
  }
}

}  // namespace

std::map<std::string, std::set<std::string>> metrics_of_nodes(const FinishedRun& run) {
  std::map<std::string, std::set<std::string>> out;
  for (const MeasuredPhase& phase : run.phases)
    for (const Measured& one : phase.figures) out[one.node].insert(one.metric);
  return out;
}

void learn_names(Pseudonyms& names, const FinishedRun& run) {
  for (const PhaseText& phase : run.graph.phases) {
    names.add_own_name(phase.name);
    for (const NodeText& node : phase.nodes) {
      names.add_own_name(node.name);
      names.add_own_name(node.uses.text);
      learn_with(names, node.with);
      names.add_own_name(phase.name + "." + node.name);
    }
  }
  for (const ComponentText& resource : run.graph.resources) {
    names.add_own_name(resource.name);
    names.add_own_name(resource.uses.text);
    learn_with(names, resource.with);
  }
  for (const auto& [resource, facts] : run.facts.resources) names.add_own_name(resource);
  for (const auto& [place, rows] : run.images)
    for (const std::string& name : rows.classes()) names.add_own_name(name);
  for (const auto& [place, rows] : run.images)
    for (const std::string& name : rows.patient_names()) names.add_secret(name);
  const std::map<std::string, std::set<std::string>> metrics = metrics_of_nodes(run);
  for (const MeasuredPhase& phase : run.phases) {
    names.add_own_name(phase.name);
    for (const Measured& one : phase.figures) {
      names.add_own_name(one.node);
      names.add_own_name(phase.name + "." + one.node);
      names.add_own_name("images/" + phase.name + "." + one.node + ".csv");
      if (names.metric(one.metric, metrics.at(one.node)) != one.metric) continue;
      for (const std::string& name :
           {one.metric, metric_words(one.metric), one.node + "." + one.metric, phase.name + "." + one.node + "." + one.metric})
        names.add_own_name(name);
    }
  }
  for (const std::string& system : find_systems(run).names) names.add_own_name(system);
  for (const auto& [name, value] : run.params) {
    names.add_own_name(name);
    if (is_path(value)) names.add_secret(value);
  }
  for (const char* variable : {"USER", "LOGNAME", "HOME"})
    if (const char* value = std::getenv(variable)) names.add_secret(value);
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) == 0) names.add_secret(host);
}

}  // namespace leat::report
