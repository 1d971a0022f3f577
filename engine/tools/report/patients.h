#pragma once

#include <optional>
#include <string>
#include <vector>

#include "leat/statistics.h"
#include "report/finished_run.h"

namespace leat::report {

/// A metric of a run, as a summand.
struct Summand {
  const FinishedRun* run = nullptr;
  std::string node;
  double weight = 1;
};

/// Returns the variance over patients of a weighted sum of one metric of several runs or nodes. All summands use the same draws of
/// patients. Returns nullopt if images are not stored, differ, do not reproduce the values, or are all of the same patient.
[[nodiscard]] std::optional<PatientsVariance> variance_over_patients(const std::vector<Summand>& sum, const std::string& phase,
                                                                     const std::string& metric, RandomKey key, int draws);

}  // namespace leat::report
