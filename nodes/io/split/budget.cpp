#include <algorithm>
#include <numeric>

#include "io/split.h"
#include "leat/diagnostics.h"
#include "leat/wording.h"

// Draws the labels for training.

namespace leat {

namespace {

std::vector<std::string> without(std::vector<std::string> names, std::size_t index) {
  names.erase(names.begin() + static_cast<std::ptrdiff_t>(index));
  return names;
}

}  // namespace

namespace {

std::string_view name(Split::Target target) { return target == Split::Target::Classes ? "class_labels" : "mask_labels"; }

}  // namespace

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
  const std::vector<int> quotas = count > 0 ? divide_budget(static_cast<int>(count), available, share, ties(key)) : available;
  settle(target, draw_images(strata, is_held_out_, quotas, key));
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
  if (target == Target::Masks && *mask_labels >= 0) check_structures(out);
}

void Split::check_structures(const Drawn& drawn) const {
  for (std::size_t k = 0; k < mask_names_.size(); ++k) {
    const auto is_known = [&](int image) { return all_.entries[static_cast<std::size_t>(image)].knows_mask(k); };
    if (std::any_of(drawn.labelled.begin(), drawn.labelled.end(), is_known)) continue;
    throw Refusal("none of " + counted(drawn.labelled.size(), "image") + " with masks for training has one of `" + mask_names_[k] + "`",
                  "mask_labels");
  }
}

void Split::check_classes(const Drawn& drawn) const {
  for (std::size_t k = 0; k < class_names_.size(); ++k) {
    const auto is_of_class = [&](int image) {
      const Label& label = all_.entries[static_cast<std::size_t>(image)].label;
      return label.index == static_cast<int>(k) || (k < label.several.size() && label.several[k] == 1);
    };
    if (std::any_of(drawn.labelled.begin(), drawn.labelled.end(), is_of_class)) continue;
    std::vector<const SplitEntry*> of_class;
    for (const SplitEntry& entry : entries())
      if (entry.label.index == static_cast<int>(k) || (k < entry.label.several.size() && entry.label.several[k] == 1))
        of_class.push_back(&entry);
    std::string who;
    if (of_class.size() == 1)
      who = ", which only `" + of_class[0]->id + "` has" + (all_.is_list ? " (" + all_.place_of(*of_class[0]) + ")" : "");
    else if (!of_class.empty()) who = ", which " + counted(of_class.size(), "image") + " have";
    const std::string like = nearest_name(class_names_[k], without(class_names_, k));
    throw Refusal("none of " + counted(drawn.labelled.size(), "labelled image") + " is of the class `" + class_names_[k] + "`" + who,
                  "class_labels", like.empty() ? "" : "if it is `" + like + "`, write it so");
  }
}

/// Discloses how labels were drawn. A draw by class uses the class of images outside the label budget.
void Split::disclose_draw(Target target, const Opening& opening) const {
  if (budget(target) <= 0 || class_names_.empty()) return;
  const std::size_t count = part(target, Part::Labelled).size();
  const std::string drawn =
      "`" + opening.name + "`: " + counted(count, target == Target::Classes ? "labelled image" : "mask") + (count == 1 ? " was" : " were");
  const std::string how = " (`class_share: " + *class_share + "`)";
  if (class_share == "prior") opening.disclose(drawn + " drawn in the class proportions of all images outside of validation" + how);
  else if (class_share == "balanced") opening.disclose(drawn + " drawn as the same number of each class" + how);
  else opening.disclose(drawn + " drawn at random, whatever their classes" + how);
}

}  // namespace leat
