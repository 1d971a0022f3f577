#pragma once

#include <string>
#include <vector>

#include "leat/frame.h"
#include "tensor/readout.h"

namespace leat {

/// A gate's metrics under the names of its classes and groups.
struct GateReport {
  std::int64_t class_count = 0;
  std::int64_t group_count = 0;             ///< Groups that the tally distinguishes.
  const std::vector<std::string>& classes;  ///< Empty: classes are named by their numbers.
  const std::vector<std::string>& groups;   ///< Groups known so far.
  bool knows_truth = false;

  /// Records the metrics of the counted rows. If several groups are known, also records the metrics of each group in `occurring`.
  void put(Frame& frame, std::vector<std::int64_t> occurring, const Readout& counted) const;

 private:
  [[nodiscard]] std::string class_name(std::int64_t index) const;
  [[nodiscard]] std::string group_name(const std::string& name) const;
};

/// Throws Refusal if a metric of a class would have the name of another metric.
void check_class_names(const std::vector<std::string>& classes);

}  // namespace leat
