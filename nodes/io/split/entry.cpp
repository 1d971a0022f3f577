#include "io/split/entry.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <system_error>

#include "io/split/channel_files.h"
#include "io/split/folder_files.h"
#include "io/split/list.h"
#include "io/split/nnunet.h"
#include "leat/diagnostics.h"
#include "leat/spelling.h"
#include "leat/wording.h"

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

/// Returns true if a folder beside `images` holds masks or label maps.
bool is_label_folder(const fs::path& folder) {
  const std::string name = lower(folder.filename().string());
  return name == "labels" || name == "label" || name == "mask" || name == "segmentations" || name == "segmentation";
}

/// Returns true if a folder beside those of the classes has images without a class.
bool is_unlabelled(const std::string& folder, const FolderNames& names) {
  const bool is_class = std::find(names.classes.begin(), names.classes.end(), folder) != names.classes.end();
  return !is_class && (lower(folder) == "unlabelled" || lower(folder) == "unlabeled");
}

/// Returns the names of the folders directly below the data set's folder that contain pictures, except of those without a class.
std::vector<std::string> top_folders(const std::vector<std::string>& ids, const FolderNames& names) {
  std::set<std::string> out;
  for (const std::string& id : ids)
    if (const std::size_t slash = id.find('/'); slash != std::string::npos && !is_unlabelled(id.substr(0, slash), names))
      out.insert(id.substr(0, slash));
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

/// Warns of the only folder with pictures, beside folders without any. It looks like a class, but is not read as one.
void tell_no_class(SplitEntries& all, const std::vector<std::string>& folders, const std::vector<std::string>& bare) {
  if (folders.size() != 1 || bare.empty() || lower(folders[0]) == "images") return;
  all.warnings.push_back("`" + folders[0] + "` is the only folder with pictures, and other pictures are beside it, so it is not a class, " +
                         "unless `classes` names it; without a picture: " + in_quotes(bare));
}

/// Returns the images of a folder, each with its files.
std::vector<SplitEntry> images_in(const FolderFiles& found, int channel_files) {
  std::vector<SplitEntry> out;
  if (channel_files == 1) {
    for (const std::string& id : found.pictures) {
      out.emplace_back();
      out.back().id = id;
      out.back().file = found.folder / id;
    }
    return out;
  }
  for (const auto& [name, files] : images_by_name(found))
    out.push_back(entry_of_channels(found, name, files, channel_files, "`channel_files` is " + std::to_string(channel_files)));
  return out;
}

/// Says that the files of a folder are read as channels, or warns that they look like it.
void tell_channel_files(SplitEntries& all, const FolderFiles& found, int channel_files) {
  if (channel_files > 1) {
    all.taken.push_back(std::to_string(channel_files) + " files are one image: `" + all.entries[0].id + "` is its first channel");
    return;
  }
  if (const int likely = likely_channel_files(found); likely > 1)
    all.warnings.push_back("each file is read as an image, but the names look like " + std::to_string(likely) +
                           " channels of one image, as nnU-Net names them; `channel_files: " + std::to_string(likely) +
                           "` reads them so; the first is `" + found.pictures[0] + "`");
}

SplitEntries read_folder(const fs::path& folder, FolderLayout layout, const FolderNames& names, int channel_files) {
  SplitEntries out;
  out.folder = folder;
  const FolderFiles found = look_into(folder, names);
  const std::vector<std::string> folders = top_folders(found.pictures, names);
  if (found.pictures.empty())
    for (const std::string& other : found.others) refuse_volume(folder / other);
  const bool has_classes = are_classes(folders, found.pictures, names);
  const std::string left_out = found.left_out(layout == FolderLayout::Groups || has_classes);
  if (found.pictures.empty())
    throw Refusal("no picture in `" + folder.string() + "`" + found.instead(), "path", picture_endings_text() + found.hint());
  std::size_t unlabelled = 0;
  for (SplitEntry& entry : images_in(found, channel_files)) {
    const std::vector<std::string> parts = parts_of(entry.id);
    if (layout == FolderLayout::Groups) {
      if (parts.size() > 1) entry.group = parts[0];
      if (parts.size() > 2) entry.class_name = parts[1];
    } else if (has_classes && parts.size() > 1) {
      if (is_unlabelled(parts[0], names)) ++unlabelled;
      else entry.class_name = parts[0];
    }
    out.entries.push_back(std::move(entry));
  }
  if (!left_out.empty()) out.warnings.push_back(left_out);
  tell_channel_files(out, found, channel_files);
  if (has_classes) out.bare_folders = found.bare_folders;
  else tell_no_class(out, folders, found.bare_folders);
  const auto list = std::find_if(found.others.begin(), found.others.end(), [](const std::string& other) {
    return other.find('/') == std::string::npos && (lower(other).ends_with(".csv") || lower(other).ends_with(".tsv"));
  });
  if (list != found.others.end())
    out.warnings.push_back("`" + *list + "` is not read; if it is a list of these images, `path: " + (folder / *list).string() +
                           "` reads it, and `unlisted: read` also those that it does not name");
  for (const std::string& other : found.others)
    if (other.find('/') == std::string::npos && is_spreadsheet(other))
      out.warnings.push_back("`" + other + "` is not read, because it is a spreadsheet; if it is a list of these images, save it as .csv");
  if (has_classes) out.taken.push_back("the folders are the classes");
  if (unlabelled > 0) out.taken.push_back(counted(unlabelled, "picture") + " of the folder for unlabelled images have no class");
  return out;
}

SplitEntries read_single(const fs::path& file) {
  if (is_spreadsheet(file)) throw Refusal("`" + file.string() + "` is a spreadsheet", "path", "if it is a list of images, save it as .csv");
  SplitEntries out;
  out.folder = file.parent_path();
  SplitEntry entry;
  entry.id = file.filename().string();
  entry.file = file;
  out.entries.push_back(std::move(entry));
  return out;
}

/// Reads the list of a folder, which defines the data set. Warns of pictures that the list names in no column.
SplitEntries read_listed_folder(const fs::path& folder, const FolderNames& names, const ListSettings& settings) {
  std::set<fs::path> listed;
  SplitEntries out = read_list(folder / "split.csv", names, settings, &listed);
  if (settings.reads_unlisted) return out;
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

bool is_list_file(const fs::path& file) {
  const std::string ending = lower(file.extension().string());
  return ending == ".csv" || ending == ".tsv" || ending == ".txt" || ending == ".json";
}

/// Throws Refusal for several files per image if the path does not leave it to their names.
void check_channel_files(int channel_files, const char* is_what) {
  if (channel_files > 1)
    throw Refusal("`channel_files` is " + std::to_string(channel_files) + ", but `path` is " + is_what, "channel_files",
                  "it is for folders with files such as `C_0000.png` and `C_0001.png`");
}

/// Throws Refusal for a parameter that means nothing without a list.
void check_list_settings(const ListSettings& settings) {
  const auto refuse = [](const char* name) {
    throw Refusal("`" + std::string(name) + "` is set, but `path` is not a list of images", name);
  };
  if (!settings.columns.empty()) refuse("columns");
  if (!settings.images.empty()) refuse("images");
  if (settings.reads_unlisted) refuse("unlisted");
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
  throw Refusal(
      subject + (missing == 1 ? " is" : " are") + " missing; the first is `" + first->file.string() + "`, " + all.place_of(*first), "path");
}

}  // namespace

FolderFiles look_into(const fs::path& folder, const FolderNames& names) {
  std::error_code ignored;
  const bool has_images = fs::is_directory(folder / "images", ignored);
  const std::set<fs::path> mask_folders = folders_of(folder, names.masks), left_out = folders_of(folder, names.left_out);
  return files_below(folder, "path", [&](const fs::path& below) {
    if (mask_folders.contains(below)) return FolderUse::Unsaid;
    if (left_out.contains(below)) return FolderUse::LeftOut;
    const bool is_class = std::find(names.classes.begin(), names.classes.end(), below.filename().string()) != names.classes.end();
    const bool is_beside_images = has_images && below.parent_path() == folder;
    const bool are_masks = is_mask_folder(below) || (is_beside_images && is_label_folder(below));
    return are_masks && !is_class ? FolderUse::Masks : FolderUse::Pictures;
  });
}

bool SplitEntries::has_column(std::string_view name) const { return std::find(columns.begin(), columns.end(), name) != columns.end(); }

std::vector<std::string> SplitEntries::unused_columns() const {
  std::vector<std::string> out;
  for (const std::string& column : columns)
    if (!column.empty() && !used_columns.contains(column)) out.push_back(column);
  return out;
}

std::string SplitEntries::place_of(const SplitEntry& entry) const {
  return is_list ? "line " + std::to_string(entry.line) + " of `" + list_name + "`" : "`" + entry.id + "`";
}

SplitEntries find_entries(const fs::path& path, FolderLayout layout, const FolderNames& names, const ListSettings& settings,
                          int channel_files) {
  try {
    if (!fs::exists(path)) throw Refusal("`" + path.string() + "` does not exist", "path");
    const fs::path absolute = fs::absolute(path).lexically_normal();
    SplitEntries out;
    if (fs::is_directory(absolute)) {
      // `folder/` and `folder` are the same.
      const fs::path folder = absolute.has_filename() ? absolute : absolute.parent_path();
      out = fs::exists(folder / "split.csv") ? read_listed_folder(folder, names, settings)
            : is_nnunet(folder)              ? read_nnunet(folder, channel_files)
                                             : read_folder(folder, layout, names, channel_files);
    } else if (is_list_file(absolute)) {
      const bool is_of_nnunet = absolute.filename() == "dataset.json" && is_nnunet(absolute.parent_path());
      out = is_of_nnunet ? read_nnunet(absolute.parent_path(), channel_files) : read_list(absolute, names, settings);
    } else {
      check_channel_files(channel_files, "one file");
      out = read_single(absolute);
    }
    if (out.images.empty()) out.images = out.folder;
    if (!out.is_list) check_list_settings(settings);
    if (out.is_list) check_channel_files(channel_files, "a list, which names the files of an image itself");
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
