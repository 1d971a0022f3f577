#include "leat/prediction_outputs.h"

#include <algorithm>
#include <cstdio>

#include "leat/resolved_text.h"

namespace leat {

namespace {

Tree scalar(std::string text) {
  Tree out;
  out.kind = Tree::Kind::Scalar;
  out.scalar = std::move(text);
  return out;
}

Tree list(std::vector<std::string> texts) {
  Tree out;
  out.kind = Tree::Kind::List;
  for (std::string& text : texts) out.items.push_back(scalar(std::move(text)));
  return out;
}

Tree map(std::vector<std::pair<std::string, Tree>> entries) {
  Tree out;
  out.kind = Tree::Kind::Map;
  for (auto& [key, value] : entries) out.entries.push_back({std::move(key), {}, std::move(value)});
  return out;
}

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

void set(Tree& with, const std::string& key, Tree value) {
  if (!with.is_map()) with = map({});
  if (Tree* known = with.find(key)) *known = std::move(value);
  else with.entries.push_back({key, {}, std::move(value)});
}

/// Returns what the input `port` of a node reads; with `is_first`, also if the text names no port. Null: nothing.
const Reference* source_of(const NodeText& node, std::string_view port, bool is_first = false) {
  for (const InputText& input : node.in)
    if (input.port == port || (is_first && input.port.empty())) return &input.from;
  return nullptr;
}

NodeText node(const PhaseText& phase, std::string name, const std::string& type, Tree with, std::vector<InputText> in) {
  const auto is_taken = [&](const std::string& one) {
    return std::any_of(phase.nodes.begin(), phase.nodes.end(), [&](const NodeText& known) { return known.name == one; });
  };
  while (is_taken(name)) name += "_";
  NodeText out;
  out.name = std::move(name);
  out.place = phase.place;
  out.uses = {type, phase.place};
  out.with = std::move(with);
  out.in = std::move(in);
  return out;
}

const NodeText* find_type(const PhaseText& phase, std::string_view type) {
  const auto found = std::find_if(phase.nodes.begin(), phase.nodes.end(), [type](const NodeText& one) { return one.uses.text == type; });
  return found == phase.nodes.end() ? nullptr : &*found;
}

const NodeText* find_name(const PhaseText& phase, std::string_view name) {
  const auto found = std::find_if(phase.nodes.begin(), phase.nodes.end(), [name](const NodeText& one) { return one.name == name; });
  return found == phase.nodes.end() ? nullptr : &*found;
}

/// Returns the node that classifies with the features of `model.encode`, and that node. Throws Refusal if there is none.
std::pair<const NodeText*, const NodeText*> classifier_of(const PhaseText& phase) {
  if (const NodeText* classify = find_type(phase, "model.classify")) {
    const Reference* features = source_of(*classify, "features", true);
    const NodeText* encode = features ? find_name(phase, features->node) : nullptr;
    if (encode && encode->uses.text == "model.encode") return {classify, encode};
  }
  throw Refusal("the phase `" + phase.name + "` does not classify with a network of `model.encode`, so there is no saliency to write");
}

}  // namespace

void add_overlays(GraphDescription& graph) {
  PhaseText& phase = graph.phases.at(0);
  bool has_any = false;
  for (NodeText& one : phase.nodes) {
    if (one.uses.text != "write.image") continue;
    if (!source_of(one, "image"))
      throw Refusal("the node `" + one.name + "` of `" + phase.name + "` has no input `image`, so it cannot draw overlays");
    set(one.with, "overlay", scalar("true"));
    has_any = true;
  }
  if (!has_any) throw Refusal("the phase `" + phase.name + "` writes no masks with `write.image`, so there are no overlays to write");
  graph.resolved = resolved_text(graph);
}

void add_saliency(GraphDescription& graph) {
  PhaseText& phase = graph.phases.at(0);
  const auto [classify, encode] = classifier_of(phase);
  const Reference* batch = source_of(*encode, "image", true);
  const NodeText* normalize = batch ? find_name(phase, batch->node) : nullptr;
  const Reference* seen = normalize && normalize->uses.text == "tensor.normalize" ? source_of(*normalize, "image", true) : nullptr;
  if (!seen)
    throw Refusal("the network of `" + phase.name + "` does not read a `tensor.normalize`, so the place of its pixels is not known");
  Tree with = map({});
  for (const char* key : {"model", "weights"})
    if (const Tree* value = encode->with.find(key)) set(with, key, *value);
  const Place at = phase.place;
  NodeText saliency = node(phase, "saliency_map", "model.saliency", std::move(with), {{"image", "", at, *batch}});
  NodeText picture = node(phase, "saliency_picture", "tensor.images", map({{"scale", scalar("max")}}),
                          {{"probabilities", "", at, {saliency.name, "", at}}, {"like", "", at, *seen}});
  NodeText file = node(phase, "saliency_file", "write.image",
                       map({{"masks", list({"map"})}, {"folder", scalar("saliency")}, {"levels", scalar("all")}}),
                       {{"mask", "", at, {picture.name, "image", at}}});
  phase.nodes.push_back(std::move(saliency));
  phase.nodes.push_back(std::move(picture));
  phase.nodes.push_back(std::move(file));
  graph.resolved = resolved_text(graph);
}

void add_checks(GraphDescription& graph, const TrainedImages& trained) {
  PhaseText& phase = graph.phases.at(0);
  std::vector<std::string> pictures, from;
  for (const TrainedImages::Source& one : trained.sources) {
    for (const int gray : one.mean_picture) pictures.push_back(std::to_string(gray));
    from.push_back(number_text(one.likeness_from));
  }
  const Tree with = map({{"mean_pictures", list(std::move(pictures))},
                         {"likeness_from", list(std::move(from))},
                         {"means", list({number_text(trained.means[0]), number_text(trained.means[1])})},
                         {"least_deviation", scalar(number_text(trained.least_deviation))}});
  std::vector<NodeText> added;
  for (NodeText& one : phase.nodes) {
    if (one.uses.text != "tensor.normalize") continue;
    for (InputText& input : one.in) {
      NodeText check = node(phase, one.name + "_check", "image.check", with, {{"image", "", input.place, input.from}});
      input.from = {check.name, "", input.place};
      added.push_back(std::move(check));
    }
  }
  phase.nodes.insert(phase.nodes.end(), std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
  graph.resolved = resolved_text(graph);
}

}  // namespace leat
