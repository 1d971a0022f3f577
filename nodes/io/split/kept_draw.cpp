#include <algorithm>
#include <system_error>

#include "io/disk_file.h"
#include "io/split.h"
#include "io/split/patients.h"
#include "leat/csv.h"

// Saves the draw of a split in the run's folder and in checkpoints, and restores it.

namespace leat {

void Split::take_drawn() {
  const std::string& parts = resumed_->parts();
  const auto with = [&parts](SplitRecord::Part part) {
    std::vector<char> out;
    for (const char one : parts) out.push_back((one & part) != 0);
    return out;
  };
  is_held_out_ = with(SplitRecord::HeldOut);
  is_per_task_ = *fold >= 0 || !are_of_same_images(tasks());
  const std::vector<char> validates = with(SplitRecord::Validates);
  if (is_per_task_) share_between_targets(members_of(validates));
  else validation_ = members_of(validates);
  // The same groups as when validation was drawn.
  if (std::find(is_held_out_.begin(), is_held_out_.end(), 1) != is_held_out_.end()) groups_ = group_images(all_.entries, twins());
  settle(Target::Classes, with(SplitRecord::ClassLabelled));
  settle(Target::Masks, with(SplitRecord::MaskLabelled));
}

void Split::record(Archive& archive) const {
  SplitRecord out;
  out.path = absolute_path();
  out.settings = settings();
  out.classes = class_names_;
  out.parts = parts();
  out.columns = columns_;
  if (resumed_) {
    out.pictures = resumed_->pictures();
    out.masks = resumed_->masks();
  } else {
    for (const SplitEntry& entry : all_.entries) out.pictures.add(entry.id, entry.file);
    out.pictures.look();
    out.masks = masks_of(all_);
    out.masks.look();
  }
  out.parts.resize(out.pictures.size(), SplitRecord::Unused);
  out.columns.resize(out.pictures.size());
  out.save(archive);
}

std::map<std::string, std::string> Split::settings() const {
  std::map<std::string, std::string> out;
  for (const ParamPort* param : params())
    if (param != &path && param != &image_folder && param != &shares_with) out[std::string(param->name())] = param->value_text();
  return out;
}

std::filesystem::path Split::absolute_path() const { return std::filesystem::absolute(path->path).lexically_normal(); }

std::string Split::parts() const {
  std::string out(all_.entries.size(), '\0');
  const auto add = [&out](std::size_t image, SplitRecord::Part part) { out[image] = static_cast<char>(out[image] | part); };
  for (const int image : validation_) add(static_cast<std::size_t>(image), SplitRecord::Validates);
  for (std::size_t k = 0; k < out.size(); ++k) {
    if (is_held_out_[k]) add(k, SplitRecord::HeldOut);
    if (classes_drawn_.is_labelled[k]) add(k, SplitRecord::ClassLabelled);
    if (masks_drawn_.is_labelled[k]) add(k, SplitRecord::MaskLabelled);
  }
  return out;
}

std::string Split::list_of_parts() const {
  const bool has_two = !class_names_.empty() && !mask_names_.empty();
  std::string text = has_two ? "image,class,patient,part,mask_part\n" : "image,class,patient,part\n";
  const auto validates = [&](Target target, int image) {
    const std::vector<int>& images = part(target, Part::Validation);
    return std::binary_search(images.begin(), images.end(), image);
  };
  const auto part_name = [&](Target target, int image) -> std::string_view {
    const auto at = static_cast<std::size_t>(image);
    if (validates(target, image)) return "validation";
    if (is_held_out_[at]) return "left out";
    return drawn(target).is_labelled[at] ? "labelled" : "unlabelled";
  };
  for (const int image : every_) {
    const SplitEntry& entry = all_.entries[static_cast<std::size_t>(image)];
    text += csv_field(entry.id) + ',' + csv_field(entry.class_name) + ',' + csv_field(entry.whose) + ',';
    text += part_name(Target::Classes, image);
    if (has_two) text.append(",").append(part_name(Target::Masks, image));
    text += '\n';
  }
  return text;
}

void Split::write_list(const Opening& opening) const {
  const std::filesystem::path file = opening.run_folder / "splits" / (opening.name + ".csv");
  std::error_code ignored;
  // The file has the original draw, which is kept, and labels that have not changed.
  if (resumed_ && resumed_->keeps_draw() && !resumed_->has_changes() && std::filesystem::is_regular_file(file, ignored)) return;
  const std::string list = list_of_parts();
  keep_other_list(file, list, opening);
  write_whole_file(file, list);
}

/// Keeps a list that says something else, which the run used before. Runs of earlier versions recorded no files; their list still shows
/// whether the images are drawn differently now.
void Split::keep_other_list(const std::filesystem::path& file, const std::string& list, const Opening& opening) const {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return;
  const std::vector<std::uint8_t> bytes = read_whole_file(file);
  const std::string_view before(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (before == list) return;
  std::string moves;
  try {
    moves = moved_pictures(parts_in_list(before), all_, parts());
  } catch (const std::exception&) {
    // The file is not a list of Leat. It is kept all the same.
  }
  // The first one has the original draw. It is never overwritten.
  std::filesystem::path aside = file.parent_path() / (opening.name + ".before.csv");
  for (int number = 2; std::filesystem::exists(aside); ++number)
    aside.replace_filename(opening.name + ".before." + std::to_string(number) + ".csv");
  std::filesystem::rename(file, aside);
  // A run with a record has reported the changes.
  if (opening.warn && !resumed_)
    opening.warn("`" + opening.name + "` is drawn differently from splits/" + opening.name + ".csv, which is renamed to " +
                 aside.filename().string() + (moves.empty() ? "" : ": of its pictures, " + moves));
}

}  // namespace leat
