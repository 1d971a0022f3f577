#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <system_error>

#include "io/disk_file.h"
#include "io/split/list.h"
#include "leat/diagnostics.h"
#include "leat/wording.h"

// nnU-Net's data sets: https://github.com/MIC-DKFZ/nnUNet/blob/master/documentation/dataset_format.md

namespace leat {

namespace fs = std::filesystem;

namespace {

using json = nlohmann::ordered_json;

json read_json(const fs::path& file) {
  try {
    const std::vector<std::uint8_t> bytes = read_whole_file(file);
    return json::parse(bytes.begin(), bytes.end());
  } catch (const std::exception& error) {
    throw Refusal("`" + file.string() + "` cannot be read: " + error.what(), "path");
  }
}

/// Returns the structures of `dataset.json`: `{"lung": 1, "whole": [1, 2]}` in version 2, `{"1": "lung"}` in version 1. Sets the number of
/// pixels to ignore.
std::vector<LabelName> labels_of(const json& about, int& ignored) {
  std::vector<LabelName> out;
  for (const auto& [key, value] : about.at("labels").items()) {
    if (value.is_string()) {
      if (key != "0") out.push_back({value.get<std::string>(), "labelsTr", {std::stoi(key)}});
      continue;
    }
    const std::vector<int> numbers = value.is_array() ? value.get<std::vector<int>>() : std::vector<int>{value.get<int>()};
    if (key == "ignore") ignored = numbers.at(0);
    else if (numbers != std::vector<int>{0}) out.push_back({key, "labelsTr", numbers});
  }
  return out;
}

/// The files of one case, by channel.
using Case = std::map<int, std::string>;

/// Returns the cases of a folder: `C_0000.png` is channel 0 of the case `C`.
std::map<std::string, Case> cases_in(const fs::path& folder, const std::string& below) {
  std::map<std::string, Case> out;
  const FolderFiles found = files_below(folder / below, "path", [](const fs::path&) { return FolderUse::Pictures; });
  for (const std::string& other : found.others)
    if (other.ends_with(".nii.gz") || other.ends_with(".nii") || other.ends_with(".mha") || other.ends_with(".nrrd"))
      throw Refusal("`" + (folder / below / other).string() + "` is a volume, but Leat reads pictures: 2D only", "path");
  for (const std::string& file : found.pictures) {
    const std::string stem = fs::path(file).replace_extension().generic_string();
    const std::size_t line = stem.rfind('_');
    const std::string number = line == std::string::npos ? "" : stem.substr(line + 1);
    if (number.size() != 4 || number.find_first_not_of("0123456789") != std::string::npos)
      throw Refusal("`" + (folder / below / file).string() + "` does not end in the number of a channel, such as `_0000`", "path");
    std::string& place = out[stem.substr(0, line)][std::stoi(number)];
    if (!place.empty()) throw Refusal("`" + place + "` and `" + file + "` are the same channel of one case", "path");
    place = file;
  }
  if (out.empty()) throw Refusal("no picture in `" + (folder / below).string() + "`" + found.instead(), "path", picture_endings_text());
  return out;
}

void add_cases(SplitEntries& all, const std::string& below, const std::string& rows, std::size_t channels) {
  for (const auto& [name, files] : cases_in(all.folder, below)) {
    SplitEntry entry;
    for (std::size_t k = 0; k < std::max(channels, files.size()); ++k) {
      const auto file = files.find(static_cast<int>(k));
      if (file == files.end() || k >= channels)
        throw Refusal("the case `" + name + "` of `" + below + "` has " + counted(files.size(), "channel") + ", but `dataset.json` names " +
                          std::to_string(channels),
                      "path");
      const fs::path path = (all.folder / below / file->second).lexically_normal();
      if (k == 0) entry.id = below + "/" + file->second, entry.file = path;
      else entry.channels.push_back(path);
    }
    entry.mask_name = name;
    entry.rows = rows;
    all.entries.push_back(std::move(entry));
  }
}

/// Sets the fold in which each case validates. Throws Refusal if a case validates in two.
void add_folds(SplitEntries& all, const fs::path& file) {
  std::map<std::string, std::string> folds;
  const json splits = read_json(file);
  for (std::size_t fold = 0; fold < splits.size(); ++fold)
    for (const json& name : splits[fold].at("val"))
      if (const auto [found, is_new] = folds.emplace(name.get<std::string>(), std::to_string(fold)); !is_new)
        throw Refusal(
            "`" + file.string() + "` validates `" + found->first + "` in the folds " + found->second + " and " + std::to_string(fold),
            "path");
  for (SplitEntry& entry : all.entries)
    if (const auto found = folds.find(entry.mask_name); found != folds.end()) entry.fold = found->second;
  all.taken.push_back("`splits_final.json` states " + counted(splits.size(), "fold"));
}

}  // namespace

bool is_nnunet(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "dataset.json", ignored) && fs::is_directory(folder / "imagesTr", ignored);
}

SplitEntries read_nnunet(const fs::path& folder) {
  SplitEntries out;
  out.folder = folder;
  out.is_list = false;
  const json about = read_json(folder / "dataset.json");
  try {
    const bool is_of_version_1 = about.contains("modality");
    const std::size_t channels = about.at(is_of_version_1 ? "modality" : "channel_names").size();
    out.label_names = labels_of(about, out.ignored_number);
    std::error_code ignored;
    const bool has_test = fs::is_directory(folder / "imagesTs", ignored) && !fs::is_empty(folder / "imagesTs", ignored);
    add_cases(out, "imagesTr", has_test ? "train" : "", channels);
    if (has_test) add_cases(out, "imagesTs", "test", channels);
    out.taken.push_back(std::string("a data set of nnU-Net, version ") + (is_of_version_1 ? "1" : "2") + ", with " +
                        counted(channels, "channel"));
    std::string names;
    for (const LabelName& one : out.label_names) names += (names.empty() ? "" : ", ") + one.name;
    if (!names.empty()) out.taken.push_back("its structures, for `masks`: [" + names + "]");
    if (fs::is_regular_file(folder / "splits_final.json", ignored)) add_folds(out, folder / "splits_final.json");
  } catch (const json::exception& error) {
    throw Refusal("`" + (folder / "dataset.json").string() + "` or `splits_final.json` is not as nnU-Net has it: " + error.what(), "path");
  } catch (const std::invalid_argument&) {
    throw Refusal("`" + (folder / "dataset.json").string() + "` has a label whose number is not one", "path");
  }
  return out;
}

}  // namespace leat
