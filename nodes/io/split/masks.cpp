#include "io/split/masks.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "io/mask_picture.h"
#include "leat/diagnostics.h"

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

/// The files of a folder by their path without ending.
std::map<std::string, fs::path> files_by_stem(const fs::path& folder) {
  std::map<std::string, fs::path> out;
  const std::size_t prefix = (folder / "").string().size();
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink)) {
    if (!entry.is_regular_file()) continue;
    const std::string below = fs::path(entry.path()).replace_extension().generic_string().substr(prefix);
    const auto [at, is_new] = out.emplace(below, entry.path());
    if (!is_new && entry.path() < at->second) at->second = entry.path();
  }
  return out;
}

/// The file for an image: the same path, else without the folders at its head, one after another.
const fs::path* find_by_stem(const std::map<std::string, fs::path>& files, const std::string& id) {
  std::string stem = fs::path(id).replace_extension().generic_string();
  for (;;) {
    if (const auto found = files.find(stem); found != files.end()) return &found->second;
    const std::size_t slash = stem.find('/');
    if (slash == std::string::npos) return nullptr;
    stem.erase(0, slash + 1);
  }
}

using FilesOf = std::vector<fs::path>;  ///< One an entry; empty: not known.

FilesOf from_column(const SplitEntries& all, const std::string& column) {
  FilesOf out;
  for (const SplitEntry& entry : all.entries) {
    const auto field = entry.facts.find(column);
    out.push_back(field == entry.facts.end() ? fs::path() : (all.folder / field->second).lexically_normal());
  }
  return out;
}

FilesOf from_folder(const SplitEntries& all, const fs::path& folder) {
  const auto files = files_by_stem(folder);
  FilesOf out;
  std::size_t missing = 0;
  const SplitEntry* first = nullptr;
  for (const SplitEntry& entry : all.entries) {
    const fs::path* file = find_by_stem(files, entry.id);
    out.push_back(file ? *file : fs::path());
    if (file) continue;
    ++missing;
    if (!first) first = &entry;
  }
  if (first)
    throw Refusal(
        "no mask in `" + folder.string() + "` for " + some_of(missing, all.entries.size(), "image") + "; the first is `" + first->id + "`",
        "masks");
  return out;
}

FilesOf files_of(const SplitEntries& all, const MaskSource& source, const std::string& place) {
  if (all.has_column(place)) return from_column(all, place);
  const fs::path folder = (all.folder / place).lexically_normal();
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) return from_folder(all, folder);
  throw Refusal("`" + source.name + "=" + place +
                    "`: " + (all.is_list ? "`" + all.list_name + "` has no column `" + place + "` and " : "") + "there is no folder `" +
                    folder.string() + "`",
                "masks");
}

/// All structures of an image are known, or none.
void check_complete(const SplitEntries& all, const SplitEntry& entry, const std::vector<MaskSource>& sources) {
  const auto is_known = [](const std::vector<fs::path>& files) { return !files.empty(); };
  const auto known = std::find_if(entry.masks.begin(), entry.masks.end(), is_known);
  const auto unknown = std::find_if_not(entry.masks.begin(), entry.masks.end(), is_known);
  if (known == entry.masks.end() || unknown == entry.masks.end()) return;
  const auto name = [&](auto at) { return "`" + sources[static_cast<std::size_t>(at - entry.masks.begin())].name + "`"; };
  throw Refusal("`" + entry.id + "` has a mask of " + name(known) + " but none of " + name(unknown) + " (" + all.place_of(entry) + ")",
                "masks");
}

void check_files(const SplitEntries& all, const SplitEntry& entry) {
  for (const auto& files : entry.masks)
    for (const fs::path& file : files) {
      std::error_code ignored;
      if (!fs::exists(file, ignored))
        throw Refusal("the mask `" + file.string() + "` of `" + entry.id + "` does not exist (" + all.place_of(entry) + ")", "masks");
      const auto size = picture_size(file);
      if (!size || entry.size.pixels() == 0 || is_same_view(entry.size, *size)) continue;
      const auto words = [](PictureSize of) { return std::to_string(of.width) + " x " + std::to_string(of.height); };
      throw Refusal("the mask `" + file.string() + "` is " + words(*size) + ", its image `" + entry.id + "` is " + words(entry.size),
                    "masks", "a mask has its image's aspect");
    }
}

}  // namespace

std::vector<MaskSource> read_mask_sources(const std::vector<std::string>& texts, const SplitEntries& all) {
  std::vector<MaskSource> out;
  std::set<std::string> names;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    MaskSource source;
    source.name = text.substr(0, equals);
    source.places = equals == std::string::npos ? std::vector<std::string>{all.has_column("mask") ? "mask" : "masks"}
                                                : split_text(text.substr(equals + 1), '+');
    const bool is_written_well =
        !source.name.empty() && source.name.find('/') == std::string::npos &&
        std::none_of(source.places.begin(), source.places.end(), [](const std::string& place) { return place.empty(); });
    if (!is_written_well)
      throw Refusal("`" + text + "` names no mask", "masks", "`lungs=masks`: a name, and a folder or a column of the list");
    if (!names.insert(source.name).second) throw Refusal("two masks are called `" + source.name + "`", "masks");
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
    check_files(all, entry);
  }
}

}  // namespace leat
