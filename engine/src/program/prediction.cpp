#include "leat/prediction.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/working.h"
#include "leat/leaves_out.h"
#include "leat/make_tree.h"
#include "leat/resolved_text.h"
#include "leat/starts_from_run.h"
#include "leat/thrown.h"
#include "program/configure.h"

namespace leat {

namespace {

/// Returns the value of a name in a `with`, in which `bridge.join` can be nested; null if there is none.
Tree* find_value(Tree& with, std::string_view name) {
  if (Tree* whole = with.find(name)) return whole;
  const std::size_t dot = name.find('.');
  Tree* outer = dot == std::string_view::npos ? nullptr : with.find(name.substr(0, dot));
  return outer ? find_value(*outer, name.substr(dot + 1)) : nullptr;
}

/// Calls `act` with each name of a resource in a component's text, by reference.
template <class Act>
void each_use(const Component& component, ComponentText& text, Act act) {
  for (const UsePort* use : component.uses())
    if (Tree* value = find_value(text.with, use->name()); value && value->is_scalar()) act(value->scalar);
}

template <class Type>
auto make(const ComponentText& text, const Type* type) {
  if (!type) throw Refusal("the graph's `" + text.name + "` is a `" + text.uses.text + "`, which this leat does not know");
  const WorkingOn working(text.name, type->id, type->plugin, text.place, "while the graph is read");
  try {
    return made_of(*type);
  } catch (...) {
    throw Refusal("the graph's `" + text.name + "` " + program::of_type(type->id, type->plugin) +
                  " cannot be made: " + words_of_current_exception());
  }
}

std::unique_ptr<Node> make_node(const NodeText& text, const Registry& registry) { return make(text, registry.find_node(text.uses.text)); }

std::unique_ptr<Resource> make_resource(const ComponentText& text, const Registry& registry) {
  return make(text, registry.find_resource(text.uses.text));
}

const PhaseText& predict_phase(const GraphDescription& graph) {
  const PhaseText* found = nullptr;
  for (const PhaseText& phase : graph.phases) {
    if (phase.kind != PhaseKind::Predict) continue;
    if (found) throw Refusal("the graph has two phases of kind `predict`: `" + found->name + "` and `" + phase.name + "`");
    found = &phase;
  }
  if (!found) throw Refusal("the graph has no phase of kind `predict`");
  return *found;
}

void keep_used(GraphDescription& graph, std::set<std::string> used, const Registry& registry) {
  for (std::size_t known = 0; known != used.size();) {
    known = used.size();
    for (ComponentText& resource : graph.resources)
      if (used.contains(resource.name))
        each_use(*make_resource(resource, registry), resource, [&](const std::string& name) { used.insert(name); });
  }
  std::erase_if(graph.resources, [&](const ComponentText& one) { return !used.contains(one.name); });
}

/// Returns a `with` of the new path and, if there are any, the folders that are left out.
Tree with_path(const std::filesystem::path& path, const std::set<std::string>& left_out) {
  Tree with = map_tree({{"path", text_tree(std::filesystem::absolute(path).lexically_normal().string())}});
  if (!left_out.empty()) set_entry(with, "left_out", text_trees({left_out.begin(), left_out.end()}));
  return with;
}

bool has_param(const Resource& resource, std::string_view name) {
  return std::any_of(resource.params().begin(), resource.params().end(), [name](const ParamPort* param) { return param->name() == name; });
}

/// Returns the folders that the data sets of a graph leave out, as masks.
std::set<std::string> left_out_by(const GraphDescription& graph, const Registry& registry) {
  std::set<std::string> out;
  for (const ComponentText& text : graph.resources) {
    if (!registry.find_resource(text.uses.text)) continue;
    const std::unique_ptr<Resource> resource = make_resource(text, registry);
    const auto* leaves_out = dynamic_cast<const LeavesOut*>(resource.get());
    Diagnostics ignored;  // The run has checked the parameters.
    if (!leaves_out) continue;
    (void)program::configure(*resource, text, ignored);
    for (std::string& folder : leaves_out->left_out_folders()) out.insert(std::move(folder));
  }
  return out;
}

/// Rewrites a prediction graph for several runs. Adds one copy per further run of every resource with weights, of the nodes that use one,
/// and of the device-lane nodes downstream.
class Averaging {
 public:
  Averaging(GraphDescription& graph, std::size_t phase, int runs, AveragingNodes names, const Registry& registry)
      : graph_(graph), phase_(graph.phases.at(phase)), is_first_(phase == 0), runs_(runs), names_(std::move(names)), registry_(registry) {
    for (const std::string& name : {names_.mean, names_.disagreement, names_.rows})
      if (!name.empty() && !registry.find_node(name))
        throw Refusal("the predictions of several runs need the node type `" + name + "`, which this leat does not know");
    const auto node = made_of(*registry.find_node(names_.mean));
    mean_port_ = node->inputs().at(0)->name();
    mean_type_ = &node->inputs().at(0)->type();
  }

