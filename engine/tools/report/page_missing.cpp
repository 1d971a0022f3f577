#include "report/page_missing.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>

namespace leat::report {

namespace {

using nlohmann::json;

void add_tables(std::vector<std::string>& missing, const std::vector<FinishedRun>& runs) {
  std::string without;
  for (const MeasuredPhase& phase : runs[0].phases) {
    const bool has_table =
        std::any_of(runs[0].images.begin(), runs[0].images.end(), [&](const auto& one) { return one.first.starts_with(phase.name + "."); });
    if (phase.kind != PhaseKind::Train && !has_table) without += (without.empty() ? "" : ", ") + phase.name;
  }
  if (!without.empty())
    missing.push_back("Curves and values by image of " + without +
                      ": its nodes measure no single images, or images/ in the run's folder was not copied with it.");
}

void add_files(std::vector<std::string>& missing, const std::vector<FinishedRun>& runs, bool has_many) {
  const auto lacks = [&](const char* file) {
    return std::any_of(runs.begin(), runs.end(), [&](const FinishedRun& run) { return !std::filesystem::exists(run.facts.folder / file); });
  };
  if (has_many) missing.emplace_back("Learning curves and times of nodes, because there are many runs: report the runs of one graph.");
  else if (lacks("metrics.jsonl")) missing.emplace_back("Learning curves: the run's folder has no metrics.jsonl. Copy it with the run.");
  if (!has_many && runs.size() > 1) missing.emplace_back("Times of nodes, because there are several runs: report a single run.");
  else if (!has_many && lacks("events.log"))
    missing.emplace_back("Times of nodes: the run's folder has no events.log. Copy it with the run.");
}

/// What the test phases of a graph could keep for drawings.
struct Drawable {
  bool has_masks = false;     ///< A node measures masks.
  bool has_saliency = false;  ///< A node measures saliency.
  bool has_pictures = false;  ///< The images are connected to a node that can keep them.
  std::string types;          ///< The nodes that can keep pictures, as `metric.segmentation`, `metric.saliency`.
};

bool is_connected(const NodeText& node, const std::string& port) {
  return std::any_of(node.in.begin(), node.in.end(), [&](const InputText& input) { return input.port == port; });
}

Drawable drawable_of(const GraphDescription& graph) {
  Drawable out;
  for (const char* type : {"metric.segmentation", "metric.saliency", "metric.classification"}) {
    bool is_used = false;
    for (const PhaseText& phase : graph.phases)
      for (const NodeText& node : phase.nodes) {
        if (phase.kind != PhaseKind::Test || node.uses.text != type) continue;
        is_used = true;
        out.has_pictures = out.has_pictures || is_connected(node, "picture");
      }
    if (!is_used) continue;
    out.types += (out.types.empty() ? "`" : ", `") + std::string(type) + "`";
    out.has_masks = out.has_masks || type == std::string("metric.segmentation");
    out.has_saliency = out.has_saliency || type == std::string("metric.saliency");
  }
  return out;
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t k = 0; k < words.size(); ++k) out += (k == 0 ? "" : k + 1 == words.size() ? " and " : ", ") + words[k];
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

/// Adds what the graph would have to change so that the run keeps drawings.
void add_drawings(std::vector<std::string>& missing, const json& group, const GraphDescription& graph) {
  const json& tables = group["tables"];
  const auto keeps = [&](const char* what) {
    return std::any_of(tables.begin(), tables.end(), [&](const json& one) { return one.contains("kept") && one["kept"].contains(what); });
  };
  const Drawable drawable = drawable_of(graph);
  std::vector<std::string> lost;
  if (drawable.has_masks && !keeps("masks")) lost.emplace_back("outlines of masks");
  if (drawable.has_saliency && !keeps("saliency")) lost.emplace_back("saliency maps");
  if (drawable.has_pictures && !keeps("pictures")) lost.emplace_back("pictures of the worst images");
  const bool plans_to_keep = graph.plan.keep_bytes > 0;
  if (!lost.empty() && !tables.empty())
    missing.push_back(listed(lost) + (plans_to_keep ? ": the run kept none. A larger `keep_results` in the plan has room for more."
                                                    : ": the plan keeps none. Set `keep_results: 10MB` in the plan."));
  if (!drawable.types.empty() && !drawable.has_pictures)
    missing.push_back("Pictures of the worst images: connect the images to `picture` of " + drawable.types +
                      (plans_to_keep ? "." : ", and set `keep_results: 10MB` in the plan."));
  if (!drawable.types.empty() && !drawable.has_saliency)
    missing.push_back(
        "Saliency: no test phase measures it. Add `metric.saliency`, with the map of `model.saliency` and a mask, as in graphs/demo.yaml.");
}

void add_pictures(std::vector<std::string>& missing, const json& group, const GraphDescription& graph, bool has_many, bool has_left_out) {
  if (has_many) {
    missing.emplace_back("Outlines of masks, saliency and intensities, because there are many runs: report the runs of one graph.");
    return;
  }
  if (has_left_out)
    missing.emplace_back(
        "Masks, saliency maps and pictures of images that came from files: `--pictures` shows them. Look at each before you pass it on.");
  else add_drawings(missing, group, graph);
  if (!has_left_out &&
      std::any_of(group["intensities"].begin(), group["intensities"].end(), [](const json& one) { return one.value("is_hidden", false); }))
    missing.emplace_back("The sample pictures of data sets that came from files: `--pictures` shows them.");
  if (group["intensities"].empty())
    missing.emplace_back(
        "Distributions of intensities: the run did not measure them. Connect `metric.intensities` to the image of each source, as in "
        "graphs/demo.yaml.");
}

}  // namespace

std::vector<std::string> missing_of(const json& group, const std::vector<FinishedRun>& runs, bool has_many, bool has_left_out) {
  std::vector<std::string> missing;
  add_tables(missing, runs);
  add_files(missing, runs, has_many);
  add_pictures(missing, group, runs[0].graph, has_many, has_left_out);
  if (std::any_of(runs.begin(), runs.end(), [](const FinishedRun& run) { return run.facts.versions.empty(); }))
    missing.emplace_back(
        "Versions of the software and fingerprints of the data: the version of Leat that ran it did not record them. Run it again to have "
        "them.");
  return missing;
}

}  // namespace leat::report
