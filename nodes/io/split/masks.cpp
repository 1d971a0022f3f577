#include "io/split/masks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "io/mask_picture.h"
#include "io/split/columns.h"
#include "io/split/folder_files.h"
#include "leat/diagnostics.h"
#include "leat/file_contents.h"

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

std::string stem_of(const std::string& path) { return fs::path(path).replace_extension().generic_string(); }

/// Returns the pictures of a folder by their path without ending.
std::map<std::string, std::vector<std::string>> files_by_stem(const FolderFiles& found) {
  std::map<std::string, std::vector<std::string>> out;
  for (const std::string& file : found.pictures) out[stem_of(file)].push_back(file);
  return out;
}

/// Returns the files for an image: those with its path, else those with its path without leading folders, one folder less at a time.
/// Returns null if there are none.
const std::vector<std::string>* find_by_stem(const std::map<std::string, std::vector<std::string>>& files, const std::string& id) {
  std::string stem = stem_of(id);
  for (;;) {
    if (const auto found = files.find(stem); found != files.end()) return &found->second;
    const std::size_t slash = stem.find('/');
    if (slash == std::string::npos) return nullptr;
    stem.erase(0, slash + 1);
  }
}

/// Returns the column or folder that a name without a place means.
std::string place_of_name(const std::string& name, const SplitEntries& all) {
  if (const std::string own = column_named(all.columns, "mask_" + name); !own.empty()) return own;
  std::error_code ignored;
  if (fs::is_directory(all.folder / ("masks_" + name), ignored)) return "masks_" + name;
  return all.has_column("mask") ? "mask" : "masks";
}

using FilesOf = std::vector<fs::path>;  ///< One per entry; empty: not known.

FilesOf from_column(const SplitEntries& all, const std::string& column) {
  FilesOf out;
  for (const SplitEntry& entry : all.entries) {
    const auto field = entry.facts.find(column);
    const std::string named = field == entry.facts.end() ? "" : path_in(field->second, all.folder);
    out.push_back(named.empty() ? fs::path() : (all.folder / named).lexically_normal());
  }
  return out;
}

/// Returns the file with an image's mask; empty: there is none.
std::string mask_in(const fs::path& folder, const std::map<std::string, std::vector<std::string>>& files, const SplitEntry& entry) {
  const std::vector<std::string>* found = find_by_stem(files, entry.id);
  if (!found) return {};
  if (found->size() > 1)
    throw Refusal("`" + folder.string() + "` has two masks of `" + entry.id + "`: `" + (*found)[0] + "` and `" + (*found)[1] + "`", "masks",
                  "an image must have one mask only, with its name and any ending");
  return (*found)[0];
}

FilesOf from_folder(SplitEntries& all, const fs::path& folder) {
  const FolderFiles found = files_below(folder, "masks", [](const fs::path&) { return FolderUse::Pictures; });
  const auto files = files_by_stem(found);
  FilesOf out;
  std::size_t missing = 0;
  const SplitEntry* first = nullptr;
  std::map<std::string, const SplitEntry*> users;
  for (const SplitEntry& entry : all.entries) {
    const std::string file = mask_in(folder, files, entry);
    out.push_back(file.empty() ? fs::path() : folder / file);
    if (file.empty()) {
      ++missing;
      if (!first) first = &entry;
    } else if (const auto [user, is_new] = users.emplace(file, &entry); !is_new) {
      throw Refusal("`" + (folder / file).string() + "` would be the mask of `" + user->second->id + "` and of `" + entry.id + "`", "masks",
                    "put the masks into folders as their images are, or use a list with a column of masks");
    }
  }
  if (const std::string left_out = found.left_out(false); !left_out.empty()) all.warnings.push_back(left_out);
  if (first)
    throw Refusal(
        "no mask in `" + folder.string() + "` for " + some_of(missing, all.entries.size(), "image") + "; the first is `" + first->id + "`",
        "masks");
  // With a list, masks can belong to rows that the data set does not use.
  const auto unused = std::find_if(found.pictures.begin(), found.pictures.end(), [&](const auto& file) { return !users.contains(file); });
  if (!all.is_list && unused != found.pictures.end())
    all.warnings.push_back(some_of(found.pictures.size() - users.size(), found.pictures.size(), "mask") + " in `" + folder.string() + "` " +
                           (found.pictures.size() - users.size() == 1 ? "belongs" : "belong") + " to no image; the first is `" + *unused +
                           "`");
  return out;
}

FilesOf files_of(SplitEntries& all, const MaskSource& source, const std::string& place) {
  if (all.has_column(place)) return from_column(all, place);
  const fs::path folder = (all.folder / place).lexically_normal();
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) return from_folder(all, folder);
  throw Refusal("`" + source.name + "=" + place +
                    "`: " + (all.is_list ? "`" + all.list_name + "` has no column `" + place + "` and " : "") + "there is no folder `" +
                    folder.string() + "`",
                "masks", all.is_list ? name_hint(place, all.columns) : "");
}