  void apply(std::set<std::string> weighted) {
    find_resources(std::move(weighted));
    find_nodes();
    check_member_names();
    const std::vector<ComponentText> resources = graph_.resources;
    const std::vector<NodeText> nodes = phase_.nodes;
    for (int run = 1; run < runs_; ++run) {
      for (const ComponentText& resource : resources)
        if (is_first_ && resources_.contains(resource.name))
          graph_.resources.push_back(member(resource, *make_resource(resource, registry_), run));
      for (const NodeText& node : nodes)
        if (nodes_.contains(node.name)) phase_.nodes.push_back(member_node(node, run));
    }
    for (std::size_t k = 0; k < nodes.size(); ++k)
      if (!nodes_.contains(nodes[k].name))
        for (std::size_t input = 0; input < nodes[k].in.size(); ++input) take_mean(k, input);
    if (!names_.disagreement.empty()) add_disagreement();
  }

 private:
  static constexpr const char* disagreement_suffix = "_disagreement";

  void find_resources(std::set<std::string> weighted) {
    resources_ = std::move(weighted);
    for (std::size_t known = resources_.size() + 1; known != resources_.size();) {
      known = resources_.size();
      for (ComponentText& resource : graph_.resources)
        each_use(*make_resource(resource, registry_), resource, [&](const std::string& name) {
          if (resources_.contains(name)) resources_.insert(resource.name);
        });
    }
  }

  void find_nodes() {
    for (NodeText& node : phase_.nodes)
      each_use(*make_node(node, registry_), node, [&](const std::string& name) {
        if (resources_.contains(name)) nodes_.insert(node.name);
      });
    for (std::size_t known = nodes_.size() + 1; known != nodes_.size();) {
      known = nodes_.size();
      for (const NodeText& node : phase_.nodes)
        if (registry_.find_node(node.uses.text)->lane == LaneKind::Device &&
            std::any_of(node.in.begin(), node.in.end(), [&](const InputText& input) { return nodes_.contains(input.from.node); }))
          nodes_.insert(node.name);
    }
  }

  template <class Text>
  Text member(Text text, const Component& component, int run) const {
    text.name = member_name(text.name, run);
    each_use(component, text, [&](std::string& name) {
      if (resources_.contains(name)) name = member_name(name, run);
    });
    return text;
  }

  NodeText member_node(const NodeText& node, int run) const {
    NodeText out = member(node, *make_node(node, registry_), run);
    for (InputText& input : out.in)
      if (nodes_.contains(input.from.node)) input.from.node = member_name(input.from.node, run);
    return out;
  }

  /// If the input reads a node that was copied for every run, connects it to a `mean` node over the copies instead. Adds the `mean` node if
  /// it does not exist yet.
  void take_mean(std::size_t node, std::size_t input) {
    const Reference from = phase_.nodes[node].in[input].from;
    if (!nodes_.contains(from.node)) return;
    const auto [mean, is_new] = means_.try_emplace({from.node, from.port});
    if (is_new) {
      mean->second = "mean_" + from.node + (from.port.empty() ? "" : "_" + from.port);
      while (has_node(mean->second)) mean->second += "_";
      add_mean(mean->second, from);
    }
    phase_.nodes[node].in[input].from = {mean->second, "", from.place};
    reads_.try_emplace(phase_.nodes[node].name, from);
  }

