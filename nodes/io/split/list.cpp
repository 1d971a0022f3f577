#include "io/split/list.h"

#include <algorithm>
#include <map>
#include <system_error>

#include "io/split/columns.h"
#include "io/split/datalist.h"
#include "io/split/list_text.h"
#include "io/split/merge_rows.h"
#include "io/split/named_pictures.h"
#include "io/split/unlisted.h"
#include "io/split/windows_paths.h"
#include "leat/diagnostics.h"
#include "leat/picture_format.h"
#include "leat/spelling.h"
#include "leat/wording.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

/// Makes the fields UTF-8. A field that is not is read as Windows-1252, unless it is the name of an existing file, which can have any
/// bytes.
class Encodings {
 public:
  Encodings(fs::path folder, const std::string& list_name) : folder_(std::move(folder)), list_name_(list_name) {}

  void convert(std::string& field, const std::string& place) {
    const std::size_t at = find_not_utf8(field);
    std::error_code ignored;
    if (at == std::string::npos || fs::is_regular_file(folder_ / field, ignored)) return;
    std::string converted = from_windows_1252(field);
    if (converted.empty()) {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(field[at]);
      throw Refusal(place + " is neither UTF-8 nor Windows-1252: it has the byte 0x" + digits[byte / 16] + digits[byte % 16], "path",
                    "save the list as UTF-8");
    }
    if (count_++ == 0) first_ = "`" + converted + "`";
    field = std::move(converted);
  }

  void tell(SplitEntries& all) const {
    if (count_ > 0)
      all.taken.push_back("the text is Windows-1252: " + std::to_string(count_) + (count_ == 1 ? " field is" : " fields are") +
                          " not UTF-8, the first is " + first_);
  }

 private:
  fs::path folder_;
  const std::string& list_name_;
  std::size_t count_ = 0;
  std::string first_;
};

/// Returns the entry of a row, without its image's file.
SplitEntry entry_of(const CsvTable& table, const CsvTable::Row& row, std::string& named) {
  SplitEntry entry;
  entry.line = row.line;
  for (std::size_t k = 0; k < table.header.size(); ++k) {
    const std::string& name = table.header[k];
    const std::string& field = row.fields[k];
    if (name == "image") {
      named = field;
    } else if (name == "class" || name == "label") {
      entry.class_name = trimmed(field);
    } else if (name == "group") {
      entry.group = trimmed(field);
    } else if (name == "patient") {
      entry.patient = trimmed(field);
    } else if (name == "split") {
      entry.rows = trimmed(field);
    } else if (name == "fold") {
      entry.fold = fold_in(trimmed(field));
      if (!field.empty()) entry.facts[name] = field;
    } else if (!field.empty()) {
      entry.facts[name] = field;
    }
  }
  return entry;
}

/// Clears class names that say that the class is unknown. Adds warnings for words that other programs write for it.
void find_unknown_classes(SplitEntries& all, const std::vector<std::string>& classes) {
  const std::set<std::string> doubtful{"nan", "na", "n/a", "null", "?", "-", "unknown", "unclear", "unbekannt", "unklar"};
  std::map<std::string, std::size_t> doubts, unknown;
  for (SplitEntry& entry : all.entries) {
    const std::string word = lower(entry.class_name);
    if (std::find(classes.begin(), classes.end(), entry.class_name) != classes.end()) continue;
    if (word == "-1" || word == "-1.0" || word == "-1,0" || word == "ignore") {
      ++unknown[entry.class_name];
      entry.class_name.clear();
    } else if (doubtful.contains(word)) {
      ++doubts[entry.class_name];
    }
  }
  for (const auto& [name, count] : unknown)
    all.taken.push_back("the class `" + name + "` of " + counted(count, "image") + " means that it is unknown");
  for (const auto& [name, count] : doubts)
    all.warnings.push_back(some_of(count, all.entries.size(), "image") + " of `" + all.list_name + (count == 1 ? "` has" : "` have") +
                           " the class `" + name +
                           "`, which is read as the name of a class; if the class is not known, the field must be empty");
}

std::string separator_words(char separator) {
  if (separator == 0) return {};
  return separator == '\t' ? "the columns are separated by tabs" : std::string("the columns are separated by `") + separator + "`";
}

enum class EmptyRows { Kept, Removed };

/// Makes the fields of all rows UTF-8, and removes rows with empty fields only, which spreadsheets write. Throws Refusal if no row is left.
void read_fields(SplitEntries& all, CsvTable& table, Encodings& encodings, EmptyRows empty_rows) {
  for (CsvTable::Row& row : table.rows) {
    SplitEntry place;
    place.line = row.line;
    for (std::string& field : row.fields) encodings.convert(field, all.place_of(place));
  }
  const auto is_empty = [](const CsvTable::Row& row) {
    return std::all_of(row.fields.begin(), row.fields.end(), [](const std::string& field) { return trimmed(field).empty(); });
  };
  const std::size_t count = empty_rows == EmptyRows::Removed ? std::erase_if(table.rows, is_empty) : 0;
  if (count > 0) all.taken.push_back(counted(count, "row") + " with empty fields only " + (count == 1 ? "is" : "are") + " not read");
  if (table.rows.empty()) throw Refusal("`" + all.list_name + "` lists no image", "path");
}

