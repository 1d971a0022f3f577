#include "io/split/masks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "io/mask_picture.h"
#include "io/split/columns.h"
#include "io/split/folder_files.h"
#include "io/split/nnunet.h"
#include "leat/diagnostics.h"
#include "leat/file_contents.h"
#include "leat/spelling.h"
#include "leat/wording.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

/// Returns the path without ending, in one Unicode form.
std::string stem_of(const std::string& path) { return plain_spelling(fs::path(path).replace_extension().generic_string()); }

using FilesByStem = std::map<std::string, std::vector<std::string>>;

/// Returns the pictures of a folder by their path without ending.
FilesByStem files_by_stem(const FolderFiles& found) {
  FilesByStem out;
  for (const std::string& file : found.pictures) out[stem_of(file)].push_back(file);
  return out;
}

/// Returns the files for an image: those with its path, else those with its path without leading folders, one folder less at a time.
/// Returns null if there are none.
const std::vector<std::string>* find_by_stem(const FilesByStem& files, const std::string& id) {
  std::string stem = stem_of(id);
  for (;;) {
    if (const auto found = files.find(stem); found != files.end()) return &found->second;
    const std::size_t slash = stem.find('/');
    if (slash == std::string::npos) return nullptr;
    stem.erase(0, slash + 1);
  }
}

