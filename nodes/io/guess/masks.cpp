#include "io/guess/masks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "io/disk_file.h"
#include "io/guess/places.h"
#include "io/guess/some.h"
#include "io/mask_values.h"
#include "io/split/nnunet.h"
#include "leat/make_tree.h"

namespace leat::guess {

namespace fs = std::filesystem;

namespace {

constexpr int unknown_number = 255;

/// Returns the structure that the name of a folder or column of masks states, such as `lung` of `masks_lung`; an empty text: it is one of
/// masks, but states none; nullopt: it is no name of masks.
std::optional<std::string> structure_in(const std::string& name) {
  static const std::regex with_name("(masks?|labels?|seg|segmentations?)[_ -](.+)", std::regex::icase);
  static const std::regex alone("(masks?|labels?|labelstr|seg|segmentations?|annotations?)", std::regex::icase);
  std::smatch match;
  if (std::regex_match(name, match, with_name)) return match[2].str();
  if (std::regex_match(name, alone)) return "";
  return {};
}

/// Masks that a data set has at a place, a folder or a column.
struct FoundMasks {
  std::string place;
  std::string structure;  ///< Empty: the place does not name one.
};

std::vector<FoundMasks> masks_at(const fs::path& folder, const std::vector<std::string>& columns) {
  std::vector<FoundMasks> out;
  // A column names its files, so folders are looked at only without one.
  for (const std::string& column : columns)
    if (const auto structure = structure_in(column)) out.push_back({column, *structure});
  if (!out.empty()) return out;
  for (const std::string& name : names_in(folder, true)) {
    const auto structure = structure_in(name);
    if (!structure) continue;
    const std::vector<std::string> inner = names_in(folder / name, true);
    if (inner.empty() || !structure->empty()) out.push_back({name, *structure});
    else
      for (const std::string& one : inner) out.push_back({name + "/" + one, one});
  }
  return out;
}

/// Returns the numbers in these files if they are label maps of a few structures, or of one with unknown pixels; an empty set if they are
/// masks.
std::set<int> structures_in(const std::vector<fs::path>& files) {
  constexpr int most_structures = 40;
  std::set<int> out;
  for (const fs::path& file : some_of_all(files)) {
    try {
      out.merge(numbers_in(label_numbers(read_whole_file(file)).pixels));
    } catch (const std::exception&) {
      return {};  // Colours, or a file that cannot be read, which a check names.
    }
  }
  out.erase(0);
  const auto structures =
      static_cast<std::size_t>(std::count_if(out.begin(), out.end(), [](int number) { return number <= most_structures; }));
  const bool has_unknown = out.contains(unknown_number), are_all = structures + (has_unknown ? 1 : 0) == out.size();
  return are_all && structures <= most_structures && structures + (has_unknown ? 1 : 0) > 1 ? out : std::set<int>();
}

/// The structures that were found, as the parameter `masks` names them.
class Structures {
 public:
  /// Throws Refusal if another place has a structure of this name.
  void add(const std::string& name, const std::string& place, const std::string& numbers = {}) {
    const auto [known, is_new] = places_.emplace(name, place);
    if (!is_new)
      throw Refusal("the masks in `" + known->second + "` and in `" + place + "` would both be of `" + name + "`", {},
                    "call the folders or columns `masks_NAME`, each with the name of its structure, or move one of them away");
    texts_.push_back(name + "=" + place + numbers);
  }
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::map<std::string, std::string> places_;
  std::vector<std::string> texts_;
};

/// Adds the numbers of label maps, each as a structure.
void add_numbers(Structures& structures, const FoundMasks& one, const std::set<int>& numbers, DataGuess& out) {
  std::string names;
  for (const int number : numbers) {
    if (number == unknown_number) continue;
    const std::string label = (one.structure.empty() ? "label" : one.structure) + "_" + std::to_string(number);
    structures.add(label, one.place, ":" + std::to_string(number));
    names += (names.empty() ? "`" : ", `") + label + "`";
  }
  out.remarks.push_back("`" + one.place + "` has a number per pixel; its structures are called " + names + ", because nothing names them" +
                        (numbers.contains(unknown_number) ? ", and 255 is unknown" : ""));
}

/// Returns the files of masks at a place.
std::vector<fs::path> files_at(const FoundMasks& one, const Trial& trial) {
  Trial with_masks = trial;
  with_masks.set("masks", text_trees({"mask=" + one.place}));
  std::vector<fs::path> out;
  const std::unique_ptr<Split> masked = with_masks.surveyed();
  for (const SplitEntry& entry : masked->entries())
    if (entry.knows_mask(0)) out.push_back(entry.masks[0].at(0));
  return out;
}

}  // namespace

void find_masks(Trial& trial, std::unique_ptr<Split>& found, DataGuess& out) {
  std::vector<std::string> stated;
  for (const LabelName& one : found->all().label_names) stated.push_back(one.name);
  Structures structures;
  bool has_unknown = false;
  if (stated.empty())
    for (const FoundMasks& one : masks_at(found->all().folder, found->all().columns)) {
      const std::vector<fs::path> files = files_at(one, trial);
      if (files.empty()) continue;
      const std::set<int> numbers = structures_in(files);
      if (!numbers.empty()) {
        add_numbers(structures, one, numbers, out);
        has_unknown = has_unknown || numbers.contains(unknown_number);
        continue;
      }
      structures.add(one.structure.empty() ? "mask" : one.structure, one.place);
      if (one.structure.empty())
        out.remarks.push_back("the structure whose masks are in `" + one.place + "` is called `mask`, because nothing names it");
    }
  const std::vector<std::string>& masks = stated.empty() ? structures.texts() : stated;
  if (masks.empty()) return;
  if (std::string why = why_no_labels(found->all()); found->all().is_of_nnunet && !why.empty()) {
    out.remarks.push_back(std::move(why));
    return;
  }
  trial.set("masks", text_trees(masks));
  if (has_unknown) trial.set("void", plain_tree(std::to_string(unknown_number)));
  found = trial.surveyed();
  out.structures = found->mask_names();
}

}  // namespace leat::guess
