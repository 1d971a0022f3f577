#include "conformance/other_images.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "conformance/trial_graphs.h"
#include "leat/make_tree.h"
#include "leat/program.h"

namespace leat::conformance {
namespace {

constexpr const char* maker = "trial.other_image";

/// A kind of images that `trial.other_image` makes of gray images of 8 bit.
struct Kind {
  const char* word;
  const char* words;
  bool is_colour;
};
constexpr Kind kinds[] = {{"colour", "with images in colour", true}, {"deep", "with images of 16 bit", false}};

bool is_gray(const Contract& given) {
  return given.has_shape && !given.is_open && given.dims.size() == 2 && given.dtype == Dtype::U8 && !given.has_entries;
}

/// Returns true if an input takes images of this kind. An input of masks does not.
bool takes(const Port& port, const Kind& kind) {
  const Contract& wanted = port.contract();
  if (port.type().name != "image" || wanted.has_entries || is_output(port.kind())) return false;
  if (!kind.is_colour) return wanted.dtype != Dtype::Any && is_within(Dtype::U16, wanted.dtype);
  if (!wanted.has_shape) return false;  // It can be an input of masks that does not name them.
  if (wanted.is_open && wanted.dims.size() == 2) return true;
  return wanted.dims.size() == 3 && (!wanted.dims[2].is_known() || wanted.dims[2].size == 3);
}

/// Makes one phase of a graph anew.
class Changed {
 public:
  Changed(const GraphDescription& graph, const ProgramPhase& phase, const std::set<std::string>& types, const Kind& kind)
      : graph_(only_phase(graph, phase.name)), phase_(phase), types_(types), kind_(kind) {}

  /// Returns nullopt if no input under test takes such images.
  std::optional<GraphDescription> graph() {
    for (std::size_t k = 0; k < phase_.nodes.size(); ++k)
      if (types_.contains(phase_.nodes[k].type->id)) change(static_cast<int>(k));
    if (made_.empty()) return {};
    PhaseText& text = graph_.phases.front();
    std::erase_if(text.nodes, [this](const NodeText& node) { return !kept_.contains(node.name); });
    text.nodes.insert(text.nodes.end(), made_.begin(), made_.end());
    text.instances.clear();
    text.through.clear();
    return std::move(graph_);
  }

 private:
  void change(int index) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    bool is_changed = false;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& wire = phase_.wires[static_cast<std::size_t>(feed.wire)];
        if (takes(*input.port, kind_) && is_gray(wire.contract)) is_changed = put_before(node.name, input, feed) || is_changed;
      }
    if (is_changed) keep(index);
  }

  bool put_before(const std::string& node, const BoundInput& input, const Feed& feed) {
    const std::string name = "trial_image_" + std::to_string(made_.size());
    for (NodeText& text : graph_.phases.front().nodes) {
      if (text.name != node) continue;
      for (InputText& one : text.in) {
        if ((!one.port.empty() && one.port != input.port->name()) || one.member != feed.member) continue;
        NodeText made;
        made.name = name;
        made.place = one.place;
        made.uses = {maker, one.place};
        made.in.push_back({"image", "", one.place, one.from});
        set_entry(made.with, "kind", placed(plain_tree(kind_.word), one.place));
        one.from = {name, "other", one.place};
        made_.push_back(std::move(made));
        return true;
      }
    }
    return false;
  }

  /// Keeps a node and all that it reads.
  void keep(int index) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    if (!kept_.insert(node.name).second) return;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) keep(phase_.wires[static_cast<std::size_t>(feed.wire)].node);
  }

  GraphDescription graph_;
  const ProgramPhase& phase_;
  const std::set<std::string>& types_;
  const Kind& kind_;
  std::vector<NodeText> made_;
  std::set<std::string> kept_;
};

}  // namespace

std::vector<OtherImages> with_other_images(const GraphDescription& graph, const Registry& registry, const ConformanceSettings& settings,
                                           const std::string& device) {
  std::vector<OtherImages> out;
  if (!registry.find_node(maker)) return out;
  Diagnostics diagnostics;
  const Program program = Program::build(graph, registry, {0, device}, diagnostics);
  if (diagnostics.has_errors()) return out;
  for (const ProgramPhase& phase : program.phases)
    for (const Kind& kind : kinds) {
      const std::vector<std::string> run = phases_of(graph);
      if (std::find(run.begin(), run.end(), phase.name) == run.end()) continue;
      if (std::optional<GraphDescription> changed = Changed(graph, phase, settings.types, kind).graph())
        out.push_back({kind.words, std::move(*changed)});
    }
  return out;
}

}  // namespace leat::conformance
