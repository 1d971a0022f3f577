#include "io/split/entry.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <system_error>

#include "io/disk_file.h"
#include "io/split/columns.h"
#include "io/split/folder_files.h"
#include "io/split/spelling.h"
#include "leat/csv.h"
#include "leat/diagnostics.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> parts_of(const std::string& id) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= id.size();) {
    const std::size_t end = std::min(id.find('/', at), id.size());
    out.push_back(id.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::set<fs::path> folders_of(const fs::path& folder, const std::vector<std::string>& places) {
  std::set<fs::path> out;
  for (const std::string& place : places) {
    const fs::path one = (folder / place).lexically_normal();
    out.insert(one.has_filename() ? one : one.parent_path());
  }
  return out;
}

/// Returns the files of a data set's folder. Folders named in the parameters `masks` and `left_out` have no images. Folders that are called
/// masks have none either, unless `classes` names them.
FolderFiles look_into(const fs::path& folder, const FolderNames& names) {
  const std::set<fs::path> mask_folders = folders_of(folder, names.masks), left_out = folders_of(folder, names.left_out);
  return files_below(folder, "path", [&](const fs::path& below) {
    if (mask_folders.contains(below)) return FolderUse::Unsaid;
    if (left_out.contains(below)) return FolderUse::LeftOut;
    const bool is_class = std::find(names.classes.begin(), names.classes.end(), below.filename().string()) != names.classes.end();
    return is_mask_folder(below) && !is_class ? FolderUse::Masks : FolderUse::Pictures;
  });
}

/// Returns the names of the folders directly below the data set's folder that contain pictures.
std::vector<std::string> top_folders(const std::vector<std::string>& ids) {
  std::set<std::string> out;
  for (const std::string& id : ids)
    if (const std::size_t slash = id.find('/'); slash != std::string::npos) out.insert(id.substr(0, slash));
  return {out.begin(), out.end()};
}

/// Returns true if the folders are classes. A single folder is a class if `classes` names it, or if no pictures are next to it and it is
/// not called `images`.
bool are_classes(const std::vector<std::string>& folders, const std::vector<std::string>& ids, const FolderNames& names) {
  if (folders.size() != 1) return !folders.empty();
  if (std::find(names.classes.begin(), names.classes.end(), folders[0]) != names.classes.end()) return true;
  const bool has_loose = std::any_of(ids.begin(), ids.end(), [](const std::string& id) { return id.find('/') == std::string::npos; });
  return !has_loose && lower(folders[0]) != "images";
}

SplitEntries read_folder(const fs::path& folder, FolderLayout layout, const FolderNames& names) {
  SplitEntries out;
  out.folder = folder;
  const FolderFiles found = look_into(folder, names);
  for (const std::string& other : found.others) refuse_volume(folder / other);
  const std::vector<std::string> folders = top_folders(found.pictures);
  const bool has_classes = are_classes(folders, found.pictures, names);
  const std::string left_out = found.left_out(layout == FolderLayout::Groups || has_classes);
  if (found.pictures.empty()) throw Refusal("no picture in `" + folder.string() + "`" + found.instead(), "path", picture_endings_text());
  for (const std::string& id : found.pictures) {
    const std::vector<std::string> parts = parts_of(id);
    SplitEntry entry;
    entry.id = id;
    entry.file = folder / id;
    if (layout == FolderLayout::Groups) {
      if (parts.size() > 1) entry.group = parts[0];
      if (parts.size() > 2) entry.class_name = parts[1];
    } else if (has_classes && parts.size() > 1) {
      entry.class_name = parts[0];
    }
    out.entries.push_back(std::move(entry));
  }
  if (!left_out.empty()) out.warnings.push_back(left_out);
  return out;
}

SplitEntries read_single(const fs::path& file) {
  SplitEntries out;
  out.folder = file.parent_path();
  SplitEntry entry;
  entry.id = file.filename().string();
  entry.file = file;
  out.entries.push_back(std::move(entry));
  return out;
}

/// Returns the id for a path of a list, without `..` and without a root, so that it never leads out of a folder.
std::string id_of(const std::string& listed) {
  fs::path out;
  for (const fs::path& part : fs::path(listed).lexically_normal().relative_path())
    if (part != "..") out /= part;
  return out.generic_string();
}

/// Throws std::runtime_error if the first line is no header that a list can have: a note for a spreadsheet, a comment, or columns that are
/// separated by semicolons or tabs.
void check_first_line(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::string_view first = text.substr(0, text.find_first_of("\r\n"));
  const auto refuse = [&first](const std::string& what) {
    throw std::runtime_error("its first line is " + what + ", `" + std::string(first.substr(0, 40)) +
                             "`, but must name the columns: remove this line");
  };
  if (lower(std::string(first.substr(0, 4))) == "sep=") refuse("a note for a spreadsheet");
  if (first.starts_with('#')) refuse("a comment");
  if (first.find(',') != std::string_view::npos || first.find('\0') != std::string_view::npos) return;
  if (first.find(';') != std::string_view::npos) throw std::runtime_error("its columns are separated by `;`, but must be separated by `,`");
  if (first.find('\t') != std::string_view::npos)
    throw std::runtime_error("its columns are separated by tabs, but must be separated by `,`");
}

CsvTable read_table(const fs::path& list) {
  try {
    const std::vector<std::uint8_t> bytes = read_whole_file(list);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (lower(list.extension().string()) != ".csv") return read_lines(text, "image");
    check_first_line(text);
    return read_csv(text);
  } catch (const std::runtime_error& error) {
    throw Refusal("the list `" + list.string() + "` cannot be read: " + error.what(), "path");
  }
}

/// Throws Refusal for a field that is not UTF-8. Exception: the name of an existing file can have any bytes.
void check_encoding(const std::string& field, const fs::path& folder, const std::string& place) {
  const std::size_t at = find_not_utf8(field);
  std::error_code ignored;
  if (at == std::string::npos || fs::is_regular_file(folder / field, ignored)) return;
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(field[at]);
  throw Refusal(place + " is not UTF-8: it has the byte 0x" + digits[byte / 16] + digits[byte % 16] + ", as in Windows-1252", "path",
                "save the list as UTF-8");
}

SplitEntry entry_of(const CsvTable& table, const CsvTable::Row& row, const fs::path& folder) {
  SplitEntry entry;
  entry.line = row.line;
  for (std::size_t k = 0; k < table.header.size(); ++k) {
    const std::string& name = table.header[k];
    const std::string& field = row.fields[k];
    if (name == "image") {
      const std::string named = path_in(field, folder);
      entry.id = id_of(named);
      entry.file = (folder / named).lexically_normal();
    } else if (name == "class" || name == "label") {
      entry.class_name = trimmed(field);
    } else if (name == "group") {
      entry.group = trimmed(field);
    } else if (name == "patient") {
      entry.patient = trimmed(field);
    } else if (name == "split") {
      entry.rows = trimmed(field);
    } else if (!field.empty()) {
      entry.facts[name] = field;
    }
  }
  return entry;
}

/// Adds warnings for words that other programs write for an unknown class.
void tell_unknown_classes(SplitEntries& all) {
  const std::set<std::string> words{"nan", "na", "n/a", "null", "?", "-"};
  std::map<std::string, std::size_t> counts;
  for (const SplitEntry& entry : all.entries)
    if (words.contains(lower(entry.class_name))) ++counts[entry.class_name];
  for (const auto& [name, count] : counts)
    all.warnings.push_back(some_of(count, all.entries.size(), "image") + " of `" + all.list_name + (count == 1 ? "` has" : "` have") +
                           " the class `" + name +
                           "`, which is read as the name of a class; if the class is not known, the field must be empty");
}

/// Reads a list. Adds the path that each field would have as a file to `listed`.
SplitEntries read_list(const fs::path& list, std::set<fs::path>* listed = nullptr) {
  CsvTable table = read_table(list);
  const std::string name = list.filename().string();
  SplitEntries out;
  out.folder = list.parent_path();
  out.is_list = true;
  out.list_name = name;
  for (const std::string& column : table.header) check_encoding(column, out.folder, "the first line of `" + name + "`");
  table.header = read_columns(table.header, name);
  out.columns = table.header;
  if (!out.has_column("image"))
    throw Refusal("`" + name + "` has no column `image`" + (table.header.empty() ? "" : ", only " + column_text(table.header)), "path",
                  "its first line names the columns: image,label,…");
  if (table.rows.empty()) throw Refusal("`" + name + "` lists no image", "path");
  std::map<std::string, int> first_lines;
  for (const CsvTable::Row& row : table.rows) {
    SplitEntry entry = entry_of(table, row, out.folder);
    for (const std::string& field : row.fields) {
      check_encoding(field, out.folder, out.place_of(entry));
      if (listed && !field.empty()) listed->insert((out.folder / path_in(field, out.folder)).lexically_normal());
    }
    if (entry.id.empty()) throw Refusal(out.place_of(entry) + " names no image", "path");
    const auto [first, is_new] = first_lines.emplace(entry.id, entry.line);
    if (!is_new)
      throw Refusal(out.place_of(entry) + " names `" + entry.id + "`, which line " + std::to_string(first->second) + " names too", "path");
    out.entries.push_back(std::move(entry));
  }
  tell_unknown_classes(out);
  return out;
}

/// Reads the list of a folder, which defines the data set. Warns of pictures that the list names in no column.
SplitEntries read_listed_folder(const fs::path& folder, const FolderNames& names) {
  std::set<fs::path> listed;
  SplitEntries out = read_list(folder / "split.csv", &listed);
  const FolderFiles found = look_into(folder, names);
  std::vector<std::string> unlisted;
  for (const std::string& id : found.pictures)
    if (!listed.contains(folder / id)) unlisted.push_back(id);
  if (!unlisted.empty())
    out.warnings.push_back(some_of(unlisted.size(), found.pictures.size(), "picture") + " in `" + folder.string() +
                           (unlisted.size() == 1 ? "` is" : "` are") + " not in its `split.csv` and not read; the first is `" +
                           unlisted[0] + "`");
  return out;
}

/// Warns of images of a list in folders that `left_out` names. The list decides which images are read.
void tell_left_out(SplitEntries& all, const FolderNames& names) {
  std::size_t count = 0;
  std::string first;
  for (const fs::path& folder : folders_of(all.folder, names.left_out))
    for (const SplitEntry& entry : all.entries)
      if (is_within(entry.file, folder) && count++ == 0) first = "`" + entry.id + "` in `" + folder.string() + "`";
  if (count > 0)
    all.warnings.push_back(some_of(count, all.entries.size(), "image") + " of `" + all.list_name + (count == 1 ? "` is" : "` are") +
                           " in folders that `left_out` names, and " + (count == 1 ? "is" : "are") + " read, because the list names " +
                           (count == 1 ? "it" : "them") + "; the first is " + first + "; to leave images out, remove them from the list");
}

/// Throws Refusal if there are volumes among the files, or pipes, sockets or devices: to read one can wait for ever.
void check_plain(const SplitEntries& all) {
  std::size_t count = 0;
  const SplitEntry* first = nullptr;
  for (const SplitEntry& entry : all.entries) {
    refuse_volume(entry.file);
    std::error_code ignored;
    const fs::file_status found = fs::status(entry.file, ignored);
    if (!fs::exists(found) || fs::is_regular_file(found)) continue;
    if (count++ == 0) first = &entry;
  }
  if (!first) return;
  const std::string place = all.is_list ? ", " + all.place_of(*first) : "";
  const std::string file = "`" + first->file.string() + "`";
  throw Refusal(count == 1 ? file + " is not a plain file" + place
                           : some_of(count, all.entries.size(), "image") + " are not plain files; the first is " + file + place,
                "path");
}

/// Returns the bytes of the second and further channels. Throws Refusal if one of their files does not exist.
std::int64_t bytes_of_channels(const SplitEntry& entry) {
  std::int64_t out = 0;
  for (const fs::path& file : entry.channels) {
    std::error_code error;
    out += static_cast<std::int64_t>(fs::file_size(file, error));
    if (error)
      throw Refusal("`" + file.string() + "`, a channel of the image `" + entry.id + "`, cannot be read: " + error.message(), "path");
  }
  return out;
}

/// Sets the sizes of the files. Throws Refusal if a file of a list does not exist. In a folder this is a link that leads nowhere; its size
/// is 0, and it is an image that cannot be read.
void find_files(SplitEntries& all) {
  std::size_t missing = 0;
  const SplitEntry* first = nullptr;
  for (SplitEntry& entry : all.entries) {
    std::error_code error;
    entry.bytes = static_cast<std::int64_t>(fs::file_size(entry.file, error)) + bytes_of_channels(entry);
    if (!error) continue;
    entry.bytes = 0;
    if (!all.is_list) continue;
    ++missing;
    if (!first) first = &entry;
  }
  if (!first) return;
  const std::string subject = some_of(missing, all.entries.size(), "image");
  std::string slashed = first->file.string();
  std::replace(slashed.begin(), slashed.end(), '\\', '/');
  std::error_code ignored;
  const bool is_of_windows = slashed != first->file.string() && fs::exists(slashed, ignored);
  throw Refusal(
      subject + (missing == 1 ? " is" : " are") + " missing; the first is `" + first->file.string() + "`, " + all.place_of(*first), "path",
      is_of_windows ? "folders are separated by `/`" : "");
}

}  // namespace

