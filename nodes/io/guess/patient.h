#pragma once

#include <string>
#include <vector>

#include "io/split/entry.h"

namespace leat::guess {

/// A way to tell the patient of an image by its path, that fits a data set.
struct PatientRule {
  std::string pattern;  ///< The parameter `patient`; empty: no rule fits.
  std::string words;    ///< What of a path is the patient.
  std::size_t patients = 0;
};

/// Returns the first rule that puts images together as patients would be: several images of some, and no large group.
[[nodiscard]] PatientRule find_patient_rule(const std::vector<SplitEntry>& entries);

}  // namespace leat::guess