  /// Connects the input `x_disagreement` of a node, next to an input `x` that reads a node which reads a mean: with how much the runs
  /// disagree there.
  void add_disagreement() {
    const std::size_t count = phase_.nodes.size();
    for (std::size_t k = 0; k < count; ++k) {
      const auto made = make_node(phase_.nodes[k], registry_);
      std::vector<InputText> added;
      for (const InputText& input : std::vector(phase_.nodes[k].in)) {
        const auto read = reads_.find(input.from.node);
        if (read == reads_.end() || !has_input(*made, input.port + disagreement_suffix)) continue;
        const std::string rows = add_disagreement_of(input.from.node, read->second);
        added.push_back({input.port + disagreement_suffix, "", input.place, {rows, "", input.from.place}});
      }
      phase_.nodes[k].in.insert(phase_.nodes[k].in.end(), added.begin(), added.end());
    }
  }

  std::string add_disagreement_of(const std::string& reader, const Reference& from) {
    const auto add = [&](std::string name, const std::string& type) -> NodeText& {
      while (has_node(name)) name += "_";
      NodeText& node = phase_.nodes.emplace_back();
      node.name = std::move(name);
      node.place = from.place;
      node.uses = {type, from.place};
      return node;
    };
    NodeText& whole = add(reader + "_disagreement", names_.disagreement);
    const std::string port(make_node(whole, registry_)->inputs().at(0)->name());
    for (int run = 0; run < runs_; ++run)
      whole.in.push_back({port, "run" + std::to_string(run + 1), from.place, {member_name(from.node, run), from.port, from.place}});
    const std::string read = whole.name;
    NodeText& rows = add(reader + "_disagreement_rows", names_.rows);
    rows.in.push_back({"", "", from.place, {read, "", from.place}});
    return rows.name;
  }

  static bool has_input(const Node& node, std::string_view name) {
    return std::any_of(node.inputs().begin(), node.inputs().end(), [name](const Port* port) { return port->name() == name; });
  }

  [[nodiscard]] bool has_node(const std::string& name) const {
    return std::any_of(phase_.nodes.begin(), phase_.nodes.end(), [&](const NodeText& one) { return one.name == name; });
  }

  /// Throws Refusal if a node or resource has the name that a copy would get.
  void check_member_names() const {
    const auto refuse = [](const std::string& what, const std::string& name, const std::string& member) {
      throw Refusal("the " + what + " `" + member + "` has the name that `" + name + "` gets for another run: rename it");
    };
    for (int run = 1; run < runs_; ++run) {
      for (const std::string& name : nodes_)
        if (has_node(member_name(name, run))) refuse("node", name, member_name(name, run));
      for (const std::string& name : is_first_ ? resources_ : std::set<std::string>())
        for (const ComponentText& one : graph_.resources)
          if (one.name == member_name(name, run)) refuse("resource", name, one.name);
    }
  }

  void add_mean(const std::string& name, const Reference& from) {
    check_type(from);
    NodeText mean;
    mean.name = name;
    mean.place = from.place;
    mean.uses = {names_.mean, from.place};
    for (int run = 0; run < runs_; ++run)
      mean.in.push_back({mean_port_, "run" + std::to_string(run + 1), from.place, {member_name(from.node, run), from.port, from.place}});
    phase_.nodes.push_back(std::move(mean));
  }

  void check_type(const Reference& from) const {
    const auto text = std::find_if(phase_.nodes.begin(), phase_.nodes.end(), [&](const NodeText& one) { return one.name == from.node; });
    const auto node = make_node(*text, registry_);
    for (const Port* port : node->outputs()) {
      if (!(from.port.empty() || port->name() == from.port) || port->type().is_same(*mean_type_)) continue;
      const std::string output =
          "`" + from.node + "." + std::string(port->name()) + "` is of type `" + std::string(port->type().name) + "`";
      if (port->type().name == mean_type_->name)
        throw Refusal(output + ", the C++ type " + port->type().identity.str() + ", but `" + names_.mean +
                      "` takes another of that name, " + mean_type_->identity.str());
      throw Refusal(output + ", but only values of type `" + std::string(mean_type_->name) + "` have a mean over several runs");
    }
  }

