#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <system_error>

#include "io/split/columns.h"
#include "io/split/folder_files.h"
#include "io/split/masks.h"
#include "leat/diagnostics.h"

// Reads the parameter `masks`.

namespace leat {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> split_text(const std::string& text, char at) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

/// A place of masks as the parameter `masks` writes it: `labels:1+2` is the place `labels` with the numbers 1 and 2.
struct WrittenPlace {
  std::string written;
  std::string name;
  std::vector<int> numbers;
};

/// Returns the number, at most 65535, that a text is; -1 if it is not one.
int number_in(const std::string& text) {
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool is_number = !text.empty() && text[0] != '-' && error == std::errc() && end == text.data() + text.size() && out <= 65535;
  return is_number ? out : -1;
}

std::vector<WrittenPlace> places_in(const std::string& text) {
  std::vector<WrittenPlace> out;
  if (text.empty()) return out;  // No image has a mask of it.
  for (const std::string& part : split_text(text, '+')) {
    const int further = out.empty() || out.back().numbers.empty() ? -1 : number_in(part);
    if (further >= 0) {
      out.back().numbers.push_back(further);
      out.back().written += '+' + part;
      continue;
    }
    const std::size_t colon = part.rfind(':');
    const int number = colon == std::string::npos || colon == 0 ? -1 : number_in(part.substr(colon + 1));
    if (number < 0) out.push_back({part, part, {}});
    else out.push_back({part, part.substr(0, colon), {number}});
  }
  return out;
}

/// Returns true if a place is a column or folder of this name.
bool exists(const std::string& place, const SplitEntries& all) {
  std::error_code ignored;
  return all.has_column(place) || fs::is_directory(all.folder / place, ignored);
}

/// Throws Refusal for a name without a place that a data set which names its structures does not have.
void check_stated(const std::string& name, const std::string& place, const SplitEntries& all) {
  if (all.label_names.empty() || exists(place, all)) return;
  std::vector<std::string> names;
  for (const LabelName& one : all.label_names) names.push_back(one.name);
  throw Refusal("the data set has no structure `" + name + "`", "masks", name_hint(name, names));
}

/// Returns the column or folder that a name without a place means.
std::string place_of_name(const std::string& name, const SplitEntries& all) {
  if (const std::string own = column_named(all.columns, "mask_" + name); !own.empty()) return own;
  std::error_code ignored;
  if (fs::is_directory(all.folder / ("masks_" + name), ignored)) return "masks_" + name;
  if (all.has_column("mask")) return "mask";
  return !fs::is_directory(all.folder / "masks", ignored) && fs::is_directory(all.folder / "labels", ignored) ? "labels" : "masks";
}

}  // namespace

std::vector<std::string> mask_places_in(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) out.insert(out.end(), {"masks", "labels", "masks_" + text});
    else
      for (const WrittenPlace& place : places_in(text.substr(equals + 1))) out.insert(out.end(), {place.written, place.name});
  }
  return out;
}

std::vector<std::string> folders_without_images(const std::vector<std::string>& masks, const std::vector<std::string>& left_out) {
  std::vector<std::string> out;
  for (const std::string& text : masks)
    if (const std::size_t equals = text.find('='); equals != std::string::npos)
      for (const WrittenPlace& place : places_in(text.substr(equals + 1))) out.push_back(place.name);
  std::erase_if(out, [](const std::string& place) { return is_mask_folder(place); });
  out.insert(out.end(), left_out.begin(), left_out.end());
  return out;
}

std::vector<MaskSource> read_mask_sources(const std::vector<std::string>& texts, const SplitEntries& all) {
  std::vector<MaskSource> out;
  std::set<std::string> names;
  std::map<std::string, std::pair<std::string, bool>> users;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    MaskSource source;
    source.name = text.substr(0, equals);
    if (equals == std::string::npos) {
      const auto own =
          std::find_if(all.label_names.begin(), all.label_names.end(), [&](const LabelName& one) { return one.name == source.name; });
      const bool is_stated = own != all.label_names.end();
      source.places = {is_stated ? own->place : place_of_name(source.name, all)};
      if (!is_stated) check_stated(source.name, source.places[0], all);
      source.numbers.push_back(is_stated ? own->numbers : std::vector<int>());
    } else {
      for (const WrittenPlace& place : places_in(text.substr(equals + 1))) {
        const bool is_literal = place.written != place.name && exists(place.written, all);
        source.places.push_back(is_literal ? place.written : place.name);
        source.numbers.push_back(is_literal ? std::vector<int>() : place.numbers);
      }
    }
    for (std::string& place : source.places)
      if (const std::string column = column_named(all.columns, place); !column.empty()) place = column;
    const bool is_written_well =
        !source.name.empty() && source.name.find('/') == std::string::npos &&
        std::none_of(source.places.begin(), source.places.end(), [](const std::string& place) { return place.empty(); });
    if (!is_written_well)
      throw Refusal("`" + text + "` names no mask", "masks",
                    "write NAME=FOLDER, or NAME=COLUMN with a column of the list, such as `lungs=masks`; NAME= alone has no masks");
    if (!names.insert(source.name).second) throw Refusal("two masks are called `" + source.name + "`", "masks");
    for (std::size_t k = 0; k < source.places.size(); ++k) {
      const bool is_map = !source.numbers[k].empty();
      const auto [user, is_new] = users.emplace(source.places[k], std::pair(source.name, is_map));
      // Structures can have other numbers of one label map, or the same ones.
      if (is_new || (is_map && user->second.second)) continue;
      throw Refusal("the masks of `" + user->second.first + "` and of `" + source.name + "` are both `" + source.places[k] + "`", "masks",
                    is_map || user->second.second
                        ? "a label map needs its numbers in each structure, as in `" + source.name + "=" + source.places[k] + ":2`"
                        : "`" + source.name + "=…` can name another folder, or a column of the list");
    }
    out.push_back(std::move(source));
  }
  return out;
}

}  // namespace leat
