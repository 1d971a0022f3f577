#include "io/split.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "io/split/classes.h"
#include "io/split/columns.h"
#include "io/split/findings.h"
#include "io/split/headers.h"
#include "io/split/masks.h"
#include "io/split/patients.h"
#include "io/split/spelling.h"
#include "leat/registry.h"
#include "leat/wording.h"

namespace leat {

void Split::survey(const Opening& opening) {
  const bool by_folder = group == "folder";
  all_ = find_entries(path->path, by_folder ? FolderLayout::Groups : FolderLayout::Classes, {mask_places_in(*masks), *left_out, *classes},
                      {*column_roles, image_folder->path, unlisted == "read", *multi_label}, *channel_files);
  if (unlisted == "read" && !rows->empty())
    throw Refusal("`rows` chooses rows of the list, but the pictures that `unlisted: read` adds have none", "unlisted");
  if (!all_.is_list && is_trained_on()) tell_without_class(all_);
  warn_of_data(opening);
  if (by_folder && all_.is_list)
    throw Refusal("`group: folder` needs a folder of images, but `path` is a list", "group", "use the list's column `group`");
  select_rows();
  resumed_.reset();
  twins_.reset();
  if (opening.recorded) {
    resumed_.emplace(SplitRecord::load(*opening.recorded), absolute_path(), settings());
    resumed_->compare_pictures(all_, opening.accepts_changed_files);
  }
  columns_.clear();
  for (const SplitEntry& entry : all_.entries) columns_.push_back(hashes_of_columns(entry));
  if (group == "none")
    for (SplitEntry& entry : all_.entries) entry.group.clear();
  read_headers(all_);
  const std::vector<MaskSource> sources = read_mask_sources(*masks, all_);
  mask_names_.clear();
  for (const MaskSource& source : sources) {
    mask_names_.push_back(source.name);
    all_.used_columns.insert(source.places.begin(), source.places.end());
  }
  tell_similar_structures();
  find_masks(all_, sources, *void_number >= 0 ? *void_number : all_.ignored_number);
  mask_trial_ = MaskTrial(std::chrono::seconds(4), all_.label_maps);
  if (resumed_) resumed_->compare_masks(all_, opening.accepts_changed_files);
  find_classes(opening);
  find_patients();
  warn_of_data(opening);

  const std::size_t count = all_.entries.size();
  every_.resize(count);
  std::iota(every_.begin(), every_.end(), 0);
  is_held_out_.assign(count, 0);
  for (std::vector<int>* images : {&validation_, &validation_classes_, &validation_masks_}) images->clear();
  if (resumed_ && resumed_->keeps_draw()) take_drawn();
  else draw(opening);
  for (std::size_t k = 0; k < count; ++k) all_.entries[k].whose = all_.entries[static_cast<std::size_t>(groups_[k])].patient;
  if (!opening.disclose) return;
  disclose_draw(Target::Classes, opening);
  disclose_draw(Target::Masks, opening);
}

std::vector<std::int64_t> Split::labelled_by_class() const {
  if (*class_labels < 0 || *multi_label) return {};
  std::vector<std::int64_t> out(class_names_.size(), 0);
  for (const int image : part(Target::Classes, Part::Labelled))
    if (const int index = all_.entries[static_cast<std::size_t>(image)].label.index; index >= 0) ++out[static_cast<std::size_t>(index)];
  return out;
}

void Split::open(const Opening& opening) {
  if (resumed_ && opening.warn)
    if (const std::string sentence = resumed_->sentence(all_, parts()); !sentence.empty())
      opening.warn("`" + opening.name + "`: " + sentence);
  if (!opening.run_folder.empty()) write_list(opening);
}

std::vector<std::pair<std::string, std::int64_t>> Split::facts() const {
  std::vector<std::pair<std::string, std::int64_t>> out;
  const auto add = [&](Target target, const std::string& what) {
    if (budget(target) < 0) return;
    out.emplace_back(what, part(target, Part::Labelled).size());
    out.emplace_back("validation_" + what, part(target, Part::Validation).size());
  };
  add(Target::Classes, "labels");
  add(Target::Masks, "masks");
  if (*mask_labels < 0 || !has_unknown_masks(every_)) return out;
  for (std::size_t k = 0; k < mask_names_.size(); ++k) {
    out.emplace_back("masks of " + mask_names_[k], count_known(k, part(Target::Masks, Part::Labelled)));
    out.emplace_back("validation_masks of " + mask_names_[k], count_known(k, part(Target::Masks, Part::Validation)));
  }
  return out;
}

std::int64_t Split::count_known(std::size_t structure, const std::vector<int>& images) const {
  return std::count_if(images.begin(), images.end(),
                       [&](int image) { return all_.entries[static_cast<std::size_t>(image)].knows_mask(structure); });
}

bool Split::has_unknown_masks(const std::vector<int>& images) const {
  for (const auto& maps : all_.label_maps)
    for (const LabelMap& map : maps)
      if (!map.is_mask() && map.unknown >= 0) return true;
  for (std::size_t k = 0; k < mask_names_.size(); ++k)
    if (count_known(k, images) < static_cast<std::int64_t>(images.size())) return true;
  return false;
}

Dim Split::named_classes() const {
  return class_names_.empty() ? Dim() : Dim::named(class_names_, this, classes->empty() ? "path" : "classes");
}

Dim Split::named_masks() const { return mask_names_.empty() ? Dim() : Dim::named(mask_names_, this, "masks"); }

const Split::Drawn& Split::drawn(Target target) const {
  const bool by_classes = target == Target::Classes ? !class_names_.empty() || mask_names_.empty() : mask_names_.empty();
  return by_classes ? classes_drawn_ : masks_drawn_;
}

const std::vector<int>& Split::part(Target target, Part part) const {
  switch (part) {
    case Part::Labelled:
      return drawn(target).labelled;
    case Part::Unlabelled:
      return drawn(target).unlabelled;
    case Part::Validation:
      if (!is_per_task_ || !needs(target)) return validation_;
      return target == Target::Classes ? validation_classes_ : validation_masks_;
    case Part::All:
      break;
  }
  return every_;
}

std::string Split::why_secret(Part part) const {
  if (part == Part::Unlabelled) return "the labels of `unlabelled` images are not for training";
  if (part == Part::All && (is_trained_on() || !validation_.empty()))
    return "`all` has images whose labels are not for training: they are outside the label budget or in validation";
  return {};
}

std::string Split::why_no_classes() const {
  if (!all_.is_list) return "no image of `" + path->path.string() + "` is in a class folder";
  for (const char* column : {"class", "label"})
    if (all_.has_column(column)) return "the column `" + std::string(column) + "` of `" + all_.list_name + "` is empty";
  const std::vector<std::string> findings = *multi_label ? std::vector<std::string>() : finding_columns(all_);
  return "`" + all_.list_name + "` has no column `class` or `label`, only " + column_text(all_.columns) +
         "; `columns: [class=NAME]` chooses one" +
         (findings.empty() ? "" : "; with `multi_label: true`, columns of 1, 0 and -1 are findings: " + column_text(findings));
}

void Split::warn_of_data(const Opening& opening) {
  for (const std::string& sentence : std::exchange(all_.warnings, {}))
    if (opening.warn) opening.warn("`" + opening.name + "`: " + sentence);
}

std::vector<std::string> Split::row_names() const {
  std::set<std::string> names;
  for (const SplitEntry& entry : all_.entries)
    if (!entry.rows.empty()) names.insert(entry.rows);
  return {names.begin(), names.end()};
}

/// Warns of structures that `masks` or the data set names, and that differ in case only.
void Split::tell_similar_structures() {
  std::vector<std::string> stated;
  for (const LabelName& one : all_.label_names) stated.push_back(one.name);
  auto [similar, what] = similar_names(mask_names_);
  if (similar.empty()) std::tie(similar, what) = similar_names(stated);
  if (!similar.empty()) all_.warnings.push_back("the structures " + similar + " differ in " + what);
}

std::string Split::usual_validation_rows(const std::string& training) const {
  const std::vector<std::string> names = row_names();
  for (const char* usual : {"val", "validation", "valid", "validate", "dev"})
    if (training != usual && std::find(names.begin(), names.end(), usual) != names.end()) return usual;
  return {};
}

/// Throws Refusal if `rows` is none of these names, or has to choose one.
void Split::check_rows(const std::vector<std::string>& names) const {
  const std::string of_nnunet = "`imagesTr` has the rows `train`, and `imagesTs` the rows `test`";
  if (rows->empty() && is_trained_on() && names.size() > 1)
    throw Refusal(all_.is_of_nnunet ? of_nnunet + ", but `rows` selects none"
                                    : "the list's column `split` has several names (" + name_list(names) + "), but `rows` selects none",
                  "rows");
  if (rows->empty() || std::find(names.begin(), names.end(), *rows) != names.end()) return;
  if (!all_.is_of_nnunet) throw Refusal("the list has no rows with `" + *rows + "` in a column `split`", "rows", name_hint(*rows, names));
  throw Refusal("the data set has no rows `" + *rows + "`: " +
                    (names.empty()      ? "without pictures in `imagesTs`, there are no rows to choose from"
                     : names.size() > 1 ? of_nnunet
                                        : "it has the rows `" + names[0] + "` only"),
                "rows");
}

void Split::select_rows() {
  validation_rows_.clear();
  const std::vector<std::string> names = row_names();
  const auto is_name = [&](const std::string& text) { return std::find(names.begin(), names.end(), text) != names.end(); };
  if (const auto [similar, what] = similar_names(names); !similar.empty() && (is_trained_on() || !rows->empty()))
    throw Refusal("the list's column `split` has the names " + similar + ", which differ in " + what, "path");
  if (is_name(*validation)) validation_rows_ = *validation;
  if (is_validation_usual() && *fold < 0 && is_trained_on() && !rows->empty())
    if (std::string usual = usual_validation_rows(*rows); !usual.empty()) validation_rows_ = std::move(usual);
  check_rows(names);
  if (rows->empty()) return;
  if (validation_rows_ == *rows) throw Refusal("`rows` and `validation` are both `" + *rows + "`", "validation");
  const auto nameless = static_cast<std::size_t>(
      std::count_if(all_.entries.begin(), all_.entries.end(), [](const SplitEntry& entry) { return entry.rows.empty(); }));
  if (nameless > 0)
    all_.warnings.push_back(some_of(nameless, all_.entries.size(), "row") + " of `" + all_.list_name +
                            (nameless == 1 ? "` has" : "` have") + " an empty column `split`, and " + (nameless == 1 ? "is" : "are") +
                            " not read");
  std::map<std::string, std::size_t> others;
  for (const SplitEntry& entry : all_.entries)
    if (!entry.rows.empty() && entry.rows != *rows && entry.rows != validation_rows_) ++others[entry.rows];
  std::string unread;
  for (const auto& [name, count] : others) unread += (unread.empty() ? "" : ", ") + counted(count, "image") + " of `" + name + "`";
  if (!unread.empty()) all_.taken.push_back("only some rows: not " + unread);
  std::erase_if(all_.entries,
                [&](const SplitEntry& entry) { return entry.rows.empty() || (entry.rows != *rows && entry.rows != validation_rows_); });
}

void Split::find_classes(const Opening& opening) {
  std::vector<std::string> absent;
  // If some images are gone, the classes found could have other numbers than those that the network was trained with.
  const bool is_drawn = resumed_ && resumed_->keeps_draw();
  class_names_ = resolve_classes(all_, is_drawn ? resumed_->classes() : *classes, *multi_label, absent);
  // A data set that is not trained on can lack a class.
  if (!absent.empty() && is_trained_on()) {
    std::vector<std::string> found = class_names_;
    std::erase_if(found, [&](const std::string& name) { return std::find(absent.begin(), absent.end(), name) != absent.end(); });
    throw Refusal("no image is of the class `" + absent[0] + "`", "classes", name_hint(absent[0], found));
  }
  for (const std::string& name : absent)
    if (opening.warn)
      opening.warn("`" + opening.name + "`: no image is of the class `" + name + "`, so metrics that need one are undefined, except " +
                   "`balanced_accuracy`, which leaves out such a class, and `f1_" + name + "`, which is 0 if it is predicted");
  if (class_names_.empty() && *class_labels >= 0)
    throw Refusal("no image in `" + path->path.string() + "` has a class", "class_labels", why_no_classes());
  if (mask_names_.empty() && *mask_labels >= 0) throw Refusal("`mask_labels` is set, but `masks` is empty", "mask_labels");
  for (const SplitEntry& entry : all_.entries)
    if (group == "folder" && std::find(class_names_.begin(), class_names_.end(), entry.group) != class_names_.end())
      throw Refusal("the folder `" + entry.group + "` is a class, so it cannot be a group", "group",
                    "groups are the folders above those of classes");
  if (const auto [similar, what] = similar_names(class_names_); !similar.empty())
    all_.warnings.push_back("the classes " + similar + " differ in " + what);
  for (const std::string& name : class_names_)
    if (all_.is_list && !*multi_label && name.find_first_of(";|") != std::string::npos)
      all_.warnings.push_back("`" + name + "` is read as one class; with `multi_label: true` it is several");
  std::tie(strata_, strata_count_) = strata_of(all_.entries, static_cast<int>(class_names_.size()));
}

bool Split::has_label(Target target, const SplitEntry& entry) const {
  return target == Target::Masks ? !entry.masks.empty() : entry.label.index >= 0 || !entry.label.several.empty();
}

void Split::find_patients() {
  name_patients(all_, *patient);
  groups_ = group_images(all_.entries);
}

std::string Split::different_classes() const {
  return class_names_.size() > 1 ? leat::different_classes(all_.entries, twins()) : std::string();
}

const std::vector<int>& Split::twins() const {
  if (!twins_) twins_ = find_twins(all_.entries);
  return *twins_;
}

MaskTrial::Found Split::mask_faults(const std::vector<int>& images) const { return mask_trial_.faults(all_.entries, images); }

std::vector<std::string> Split::left_out_folders() const { return folders_without_images(*masks, *left_out); }

}  // namespace leat

LEAT_NODE(leat::Split, "io.split", "A data set: images from a folder or a list, with label budgets, validation images and patients.")
