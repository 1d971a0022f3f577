#include <algorithm>
#include <map>
#include <set>

#include "io/split.h"
#include "io/split/columns.h"
#include "leat/unknown.h"
#include "leat/wording.h"

// What a split found, in words.

namespace leat {

namespace {

/// Returns "lung 12, heart 6".
std::string counts_text(const std::vector<std::string>& names, const std::vector<std::int64_t>& counts) {
  std::string out;
  for (std::size_t k = 0; k < names.size(); ++k) out += (k == 0 ? "" : ", ") + names[k] + " " + std::to_string(counts[k]);
  return out;
}

/// Returns the sizes of images: "64 x 64", or the smallest and largest of several.
std::string sizes_text(const std::vector<SplitEntry>& entries) {
  std::map<std::pair<std::int64_t, std::pair<int, int>>, std::size_t> sizes;
  for (const SplitEntry& entry : entries)
    if (entry.size.pixels() > 0) ++sizes[{entry.size.pixels(), {entry.size.width, entry.size.height}}];
  if (sizes.empty()) return "none can be read";
  const auto text = [](const auto& one) { return words({one.first.second.first, one.first.second.second}); };
  if (sizes.size() == 1) return "all " + text(*sizes.begin());
  return std::to_string(sizes.size()) + " sizes, from " + text(*sizes.begin()) + " to " + text(*sizes.rbegin());
}

std::int64_t count_patients(const std::vector<SplitEntry>& entries) {
  std::set<std::string> patients;
  for (const SplitEntry& entry : entries) patients.insert(entry.patient);
  return static_cast<std::int64_t>(patients.size());
}

}  // namespace

DataSummary Split::data_summary() const {
  DataSummary out;
  const std::vector<SplitEntry>& entries = all_.entries;
  out.facts.emplace_back("images", counted(entries.size(), "image") + " of `" + path->path.string() + "`");
  for (const std::string& phrase : all_.taken) out.facts.emplace_back("read as", phrase);
  const std::vector<std::string> unused = all_.unused_columns();
  if (!unused.empty()) out.facts.emplace_back("not used", column_text(unused));
  add_classes(out);
  add_masks(out);
  const std::int64_t patients = count_patients(entries);
  out.facts.emplace_back("patients", !states_patients() ? "not stated, so each image is a patient of its own" : std::to_string(patients));
  out.facts.emplace_back("sizes", sizes_text(entries));
  if (std::string text = labelled_text(); is_trained_on() && !text.empty()) out.facts.emplace_back("labels for training", std::move(text));
  if (!validation_.empty()) out.facts.emplace_back("held out", held_out_text());
  if (!states_patients() && is_trained_on() && entries.size() > 1)
    out.surprises.push_back(
        "no patient is stated: if two images are of one person, training and validation can share it; `patient` or a column `patient` "
        "states them");
  if (!states_patients()) add_doubtful_patient(out, unused);
  add_unlisted(out);
  add_unused_folds(out);
  add_twins(out);
  return out;
}

bool Split::states_patients() const {
  return std::any_of(entries().begin(), entries().end(), [](const SplitEntry& entry) { return entry.states_patient; });
}

void Split::add_doubtful_patient(DataSummary& out, const std::vector<std::string>& unused) const {
  // `patient=` says that no column is the patient.
  if (std::find(column_roles->begin(), column_roles->end(), "patient=") != column_roles->end()) return;
  const auto found = std::find_if(unused.begin(), unused.end(), may_be_patient);
  if (found != unused.end())
    out.surprises.insert(out.surprises.begin(),
                         "`" + *found + "` may be the patient, and is not used: `columns: [patient=" + *found + "]`");
}

void Split::add_unlisted(DataSummary& out) const {
  if (!all_.unlisted.empty()) {
    const std::size_t count = all_.unlisted.size();
    const std::string text = counted(count, "picture") + (count == 1 ? " that no row names is" : " that no row names are") +
                             " in the folders of the images of `" + all_.list_name + "`, the first is `" + all_.unlisted[0] + "`";
    if (!is_trained_on()) out.facts.emplace_back("not read", text);
    else
      out.surprises.push_back(text + (count == 1 ? "; it is not read" : "; they are not read") +
                              (rows->empty() ? ", except with `unlisted: read`, as images without a class" : ""));
  }
  if (!is_trained_on() || !states_patients() || !patient->empty()) return;
  const auto count = std::count_if(entries().begin(), entries().end(),
                                   [this](const SplitEntry& one) { return all_.is_list && one.line == 0 && !one.states_patient; });
  if (count > 0)
    out.surprises.push_back(counted(count, "picture") + " that `" + all_.list_name + "` does not name " +
                            (count == 1 ? "counts as a patient of its own, but can be of a patient of the validation"
                                        : "each count as a patient of their own, but can be of a patient of the validation"));
}

void Split::add_twins(DataSummary& out) const {
  if (!is_trained_on()) return;
  std::size_t count = 0;
  std::string first;
  for (std::size_t k = 0; k < entries().size(); ++k) {
    const auto twin = static_cast<std::size_t>(twins()[k]);
    if (twin != k && count++ == 0) first = "`" + entries()[k].id + "` has those of `" + entries()[twin].id + "`";
  }
  if (count > 0) out.surprises.push_back(counted(count, "image") + (count == 1 ? " has" : " have") + " the bytes of another one: " + first);
}

void Split::add_unused_folds(DataSummary& out) const {
  if (!is_trained_on() || (*fold >= 0 && *folds == 0)) return;
  std::set<std::string> stated;
  for (const SplitEntry& entry : all_.entries)
    if (!entry.fold.empty()) stated.insert(entry.fold);
  if (stated.empty()) return;
  const std::string where = all_.is_list ? "the column `fold` of `" + all_.list_name + "`" : "`splits_final.json`";
  out.surprises.push_back(where + " states " + counted(stated.size(), "fold") + ", which " + (stated.size() == 1 ? "is" : "are") +
                          " not used; `fold` " + (*folds > 0 ? "with `folds: 0` " : "") + "sets one aside");
}

void Split::add_classes(DataSummary& out) const {
  if (class_names_.empty()) {
    if (all_.is_list && (all_.has_column("class") || all_.has_column("label") || !all_.unused_columns().empty()))
      out.facts.emplace_back("classes", "none: " + why_no_classes());
    return;
  }
  std::vector<std::int64_t> present(class_names_.size(), 0), absent = present, not_known = present;
  std::int64_t without = 0;
  for (const SplitEntry& entry : all_.entries) {
    const Label& label = entry.label;
    if (!has_label(Target::Classes, entry)) ++without;
    if (label.index >= 0) ++present[static_cast<std::size_t>(label.index)];
    for (std::size_t k = 0; k < label.several.size(); ++k)
      ++(label.several[k] == 1 ? present : label.several[k] == 0 ? absent : not_known)[k];
  }
  std::string text;
  if (*multi_label) {
    for (std::size_t k = 0; k < class_names_.size(); ++k)
      text += (k == 0 ? "" : "; ") + class_names_[k] + " " + std::to_string(present[k]) + " yes, " + std::to_string(absent[k]) + " no" +
              (not_known[k] > 0 ? ", " + std::to_string(not_known[k]) + " unknown" : "");
  } else {
    text = counts_text(class_names_, present);
  }
  for (std::size_t k = 0; k < class_names_.size() && entries().size() > class_names_.size(); ++k) {
    if (present[k] != 1) continue;
    const auto only = std::find_if(entries().begin(), entries().end(), [k](const SplitEntry& one) {
      return one.label.index == static_cast<int>(k) || (k < one.label.several.size() && one.label.several[k] == 1);
    });
    out.surprises.push_back("the class `" + class_names_[k] + "` has one image, `" + only->id + "`" +
                            (all_.is_list ? ", " + all_.place_of(*only) : "") + ": too few to train and to validate");
  }
  if (without > 0) text += "; unknown " + std::to_string(without);
  out.facts.emplace_back(*multi_label ? "findings" : "classes", text);
}

void Split::add_masks(DataSummary& out) const {
  if (mask_names_.empty()) return;
  const auto total = static_cast<std::int64_t>(all_.entries.size());
  std::vector<std::int64_t> known;
  for (std::size_t k = 0; k < mask_names_.size(); ++k) known.push_back(count_known(k, every_));
  const std::int64_t with_any =
      std::count_if(all_.entries.begin(), all_.entries.end(), [](const SplitEntry& one) { return !one.masks.empty(); });
  out.facts.emplace_back("masks", counts_text(mask_names_, known) + " of " + counted(total, "image"));
  constexpr std::int64_t few = 5;
  const std::vector<int>& judging = part(Target::Masks, Part::Validation);
  for (std::size_t k = 0; k < mask_names_.size() && *mask_labels >= 0 && !validation_.empty(); ++k)
    if (const std::int64_t count = count_known(k, judging); count < few)
      out.surprises.push_back("`" + mask_names_[k] + "` is validated on " + (count == 0 ? "no image" : "only " + counted(count, "image")) +
                              "; `validation` sets more aside");
  for (std::size_t k = 0; k < mask_names_.size(); ++k) {
    if (known[k] == with_any) continue;
    const std::int64_t lacking = with_any - known[k];
    out.surprises.push_back(some_of(static_cast<std::size_t>(lacking), static_cast<std::size_t>(with_any), "image") + " with masks" +
                            (lacking == 1 ? " has" : " have") + " none of `" + mask_names_[k] +
                            "`, which is unknown there: it trains nothing, and is not evaluated");
  }
  const bool has_few = with_any < total && 2 * with_any > total;
  if (has_few)
    out.surprises.push_back(some_of(static_cast<std::size_t>(total - with_any), static_cast<std::size_t>(total), "image") +
                            (total - with_any == 1 ? " has" : " have") + " no mask");
}

std::string Split::labelled_text() const {
  std::vector<std::string> parts;
  if (needs(Target::Classes))
    parts.push_back(counted(part(Target::Classes, Part::Labelled).size(), "image") +
                    (*multi_label ? " with a known finding" : " with a class"));
  if (needs(Target::Masks)) {
    const std::vector<int>& images = part(Target::Masks, Part::Labelled);
    std::vector<std::int64_t> known;
    for (std::size_t k = 0; k < mask_names_.size(); ++k) known.push_back(count_known(k, images));
    parts.push_back(counted(images.size(), "image") + " with masks: " + counts_text(mask_names_, known));
  }
  return joined(parts, "; ");
}

std::string Split::held_out_text() const {
  std::vector<std::string> parts;
  const auto count = [](std::size_t images) { return counted(images, "image"); };
  if (needs(Target::Classes)) parts.push_back(count(part(Target::Classes, Part::Validation).size()) + " for the classes");
  const std::vector<int>& of_masks = part(Target::Masks, Part::Validation);
  if (needs(Target::Masks))
    for (std::size_t k = 0; k < mask_names_.size(); ++k)
      parts.push_back(count(static_cast<std::size_t>(count_known(k, of_masks))) + " for `" + mask_names_[k] + "`");
  if (parts.empty()) parts.push_back(count(validation_.size()));
  std::string how = *fold >= 0                  ? "fold " + std::to_string(*fold) + (*folds > 0 ? " of " + std::to_string(*folds) : "")
                    : !validation_rows_.empty() ? "the rows `" + validation_rows_ + "`"
                    : states_patients()         ? "drawn by patient"
                                                : "drawn by image";
  return joined(parts, "; ") + " (" + how + ")";
}

}  // namespace leat
