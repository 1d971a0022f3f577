#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "leat/archive.h"
#include "leat/checkpoint.h"
#include "leat/description.h"
#include "leat/registry.h"
#include "leat/trained_images.h"

namespace leat {

/// What predictions need of a run: from its folder, or from the one file that `leat export` writes.
struct PredictionModel {
  std::filesystem::path from;
  GraphDescription graph;  ///< With a phase of kind `predict`.
  KeptWeights weights;
  std::map<std::string, Archive> records;  ///< Records of the files of resources.
  std::optional<TrainedImages> trained;    ///< Nullopt if the training measured no images.
};

/// Reads a run's folder, or a file of `write_prediction_model`. Throws Refusal that names it if it cannot predict.
[[nodiscard]] PredictionModel read_prediction_model(const std::filesystem::path& run_or_file);

/// Writes one safetensors file: the predict phase with what it uses, the weights, and what the training images looked like. Entries are
/// called `RESOURCE/NAME`. Throws Refusal if the graph does not predict, or if a resource needs another file to predict.
void write_prediction_model(const PredictionModel& model, const Registry& registry, const std::filesystem::path& file);

}  // namespace leat