  GraphDescription& graph_;
  PhaseText& phase_;
  bool is_first_;  ///< The resources are copied with the first phase.
  int runs_;
  AveragingNodes names_;
  const Registry& registry_;
  std::string mean_port_;
  const ValueType* mean_type_ = nullptr;
  std::set<std::string> resources_;
  std::set<std::string> nodes_;
  std::map<std::string, Reference> reads_;  ///< By node that reads a mean: what the mean is taken of. Of several, the first.
  std::map<std::pair<std::string, std::string>, std::string> means_;  ///< Indexed by node and port: the `mean` node of that output.
};

}  // namespace

std::set<std::string> predicted_data_sets(const GraphDescription& graph, const Registry& registry) {
  std::set<std::string> out;
  PhaseText phase = predict_phase(graph);
  for (NodeText& node : phase.nodes) {
    const auto made = make_node(node, registry);
    if (!dynamic_cast<const Source*>(made.get())) continue;
    each_use(*made, node, [&](const std::string& name) {
      for (const ComponentText& resource : graph.resources)
        if (resource.name == name && has_param(*make_resource(resource, registry), "path")) out.insert(name);
    });
  }
  return out;
}

GraphDescription prediction_graph(const GraphDescription& graph, const std::filesystem::path& images, const Registry& registry) {
  GraphDescription out;
  out.title = graph.title;
  out.resources = graph.resources;
  out.phases = {predict_phase(graph)};
  out.plan.then = {{out.phases[0].name, out.phases[0].place}};
  out.plan.memory_bytes = graph.plan.memory_bytes;
  out.plan.stall_seconds = graph.plan.stall_seconds;
  out.plan.place = graph.plan.place;
  std::set<std::string> used;
  for (NodeText& node : out.phases[0].nodes)
    each_use(*make_node(node, registry), node, [&](const std::string& name) { used.insert(name); });
  keep_used(out, std::move(used), registry);
  const std::set<std::string> replaced = predicted_data_sets(graph, registry);
  const std::set<std::string> left_out = left_out_by(graph, registry);
  for (ComponentText& resource : out.resources) {
    const std::unique_ptr<Resource> made = make_resource(resource, registry);
    if (const auto* starts = dynamic_cast<const StartsFromRun*>(made.get()))
      for (const std::string_view name : starts->starting_params())
        std::erase_if(resource.with.entries, [name](const Tree::Entry& one) { return one.key == name; });
    if (!replaced.contains(resource.name)) continue;
    Tree with = with_path(images, has_param(*made, "left_out") ? left_out : std::set<std::string>());
    // How many files an image has is no matter of the folder.
    if (const Tree* files = resource.with.find("channel_files")) set_entry(with, "channel_files", *files);
    resource.with = std::move(with);
  }
  const bool is_replaced = !replaced.empty();
  if (!is_replaced)
    throw Refusal("the phase `" + out.phases[0].name + "` reads no data set: none of its sources names a resource with a `path`");
  out.resolved = resolved_text(out);
  return out;
}

void average_runs(GraphDescription& graph, const std::set<std::string>& weighted, int runs, const AveragingNodes& names,
                  const Registry& registry) {
  GraphDescription averaged = graph;  // A refusal leaves the graph as it was.
  for (std::size_t phase = 0; phase < averaged.phases.size(); ++phase) Averaging(averaged, phase, runs, names, registry).apply(weighted);
  averaged.resolved = resolved_text(averaged);
  graph = std::move(averaged);
}

std::string member_name(const std::string& name, int run) { return run == 0 ? name : "run" + std::to_string(run + 1) + "_" + name; }

}  // namespace leat