/// Returns the use of each file of masks. A number is named for a label map if any structure names it there.
LabelMaps maps_of(const SplitEntries& data, const std::vector<MaskSource>& sources, int unknown) {
  std::map<std::string, std::set<int>> named;
  for (const LabelName& one : data.label_names) named[one.place].insert(one.numbers.begin(), one.numbers.end());
  for (const MaskSource& source : sources)
    for (std::size_t k = 0; k < source.places.size(); ++k)
      named[source.places[k]].insert(source.numbers[k].begin(), source.numbers[k].end());
  LabelMaps out;
  bool has_map = false;
  for (const MaskSource& source : sources) {
    out.emplace_back();
    for (std::size_t k = 0; k < source.places.size(); ++k) {
      const std::set<int>& all = named[source.places[k]];
      const bool is_map = !source.numbers[k].empty();
      has_map = has_map || is_map;
      if (is_map && unknown >= 0 && all.contains(unknown))
        throw Refusal("`void` is " + std::to_string(unknown) + ", which `masks` names as a structure of `" + source.places[k] + "`",
                      "void");
      out.back().push_back(is_map ? LabelMap{source.numbers[k], {all.begin(), all.end()}, unknown} : LabelMap());
    }
  }
  if (unknown >= 0 && !has_map && unknown != data.ignored_number)
    throw Refusal("`void` is set, but no structure of `masks` is a number of a label map", "void", "write `masks: [NAME=FOLDER:NUMBER]`");
  return out;
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
std::string mask_in(const fs::path& folder, const FilesByStem& files, const SplitEntry& entry) {
  const std::vector<std::string>* found = find_by_stem(files, entry.mask_name.empty() ? entry.id : entry.mask_name + ".");
  if (!found) return {};
  if (found->size() > 1)
    throw Refusal("`" + folder.string() + "` has two masks of `" + entry.id + "`: `" + (*found)[0] + "` and `" + (*found)[1] + "`", "masks",
                  "an image must have one mask only, with its name and any ending");
  return (*found)[0];
}

/// Finds the masks of the images whose id begins with `images`.
FilesOf from_folder(SplitEntries& all, const fs::path& folder, const std::string& images) {
  const FolderFiles found = files_below(folder, "masks", [](const fs::path&) { return FolderUse::Pictures; });
  const auto files = files_by_stem(found);
  FilesOf out;
  std::map<std::string, const SplitEntry*> users;
  std::size_t count = 0;
  std::string first;
  for (const SplitEntry& entry : all.entries) {
    const bool is_of_folder = entry.id.starts_with(images);
    if (is_of_folder && count++ == 0) first = entry.id;
    const std::string file = is_of_folder ? mask_in(folder, files, entry) : "";
    out.push_back(file.empty() ? fs::path() : folder / file);
    if (file.empty()) continue;
    if (const auto [user, is_new] = users.emplace(file, &entry); !is_new) {
      throw Refusal("`" + (folder / file).string() + "` would be the mask of `" + user->second->id + "` and of `" + entry.id + "`", "masks",
                    "put the masks into folders as their images are, or use a list with a column of masks");
    }
  }
  if (const std::string left_out = found.left_out(false); !left_out.empty()) all.warnings.push_back(left_out);
  if (users.empty() && count > 0)
    throw Refusal("no mask in `" + folder.string() + "` for any of " + counted(count, "image") + "; the first is `" + first + "`", "masks",
                  found.pictures.empty() ? "" : "a mask has the name of its image, but the first one is `" + found.pictures[0] + "`");
  // With a list, masks can belong to rows that the data set does not use.
  const auto unused = std::find_if(found.pictures.begin(), found.pictures.end(), [&](const auto& file) { return !users.contains(file); });
  if (!all.is_list && unused != found.pictures.end())
    all.warnings.push_back(some_of(found.pictures.size() - users.size(), found.pictures.size(), "mask") + " in `" + folder.string() + "` " +
                           (found.pictures.size() - users.size() == 1 ? "belongs" : "belong") + " to no image; the first is `" + *unused +
                           "`");
  return out;
}

/// Finds the label maps of nnU-Net's training and test images, in folders of their own. Throws Refusal if there are none of either.
FilesOf from_nnunet(SplitEntries& all) {
  if (const std::string why = why_no_labels(all); !why.empty()) throw Refusal(why, "masks");
  FilesOf out(all.entries.size());
  for (const NnunetPart& part : nnunet_parts) {
    if (!has_images(all, part)) continue;
    if (!has_labels(all, part)) {
      // Test images usually have none.
      if (part.rows == std::string("train"))
        all.warnings.push_back("`labelsTr` does not exist or is empty, so no structure is known in the images of `imagesTr`");
      continue;
    }
    const FilesOf found = from_folder(all, all.folder / part.labels, std::string(part.images) + "/");
    for (std::size_t k = 0; k < out.size(); ++k)
      if (!found[k].empty()) out[k] = found[k];
  }
  return out;
}

FilesOf files_of(SplitEntries& all, const MaskSource& source, const std::string& place) {
  if (all.has_column(place)) return from_column(all, place);
  const fs::path folder = (all.folder / place).lexically_normal();
  std::error_code ignored;
  if (all.is_of_nnunet && place == nnunet_parts[0].labels) return from_nnunet(all);
  if (fs::is_directory(folder, ignored)) return from_folder(all, folder, "");
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

void find_masks(SplitEntries& all, const std::vector<MaskSource>& sources, int unknown) {
  std::map<std::string, FilesOf> files_at;
  try {
    for (SplitEntry& entry : all.entries) entry.masks.assign(sources.size(), {});
    for (std::size_t k = 0; k < sources.size(); ++k)
      for (const std::string& place : sources[k].places) {
        // A label map has several structures.
        const auto found = files_at.find(place);
        const FilesOf& files =
            found != files_at.end() ? found->second : files_at.emplace(place, files_of(all, sources[k], place)).first->second;
        for (std::size_t image = 0; image < files.size(); ++image)
          if (!files[image].empty()) all.entries[image].masks[k].push_back(files[image]);
      }
  } catch (const fs::filesystem_error& error) {
    throw Refusal("`" + error.path1().string() + "` cannot be read: " + error.code().message(), "masks");
  }
  std::vector<std::size_t> parts_only(sources.size(), 0);
  for (SplitEntry& entry : all.entries) {
    for (const MaskSource& source : sources)
      for (const std::string& place : source.places) entry.facts.erase(place);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      if (entry.masks[k].size() == sources[k].places.size()) continue;
      if (!entry.masks[k].empty()) ++parts_only[k];
      entry.masks[k].clear();
    }
    if (std::all_of(entry.masks.begin(), entry.masks.end(), [](const auto& files) { return files.empty(); })) entry.masks.clear();
  }
  for (std::size_t k = 0; k < sources.size(); ++k)
    if (parts_only[k] > 0)
      all.warnings.push_back(some_of(parts_only[k], all.entries.size(), "image") + (parts_only[k] == 1 ? " has" : " have") +
                             " only some of the files whose union is `" + sources[k].name + "`, which is unknown there");
  all.label_maps = maps_of(all, sources, unknown);
  const std::vector<MaskFile> found = look_at_masks(all);
  for (const MaskFile& mask : found) check_view(all, mask);
  tell_stretched(all, found);
  tell_orientations(all, found);
  tell_shared_files(all);
}

}  // namespace leat