/// Warns if several images have the same mask file, which a list can state. Throws Refusal if an image is its own mask.
void tell_shared_files(SplitEntries& all) {
  std::map<std::pair<std::size_t, fs::path>, const SplitEntry*> users;
  std::size_t shared = 0;
  std::string first;
  for (const SplitEntry& entry : all.entries)
    for (std::size_t k = 0; k < entry.masks.size(); ++k)
      for (const fs::path& file : entry.masks[k]) {
        if (file == entry.file) throw Refusal("`" + entry.id + "` is its own mask (" + all.place_of(entry) + ")", "masks");
        const auto [user, is_new] = users.emplace(std::pair(k, file), &entry);
        if (is_new || user->second == &entry) continue;
        ++shared;
        if (first.empty()) first = "`" + file.string() + "` is the mask of `" + user->second->id + "` and of `" + entry.id + "`";
      }
  if (shared > 0)
    all.warnings.push_back(first + (shared > 1 ? ", and " + std::to_string(shared - 1) + " more are shared in this way" : ""));
}

/// Throws Refusal if an image has masks of some structures only.
void check_complete(const SplitEntries& all, const SplitEntry& entry, const std::vector<MaskSource>& sources) {
  const auto is_known = [](const std::vector<fs::path>& files) { return !files.empty(); };
  const auto known = std::find_if(entry.masks.begin(), entry.masks.end(), is_known);
  const auto unknown = std::find_if_not(entry.masks.begin(), entry.masks.end(), is_known);
  if (known == entry.masks.end() || unknown == entry.masks.end()) return;
  const auto name = [&](auto at) { return "`" + sources[static_cast<std::size_t>(at - entry.masks.begin())].name + "`"; };
  throw Refusal("`" + entry.id + "` has a mask of " + name(known) + " but none of " + name(unknown) + " (" + all.place_of(entry) + ")",
                "masks");
}

/// One mask file of an image, and what its header says.
struct MaskFile {
  const SplitEntry* entry = nullptr;
  const fs::path* file = nullptr;
  bool exists = false;
  bool is_plain = false;
  std::optional<PictureHeader> header;
};

std::vector<MaskFile> look_at_masks(const SplitEntries& all) {
  std::vector<MaskFile> out;
  for (const SplitEntry& entry : all.entries)
    for (const auto& files : entry.masks)
      for (const fs::path& file : files) out.push_back({&entry, &file, false, false, {}});
  for_each_place(out.size(), [&](std::size_t place, std::vector<char>&) {
    MaskFile& one = out[place];
    std::error_code ignored;
    const fs::file_status found = fs::status(*one.file, ignored);
    one.exists = fs::exists(found);
    one.is_plain = fs::is_regular_file(found);
    if (one.is_plain) one.header = picture_header(*one.file);
  });
  return out;
}

/// Throws Refusal if a mask does not exist, or is not of the same view as its image.
void check_view(const SplitEntries& all, const MaskFile& mask) {
  const SplitEntry& entry = *mask.entry;
  if (!mask.exists)
    throw Refusal("the mask `" + mask.file->string() + "` of `" + entry.id + "` does not exist (" + all.place_of(entry) + ")", "masks");
  if (!mask.is_plain)
    throw Refusal("the mask `" + mask.file->string() + "` of `" + entry.id + "` is not a plain file (" + all.place_of(entry) + ")",
                  "masks");
  if (!mask.header || entry.size.pixels() == 0) return;
  if (const std::string other = other_view(entry.header(), *mask.header, " `" + entry.id + "`"); !other.empty())
    throw Refusal("the mask `" + mask.file->string() + "` " + other, "masks",
                  mask.header->is_turned() != entry.header().is_turned() && is_same_view(entry.header().stored(), mask.header->stored())
                      ? "remove the orientation from the file, or store its mask turned in the same way"
                      : "a mask must have the aspect ratio of its image");
}

/// Warns of masks that are stretched over their images by a factor that no whole reduction gives. They can be cut or padded instead.
void tell_stretched(SplitEntries& all, const std::vector<MaskFile>& masks) {
  const auto words = [](PictureSize size) { return std::to_string(size.width) + " x " + std::to_string(size.height); };
  std::size_t count = 0;
  std::string first;
  for (const MaskFile& mask : masks) {
    const PictureSize image = mask.entry->size;
    if (!mask.header || image.pixels() == 0 || mask.header->size.pixels() == 0 || is_whole_scale(image, mask.header->size)) continue;
    if (count++ == 0)
      first = "`" + mask.file->string() + "` (" + words(mask.header->size) + ") over `" + mask.entry->id + "` (" + words(image) + ")";
  }
  if (count > 0)
    all.warnings.push_back(some_of(count, masks.size(), "mask") + (count == 1 ? " is" : " are") +
                           " stretched over the image by a factor that is neither whole nor one over a whole number; the first is " +
                           first + "; if a mask was cut or padded instead of resized, it is not in place");
}

