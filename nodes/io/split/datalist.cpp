#include "io/split/datalist.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "io/split/folder_files.h"
#include "io/split/json_file.h"
#include "leat/diagnostics.h"
#include "leat/wording.h"

namespace leat {

namespace {

using json = nlohmann::ordered_json;

/// Builds the table row by row; each row can add columns.
class Rows {
 public:
  void begin() { rows_.emplace_back(header_.size()); }
  void set(const std::string& column, std::string text) {
    const auto found = std::find(header_.begin(), header_.end(), column);
    const auto place = static_cast<std::size_t>(found - header_.begin());
    if (found == header_.end()) header_.push_back(column);
    if (rows_.back().size() <= place) rows_.back().resize(place + 1);
    rows_.back()[place] = std::move(text);
  }
  [[nodiscard]] CsvTable table() && {
    CsvTable out;
    out.header = header_;
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      rows_[k].resize(header_.size());
      out.rows.push_back({std::move(rows_[k]), static_cast<int>(k) + 1});
    }
    return out;
  }

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

/// Returns a number or text as a field of a table: `1` for 1 and 1.0.
std::string text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float() && std::abs(value.get<double>()) < 1e15 && value.get<double>() == std::floor(value.get<double>()))
    return std::to_string(value.get<std::int64_t>());
  return value.is_null() ? "" : value.dump();
}

void set_label(Rows& rows, const json& label) {
  if (!label.is_array()) {
    const std::string text = text_of(label);
    rows.set(label.is_string() && is_picture(text) ? "mask" : "label", text);
    return;
  }
  const bool are_numbers =
      !label.empty() && std::all_of(label.begin(), label.end(), [](const json& one) { return one.is_number() || one.is_null(); });
  if (are_numbers) {
    for (std::size_t k = 0; k < label.size(); ++k) rows.set("label_" + std::to_string(k), text_of(label[k]));
    return;
  }
  std::string joined;
  for (const json& one : label) joined += (joined.empty() ? "" : "|") + text_of(one);
  rows.set("label", joined.empty() ? "none" : joined);
}

/// Adds an image. `unread` gets the keys whose values are lists or objects that say nothing to Leat.
void add_row(Datalist& out, Rows& rows, const std::string& part, const json& one, std::set<std::string>& unread) {
  rows.begin();
  out.channels.emplace_back();
  if (one.is_string()) {
    rows.set("image", one.get<std::string>());
  } else if (one.is_object()) {
    for (const auto& [key, value] : one.items()) {
      if (key == "label") {
        set_label(rows, value);
      } else if (key == "image" && value.is_array()) {
        for (std::size_t k = 0; k < value.size(); ++k)
          if (k == 0) rows.set("image", text_of(value[k]));
          else out.channels.back().push_back(text_of(value[k]));
      } else if (!value.is_structured()) {
        rows.set(key, text_of(value));
      } else {
        unread.insert(key);
      }
    }
  } else {
    throw std::runtime_error("entry " + std::to_string(out.channels.size()) + " is not an object with `image` and `label`");
  }
  if (!part.empty()) rows.set("split", part);
}

bool are_images(const json& list) {
  return !list.empty() && (list[0].is_object() ? list[0].contains("image") : list[0].is_string() && is_picture(text_of(list[0])));
}

}  // namespace

Datalist read_datalist(const std::filesystem::path& file) {
  try {
    const json all = read_json(file);
    Datalist out;
    Rows rows;
    std::set<std::string> unread;
    if (all.is_array()) {
      for (const json& one : all) add_row(out, rows, "", one, unread);
    } else if (all.is_object()) {
      for (const auto& [part, list] : all.items()) {
        if (!list.is_array() || list.empty()) continue;
        if (are_images(list))
          for (const json& one : list) add_row(out, rows, part, one, unread);
        else
          out.warnings.push_back("the list `" + part + "` of `" + file.filename().string() + "` is not read, because its first entry " +
                                 (list[0].is_object() ? "has no `image`" : "is not a picture"));
      }
    }
    if (out.channels.empty()) throw std::runtime_error("it has no list of images, such as `training: [{image: …, label: …}]`");
    if (!unread.empty())
      out.warnings.push_back("entries of `" + file.filename().string() + "` have lists or objects at " + in_quotes(unread) +
                             ", which are not read");
    out.text.table = std::move(rows).table();
    return out;
  } catch (const std::exception& error) {
    throw Refusal("the list `" + file.string() + "` cannot be read: " + error.what(), "path");
  }
}

}  // namespace leat
