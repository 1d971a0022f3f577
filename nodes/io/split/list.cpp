#include "io/split/list.h"

#include <algorithm>
#include <map>
#include <system_error>

#include "io/split/columns.h"
#include "io/split/datalist.h"
#include "io/split/list_text.h"
#include "io/split/merge_rows.h"
#include "io/split/named_pictures.h"
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
  const std::set<std::string> doubtful{"nan", "na", "n/a", "null", "?", "-"};
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

/// Adds the pictures that the list does not name. `named`: the files that any field names, such as masks.
void add_unlisted(SplitEntries& all, NamedPictures& pictures, const std::set<fs::path>& named) {
  std::set<fs::path> images;
  for (const SplitEntry& entry : all.entries) {
    images.insert(entry.file);
    images.insert(entry.channels.begin(), entry.channels.end());
  }
  std::size_t count = 0, others = 0;
  for (const std::string& id : pictures.all()) {
    const fs::path file = (all.images / id).lexically_normal();
    if (images.contains(file)) continue;
    if (named.contains(file)) {
      ++others;
      continue;
    }
    SplitEntry entry;
    entry.id = id;
    entry.file = file;
    all.entries.push_back(std::move(entry));
    ++count;
  }
  all.taken.push_back(counted(count, "picture") + " of `" + all.images.string() +
                      (count == 1 ? "` is not in the list, and has no class" : "` are not in the list, and have no class"));
  if (others > 0)
    all.taken.push_back(counted(others, "picture") + " that other columns of the list name, such as masks, " +
                        (others == 1 ? "is not an image" : "are not images"));
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
  const auto identity = out.has_column("image") ? std::nullopt : identity_column(table.header);
  const bool has_headers = identity && !picture_formats().empty();
  if (has_headers) out.taken.push_back("`" + trimmed(written[*identity]) + "` names the images, by their headers");
  if (!out.has_column("image") && !has_headers)
    throw Refusal("`" + name + "` has no column `image`" + (table.header.empty() ? "" : ", only " + column_text(table.header)), "path",
                  std::string("its first line names the columns: image,label,…; `columns: [image=NAME]` chooses another name") +
                      (identity ? "; `" + trimmed(written[*identity]) + "` can name DICOM files, with the plugin in plugins/dicom" : ""));
  if (table.rows.empty()) throw Refusal("`" + name + "` lists no image", "path");
  NamedPictures pictures(out.images, [&] { return look_into(out.images, names).pictures; });
  RowMerge merge(out, settings.has_findings);
  std::set<fs::path> named_files;
  for (std::size_t k = 0; k < table.rows.size(); ++k) {
    CsvTable::Row& row = table.rows[k];
    SplitEntry place;
    place.line = row.line;
    for (std::string& field : row.fields) {
      encodings.convert(field, out.place_of(place));
      if ((listed || settings.reads_unlisted) && !field.empty())
        named_files.insert((out.folder / path_in(field, out.folder)).lexically_normal());
    }
    std::string named;
    SplitEntry entry = entry_of(table, row, named);
    const auto file_of = [&](const std::string& written) { return pictures.find(path_in(written, out.images), out.place_of(entry)); };
    if (has_headers) named = trimmed(row.fields[*identity]);
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
      if (listed) named_files.insert(one.file);
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
  if (settings.reads_unlisted) add_unlisted(out, pictures, named_files);
  if (listed) *listed = std::move(named_files);
  return out;
}

}  // namespace leat
