#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <system_error>

#include "image/decode_picture.h"
#include "io/disk_file.h"
#include "io/label_map.h"
#include "io/mask_values.h"
#include "io/split.h"
#include "io/split/findings.h"
#include "io/split/list.h"
#include "leat/tree.h"

// How to read a folder or list, for `leat data` and `leat new`.

namespace leat {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_looked_at = 16;

Tree text_value(const std::string& text) {
  Tree out;
  out.kind = Tree::Kind::Scalar;
  out.is_quoted = true;
  out.scalar = text;
  return out;
}

Tree plain(const std::string& text) {
  Tree out = text_value(text);
  out.is_quoted = false;
  return out;
}

Tree list_of(const std::vector<std::string>& texts) {
  Tree out;
  out.kind = Tree::Kind::List;
  for (const std::string& text : texts) out.items.push_back(text_value(text));
  return out;
}

/// Returns the folders and files of a folder, by name.
std::vector<std::string> names_in(const fs::path& folder, bool are_folders) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator one(folder, error), end; !error && one != end; one.increment(error)) {
    std::error_code ignored;
    if (one->is_directory(ignored) == are_folders) out.push_back(one->path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Returns the list of a folder. Throws Refusal if it has several.
std::optional<fs::path> list_in(const fs::path& folder) {
  std::vector<std::string> found;
  for (const std::string& name : names_in(folder, false)) {
    const std::string ending = lower(fs::path(name).extension().string());
    if (ending == ".csv" || ending == ".tsv" || ending == ".json") found.push_back(name);
  }
  if (found.empty()) return {};
  if (found.size() > 1)
    throw Refusal("`" + folder.string() + "` has several lists: `" + found[0] + "` and `" + found[1] + "`", {}, "name one of them");
  return folder / found[0];
}

std::optional<fs::path> image_folder_in(const fs::path& folder) {
  static const std::set<std::string> usual{"images", "image", "imgs", "img", "pictures", "bilder", "jpg", "png", "dicom"};
  for (const std::string& name : names_in(folder, true))
    if (usual.contains(lower(name))) return folder / name;
  return {};
}

/// Throws Refusal if the folders of a folder are data sets of their own, with images and masks.
void refuse_several(const fs::path& folder) {
  const std::vector<std::string> names = names_in(folder, true);
  std::string found;
  for (const std::string& name : names)
    if (image_folder_in(folder / name)) found = name;
  if (found.empty() || image_folder_in(folder)) return;
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "`" : ", `") + (folder / name).string() + "`";
  throw Refusal("`" + folder.string() + "` holds several data sets, because `" + found + "` has images of its own", {},
                "name one of " + all);
}

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

/// Returns up to `most` of them, evenly spread.
template <class T>
std::vector<T> some(const std::vector<T>& all, std::size_t most) {
  std::vector<T> out;
  const std::size_t count = std::min(most, all.size());
  for (std::size_t k = 0; k < count; ++k) out.push_back(all[k * all.size() / count]);
  return out;
}

/// Returns the numbers in these files if they are label maps of a few structures; an empty set if they are masks.
std::set<int> numbers_in(const std::vector<fs::path>& files) {
  constexpr std::size_t most_structures = 40;
  std::set<int> out;
  for (const fs::path& file : some(files, most_looked_at)) {
    try {
      int orientation = 1;
      const cv::Mat numbers = label_numbers(read_whole_file(file), orientation);
      for (int y = 0; y < numbers.rows && out.size() <= most_structures + 2; ++y)
        for (int x = 0; x < numbers.cols; ++x)
          out.insert(numbers.depth() == CV_16U ? numbers.at<std::uint16_t>(y, x) : numbers.at<std::uint8_t>(y, x));
    } catch (const std::exception&) {
      return {};  // Colours, or a file that cannot be read, which a check names.
    }
  }
  out.erase(0);
  const auto structures = std::count_if(out.begin(), out.end(), [](int number) { return number <= static_cast<int>(most_structures); });
  const bool are_few = out.size() <= most_structures && static_cast<std::size_t>(structures) + (out.contains(255) ? 1 : 0) == out.size();
  return structures > 1 && are_few ? out : std::set<int>();
}

/// Returns true if some pixel of a decoded picture is not gray.
bool has_colours(const DecodedPicture& picture) {
  if (picture.is_coloured || picture.pixels.channels() < 3) return picture.is_coloured;
  std::vector<cv::Mat> channels;
  cv::split(picture.pixels, channels);
  return cv::countNonZero(channels[0] != channels[1]) > 0 || cv::countNonZero(channels[1] != channels[2]) > 0;
}

/// A way to tell the patient by the names of files.
struct PatientRule {
  const char* pattern;
  const char* words;
};
constexpr PatientRule patient_rules[] = {{"patient[0-9]+/", "in its folder `patient…`"},
                                         {"^[^_]+", "before the first `_`"},
                                         {"^[^-]+", "before the first `-`"},
                                         {"^[^ ]+", "before the first blank"}};

/// Returns the first rule that puts images together as patients would be: several images of some, and no large group.
const PatientRule* find_patient_rule(const std::vector<SplitEntry>& entries, std::size_t& patients) {
  for (const PatientRule& rule : patient_rules) {
    const std::regex pattern(rule.pattern);
    std::map<std::string, std::size_t> groups;
    for (const SplitEntry& entry : entries) {
      const std::string name = entry.file.stem().string();
      const std::string where = std::string_view(rule.pattern).find('/') == std::string_view::npos ? name : entry.id;
      std::smatch match;
      ++groups[std::regex_search(where, match, pattern) ? match.str() : name];
    }
    std::size_t together = 0, largest = 0;
    for (const auto& [name, count] : groups) {
      together += count > 1 ? count : 0;
      largest = std::max(largest, count);
    }
    patients = groups.size();
    if (5 * together >= entries.size() && 10 * largest <= entries.size()) return &rule;
  }
  return nullptr;
}

}  // namespace

