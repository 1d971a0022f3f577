#include "io/split.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "io/split/classes.h"
#include "io/split/columns.h"
#include "io/split/headers.h"
#include "io/split/masks.h"
#include "io/split/patients.h"
#include "io/split/spelling.h"
#include "leat/registry.h"

namespace leat {

namespace {

std::string count_of(std::size_t count, const std::string& what) { return std::to_string(count) + " " + what + (count == 1 ? "" : "s"); }

std::string_view name(Split::Target target) { return target == Split::Target::Classes ? "class_labels" : "mask_labels"; }

std::vector<int> members_of(std::span<const char> flags) {
  std::vector<int> out;
  for (std::size_t k = 0; k < flags.size(); ++k)
    if (flags[k]) out.push_back(static_cast<int>(k));
  return out;
}

std::vector<int> count_strata(std::span<const int> strata, std::size_t count) {
  std::vector<int> out(count, 0);
  for (const int stratum : strata)
    if (stratum >= 0) ++out[static_cast<std::size_t>(stratum)];
  return out;
}

}  // namespace

void Split::survey(const Opening& opening) {
  const bool by_folder = group == "folder";
  all_ = find_entries(path->path, by_folder ? FolderLayout::Groups : FolderLayout::Classes, {mask_places_in(*masks), *left_out, *classes});
  if (all_.is_list)
    if (std::string doubt = doubtful_columns(all_.columns, all_.list_name, patient->empty()); !doubt.empty())
      all_.warnings.push_back(std::move(doubt));
  if (!all_.is_list && is_trained_on()) tell_without_class(all_);
  warn_of_data(opening);
  if (by_folder && all_.is_list)
    throw Refusal("`group: folder` needs a folder of images, but `path` is a list", "group", "use the list's column `group`");
  select_rows();
  resumed_.reset();
  twins_.reset();
  mask_trial_ = MaskTrial();
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
  for (const MaskSource& source : sources) mask_names_.push_back(source.name);
  find_masks(all_, sources);
  if (resumed_) resumed_->compare_masks(all_, opening.accepts_changed_files);
  find_classes(opening);
  find_patients();
  warn_of_data(opening);

  const std::size_t count = all_.entries.size();
  every_.resize(count);
  std::iota(every_.begin(), every_.end(), 0);
  is_held_out_.assign(count, 0);
  validation_.clear();
  if (resumed_ && resumed_->keeps_draw()) take_drawn();
  else draw(opening);
  for (std::size_t k = 0; k < count; ++k) all_.entries[k].whose = all_.entries[static_cast<std::size_t>(groups_[k])].patient;
  if (!opening.disclose) return;
  disclose_draw(Target::Classes, opening);
  disclose_draw(Target::Masks, opening);
}

/// Discloses how labels were drawn. A draw by class uses the class of images outside the label budget.
void Split::disclose_draw(Target target, const Opening& opening) const {
  if (budget(target) <= 0 || class_names_.empty()) return;
  const std::size_t count = part(target, Part::Labelled).size();
  const std::string drawn =
      "`" + opening.name + "`: " + count_of(count, target == Target::Classes ? "labelled image" : "mask") + (count == 1 ? " was" : " were");
  const std::string how = " (`class_share: " + *class_share + "`)";
  if (class_share == "prior") opening.disclose(drawn + " drawn in the class proportions of all images outside of validation" + how);
  else if (class_share == "balanced") opening.disclose(drawn + " drawn as the same number of each class" + how);
  else opening.disclose(drawn + " drawn at random, whatever their classes" + how);
}

std::vector<std::int64_t> Split::labelled_by_class() const {
  if (*class_labels < 0 || *multi_label) return {};
  std::vector<std::int64_t> out(class_names_.size(), 0);
  for (const int image : part(Target::Classes, Part::Labelled))
    if (const int index = all_.entries[static_cast<std::size_t>(image)].label.index; index >= 0) ++out[static_cast<std::size_t>(index)];
  return out;
}

void Split::draw(const Opening& opening) {
  RandomKey key;
  key.key = RandomKey::of(opening.seed + static_cast<std::uint64_t>(*seed), "", "io.split");
  if (validation_rows_.empty()) draw_validation(opening, key);
  else take_validation_rows(opening, key);
  draw_labelled(Target::Classes, key);
  draw_labelled(Target::Masks, key);
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
    out.emplace_back("validation_" + what, validation_.size());
  };
  add(Target::Classes, "labels");
  add(Target::Masks, "masks");
  return out;
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
      return validation_;
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
  return "`" + all_.list_name + "` has no column `class` or `label`, only " + column_text(all_.columns);
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

void Split::select_rows() {
  validation_rows_.clear();
  const std::vector<std::string> names = row_names();
  const auto is_name = [&](const std::string& text) { return std::find(names.begin(), names.end(), text) != names.end(); };
  if (const auto [similar, what] = similar_names(names); !similar.empty() && (is_trained_on() || !rows->empty()))
    throw Refusal("the list's column `split` has the names " + similar + ", which differ in " + what, "path");
  if (is_name(*validation)) validation_rows_ = *validation;
  if (is_validation_usual() && is_trained_on() && !rows->empty())
    for (const char* usual : {"dev", "validate", "valid", "validation", "val"})
      if (is_name(usual) && *rows != usual) validation_rows_ = usual;
  if (rows->empty()) {
    if (is_trained_on() && names.size() > 1)
      throw Refusal("the list's column `split` has several names (" + name_list(names) + "), but `rows` selects none", "rows");
    return;
  }
  if (!is_name(*rows)) throw Refusal("the list has no rows with `" + *rows + "` in a column `split`", "rows", name_hint(*rows, names));
  if (validation_rows_ == *rows) throw Refusal("`rows` and `validation` are both `" + *rows + "`", "validation");
  const auto nameless = static_cast<std::size_t>(
      std::count_if(all_.entries.begin(), all_.entries.end(), [](const SplitEntry& entry) { return entry.rows.empty(); }));
  if (nameless > 0)
    all_.warnings.push_back(some_of(nameless, all_.entries.size(), "row") + " of `" + all_.list_name +
                            (nameless == 1 ? "` has" : "` have") + " an empty column `split`, and " + (nameless == 1 ? "is" : "are") +
                            " not read");
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

int Split::at_most_labels(int count) const {
  if (*validation != "auto") return count;
  for (const std::int64_t labels : {*class_labels, *mask_labels})
    if (labels > 0) count = static_cast<int>(std::min<std::int64_t>(count, labels));
  return count;
}

int Split::validation_count(int pool) const {
  if (is_validation_usual()) return is_trained_on() ? at_most_labels(static_cast<int>(std::lround(pool / 10.0))) : 0;
  double wanted = 0;
  const auto [end, error] = std::from_chars(validation->data(), validation->data() + validation->size(), wanted);
  const bool is_number = error == std::errc() && end == validation->data() + validation->size();
  if (!is_number || wanted < 0 || (wanted >= 1 && wanted != std::floor(wanted)))
    throw Refusal("`validation` is `" + *validation +
                      "`; it must be a number of images, a fraction below 1, `auto`, `papers` or a name in the list's column `split`",
                  "validation", name_hint(*validation, row_names()));
  if (wanted >= pool && wanted > 0)
    throw Refusal(
        "`validation` is " + *validation + ", but must be less than the number of images that can be set aside, " + std::to_string(pool),
        "validation");
  return static_cast<int>(wanted < 1 ? std::lround(wanted * pool) : std::lround(wanted));
}

/// Returns the stratum of each image that can be drawn for validation; -1 for others. An image needs every kind of label that has a budget.
/// If the data set is not trained on, it needs every kind of label that the data set has.
std::vector<int> Split::eligible_strata() const {
  const bool needs_class = !class_names_.empty() && (*class_labels >= 0 || !is_trained_on());
  const bool needs_mask = !mask_names_.empty() && (*mask_labels >= 0 || !is_trained_on());
  std::vector<int> out = strata_;
  for (std::size_t k = 0; k < out.size(); ++k) {
    const SplitEntry& entry = all_.entries[k];
    const bool is_eligible = (!needs_class || has_label(Target::Classes, entry)) && (!needs_mask || has_label(Target::Masks, entry));
    out[k] = !is_eligible ? -1 : std::max(out[k], 0);
  }
  return out;
}

void Split::draw_validation(const Opening& opening, RandomKey key) {
  const std::vector<int> strata = eligible_strata();
  const std::vector<int> available = count_strata(strata, static_cast<std::size_t>(strata_count_));
  const int count = validation_count(std::accumulate(available.begin(), available.end(), 0));
  if (count == 0) return;
  refuse_one_patient(all_.entries);
  groups_ = group_images(all_.entries, twins());
  key.step = 0;
  is_held_out_ = draw_groups(strata, groups_, divide_budget(count, available, StratumShare::Prior), key);
  for (const int image : members_of(is_held_out_))
    if (strata[static_cast<std::size_t>(image)] >= 0) validation_.push_back(image);
  if (validation_.empty())
    throw Refusal("none of " + count_of(std::set<int>(groups_.begin(), groups_.end()).size(), "patient") +
                      " has few enough images to fit into " + count_of(static_cast<std::size_t>(count), "image") + " for validation",
                  "patient");
  if (static_cast<int>(validation_.size()) < count && opening.warn)
    opening.warn("`" + opening.name + "` validates on " + count_of(validation_.size(), "image") + " instead of " + std::to_string(count) +
                 ": no patient with few enough images is left");
}

void Split::take_validation_rows(const Opening& opening, RandomKey key) {
  groups_ = group_images(all_.entries, twins());
  const std::vector<int> strata = eligible_strata();
  std::vector<int> candidates(strata.size(), -1);
  std::set<int> held_out_groups;
  for (std::size_t k = 0; k < all_.entries.size(); ++k) {
    if (all_.entries[k].rows != validation_rows_) continue;
    is_held_out_[k] = 1;
    held_out_groups.insert(groups_[k]);
    candidates[k] = strata[k];
  }
  const std::vector<int> available = count_strata(candidates, static_cast<std::size_t>(strata_count_));
  const int count = at_most_labels(std::accumulate(available.begin(), available.end(), 0));
  key.step = 0;
  const std::vector<char> is_open(candidates.size(), 0);
  validation_ = members_of(draw_images(candidates, is_open, divide_budget(count, available, StratumShare::Prior), key));
  std::size_t shared = 0;
  for (std::size_t k = 0; k < all_.entries.size(); ++k) shared += !is_held_out_[k] && held_out_groups.contains(groups_[k]);
  if (shared > 0 && opening.warn)
    opening.warn("`" + opening.name + "`: " + count_of(shared, "training image") +
                 " of the list share their patient, or all of their bytes, with the rows `" + validation_rows_ + "`");
}

void Split::check_budget(Target target, const std::vector<int>& available) const {
  const std::int64_t count = budget(target);
  const std::int64_t total = std::accumulate(available.begin(), available.end(), std::int64_t{0});
  const std::string at(name(target));
  if (count > total)
    throw Refusal("`" + at + "` is " + std::to_string(count) + ", but the number of labelled images" +
                      (validation_.empty() ? "" : " without the " + std::to_string(validation_.size()) + " for validation") + " is " +
                      std::to_string(total),
                  at);
  if (count <= 0 || class_share != "balanced") return;
  if (*multi_label) throw Refusal("`class_share: balanced` needs one class per image, but `multi_label` is true", "class_share");
  const std::vector<int> quotas = divide_budget(static_cast<int>(count), available, StratumShare::Balanced);
  for (std::size_t k = 0; k < quotas.size() && !class_names_.empty(); ++k)
    if (quotas[k] > available[k])
      throw Refusal("a balanced budget of " + std::to_string(count) + " needs " + std::to_string(quotas[k]) + " images of `" +
                        class_names_[k] + "`, but the number of them is " + std::to_string(available[k]),
                    at);
}

void Split::draw_labelled(Target target, RandomKey key) {
  std::vector<int> strata(all_.entries.size(), -1);
  const bool is_one_stratum = class_share == "chance";
  for (std::size_t k = 0; k < strata.size(); ++k)
    if (!is_held_out_[k] && has_label(target, all_.entries[k])) strata[k] = is_one_stratum ? 0 : std::max(strata_[k], 0);
  const std::vector<int> available = count_strata(strata, static_cast<std::size_t>(strata_count_));
  check_budget(target, available);
  const auto share = class_share == "balanced" ? StratumShare::Balanced : StratumShare::Prior;
  key.step = target == Target::Classes ? 1 : 2;
  const std::int64_t count = budget(target);
  settle(target, draw_images(strata, is_held_out_, count > 0 ? divide_budget(static_cast<int>(count), available, share) : available, key));
}

void Split::settle(Target target, std::vector<char> is_labelled) {
  Drawn& out = target == Target::Classes ? classes_drawn_ : masks_drawn_;
  out.is_labelled = std::move(is_labelled);
  out.labelled = members_of(out.is_labelled);
  out.unlabelled.clear();
  for (const int image : every_)
    if (!is_held_out_[static_cast<std::size_t>(image)] && !out.is_labelled[static_cast<std::size_t>(image)])
      out.unlabelled.push_back(image);
  out.reuses_labelled = out.unlabelled.empty() && !out.labelled.empty();
  if (out.reuses_labelled) out.unlabelled = out.labelled;
  if (target == Target::Classes && is_trained_on()) check_classes(out);
}

void Split::check_classes(const Drawn& drawn) const {
  for (std::size_t k = 0; k < class_names_.size(); ++k) {
    const auto is_of_class = [&](int image) {
      const Label& label = all_.entries[static_cast<std::size_t>(image)].label;
      return label.index == static_cast<int>(k) || (k < label.several.size() && label.several[k]);
    };
    if (std::any_of(drawn.labelled.begin(), drawn.labelled.end(), is_of_class)) continue;
    throw Refusal("none of " + count_of(drawn.labelled.size(), "labelled image") + " is of the class `" + class_names_[k] + "`",
                  "class_labels");
  }
}

}  // namespace leat

LEAT_NODE(leat::Split, "io.split", "A data set: images from a folder or a list, with label budgets, validation images and patients.")
