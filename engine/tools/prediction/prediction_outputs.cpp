#include "leat/prediction_outputs.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include "leat/diagnostics.h"
#include "leat/fit_labels.h"
#include "leat/make_tree.h"
#include "leat/resolved_text.h"
#include "prediction/image_source.h"

namespace leat {

namespace {

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// Returns what the input `port` of a node reads; with `is_first`, also if the text names no port. Null: nothing.
const Reference* source_of(const NodeText& node, std::string_view port, bool is_first = false) {
  for (const InputText& input : node.in)
    if (input.port == port || (is_first && input.port.empty())) return &input.from;
  return nullptr;
}

/// Returns the name, with a `_` at its end as long as one of `all` has it.
template <class Named>
std::string free_name(std::string name, const std::vector<Named>& all) {
  while (std::any_of(all.begin(), all.end(), [&](const Named& one) { return one.name == name; })) name += "_";
  return name;
}

NodeText node(const PhaseText& phase, const std::string& name, const std::string& type, Tree with, std::vector<InputText> in) {
  NodeText out;
  out.name = free_name(name, phase.nodes);
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

/// Returns the nodes of a phase that some node needs, and that node.
std::vector<NodeText> upstream_of(const PhaseText& phase, const std::string& name) {
  std::set<std::string> needed{name};
  for (std::size_t known = 0; known != needed.size();) {
    known = needed.size();
    for (const NodeText& one : phase.nodes)
      if (needed.contains(one.name))
        for (const InputText& input : one.in) needed.insert(input.from.node);
  }
  std::vector<NodeText> out;
  for (const NodeText& one : phase.nodes)
    if (needed.contains(one.name)) out.push_back(one);
  return out;
}

/// Returns the names in a list of the network's parameters, such as `classes`.
std::vector<std::string> names_of(const GraphDescription& graph, const NodeText& pass, const std::string& param) {
  const Tree* model = pass.with.find("model");
  std::vector<std::string> out;
  for (const ComponentText& resource : graph.resources)
    if (const Tree* list = model && resource.name == model->scalar ? resource.with.find(param) : nullptr)
      for (const Tree& item : list->items) out.push_back(item.scalar);
  return out;
}

/// Returns a test phase, without a name, of what gives `pass` for a data set, read by a source of type `reader`. `has_all`: all of its
/// images have labels.
PhaseText judging_phase(const PhaseText& phase, const NodeText& pass, const std::string& reader, const std::string& data, bool has_all) {
  PhaseText out;
  out.place = phase.place;
  out.kind = PhaseKind::Test;
  out.prefetch = phase.prefetch;
  out.uses_last = phase.uses_last;
  out.nodes = upstream_of(phase, pass.name);
  for (NodeText& one : out.nodes)
    if (one.in.empty()) {
      one.uses.text = reader;
      set_entry(one.with, "split", plain_tree(data));
      if (!has_all) set_entry(one.with, "part", plain_tree("labelled"));
    }
  return out;
}

}  // namespace

Judged add_judgement(GraphDescription& graph, NewData images, bool is_averaged) {
  const PhaseText phase = graph.phases.at(0);
  DataGuess& guess = images.guess;
  if (guess.classes.empty() && guess.structures.empty()) return {};
  const NodeText *classify = find_type(phase, "model.classify"), *segment = find_type(phase, "model.segment");
  const NodeText* source = image_source(phase);
  const NodeText* normalize = find_type(phase, "tensor.normalize");
  const Reference* seen = normalize ? source_of(*normalize, "image", true) : nullptr;
  if (!source || !seen) return {{}, {"the predict phase has no `tensor.normalize`, or reads not only `io.images`"}};
  const std::vector<std::string> classes = classify ? names_of(graph, *classify, "classes") : std::vector<std::string>();
  Judged out;
  out.why_not = fit_labels(guess, classes, segment ? names_of(graph, *segment, "masks") : std::vector<std::string>());
  const bool has_classes = !guess.classes.empty(), has_masks = !guess.structures.empty();
  if (!has_classes && !has_masks) return out;

  const Place at = phase.place;
  ComponentText labelled;
  labelled.name = free_name("labelled", graph.resources);
  labelled.place = at;
  labelled.uses = {images.uses, at};
  for (const auto& [name, path] : guess.paths) set_entry(labelled.with, name, text_tree(path.string()));
  for (const auto& [name, value] : guess.settings) set_entry(labelled.with, name, value);
  if (has_classes) set_entry(labelled.with, "classes", text_trees(classes));

  const auto add = [&](const NodeText& pass, const std::string& name, const std::string& reader, std::int64_t labels,
                       const std::string& kind, NodeText metric) {
    PhaseText judged = judging_phase(phase, pass, reader, labelled.name, guess.rows.empty() && labels == guess.images);
    judged.name = free_name(name, graph.phases);
    if (is_averaged) {
      // The mean is one of probabilities: `average_runs` takes it where they leave the device lane.
      const Tree with = map_tree({{"kind", plain_tree(kind)}});
      NodeText chances = node(phase, "chances", "tensor.probabilities", with, {{"logits", "", at, {pass.name, "", at}}});
      NodeText logits = node(phase, "mean_logits", "tensor.logits", with, {{"probabilities", "", at, {chances.name, "", at}}});
      metric.in[0].from.node = logits.name;
      judged.nodes.push_back(std::move(chances));
      judged.nodes.push_back(std::move(logits));
    }
    metric.in.push_back({"picture", "", at, *seen});
    judged.nodes.push_back(std::move(metric));
    graph.plan.then.push_back({judged.name, at});
    graph.phases.push_back(std::move(judged));
  };
  if (has_classes) {
    const Tree with = guess.is_multi_label ? map_tree({{"multi_label", plain_tree("true")}}) : map_tree();
    add(*classify, "judged_classes", "io.images", guess.with_class, guess.is_multi_label ? "sigmoid" : "softmax",
        node(phase, "classes", "metric.classification", with,
             {{"logits", "", at, {classify->name, "", at}}, {"label", "", at, {source->name, "label", at}}}));
    out.what = "classes";
  }
  if (has_masks) {
    add(*segment, "judged_masks", "io.masks", guess.with_masks, "sigmoid",
        node(phase, "masks", "metric.segmentation", map_tree(),
             {{"logits", "", at, {segment->name, "", at}}, {"mask", "", at, {source->name, "mask", at}}}));
    out.what += out.what.empty() ? "masks" : " and masks";
  }
  graph.resources.push_back(std::move(labelled));
  constexpr std::int64_t kept = 20'000'000;
  graph.plan.keep_bytes = kept;
  graph.resolved = resolved_text(graph);
  return out;
}

void add_overlays(GraphDescription& graph) {
  PhaseText& phase = graph.phases.at(0);
  bool has_any = false;
  for (NodeText& one : phase.nodes) {
    if (one.uses.text != "write.image") continue;
    if (!source_of(one, "image"))
      throw Refusal("the node `" + one.name + "` of `" + phase.name + "` has no input `image`, so it cannot draw overlays");
    set_entry(one.with, "overlay", plain_tree("true"));
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
  Tree with = map_tree();
  for (const char* key : {"model", "weights"})
    if (const Tree* value = encode->with.find(key)) set_entry(with, key, *value);
  const Place at = phase.place;
  NodeText saliency = node(phase, "saliency_map", "model.saliency", std::move(with), {{"image", "", at, *batch}});
  NodeText picture = node(phase, "saliency_picture", "tensor.images", map_tree({{"scale", plain_tree("max")}}),
                          {{"probabilities", "", at, {saliency.name, "", at}}, {"like", "", at, *seen}});
  NodeText file = node(phase, "saliency_file", "write.image",
                       map_tree({{"masks", text_trees({"map"})}, {"folder", plain_tree("saliency")}, {"levels", plain_tree("all")}}),
                       {{"mask", "", at, {picture.name, "image", at}}});
  phase.nodes.push_back(std::move(saliency));
  phase.nodes.push_back(std::move(picture));
  phase.nodes.push_back(std::move(file));
  graph.resolved = resolved_text(graph);
}

void write_tars(GraphDescription& graph) {
  PhaseText& phase = graph.phases.at(0);
  const Place at = phase.place;
  const std::string folder = "tars";
  std::vector<InputText> entries;
  for (NodeText& one : phase.nodes) {
    if (one.uses.text == "write.csv") set_entry(one.with, "tars", text_tree(folder));
    if (one.uses.text != "write.image") continue;
    set_entry(one.with, "tar", plain_tree("true"));
    entries.push_back({"entries", one.name, at, {one.name, "entries", at}});
  }
  if (entries.empty())
    throw Refusal("the phase `" + phase.name + "` writes no masks with `write.image`, so there is nothing to write as tars");
  phase.nodes.push_back(node(phase, "tar_files", "write.tar", map_tree({{"folder", text_tree(folder)}}), std::move(entries)));
  graph.resolved = resolved_text(graph);
}

void add_checks(GraphDescription& graph, const TrainedImages& trained) {
  PhaseText& phase = graph.phases.at(0);
  std::vector<std::string> pictures, from;
  for (const TrainedImages::Source& one : trained.sources) {
    for (const int gray : one.mean_picture) pictures.push_back(std::to_string(gray));
    from.push_back(number_text(one.likeness_from));
  }
  const Tree with = map_tree({{"mean_pictures", plain_trees(pictures)},
                              {"likeness_from", plain_trees(from)},
                              {"means", plain_trees({number_text(trained.means[0]), number_text(trained.means[1])})},
                              {"least_deviation", plain_tree(number_text(trained.least_deviation))}});
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

std::vector<std::string> tables_of(const GraphDescription& graph) {
  std::vector<std::string> out;
  for (const NodeText& one : graph.phases.at(0).nodes) {
    if (one.uses.text != "write.csv") continue;
    const Tree* file = one.with.find("file");
    out.push_back(std::filesystem::path(file ? file->scalar : "predictions.csv").lexically_normal().generic_string());
  }
  if (out.empty())
    throw Refusal("the phase `" + graph.phases.at(0).name + "` writes no table with `write.csv`, so its shards could not be merged");
  return out;
}

}  // namespace leat
