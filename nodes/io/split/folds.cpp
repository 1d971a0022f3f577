#include <algorithm>
#include <set>

#include "io/split.h"
#include "io/split/patients.h"
#include "leat/unknown.h"
#include "leat/wording.h"

// Sets the images of a fold aside.

namespace leat {

std::set<std::string> Split::stated_folds() const {
  std::set<std::string> out;
  for (const SplitEntry& entry : all_.entries)
    if (!entry.fold.empty()) out.insert(entry.fold);
  return out;
}

/// Throws Refusal for parameters of folds that would mean nothing, or two things.
void Split::check_fold() const {
  if (*fold < 0 && *folds > 0)
    throw Refusal("`folds` is " + std::to_string(*folds) + ", but `fold` chooses none of them", "folds",
                  "set `fold` to 0.." + std::to_string(*folds - 1) + ", or remove `folds`");
  if (*fold_seed != 0 && *folds == 0)
    throw Refusal("`fold_seed` is set, but `folds` is 0, so no folds are drawn", "fold_seed", "set `folds`, or remove `fold_seed`");
  if (*fold < 0) return;
  if (*validation != "auto") throw Refusal("`fold` and `validation` both say which images are set aside", "fold", "remove one of them");
  if (*folds > 0 && *fold >= *folds)
    throw Refusal("`fold` is " + std::to_string(*fold) + ", but `folds` is " + std::to_string(*folds) + ": the folds are 0.." +
                      std::to_string(*folds - 1),
                  "fold");
}

/// Sets the images of one fold aside. The folds do not depend on the run's seed, so that they do not overlap between runs.
void Split::take_fold(const Opening& opening) {
  groups_ = group_images(all_.entries, twins());
  const std::vector<HeldOutTask> all = tasks();
  is_per_task_ = true;
  if (*folds > 0) draw_folds(all);
  else take_stated_fold();
  share_between_targets(members_of(is_held_out_));
  if (validation_.empty()) throw Refusal("no image of the fold " + std::to_string(*fold) + " has a label", "fold");
  for (const HeldOutTask& task : all) {
    const auto can_judge = [&](int image) { return task.strata[static_cast<std::size_t>(image)] >= 0; };
    if (opening.warn && std::none_of(validation_.begin(), validation_.end(), can_judge))
      opening.warn("`" + opening.name + "` validates " + task.words() + " on no image: the fold " + std::to_string(*fold) +
                   " has no such label");
  }
  leave_out_unused(opening);
}

/// Returns what is divided equally among the folds: the tasks; but of findings, each by itself, because there can be as many sets of
/// findings as images.
std::vector<HeldOutTask> Split::divided_tasks(std::vector<HeldOutTask> all) const {
  if (*multi_label && needs(Target::Classes)) {
    all.erase(all.begin());
    for (std::size_t finding = 0; finding < class_names_.size(); ++finding) {
      all.push_back({"", {}, 2, 0});
      for (const SplitEntry& entry : all_.entries) {
        const int value = entry.label.several.empty() ? unknown::finding : entry.label.several[finding];
        all.back().strata.push_back(value == unknown::finding ? -1 : value);
      }
    }
  }
  if (all.empty()) all.push_back({"", std::vector<int>(all_.entries.size(), 0), 1, 0});
  return all;
}

void Split::draw_folds(const std::vector<HeldOutTask>& all) {
  refuse_one_patient(all_.entries);
  RandomKey key;
  key.key = RandomKey::of(static_cast<std::uint64_t>(*fold_seed), "", "io.split.folds");
  const std::vector<int> drawn = divide_into_folds(divided_tasks(all), groups_, *folds, key);
  std::set<int> patients;
  for (std::size_t k = 0; k < drawn.size(); ++k)
    if (drawn[k] >= 0) patients.insert(groups_[k]);
  if (patients.size() < static_cast<std::size_t>(*folds))
    throw Refusal("`folds` is " + std::to_string(*folds) + ", but the images with labels are of " + counted(patients.size(), "patient") +
                      ", and all images of a patient are in one fold",
                  "folds");
  for (std::size_t k = 0; k < drawn.size(); ++k) is_held_out_[k] = drawn[k] == *fold;
}

namespace {

/// Returns "the folds are 0..4", or their names if they are others.
std::string fold_words(const std::set<std::string>& names) {
  if (names.size() == 1) return "the only fold is " + *names.begin();
  return "the folds are " + (are_counted(names) ? "0.." + std::to_string(names.size() - 1) : in_quotes(names));
}

}  // namespace

/// Takes the fold that the list's column `fold`, or `splits_final.json`, states.
void Split::take_stated_fold() {
  const std::string wanted = std::to_string(*fold);
  const std::set<std::string> names = stated_folds();
  for (std::size_t k = 0; k < all_.entries.size(); ++k) is_held_out_[k] = all_.entries[k].fold == wanted;
  if (names.empty())
    throw Refusal("`fold` is set, but `folds` is 0, and the data state no folds", "fold",
                  "set `folds: 5`, or give the list a column `fold`");
  if (!names.contains(wanted)) throw Refusal("no image is in the fold " + wanted + "; " + fold_words(names), "fold");
}

/// Leaves out the images that a stated fold neither trains nor validates on. Warns of them, and of training images that share their patient
/// with the fold.
void Split::leave_out_unused(const Opening& opening) {
  const std::string wanted = std::to_string(*fold);
  const std::vector<int> held_out = members_of(is_held_out_);
  std::vector<int> unused;
  for (const int image : every_) {
    const SplitEntry& entry = all_.entries[static_cast<std::size_t>(image)];
    if (*folds == 0 && !is_held_out_[static_cast<std::size_t>(image)] && entry.unused_in.contains(wanted)) unused.push_back(image);
  }
  std::size_t without = 0, rows = 0;
  for (const int image : every_) {
    const SplitEntry& entry = all_.entries[static_cast<std::size_t>(image)];
    if (all_.is_list && entry.line == 0) continue;
    ++rows;
    without += *folds == 0 && entry.fold.empty() && !entry.unused_in.contains(wanted) ? 1 : 0;
  }
  if (opening.warn && without > 0)
    opening.warn("`" + opening.name + "`: " + some_of(without, rows, "image") + (without == 1 ? " is" : " are") + " in no fold, and train" +
                 (without == 1 ? "s" : "") + " in each");
  for (const int image : unused) is_held_out_[static_cast<std::size_t>(image)] = 1;
  if (!opening.warn) return;
  if (!unused.empty())
    opening.warn("`" + opening.name + "`: " + some_of(unused.size(), all_.entries.size(), "image") + (unused.size() == 1 ? " is" : " are") +
                 " in neither `train` nor `val` of the fold " + wanted + ", and " + (unused.size() == 1 ? "is" : "are") +
                 " left out; the first is `" + all_.entries[static_cast<std::size_t>(unused[0])].id + "`");
  if (const std::size_t shared = count_sharing(held_out); shared > 0)
    opening.warn("`" + opening.name + "`: " + counted(shared, "image") + " outside of the fold " + wanted +
                 " share their patient, or all of their bytes, with images of it, and can be trained on");
}

/// Returns the number of images that are not held out, but whose patient or bytes one of these images has.
std::size_t Split::count_sharing(const std::vector<int>& held_out) const {
  std::set<int> groups;
  for (const int image : held_out) groups.insert(groups_[static_cast<std::size_t>(image)]);
  return static_cast<std::size_t>(std::count_if(every_.begin(), every_.end(), [&](int image) {
    return !is_held_out_[static_cast<std::size_t>(image)] && groups.contains(groups_[static_cast<std::size_t>(image)]);
  }));
}

}  // namespace leat