bool SplitEntries::has_column(std::string_view name) const { return std::find(columns.begin(), columns.end(), name) != columns.end(); }

std::string SplitEntries::place_of(const SplitEntry& entry) const {
  return is_list ? "line " + std::to_string(entry.line) + " of `" + list_name + "`" : "`" + entry.id + "`";
}

SplitEntries find_entries(const fs::path& path, FolderLayout layout, const FolderNames& names) {
  try {
    if (!fs::exists(path)) throw Refusal("`" + path.string() + "` does not exist", "path");
    const fs::path absolute = fs::absolute(path).lexically_normal();
    SplitEntries out;
    if (fs::is_directory(absolute)) {
      // `folder/` and `folder` are the same.
      const fs::path folder = absolute.has_filename() ? absolute : absolute.parent_path();
      out = fs::exists(folder / "split.csv") ? read_listed_folder(folder, names) : read_folder(folder, layout, names);
    } else {
      const std::string ending = lower(absolute.extension().string());
      out = ending == ".csv" || ending == ".txt" ? read_list(absolute) : read_single(absolute);
    }
    if (out.is_list) tell_left_out(out, names);
    check_plain(out);
    find_files(out);
    return out;
  } catch (const fs::filesystem_error& error) {
    throw Refusal("`" + error.path1().string() + "` cannot be read: " + error.code().message(), "path");
  }
}

void tell_without_class(SplitEntries& all) {
  std::size_t without = 0;
  const SplitEntry* first = nullptr;
  for (const SplitEntry& entry : all.entries) {
    if (!entry.class_name.empty()) continue;
    ++without;
    if (!first) first = &entry;
  }
  if (without == 0 || without == all.entries.size()) return;
  all.warnings.push_back(some_of(without, all.entries.size(), "picture") + " in `" + all.folder.string() +
                         (without == 1 ? "` has no class, because it is" : "` have no class, because they are") +
                         " in none of the class folders; the first is `" + first->id + "`");
}

std::string path_in(const std::string& field, const fs::path& folder) {
  std::string out = trimmed(field);
  std::error_code ignored;
  return out != field && fs::exists(folder / field, ignored) ? field : out;
}

std::string some_of(std::size_t some, std::size_t all, const std::string& what) {
  return std::to_string(some) + " of " + std::to_string(all) + " " + what + (all == 1 ? "" : "s");
}

}  // namespace leat
