#pragma once

#include <string>
#include <vector>

#include "leat/frame.h"
#include "tensor/readout.h"

namespace leat {

/// A gate's metrics under the names of its classes and groups.
struct GateReport {
  std::int64_t class_count = 0;
  std::int64_t group_count = 0;             ///< Those that the tally tells apart.
  const std::vector<std::string>& classes;  ///< Empty: their numbers.
  const std::vector<std::string>& groups;   ///< Known so far.
  bool knows_truth = false;

  /// Metrics of the rows counted; those of groups where there are several, for the ones that occur.
  void put(Frame& frame, std::vector<std::int64_t> occurring, const Readout& counted) const;

 private:
  [[nodiscard]] std::string class_name(std::int64_t index) const;
  [[nodiscard]] std::string group_name(const std::string& name) const;
};

/// Throws Refusal where a class's figure would have the name of another one.
void check_class_names(const std::vector<std::string>& classes);

}  // namespace leat
