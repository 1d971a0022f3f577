#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/finished_run.h"

namespace leat::report {

/// A figure of a run, as a summand.
struct Summand {
  const FinishedRun* run = nullptr;
  std::string node;
  double weight = 1;
};

/// The variance of a weighted sum of one metric of several runs or nodes, had other patients been judged; each draw is the same patients
/// for all. Nothing where images are not kept, differ, do not reproduce the figures,
/// or are all of one patient.
[[nodiscard]] std::optional<double> variance_over_patients(const std::vector<Summand>& sum, const std::string& phase,
                                                           const std::string& metric, RandomKey key, int draws);

}  // namespace leat::report
