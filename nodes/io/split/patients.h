#pragma once

#include <string>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Names each entry's patient: the first match of `pattern` in its file's name (in its id where the pattern has a `/`); without a
/// pattern what a list says, else the entry's id. A file without a match is a patient of its own: the sentence returned tells of them.
/// Throws Refusal at `patient`: no regular expression, or one that matches nowhere.
[[nodiscard]] std::string name_patients(SplitEntries& all, const std::string& pattern);

/// Throws Refusal at `patient` where several images are all of one patient: nothing can be taken out of such a set.
void refuse_one_patient(const std::vector<SplitEntry>& entries);

enum class GroupBy { Patient, PatientAndBytes };

/// Gives images that hang together the number of the first of them. By bytes it reads the files of equal size.
[[nodiscard]] std::vector<int> group_images(const std::vector<SplitEntry>& entries, GroupBy by);

}  // namespace leat
