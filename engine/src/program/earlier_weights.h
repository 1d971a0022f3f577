#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "leat/program.h"
#include "program/trained_samples.h"

// What the weights with which a program starts were trained on.
namespace leat::program {

/// The samples that the weights with which a resource starts were trained on, as the record of their run has them.
struct EarlierWeights {
  std::string resource;
  std::filesystem::path from;  ///< As `StartsFromRun::starts_from`.
  std::vector<TrainedSample> samples;
  std::vector<std::string> unknown;  ///< Places of weights, it or those that it began with, whose samples no record has.
};
[[nodiscard]] std::vector<EarlierWeights> earlier_weights(const Program& program);

/// Returns who was trained on the samples of a run's record, "the run" or "run 2" of several, by the name of the record; empty: the record
/// is of something else.
[[nodiscard]] std::string trained_in_record(const std::string& name);
/// Returns the weights that the run of a record began with, and whose samples no record has.
[[nodiscard]] std::vector<std::string> unknown_in(const Archive& record);
/// Adds these weights to a record.
void add_unknown(Archive& record, const std::set<std::string>& unknown);

}  // namespace leat::program
