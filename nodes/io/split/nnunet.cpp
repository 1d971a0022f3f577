#include "io/split/nnunet.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "io/split/channel_files.h"
#include "io/split/folder_files.h"
#include "io/split/json_file.h"
#include "leat/diagnostics.h"
#include "leat/wording.h"

// nnU-Net's data sets: https://github.com/MIC-DKFZ/nnUNet/blob/master/documentation/dataset_format.md

namespace leat {

namespace fs = std::filesystem;

namespace {

using json = nlohmann::ordered_json;

json read_file(const fs::path& file) {
  try {
    return read_json(file);
  } catch (const std::exception& error) {
    throw Refusal("`" + file.string() + "` cannot be read: " + error.what(), "path");
  }
}

/// Returns a field of an object of nnU-Net's files. Throws Refusal if it is not there.
const json& field_of(const json& object, const std::string& name, const fs::path& file) {
  if (!object.is_object() || !object.contains(name))
    throw Refusal("`" + file.string() + "` is not as nnU-Net has it: there is no `" + name + "`", "path");
  return object.at(name);
}

/// Returns the number that `dataset.json` gives a structure. Throws Refusal if label maps cannot have it.
int number_of(const std::string& name, const json& value) {
  const double number = value.is_number() ? value.get<double>() : -1;
  if (number < 0 || number > 65535 || number != std::floor(number))
    throw Refusal("`dataset.json` gives `" + name + "` the number " + value.dump() + ", but label maps have whole numbers of 0..65535",
                  "path");
  return static_cast<int>(number);
}

/// Returns the structures of `dataset.json`: `{"lung": 1, "whole": [1, 2]}` in version 2, `{"1": "lung"}` in version 1. Sets the number of
/// pixels to ignore.
std::vector<LabelName> labels_of(const json& labels, int& ignored) {
  std::vector<LabelName> out;
  for (const auto& [key, value] : labels.items()) {
    if (value.is_string()) {
      const json written = json::parse(key, nullptr, false);
      const int number = number_of(value.get<std::string>(), written.is_discarded() ? json(key) : written);
      if (number != 0) out.push_back({value.get<std::string>(), "labelsTr", {number}});
      continue;
    }
    std::vector<int> numbers;
    for (const json& one : value.is_array() ? value : json::array({value})) numbers.push_back(number_of(key, one));
    if (numbers.empty()) throw Refusal("`dataset.json` gives `" + key + "` no number", "path");
    if (key == "ignore") ignored = numbers[0];
    else if (numbers != std::vector<int>{0}) out.push_back({key, "labelsTr", numbers});
  }
  return out;
}

/// Adds the images of a part. Returns false if its folder does not exist, or has no file.
bool add_part(SplitEntries& all, const NnunetPart& part, int channels) {
  const fs::path folder = all.folder / part.images;
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored) || fs::is_empty(folder, ignored)) return false;
  const FolderFiles found = files_below(folder, "path", [](const fs::path&) { return FolderUse::Pictures; });
  for (const std::string& other : found.others) refuse_volume(folder / other);
  if (found.pictures.empty())
    throw Refusal("no picture in `" + folder.string() + "`" + found.instead(), "path", picture_endings_text() + found.hint());
  if (std::string left_out = found.left_out(false); !left_out.empty()) all.warnings.push_back(std::move(left_out));
  for (const auto& [name, files] : images_by_name(found)) {
    SplitEntry entry = entry_of_channels(found, name, files, channels, "`dataset.json` names " + std::to_string(channels));
    entry.id = std::string(part.images) + "/" + entry.id;
    entry.rows = part.rows;
    all.entries.push_back(std::move(entry));
  }
  return true;
}

/// Warns if `numTraining` or `file_ending` of `dataset.json` differ from the files.
void tell_differences(SplitEntries& all, const json& about) {
  std::int64_t training = 0;
  std::size_t others = 0;
  std::string first;
  const json written = about.value("file_ending", json()), number = about.value("numTraining", json());
  const std::string ending = written.is_string() ? written.get<std::string>() : "";
  for (const SplitEntry& entry : all.entries) {
    if (entry.id.starts_with("imagesTr/")) ++training;
    if (!ending.empty() && !lower(entry.id).ends_with(lower(ending)) && others++ == 0) first = entry.id;
  }
  if (training > 0 && !number.is_null() && number != training)
    all.warnings.push_back("`numTraining` of `dataset.json` is " + number.dump() + ", but `imagesTr` has " + counted(training, "case"));
  if (others > 0)
    all.warnings.push_back("`file_ending` of `dataset.json` is `" + ending + "`, but " + some_of(others, all.entries.size(), "image") +
                           (others == 1 ? " has" : " have") + " another ending; the first is `" + first + "`");
}

/// The cases that a sentence is on, and the first of them in words.
struct Cases {
  std::set<std::string> names;
  std::string first;

  void add(const std::string& name, const std::string& fold) {
    if (names.empty()) first = "`" + name + "` in the fold " + fold;
    names.insert(name);
  }
};