/// Sets the parameters of a trial, and surveys it.
class SplitTrial {
 public:
  void set(const std::string& name, Tree value) {
    values_[name] = value;
    if (std::find(order_.begin(), order_.end(), name) == order_.end()) order_.push_back(name);
  }
  [[nodiscard]] std::unique_ptr<Split> surveyed() const {
    auto out = std::make_unique<Split>();
    for (ParamPort* param : out->params())
      if (const auto value = values_.find(std::string(param->name())); value != values_.end()) param->read(value->second);
    Opening opening;
    opening.name = "data";
    out->survey(opening);
    return out;
  }
  void add_to(DataGuess& guess) const {
    for (const std::string& name : order_) {
      const Tree& value = values_.at(name);
      if (name == "rows") continue;
      if (name == "path" || name == "images") guess.paths.emplace_back(name, value.scalar);
      else guess.settings.emplace_back(name, flow_text(value));
    }
  }

 private:
  std::map<std::string, Tree> values_;
  std::vector<std::string> order_;
};

namespace {

/// Chooses the folder of a list's images: the usual one, the list's own, or the folder above it. Pictures of the usual one that the list
/// does not name are images without a class.
std::unique_ptr<Split> listed(SplitTrial& trial, const fs::path& folder) {
  if (const std::optional<fs::path> images = image_folder_in(folder)) {
    SplitTrial usual = trial;
    usual.set("images", text_value(images->string()));
    try {
      std::unique_ptr<Split> found = usual.surveyed();
      SplitTrial whole = usual;
      whole.set("unlisted", plain("read"));
      std::unique_ptr<Split> more = whole.surveyed();
      trial = more->entries().size() > found->entries().size() ? whole : usual;
      return more->entries().size() > found->entries().size() ? std::move(more) : std::move(found);
    } catch (const Refusal&) {
      // The names of the list do not start there.
    }
  }
  try {
    return trial.surveyed();
  } catch (const Refusal&) {
    SplitTrial above = trial;
    above.set("images", text_value(folder.parent_path().string()));
    try {
      std::unique_ptr<Split> found = above.surveyed();
      trial = above;
      return found;
    } catch (const Refusal&) {
    }
    throw;
  }
}

/// Chooses the rows for the training and for the test, if the list's column `split` names them.
void set_rows(SplitTrial& trial, const Split& found, DataGuess& out) {
  static const std::set<std::string> for_training{"train", "training", "tr"}, for_test{"test", "testing", "ts"};
  for (const SplitEntry& entry : found.entries()) {
    if (for_training.contains(lower(entry.rows))) out.rows = entry.rows;
    if (for_test.contains(lower(entry.rows))) out.test_rows = entry.rows;
  }
  if (!out.rows.empty()) trial.set("rows", text_value(out.rows));
  else out.test_rows.clear();
}

}  // namespace

