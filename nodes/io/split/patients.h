#pragma once

#include <string>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Sets the patient of each entry: the first match of `pattern` in the file's name, or in the id if the pattern contains `/`. If the
/// pattern is empty, the patient of the list, else the entry's id. A file without a match is its own patient. Returns a sentence on such
/// files; empty: there are none. Throws Refusal at `patient` if the pattern is not a regular expression or matches no file.
[[nodiscard]] std::string name_patients(SplitEntries& all, const std::string& pattern);

/// Throws Refusal at `patient` if there are several images and all are of the same patient. Then none can be set aside for validation.
void refuse_one_patient(const std::vector<SplitEntry>& entries);

enum class GroupBy { Patient, PatientAndBytes };

/// Returns, for each image, the index of the first image of its group. To compare bytes, it reads the files of equal size.
[[nodiscard]] std::vector<int> group_images(const std::vector<SplitEntry>& entries, GroupBy by);

}  // namespace leat
