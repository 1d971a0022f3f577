#include "run/changed_graph.h"

#include <filesystem>
#include <memory>

#include "leat/read_tree.h"

namespace leat::run {

std::string what_chooses(const std::string& graph) {
  Diagnostics mistakes;
  const Tree tree = read_tree(source_text("graph.yaml", {}, graph), mistakes);
  const Tree* plan = tree.find("plan");
  const Tree* train = plan ? plan->find("train") : nullptr;
  const Tree* keep = train ? train->find("keep") : nullptr;
  const Tree* validate = train ? train->find("validate") : nullptr;
  const Tree* name = validate ? validate->find("phase") : nullptr;
  const Tree* phases = tree.find("phases");
  const Tree* phase = phases && name ? phases->find(name->scalar) : nullptr;
  if (mistakes.has_errors() || !keep || !phase) return {};
  return keep->yaml() + "\n" + name->scalar + "\n" + phase->yaml();
}

}  // namespace leat::run