DataGuess Split::guess(const fs::path& given) const {
  const fs::path whole = fs::absolute(given).lexically_normal();
  if (!fs::exists(whole)) throw Refusal("there is nothing at `" + given.string() + "`");
  if (fs::is_directory(whole)) refuse_several(whole);
  DataGuess out;
  SplitTrial trial;
  const bool is_folder = fs::is_directory(whole);
  const fs::path folder = is_folder ? whole : whole.parent_path();
  std::optional<fs::path> list = is_folder ? std::nullopt : std::optional(whole);
  if (is_folder && !is_nnunet(whole) && !fs::exists(whole / "split.csv")) list = list_in(whole);
  trial.set("path", text_value((list ? *list : whole).string()));
  std::unique_ptr<Split> found = list ? listed(trial, folder) : trial.surveyed();
  set_rows(trial, *found, out);
  if (!out.rows.empty()) found = trial.surveyed();

  // Findings, of which an image can have several.
  const auto joins = [](const std::string& name) { return name.find('|') != std::string::npos; };
  const bool has_columns = found->class_names_.empty() && found->all_.is_list && !finding_columns(found->all_).empty();
  const bool has_joined = std::any_of(found->class_names_.begin(), found->class_names_.end(), joins);
  if (has_columns || has_joined) {
    trial.set("multi_label", plain("true"));
    found = trial.surveyed();
    out.is_multi_label = true;
    if (has_joined) out.remarks.push_back("an image can have several classes, because some fields have a `|`");
  }
  if (found->class_names_.size() == 1 && !out.is_multi_label) {
    out.remarks.push_back("`" + found->class_names_[0] + "` is the only class, so there is none to learn");
  } else {
    out.classes = found->class_names_;
  }

  std::vector<std::string> masks;
  for (const LabelName& one : found->all_.label_names) masks.push_back(one.name);
  bool has_void = false;
  if (masks.empty())
    for (const FoundMasks& one : masks_at(found->all_.folder, found->all_.columns)) {
      SplitTrial with_masks = trial;
      const std::string name = one.structure.empty() ? "mask" : one.structure;
      with_masks.set("masks", list_of({name + "=" + one.place}));
      std::vector<fs::path> files;
      const std::unique_ptr<Split> masked = with_masks.surveyed();
      for (const SplitEntry& entry : masked->entries())
        if (entry.knows_mask(0)) files.push_back(entry.masks[0].at(0));
      if (files.empty()) continue;
      const std::set<int> numbers = numbers_in(files);
      if (numbers.empty()) {
        masks.push_back(name + "=" + one.place);
        if (one.structure.empty())
          out.remarks.push_back("the structure whose masks are in `" + one.place + "` is called `mask`, because nothing names it");
        continue;
      }
      std::string names;
      for (const int number : numbers) {
        if (number == 255) {
          has_void = true;
          continue;
        }
        const std::string label = (one.structure.empty() ? "label" : one.structure) + "_" + std::to_string(number);
        masks.push_back(label + "=" + one.place + ":" + std::to_string(number));
        names += (names.empty() ? "`" : ", `") + label + "`";
      }
      out.remarks.push_back("`" + one.place + "` has a number per pixel; its structures are called " + names +
                            ", because nothing names them" + (has_void ? ", and 255 is unknown" : ""));
    }
  if (!masks.empty()) {
    trial.set("masks", list_of(masks));
    if (has_void) trial.set("void", plain("255"));
    found = trial.surveyed();
    out.structures = found->mask_names_;
  }

  const std::vector<SplitEntry>& entries = found->entries();
  if (std::none_of(entries.begin(), entries.end(), [](const SplitEntry& entry) { return entry.states_patient; })) {
    std::size_t patients = 0;
    if (const PatientRule* rule = find_patient_rule(entries, patients)) {
      trial.set("patient", text_value(rule->pattern));
      out.remarks.push_back("the patient is what the path of a file has " + std::string(rule->words) + ": " +
                            count_of(entries.size(), "image") + " of " + count_of(patients, "patient") +
                            "; if that is wrong, training and validation can share a patient");
    }
  }
  trial.add_to(out);

  out.images = static_cast<std::int64_t>(entries.size());
  std::vector<int> sides;
  for (const SplitEntry& entry : entries) {
    out.with_class += !out.classes.empty() && found->has_label(Target::Classes, entry) ? 1 : 0;
    out.with_masks += entry.masks.empty() ? 0 : 1;
    if (entry.size.pixels() > 0) sides.push_back(std::min(entry.size.width, entry.size.height));
  }
  if (!sides.empty()) {
    std::nth_element(sides.begin(), sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2), sides.end());
    out.side_px = sides[sides.size() / 2];
  }
  std::size_t deep = 0;
  for (const SplitEntry& entry : entries) {
    deep += entry.bits > 8 ? 1 : 0;
    out.depth_bits = std::max(out.depth_bits, entry.bits);
    if (!entry.channels.empty()) out.channels = std::max(out.channels, entry.planes);
  }
  // Files can have three equal channels.
  std::size_t looked_at = 0, coloured = 0;
  for (const SplitEntry& entry : some(entries, most_looked_at)) {
    try {
      coloured += has_colours(decode_picture(read_whole_file(entry.file))) ? 1 : 0;
      ++looked_at;
    } catch (const std::exception&) {
      // The survey counts images that cannot be read.
    }
  }
  if (out.depth_bits > 8)
    out.remarks.push_back(some_of(deep, entries.size(), "image") + (deep == 1 ? " has" : " have") +
                          " more than 8 bit, so each image is stretched from its 0.5th to its 99.5th percentile");
  if (out.channels == 1 && 2 * coloured > looked_at) out.channels = 3;
  else if (coloured > 0 && out.channels == 1)
    out.remarks.push_back("the images are gray, although " + some_of(coloured, looked_at, "image") + " that were looked at " +
                          (coloured == 1 ? "has" : "have") + " colour");
  return out;
}

}  // namespace leat
