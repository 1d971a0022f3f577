#include "io/split/entry.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <system_error>

#include "io/disk_file.h"
#include "leat/csv.h"
#include "leat/diagnostics.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 6> picture_endings{".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

bool is_picture(const fs::path& file) {
  const std::string ending = lower(file.extension().string());
  return std::find(picture_endings.begin(), picture_endings.end(), ending) != picture_endings.end();
}

std::vector<std::string> parts_of(const std::string& id) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= id.size();) {
    const std::size_t end = std::min(id.find('/', at), id.size());
    out.push_back(id.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// The ids of all pictures below a folder, sorted; hidden files and the shadow folder of macOS archives are none.
std::vector<std::string> pictures_below(const fs::path& folder) {
  std::vector<std::string> out;
  const std::size_t prefix = (folder / "").string().size();
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::follow_directory_symlink), end; at != end; ++at) {
    const std::string name = at->path().filename().string();
    const bool is_folder = at->is_directory();
    if (name.starts_with('.') || name == "__MACOSX") {
      if (is_folder) at.disable_recursion_pending();
    } else if (!is_folder && is_picture(at->path())) {
      out.push_back(at->path().generic_string().substr(prefix));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

SplitEntries read_folder(const fs::path& folder, FolderLayout layout) {
  SplitEntries out;
  out.folder = folder;
  const std::vector<std::string> ids = pictures_below(folder);
  if (ids.empty())
    throw Refusal("no picture in `" + folder.string() + "`", "path", "pictures end in .png, .jpg, .jpeg, .bmp, .tif or .tiff");
  const bool is_plain = std::any_of(ids.begin(), ids.end(), [](const std::string& id) { return id.find('/') == std::string::npos; });
  for (const std::string& id : ids) {
    const std::vector<std::string> parts = parts_of(id);
    SplitEntry entry;
    entry.id = id;
    entry.file = folder / id;
    if (layout == FolderLayout::Groups) {
      if (parts.size() > 1) entry.group = parts[0];
      if (parts.size() > 2) entry.class_name = parts[1];
    } else if (!is_plain) {
      entry.class_name = parts[0];
    }
    out.entries.push_back(std::move(entry));
  }
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

/// A path of a list as an id: what would lead out of a folder is left out.
std::string id_of(const std::string& listed) {
  fs::path out;
  for (const fs::path& part : fs::path(listed).lexically_normal().relative_path())
    if (part != "..") out /= part;
  return out.generic_string();
}

CsvTable read_table(const fs::path& list) {
  std::vector<std::uint8_t> bytes;
  try {
    bytes = read_whole_file(list);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (lower(list.extension().string()) == ".csv") return read_csv(text);
    CsvTable table;
    table.header = {"image"};
    int line = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::string name(text.substr(at, end - at));
      while (!name.empty() && std::isspace(static_cast<unsigned char>(name.back()))) name.pop_back();
      ++line;
      if (!name.empty()) table.rows.push_back({{std::move(name)}, line});
      at = end + 1;
    }
    return table;
  } catch (const std::runtime_error& error) {
    throw Refusal("the list `" + list.string() + "` cannot be read: " + error.what(), "path");
  }
}

SplitEntry entry_of(const CsvTable& table, const CsvTable::Row& row, const fs::path& folder) {
  SplitEntry entry;
  entry.line = row.line;
  for (std::size_t k = 0; k < table.header.size(); ++k) {
    const std::string& name = table.header[k];
    const std::string& field = row.fields[k];
    if (name == "image") {
      entry.id = id_of(field);
      entry.file = (folder / field).lexically_normal();
    } else if (name == "class" || name == "label") {
      entry.class_name = field;
    } else if (name == "group") {
      entry.group = field;
    } else if (name == "patient") {
      entry.patient = field;
    } else if (name == "split") {
      entry.rows = field;
    } else if (!field.empty()) {
      entry.facts[name] = field;
    }
  }
  return entry;
}

SplitEntries read_list(const fs::path& list) {
  const CsvTable table = read_table(list);
  const std::string name = list.filename().string();
  if (table.find_column("image") < 0)
    throw Refusal("`" + name + "` has no column `image`", "path", "its first line names the columns: image,label,…");
  if (table.rows.empty()) throw Refusal("`" + name + "` lists no image", "path");
  SplitEntries out;
  out.folder = list.parent_path();
  out.is_list = true;
  out.columns = table.header;
  out.list_name = name;
  std::map<std::string, int> first_lines;
  for (const CsvTable::Row& row : table.rows) {
    SplitEntry entry = entry_of(table, row, out.folder);
    if (entry.id.empty()) throw Refusal(out.place_of(entry) + " names no image", "path");
    const auto [first, is_new] = first_lines.emplace(entry.id, entry.line);
    if (!is_new)
      throw Refusal(out.place_of(entry) + " names `" + entry.id + "` again, line " + std::to_string(first->second) + " has it too", "path");
    out.entries.push_back(std::move(entry));
  }
  return out;
}

/// Fills in the files' sizes; a list may name files that are not there.
void find_files(SplitEntries& all) {
  std::size_t missing = 0;
  const SplitEntry* first = nullptr;
  for (SplitEntry& entry : all.entries) {
    std::error_code error;
    entry.bytes = static_cast<std::int64_t>(fs::file_size(entry.file, error));
    if (!error) continue;
    ++missing;
    if (!first) first = &entry;
  }
  if (!first) return;
  const std::string subject = some_of(missing, all.entries.size(), "image");
  throw Refusal(subject + (missing == 1 ? " is" : " are") + " gone; the first is `" + first->file.string() + "`, " + all.place_of(*first),
                "path");
}

}  // namespace

bool SplitEntries::has_column(std::string_view name) const { return std::find(columns.begin(), columns.end(), name) != columns.end(); }

std::string SplitEntries::place_of(const SplitEntry& entry) const {
  return is_list ? "line " + std::to_string(entry.line) + " of `" + list_name + "`" : "`" + entry.id + "`";
}

SplitEntries find_entries(const fs::path& path, FolderLayout layout) {
  try {
    if (!fs::exists(path)) throw Refusal("`" + path.string() + "` does not exist", "path");
    const fs::path absolute = fs::absolute(path).lexically_normal();
    SplitEntries out;
    if (fs::is_directory(absolute)) {
      // `folder/` and `folder` are one.
      const fs::path folder = absolute.has_filename() ? absolute : absolute.parent_path();
      out = fs::exists(folder / "split.csv") ? read_list(folder / "split.csv") : read_folder(folder, layout);
    } else {
      const std::string ending = lower(absolute.extension().string());
      out = ending == ".csv" || ending == ".txt" ? read_list(absolute) : read_single(absolute);
    }
    find_files(out);
    return out;
  } catch (const fs::filesystem_error& error) {
    throw Refusal("`" + error.path1().string() + "` cannot be read: " + error.code().message(), "path");
  }
}

std::string some_of(std::size_t some, std::size_t all, const std::string& what) {
  if (all == 1) return "the only " + what;
  return std::to_string(some) + " of " + std::to_string(all) + " " + what + "s";
}

}  // namespace leat
