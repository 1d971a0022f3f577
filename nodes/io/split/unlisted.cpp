#include "io/split/unlisted.h"

#include <algorithm>

#include "io/split/folder_files.h"
#include "leat/wording.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

std::set<fs::path> images_of(const SplitEntries& all) {
  std::set<fs::path> out;
  for (const SplitEntry& entry : all.entries) {
    out.insert(entry.file);
    out.insert(entry.channels.begin(), entry.channels.end());
  }
  return out;
}

}  // namespace

std::set<fs::path> files_named(const SplitEntries& all, const CsvTable& table) {
  std::set<fs::path> out;
  for (const CsvTable::Row& row : table.rows)
    for (const std::string& field : row.fields)
      if (!field.empty()) out.insert((all.folder / path_in(field, all.folder)).lexically_normal());
  for (const SplitEntry& entry : all.entries) out.insert(entry.file);
  return out;
}

void add_unlisted(SplitEntries& all, NamedPictures& pictures, const CsvTable& table) {
  const std::set<fs::path> images = images_of(all), named = files_named(all, table);
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

void find_unlisted(SplitEntries& all, const CsvTable& table) {
  const std::set<fs::path> images = images_of(all);
  std::set<fs::path> folders;
  for (const fs::path& image : images) folders.insert(image.parent_path());
  std::vector<fs::path> found;
  for (const fs::path& folder : folders) {
    try {
      for (const std::string& name : files_below(folder, "path", [](const fs::path&) { return FolderUse::Unsaid; }).pictures)
        if (!images.contains(folder / name)) found.push_back(folder / name);
    } catch (const fs::filesystem_error&) {
      // The folder cannot be listed, or does not exist. The images are looked at one by one.
    }
  }
  if (found.empty()) return;
  const std::set<fs::path> named = files_named(all, table);
  for (const fs::path& file : found)
    if (!named.contains(file)) all.unlisted.push_back(file.string());
}

}  // namespace leat
