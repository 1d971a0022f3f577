#include "leat/prediction_model.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "leat/earlier_run.h"
#include "leat/exported_file.h"
#include "leat/prediction.h"
#include "leat/thrown.h"

namespace leat {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* format_version = "1";

bool uses_last(const GraphDescription& graph) {
  const auto phase = std::find_if(graph.phases.begin(), graph.phases.end(), [](const auto& one) { return one.kind == PhaseKind::Predict; });
  return phase != graph.phases.end() && phase->uses_last;
}

PredictionModel read_run(const fs::path& folder) {
  const fs::path file = folder / "graph.yaml";
  if (!fs::exists(file)) throw Refusal(folder.string() + " is not a run's folder: it has no graph.yaml");
  Diagnostics diagnostics;
  PredictionModel out;
  out.from = folder;
  out.graph = read_graph(file, {}, diagnostics);
  diagnostics.throw_if_errors();
  auto weights = kept_weights(folder, uses_last(out.graph));
  if (!weights) throw Refusal(folder.string() + " has no checkpoint to predict with");
  out.weights = std::move(*weights);
  if (auto earlier = earlier_run(folder)) out.records = std::move(earlier->records);
  out.trained = trained_images(folder, out.graph);
  return out;
}

json json_of(const TrainedImages& trained) {
  json sources = json::array();
  for (const TrainedImages::Source& one : trained.sources)
    sources.push_back({{"place", one.place}, {"mean_picture", one.mean_picture}, {"likeness_from", one.likeness_from}});
  return {{"sources", sources}, {"means", trained.means}, {"least_deviation", trained.least_deviation}, {"images", trained.images}};
}

TrainedImages trained_in(const std::string& text) {
  const json from = json::parse(text);
  TrainedImages out;
  for (const json& one : from.at("sources")) out.sources.push_back({one.at("place"), one.at("mean_picture"), one.at("likeness_from")});
  out.means = from.at("means");
  out.least_deviation = from.at("least_deviation");
  out.images = from.at("images");
  return out;
}

PredictionModel read_file(const fs::path& file) {
  PredictionModel out;
  out.from = file;
  Archive all = Archive::read(file);
  const auto found = all.metadata.find(ExportedFile::format);
  if (found == all.metadata.end())
    throw Refusal(file.string() + " has weights, but no graph: predict with the run's folder, or with a file of `leat export`");
  if (found->second != format_version) throw Refusal(file.string() + " was written by another version of Leat");
  Diagnostics diagnostics;
  out.graph = read_graph_text(all.metadata.at(ExportedFile::graph), file.string(), file.parent_path(), {}, diagnostics);
  diagnostics.throw_if_errors();
  out.weights.steps = std::stoll(all.metadata.at(ExportedFile::steps));
  if (const auto trained = all.metadata.find(ExportedFile::trained_images); trained != all.metadata.end())
    out.trained = trained_in(trained->second);
  out.weights.resources = resources_of(all);
  return out;
}

/// Throws Refusal if a resource other than a data set reads a file to predict.
void refuse_other_files(const GraphDescription& graph, const PredictionModel& model) {
  for (const ComponentText& one : graph.resources) {
    const Tree* file = one.with.is_map() ? one.with.find("file") : nullptr;
    if (file && file->is_scalar() && !file->scalar.empty())
      throw Refusal(model.from.string() + " cannot be exported: `" + one.name + "` is in a file of its own, " + file->scalar);
  }
}

}  // namespace

PredictionModel read_prediction_model(const fs::path& run_or_file) {
  if (fs::is_directory(run_or_file)) return read_run(run_or_file);
  if (!fs::exists(run_or_file)) throw Refusal("there is no run and no exported model at " + run_or_file.string());
  try {
    return read_file(run_or_file);
  } catch (const Refusal&) {
    throw;
  } catch (const std::exception&) {
    throw Refusal(run_or_file.string() + " is not a file of `leat export`: " + words_of_current_exception());
  }
}

void write_prediction_model(const PredictionModel& model, const Registry& registry, const fs::path& file) {
  // Who predicts names the images. An absolute path, so that none of this machine is written into the file.
  const GraphDescription graph = prediction_graph(model.graph, "/images", registry);
  refuse_other_files(graph, model);
  Archive all;
  for (const ComponentText& one : graph.resources) {
    const auto weights = model.weights.resources.find(one.name);
    if (weights == model.weights.resources.end()) continue;
    add_resource(all, one.name, weights->second);
  }
  if (all.entries().empty()) throw Refusal("the predict phase of " + model.from.string() + " uses no weights");
  all.metadata[ExportedFile::format] = format_version;
  all.metadata[ExportedFile::graph] = graph.resolved;
  all.metadata[ExportedFile::steps] = std::to_string(model.weights.steps);
  if (model.trained) all.metadata[ExportedFile::trained_images] = json_of(*model.trained).dump();
  all.write(file);
}

}  // namespace leat