/// Warns of masks that state an orientation, which is applied. Warns of images and masks that state different ones if their sizes fit with
/// and without them, so that only a look can show whether the mask is in place.
void tell_orientations(SplitEntries& all, const std::vector<MaskFile>& masks) {
  std::set<fs::path> turned;
  std::set<const SplitEntry*> doubtful;
  std::string first_turned, first_doubtful;
  for (const MaskFile& mask : masks) {
    if (!mask.header) continue;
    const PictureHeader image = mask.entry->header();
    if (mask.header->orientation != 1) {
      turned.insert(*mask.file);
      if (first_turned.empty()) first_turned = mask.file->string();
    }
    if (image.orientation == mask.header->orientation || !is_same_view(image.stored(), mask.header->stored())) continue;
    doubtful.insert(mask.entry);
    if (first_doubtful.empty())
      first_doubtful = "`" + mask.entry->id + "` (" + std::to_string(image.orientation) + ") with `" + mask.file->string() + "` (" +
                       std::to_string(mask.header->orientation) + ")";
  }
  if (const std::size_t count = turned.size(); count > 0)
    all.warnings.push_back(std::to_string(count) +
                           (count == 1 ? " mask states an orientation, and is" : " masks state an orientation, and are") +
                           " turned upright; the first is `" + first_turned + "`");
  if (const std::size_t count = doubtful.size(); count > 0)
    all.warnings.push_back(some_of(count, all.entries.size(), "image") + (count == 1 ? " states" : " state") +
                           " another orientation than " + (count == 1 ? "its mask" : "their masks") +
                           ", and the sizes fit in any case; the first is " + first_doubtful +
                           "; each is turned as it asks: if a mask was drawn on the image as it is stored, both must state the same "
                           "orientation, or none");
}

}  // namespace

std::vector<std::string> mask_places_in(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::vector<std::string> places =
        equals == std::string::npos ? std::vector<std::string>{"masks", "masks_" + text} : split_text(text.substr(equals + 1), '+');
    out.insert(out.end(), places.begin(), places.end());
  }
  return out;
}

std::vector<std::string> folders_without_images(const std::vector<std::string>& masks, const std::vector<std::string>& left_out) {
  std::vector<std::string> out = mask_places_in(masks);
  std::erase_if(out, [](const std::string& place) { return is_mask_folder(place); });
  out.insert(out.end(), left_out.begin(), left_out.end());
  return out;
}

std::vector<MaskSource> read_mask_sources(const std::vector<std::string>& texts, const SplitEntries& all) {
  std::vector<MaskSource> out;
  std::set<std::string> names;
  std::map<std::string, std::string> users;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    MaskSource source;
    source.name = text.substr(0, equals);
    source.places =
        equals == std::string::npos ? std::vector<std::string>{place_of_name(source.name, all)} : split_text(text.substr(equals + 1), '+');
    for (std::string& place : source.places)
      if (const std::string column = column_named(all.columns, place); !column.empty()) place = column;
    const bool is_written_well =
        !source.name.empty() && source.name.find('/') == std::string::npos &&
        std::none_of(source.places.begin(), source.places.end(), [](const std::string& place) { return place.empty(); });
    if (!is_written_well)
      throw Refusal("`" + text + "` names no mask", "masks",
                    "write NAME=FOLDER, or NAME=COLUMN with a column of the list, such as `lungs=masks`");
    if (!names.insert(source.name).second) throw Refusal("two masks are called `" + source.name + "`", "masks");
    for (const std::string& place : source.places)
      if (const auto [user, is_new] = users.emplace(place, source.name); !is_new)
        throw Refusal("the masks of `" + user->second + "` and of `" + source.name + "` are both `" + place + "`", "masks",
                      "`" + source.name + "=…` can name another folder, or a column of the list");
    out.push_back(std::move(source));
  }
  return out;
}

void find_masks(SplitEntries& all, const std::vector<MaskSource>& sources) {
  try {
    for (SplitEntry& entry : all.entries) entry.masks.resize(sources.size());
    for (std::size_t k = 0; k < sources.size(); ++k)
      for (const std::string& place : sources[k].places) {
        const FilesOf files = files_of(all, sources[k], place);
        for (std::size_t image = 0; image < files.size(); ++image)
          if (!files[image].empty()) all.entries[image].masks[k].push_back(files[image]);
      }
  } catch (const fs::filesystem_error& error) {
    throw Refusal("`" + error.path1().string() + "` cannot be read: " + error.code().message(), "masks");
  }
  for (SplitEntry& entry : all.entries) {
    for (const MaskSource& source : sources)
      for (const std::string& place : source.places) entry.facts.erase(place);
    check_complete(all, entry, sources);
    const bool is_known = !entry.masks.empty() && !entry.masks[0].empty();
    if (!is_known) entry.masks.clear();
  }
  const std::vector<MaskFile> found = look_at_masks(all);
  for (const MaskFile& mask : found) check_view(all, mask);
  tell_stretched(all, found);
  tell_orientations(all, found);
  tell_shared_files(all);
}

}  // namespace leat
