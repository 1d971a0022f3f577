#include "io/split/windows_paths.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "io/split/folder_files.h"
#include "leat/spelling.h"
#include "leat/wording.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

/// A path of Windows in its parts.
struct WindowsPath {
  std::string* field;
  std::vector<std::string> parts;
  bool is_whole = false;  ///< It begins with a drive or a server.
};

WindowsPath parts_of(std::string& field) {
  WindowsPath out{&field, {}};
  std::string text = trimmed(field);
  std::replace(text.begin(), text.end(), '\\', '/');
  const bool has_drive = text.size() > 1 && text[1] == ':' && lower(text)[0] >= 'a' && lower(text)[0] <= 'z';
  if (has_drive) text.erase(0, 2);
  out.is_whole = has_drive || text.starts_with('/');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    if (end > at) out.parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string without_first(const std::vector<std::string>& parts, std::size_t count) {
  return joined(std::vector<std::string>(parts.begin() + static_cast<std::ptrdiff_t>(count), parts.end()), "/");
}

/// Returns the number of folders with which all whole paths begin.
std::size_t shared_folders(const std::vector<WindowsPath>& paths) {
  const WindowsPath* first = nullptr;
  std::size_t out = 0;
  for (const WindowsPath& path : paths) {
    if (!path.is_whole) continue;
    if (!first) first = &path, out = path.parts.size() - 1;
    const std::size_t most = std::min(out, path.parts.size() - 1);
    const auto end = first->parts.begin() + static_cast<std::ptrdiff_t>(most);
    out = static_cast<std::size_t>(std::mismatch(first->parts.begin(), end, path.parts.begin()).first - first->parts.begin());
  }
  return out;
}

/// Returns the number of folders that whole paths lose.
std::size_t lost_folders(const std::vector<WindowsPath>& paths, const fs::path& folder) {
  const std::size_t shared = shared_folders(paths);
  const auto first = std::find_if(paths.begin(), paths.end(), [](const WindowsPath& path) { return path.is_whole; });
  if (first == paths.end()) return 0;
  std::error_code ignored;
  for (std::size_t count = 0; count < shared; ++count)
    if (fs::exists(folder / without_first(first->parts, count), ignored)) return count;
  return shared;
}

}  // namespace

void read_windows_paths(SplitEntries& all, CsvTable& table) {
  std::size_t count = 0;
  std::string said;
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    const bool are_images = table.header[column] == "image";
    const fs::path& folder = are_images ? all.images : all.folder;
    std::vector<WindowsPath> paths;
    for (CsvTable::Row& row : table.rows) {
      std::string& field = row.fields[column];
      std::error_code ignored;
      if (field.find('\\') == std::string::npos || fs::exists(folder / field, ignored)) continue;
      WindowsPath path = parts_of(field);
      if (!path.parts.empty() && (are_images || is_picture(path.parts.back()))) paths.push_back(std::move(path));
    }
    const std::size_t lost = lost_folders(paths, folder);
    for (const WindowsPath& path : paths) {
      std::string text = without_first(path.parts, path.is_whole ? lost : 0);
      if (count++ == 0) said = "`" + *path.field + "` is `" + text + "`";
      *path.field = std::move(text);
    }
  }
  if (count > 0)
    all.taken.push_back(counted(count, "path") + " with `\\` " + (count == 1 ? "is" : "are") + " read with `/`; the first: " + said);
}

}  // namespace leat
