#include "leat/tries_files.h"

#include <set>
#include <tuple>

#include "base/one_mistake.h"
#include "base/working.h"
#include "leat/program.h"
#include "leat/thrown.h"
#include "program/configure.h"

namespace leat {

namespace {

/// Two sources of one data set can have the same warning, so `told` has those that were reported.
void try_files_of(const ProgramPhase& phase, const ProgramNode& node, const TriesFiles& files, std::set<std::string>& told,
                  Diagnostics& diagnostics) {
  const WorkingOn working(node.name, node.type->id, node.type->plugin, node.place, "while its files are tried");
  const auto is_connected = [&](const Port& output) {
    return !phase.wires[static_cast<std::size_t>(node.wires[static_cast<std::size_t>(output.index())])].readers.empty();
  };
  std::vector<std::string> warnings;
  try {
    files.try_files(is_connected, warnings);
  } catch (const Refusal& refusal) {
    const std::string text = "`" + node.name + "`: " + refusal.what();
    if (refusal.at() == "on_error" && node.skips_errors) diagnostics.warning("survey.warning", node.place, text);
    else diagnostics.error("node.refused", node.place, text, refusal.hint());
  } catch (...) {
    diagnostics.error("node.refused", node.place,
                      "`" + node.name + "` " + program::of_type(node.type->id, node.type->plugin) + ": " + words_of_current_exception());
  }
  for (const std::string& warning : warnings)
    if (told.insert(warning).second) diagnostics.warning("survey.warning", node.place, "`" + node.name + "`: " + warning);
}

}  // namespace

void try_files(const Program& program, Diagnostics& diagnostics) {
  Diagnostics found;
  std::set<std::string> told;
  std::set<std::string, std::less<>> phases;
  for (const ProgramPhase& phase : program.phases) {
    phases.insert(phase.name);
    for (const ProgramNode& node : phase.nodes)
      if (const auto* files = dynamic_cast<const TriesFiles*>(node.node.get())) try_files_of(phase, node, *files, told, found);
  }
  append_new(found, phases, diagnostics);
}

}  // namespace leat