/// Sets the fold in which each case validates, and the folds that do not use it. Throws Refusal if a case validates in two. Warns of names
/// without a case, and of cases that a fold both trains and validates on.
void add_folds(SplitEntries& all, const fs::path& file) {
  std::map<std::string, SplitEntry*> cases;
  for (SplitEntry& entry : all.entries)
    if (entry.id.starts_with("imagesTr/")) cases.emplace(entry.mask_name, &entry);
  std::map<std::string, std::string> folds;
  Cases unknown, in_both;
  const json splits = read_file(file);
  for (std::size_t fold = 0; fold < splits.size(); ++fold) {
    const std::string number = std::to_string(fold);
    std::set<std::string> validates, trains;
    for (const json& name : field_of(splits[fold], "val", file)) validates.insert(name.get<std::string>());
    for (const json& name : field_of(splits[fold], "train", file)) trains.insert(name.get<std::string>());
    for (const std::string& name : validates) {
      if (const auto [found, is_new] = folds.emplace(name, number); !is_new)
        throw Refusal("`" + file.string() + "` validates `" + name + "` in the folds " + found->second + " and " + number, "path");
      if (!cases.contains(name)) unknown.add(name, number);
      if (trains.contains(name)) in_both.add(name, number);
    }
    for (const std::string& name : trains)
      if (!cases.contains(name) && !validates.contains(name)) unknown.add(name, number);
    for (const auto& [name, entry] : cases) {
      if (validates.contains(name)) entry->fold = number;
      else if (!trains.contains(name)) entry->unused_in.insert(number);
    }
  }
  const std::string subject = "`" + file.filename().string() + "` names ";
  if (!unknown.names.empty())
    all.warnings.push_back(subject + counted(unknown.names.size(), "case") + " without an image in `imagesTr`; the first is " +
                           unknown.first);
  if (!in_both.names.empty())
    all.warnings.push_back(subject + counted(in_both.names.size(), "case") +
                           " in both `train` and `val` of a fold, which does not train on " + (in_both.names.size() == 1 ? "it" : "them") +
                           "; the first is " + in_both.first);
  all.taken.push_back("`splits_final.json` states " + counted(splits.size(), "fold"));
}

}  // namespace

bool is_nnunet(const fs::path& folder) {
  std::error_code ignored;
  const bool has_folder = std::any_of(nnunet_parts.begin(), nnunet_parts.end(),
                                      [&](const NnunetPart& part) { return fs::is_directory(folder / part.images, ignored); });
  return has_folder && fs::is_regular_file(folder / "dataset.json", ignored);
}

bool has_images(const SplitEntries& all, const NnunetPart& part) {
  const std::string begin = std::string(part.images) + "/";
  return std::any_of(all.entries.begin(), all.entries.end(), [&](const SplitEntry& entry) { return entry.id.starts_with(begin); });
}

bool has_labels(const SplitEntries& all, const NnunetPart& part) {
  std::error_code ignored;
  return fs::is_directory(all.folder / part.labels, ignored) && !fs::is_empty(all.folder / part.labels, ignored);
}

std::string why_no_labels(const SplitEntries& all) {
  std::string out;
  for (const NnunetPart& part : nnunet_parts) {
    if (!has_images(all, part)) continue;
    if (has_labels(all, part)) return {};
    std::error_code ignored;
    const bool exists = fs::is_directory(all.folder / part.labels, ignored);
    out += (out.empty() ? "" : "; ") +
           (exists ? "the folder `" + std::string(part.labels) + "` is empty" : "there is no folder `" + std::string(part.labels) + "`") +
           ", which would have the labels of `" + part.images + "`";
  }
  return out;
}

SplitEntries read_nnunet(const fs::path& folder, int channel_files) {
  SplitEntries out;
  out.folder = folder;
  out.is_of_nnunet = true;
  const fs::path file = folder / "dataset.json";
  const json about = read_file(file);
  try {
    const bool is_of_version_1 = about.is_object() && about.contains("modality");
    const auto channels = static_cast<int>(field_of(about, is_of_version_1 ? "modality" : "channel_names", file).size());
    if (channels == 0) throw Refusal("`" + file.string() + "` names no channel", "path");
    if (channel_files > 1 && channel_files != channels)
      throw Refusal("`channel_files` is " + std::to_string(channel_files) + ", but `dataset.json` names " + counted(channels, "channel"),
                    "channel_files");
    out.label_names = labels_of(field_of(about, "labels", file), out.ignored_number);
    const bool has_training = add_part(out, nnunet_parts[0], channels), has_test = add_part(out, nnunet_parts[1], channels);
    if (out.entries.empty()) throw Refusal("no picture in `imagesTr` or `imagesTs` of `" + folder.string() + "`", "path");
    // Without test images, there are no rows to choose from.
    if (!has_test)
      for (SplitEntry& entry : out.entries) entry.rows.clear();
    tell_differences(out, about);
    out.taken.push_back(std::string("a data set of nnU-Net, version ") + (is_of_version_1 ? "1" : "2") + ", with " +
                        counted(channels, "channel") + (has_training ? "" : ", and test images only"));
    std::string names;
    for (const LabelName& one : out.label_names) names += (names.empty() ? "" : ", ") + one.name;
    if (!names.empty()) out.taken.push_back("its structures, for `masks`: [" + names + "]");
    std::error_code ignored;
    if (has_training && fs::is_regular_file(folder / "splits_final.json", ignored)) add_folds(out, folder / "splits_final.json");
  } catch (const json::exception& error) {
    throw Refusal("`" + file.string() + "` or `splits_final.json` is not as nnU-Net has it: " + error.what(), "path");
  }
  return out;
}

}  // namespace leat
