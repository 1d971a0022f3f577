#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// What lies below a folder, links followed, by the paths below it with `/`, sorted. Hidden files, `__MACOSX`, `Thumbs.db` and
/// `desktop.ini` are no data: nothing is said of them.
struct FolderFiles {
  std::filesystem::path folder;
  std::vector<std::string> pictures;
  std::vector<std::string> others;        ///< Files that are not read.
  std::vector<std::string> bare_folders;  ///< Of the folders right below it, those without a picture.
  std::vector<std::string> mask_folders;  ///< Folders that are left out because they seem to hold masks.

  /// "6 of 20 files in `data` are not read (4 .webp, 2 .gif), the first is `a.webp`", and what else is left out; empty: nothing is.
  [[nodiscard]] std::string left_out(bool with_bare_folders) const;
  /// Behind "no picture in `data`": ", only 4 .webp".
  [[nodiscard]] std::string instead() const;
};

/// What a folder below is for.
enum class FolderUse { Pictures, LeftOut, Masks };

/// Looks at every file below a folder. `use_of` says of each folder what it is for: of one that is not for pictures nothing is read, and
/// `Masks` are named. Throws Refusal at the parameter `at` for a link that leads into a circle, and std::filesystem::filesystem_error.
[[nodiscard]] FolderFiles files_below(const std::filesystem::path& folder, std::string_view at,
                                      const std::function<FolderUse(const std::filesystem::path&)>& use_of);

/// Whether a file has one of the endings that are read.
[[nodiscard]] bool is_picture(const std::filesystem::path& file);
/// "pictures end in .bmp, .jpeg, .jpg, .png, .tif and .tiff"
[[nodiscard]] std::string picture_endings_text();
/// Whether one of a folder's words is `masks`: `masks_heart`, `Lung masks`.
[[nodiscard]] bool is_mask_folder(const std::filesystem::path& folder);

/// The letters A to Z made small.
[[nodiscard]] std::string lower(std::string text);

}  // namespace leat