/// Returns the folder of the images: the parameter `images`, else the list's folder. Throws Refusal if the parameter is not a folder.
fs::path folder_of_images(const fs::path& list, const ListSettings& settings) {
  if (!settings.images.empty()) {
    if (!fs::is_directory(settings.images))
      throw Refusal("`" + settings.images.string() + "` is not a folder", "images", "it is the folder of the images that the list names");
    const fs::path folder = fs::absolute(settings.images).lexically_normal();
    return folder.has_filename() ? folder : folder.parent_path();
  }
  return list.parent_path();
}

}  // namespace

std::string id_of(const std::string& listed) {
  fs::path out;
  for (const fs::path& part : fs::path(listed).lexically_normal().relative_path())
    if (part != "..") out /= part;
  return out.generic_string();
}

SplitEntries read_list(const fs::path& list, const FolderNames& names, const ListSettings& settings, std::set<fs::path>* listed) {
  const bool is_json = lower(list.extension().string()) == ".json";
  Datalist datalist = is_json ? read_datalist(list) : Datalist{read_list_text(list), {}};
  CsvTable& table = datalist.text.table;
  const std::string name = list.filename().string();
  SplitEntries out;
  out.folder = list.parent_path();
  out.images = folder_of_images(list, settings);
  out.is_list = true;
  out.list_name = name;
  Encodings encodings(out.images, name);
  for (std::string& column : table.header) encodings.convert(column, "the first line of `" + name + "`");
  const std::vector<std::string> written = table.header;
  const ListColumns columns = read_columns(written, name, settings.columns);
  table.header = out.columns = columns.names;
  out.taken = columns.taken;
  // Without a column of paths, names in the headers of the images stand for them.
  constexpr std::size_t none = std::string::npos;
  const std::size_t identity = out.has_column("image") ? none : identity_column(table.header).value_or(none);
  const bool has_headers = identity != none && !picture_formats().empty();
  if (has_headers) out.taken.push_back("`" + trimmed(written[identity]) + "` names the images, by their headers");
  if (!out.has_column("image") && !has_headers)
    throw Refusal(
        "`" + name + "` has no column `image`" + (table.header.empty() ? "" : ", only " + column_text(table.header)), "path",
        std::string("its first line names the columns: image,label,…; `columns: [image=NAME]` chooses another name") +
            (identity != none ? "; `" + trimmed(written[identity]) + "` can name DICOM files, with the plugin in plugins/dicom" : ""));
  for (const std::string& column : out.columns)
    if (has_meaning(column)) out.used_columns.insert(column);
  if (has_headers) out.used_columns.insert(table.header[identity]);
  read_fields(out, table, encodings, is_json ? EmptyRows::Kept : EmptyRows::Removed);
  read_windows_paths(out, table);
  NamedPictures pictures(out.images, [&] { return look_into(out.images, names).pictures; });
  RowMerge merge(out, settings.has_findings);
  for (std::size_t k = 0; k < table.rows.size(); ++k) {
    const CsvTable::Row& row = table.rows[k];
    std::string named;
    SplitEntry entry = entry_of(table, row, named);
    const auto file_of = [&](const std::string& written) { return pictures.find(path_in(written, out.images), out.place_of(entry)); };
    if (has_headers) named = trimmed(row.fields[identity]);
    std::vector<std::string> files{file_of(named)};
    std::error_code ignored;
    if (!fs::exists(out.images / files[0], ignored))
      if (std::vector<std::string> identified = pictures.identified(named); !identified.empty()) files = std::move(identified);
    if (k < datalist.channels.size())
      for (const std::string& channel : datalist.channels[k]) entry.channels.push_back((out.images / file_of(channel)).lexically_normal());
    for (const std::string& file : files) {
      SplitEntry one = entry;
      one.id = id_of(file);
      one.file = (out.images / file).lexically_normal();
      if (one.id.empty()) throw Refusal(out.place_of(one) + " names no image", "path");
      merge.add(std::move(one));
    }
  }
  merge.tell();
  for (std::string& sentence : datalist.warnings) out.warnings.push_back(std::move(sentence));
  if (datalist.text.is_utf16) out.taken.emplace_back("the text is UTF-16");
  encodings.tell(out);
  if (std::string words = separator_words(datalist.text.separator); !words.empty() && datalist.text.separator != ',')
    out.taken.push_back(std::move(words));
  for (const auto& [kind, count] : pictures.kinds_found())
    out.taken.push_back(some_of(count, table.rows.size(), "row") + (count == 1 ? " names" : " name") + " images by " + kind);
  if (pictures.found_by_search() > 0)
    out.taken.push_back(some_of(pictures.found_by_search(), table.rows.size(), "row") +
                        " with a name that is a part of a path, or in another spelling; the first: " + pictures.first_found());
  find_unknown_classes(out, names.classes);
  if (settings.reads_unlisted) add_unlisted(out, pictures, table);
  else if (!listed) find_unlisted(out, table);
  if (listed) *listed = files_named(out, table);
  return out;
}

}  // namespace leat
