#pragma once

#include <string>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Sets the patient of each entry: the first match of `pattern` in the file's name, or in the id if the pattern contains `/`. If the
/// pattern is empty, the patient of the list, else the entry's id. A file without a match is its own patient. Adds warnings on such files,
/// on empty fields of the list, and on patients whose names are nearly equal. Throws Refusal at `patient` if the pattern is not a regular
/// expression or matches no file.
void name_patients(SplitEntries& all, const std::string& pattern);

/// Throws Refusal at `patient` if there are several images and all are of the same patient. Then none can be set aside for validation.
void refuse_one_patient(const std::vector<SplitEntry>& entries);

/// Returns, for each image, the index of the first image with the same bytes. Reads the files of equal size. A file that
/// cannot be read has no equal.
[[nodiscard]] std::vector<int> find_twins(const std::vector<SplitEntry>& entries);

/// Returns, for each image, the index of the first image of its group: images of the same patient, in the list or in their headers, and
/// those that `twins` joins. No twins: patients only.
[[nodiscard]] std::vector<int> group_images(const std::vector<SplitEntry>& entries, std::vector<int> twins = {});

}  // namespace leat
