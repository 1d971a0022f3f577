#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <system_error>

#include "io/split/json_file.h"
#include "io/split/list.h"
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
std::vector<LabelName> labels_of(const json& about, int& ignored) {
  std::vector<LabelName> out;
  for (const auto& [key, value] : about.at("labels").items()) {
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

/// The files of one case, by channel.
using Case = std::map<int, std::string>;

/// Returns the cases of a folder: `C_0000.png` is channel 0 of the case `C`.
std::map<std::string, Case> cases_in(const fs::path& folder, const std::string& below) {
  std::map<std::string, Case> out;
  const FolderFiles found = files_below(folder / below, "path", [](const fs::path&) { return FolderUse::Pictures; });
  for (const std::string& other : found.others) refuse_volume(folder / below / other);
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
  if (out.empty())
    throw Refusal("no picture in `" + (folder / below).string() + "`" + found.instead(), "path", picture_endings_text() + found.hint());
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
    for (const json& name : splits[fold].at("val")) validates.insert(name.get<std::string>());
    for (const json& name : splits[fold].at("train")) trains.insert(name.get<std::string>());
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
  return fs::is_regular_file(folder / "dataset.json", ignored) && fs::is_directory(folder / "imagesTr", ignored);
}

SplitEntries read_nnunet(const fs::path& folder) {
  SplitEntries out;
  out.folder = folder;
  out.is_list = false;
  const json about = read_file(folder / "dataset.json");
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
  }
  return out;
}

}  // namespace leat
