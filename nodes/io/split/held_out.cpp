#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>

#include "io/split.h"
#include "io/split/patients.h"
#include "leat/wording.h"

// Draws the images that are set aside for validation.

namespace leat {

void Split::draw(const Opening& opening) {
  RandomKey key;
  key.key = RandomKey::of(opening.seed + static_cast<std::uint64_t>(*seed), "", "io.split");
  is_per_task_ = !are_of_same_images(tasks());
  check_fold();
  if (*fold >= 0) take_fold(opening);
  else if (validation_rows_.empty()) draw_validation(opening, key);
  else take_validation_rows(opening, key);
  draw_labelled(Target::Classes, key);
  draw_labelled(Target::Masks, key);
}

/// Returns the key that decides between sets of findings with equal remainders of a budget, of which there can be many. Equal classes are
/// taken in their order, so that draws stay those of earlier versions.
std::optional<RandomKey> Split::ties(RandomKey key) const {
  if (!*multi_label) return {};
  key.slot = UINT32_MAX;  // The draws of the sets have their numbers here.
  return key;
}

int Split::at_most(int count, std::initializer_list<std::int64_t> budgets) const {
  if (*validation != "auto") return count;
  for (const std::int64_t labels : budgets)
    if (labels > 0) count = static_cast<int>(std::min<std::int64_t>(count, labels));
  return count;
}

int Split::validation_count(int pool, const std::string& of, std::initializer_list<std::int64_t> budgets) const {
  if (is_validation_usual()) return is_trained_on() ? at_most(static_cast<int>(std::lround(pool / 10.0)), budgets) : 0;
  double wanted = 0;
  const auto [end, error] = std::from_chars(validation->data(), validation->data() + validation->size(), wanted);
  const bool is_number = error == std::errc() && end == validation->data() + validation->size();
  if (!is_number || !std::isfinite(wanted) || wanted < 0 || (wanted >= 1 && wanted != std::floor(wanted)))
    throw Refusal("`validation` is `" + *validation +
                      "`; it must be a number of images, a fraction below 1, `auto`, `papers` or a name in the list's column `split`",
                  "validation", name_hint(*validation, row_names()));
  if (wanted >= pool && wanted > 0)
    throw Refusal("`validation` is " + *validation + ", but must be less than the number of images that can be set aside" + of + ", " +
                      std::to_string(pool),
                  "validation");
  return static_cast<int>(wanted < 1 ? std::lround(wanted * pool) : std::lround(wanted));
}

bool Split::needs(Target target) const {
  const bool has_any = target == Target::Classes ? !class_names_.empty() : !mask_names_.empty();
  return has_any && (budget(target) >= 0 || !is_trained_on());
}

/// Returns what the validation images must judge: every kind of label that has a budget. If the data set is not trained on, every kind that
/// it has.
std::vector<HeldOutTask> Split::tasks() const {
  std::vector<HeldOutTask> out;
  if (needs(Target::Classes)) out.push_back({"", strata_that(Target::Classes), strata_count_, 0});
  for (std::size_t structure = 0; structure < mask_names_.size() && needs(Target::Masks); ++structure) {
    out.push_back({mask_names_[structure], {}, 1, 0});
    for (const SplitEntry& entry : all_.entries) out.back().strata.push_back(entry.knows_mask(structure) ? 0 : -1);
  }
  return out;
}

/// Returns the stratum of each image that has a label of `target`; -1 for others.
std::vector<int> Split::strata_that(Target target) const {
  std::vector<int> out = strata_;
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = !has_label(target, all_.entries[k]) ? -1 : std::max(out[k], 0);
  return out;
}

/// Returns the stratum of each image that can be drawn for validation; -1 for others. An image needs every kind of label that has a budget.
/// If the data set is not trained on, it needs every kind of label that the data set has.
std::vector<int> Split::eligible_strata() const {
  const bool needs_class = needs(Target::Classes), needs_mask = needs(Target::Masks);
  std::vector<int> out = strata_;
  for (std::size_t k = 0; k < out.size(); ++k) {
    const SplitEntry& entry = all_.entries[k];
    const bool is_eligible = (!needs_class || has_label(Target::Classes, entry)) && (!needs_mask || has_label(Target::Masks, entry));
    out[k] = !is_eligible ? -1 : std::max(out[k], 0);
  }
  return out;
}

void Split::draw_validation(const Opening& opening, RandomKey key) {
  if (is_per_task_) {
    draw_for_each_task(opening, key);
    return;
  }
  const std::vector<int> strata = eligible_strata();
  const std::vector<int> available = count_strata(strata, static_cast<std::size_t>(strata_count_));
  const int count = validation_count(std::accumulate(available.begin(), available.end(), 0), "", {*class_labels, *mask_labels});
  if (count == 0) return;
  refuse_one_patient(all_.entries);
  groups_ = group_images(all_.entries, twins());
  key.step = 0;
  is_held_out_ = draw_groups(strata, groups_, divide_budget(count, available, StratumShare::Prior, ties(key)), key);
  for (const int image : members_of(is_held_out_))
    if (strata[static_cast<std::size_t>(image)] >= 0) validation_.push_back(image);
  if (validation_.empty())
    throw Refusal("none of " + counted(std::set<int>(groups_.begin(), groups_.end()).size(), "patient") +
                      " has few enough images to fit into " + counted(count, "image") + " for validation",
                  "patient");
  if (static_cast<int>(validation_.size()) < count && opening.warn)
    opening.warn("`" + opening.name + "` validates on " + counted(validation_.size(), "image") + " instead of " + std::to_string(count) +
                 ": no patient with few enough images is left");
}

/// Draws validation images for the classes and for each structure apart, from images that can judge it.
void Split::draw_for_each_task(const Opening& opening, RandomKey key) {
  std::vector<HeldOutTask> all = tasks();
  int wanted = 0;
  for (HeldOutTask& task : all) {
    const std::int64_t labels = task.structure.empty() ? *class_labels : *mask_labels;
    if (task.judges() > 0) task.wanted = validation_count(task.judges(), " for " + task.words(), {labels});
    wanted += task.wanted;
  }
  if (wanted == 0) return;
  refuse_one_patient(all_.entries);
  groups_ = group_images(all_.entries, twins());
  key.step = 0;
  is_held_out_ = draw_for_tasks(all, groups_, key, ties(key));
  share_between_targets(members_of(is_held_out_));
  for (const HeldOutTask& task : all) {
    int found = 0;
    for (std::size_t k = 0; k < task.strata.size(); ++k) found += is_held_out_[k] && task.strata[k] >= 0;
    if (found >= task.wanted) continue;
    if (opening.warn)
      opening.warn("`" + opening.name + "` validates " + task.words() + " on " + counted(found, "image") + " instead of " +
                   std::to_string(task.wanted) + ": no patient with few enough images is left");
  }
  if (validation_.empty())
    throw Refusal(
        "none of " + counted(std::set<int>(groups_.begin(), groups_.end()).size(), "patient") + " has few enough images for validation",
        "patient");
}

/// Sets the validation images of each target: those of these images that have its labels.
void Split::share_between_targets(const std::vector<int>& images) {
  const auto that_have = [&](Target target) {
    std::vector<int> out = images;
    std::erase_if(out, [&](int image) { return !has_label(target, all_.entries[static_cast<std::size_t>(image)]); });
    return out;
  };
  validation_classes_ = that_have(Target::Classes);
  validation_masks_ = that_have(Target::Masks);
  validation_.clear();
  if (!needs(Target::Classes) && !needs(Target::Masks)) validation_ = images;
  if (needs(Target::Classes)) validation_ = validation_classes_;
  if (!needs(Target::Masks)) return;
  std::vector<int> both;
  std::set_union(validation_.begin(), validation_.end(), validation_masks_.begin(), validation_masks_.end(), std::back_inserter(both));
  validation_ = std::move(both);
}

/// Draws among the held-out images with a stratum.
std::vector<int> Split::drawn_of_held_out(std::vector<int> strata, std::initializer_list<std::int64_t> budgets, RandomKey key) const {
  for (std::size_t k = 0; k < strata.size(); ++k)
    if (!is_held_out_[k]) strata[k] = -1;
  const std::vector<int> available = count_strata(strata, static_cast<std::size_t>(strata_count_));
  const int count = at_most(std::accumulate(available.begin(), available.end(), 0), budgets);
  const std::vector<char> is_open(strata.size(), 0);
  return members_of(draw_images(strata, is_open, divide_budget(count, available, StratumShare::Prior, ties(key)), key));
}

void Split::take_validation_rows(const Opening& opening, RandomKey key) {
  groups_ = group_images(all_.entries, twins());
  for (std::size_t k = 0; k < all_.entries.size(); ++k) is_held_out_[k] = all_.entries[k].rows == validation_rows_;
  key.step = 0;
  if (is_per_task_) {
    const std::vector<int> of_classes = drawn_of_held_out(strata_that(Target::Classes), {*class_labels}, key);
    const std::vector<int> of_masks = drawn_of_held_out(strata_that(Target::Masks), {*mask_labels}, key);
    std::vector<int> both;
    std::set_union(of_classes.begin(), of_classes.end(), of_masks.begin(), of_masks.end(), std::back_inserter(both));
    share_between_targets(both);
  } else {
    validation_ = drawn_of_held_out(eligible_strata(), {*class_labels, *mask_labels}, key);
  }
  const std::size_t shared = count_sharing(members_of(is_held_out_));
  if (shared > 0 && opening.warn)
    opening.warn("`" + opening.name + "`: " + counted(shared, "training image") +
                 " of the list share their patient, or all of their bytes, with the rows `" + validation_rows_ + "`");
}

}  // namespace leat
