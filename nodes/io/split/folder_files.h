#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {

/// The files below a folder, through links, as sorted relative paths with `/`. Hidden files, `__MACOSX`, `Thumbs.db` and `desktop.ini` are
/// ignored.
struct FolderFiles {
  std::filesystem::path folder;
  std::vector<std::string> pictures;
  std::vector<std::string> others;                                    ///< Files that are not read.
  std::vector<std::string> bare_folders;                              ///< Folders directly below it that contain no picture.
  std::vector<std::string> mask_folders;                              ///< Folders that are not read because they seem to hold masks.
  std::vector<std::pair<std::string, std::size_t>> left_out_folders;  ///< Folders that the parameter `left_out` names, and their pictures.

  /// Returns the files that are not read: "6 of 20 files in `data` are not read (4 .webp, 2 .gif), the first is `a.webp`", then folders.
  /// Empty: everything is read.
  [[nodiscard]] std::string left_out(bool with_bare_folders) const;
  /// Returns the text that follows "no picture in `data`", such as ", only 4 .webp".
  [[nodiscard]] std::string instead() const;
  /// Returns what helps to read the other files, after `picture_endings_text`; empty: nothing is known.
  [[nodiscard]] std::string hint() const;
};

/// Use of a folder.
enum class FolderUse {
  Pictures,
  Unsaid,   ///< Not searched. The data set uses it in another way.
  LeftOut,  ///< Not searched, and counted in `left_out_folders`.
  Masks,    ///< Not searched, and listed in `mask_folders`.
};

/// Finds every file below a folder. `use_of` returns the use of each folder below it. Throws Refusal at the parameter `at` for a cycle of
/// links, and std::filesystem::filesystem_error.
[[nodiscard]] FolderFiles files_below(const std::filesystem::path& folder, std::string_view at,
                                      const std::function<FolderUse(const std::filesystem::path&)>& use_of);

/// Returns true if a path is that of a folder, or below it. Compares names only.
[[nodiscard]] bool is_within(const std::filesystem::path& inner, const std::filesystem::path& outer);
/// Returns true if a file has an ending that is read, or begins like a file of a plugin's format.
[[nodiscard]] bool is_picture(const std::filesystem::path& file);
/// Returns true if a file has an ending that is read. Opens no file.
[[nodiscard]] bool has_picture_ending(const std::filesystem::path& file);
/// Returns "pictures end in .bmp, .jpeg, .jpg, .png, .tif or .tiff".
[[nodiscard]] std::string picture_endings_text();
/// Throws Refusal at `path` if the file is a volume, by its ending: NIfTI, MetaImage or NRRD.
void refuse_volume(const std::filesystem::path& file);
/// Returns true if a file is one of Excel or LibreOffice Calc, by its ending.
[[nodiscard]] bool is_spreadsheet(const std::filesystem::path& file);
/// Returns true if one of the words in a folder's name is `masks`, such as `masks_heart` or `Lung masks`.
[[nodiscard]] bool is_mask_folder(const std::filesystem::path& folder);

/// Returns the text with the letters A to Z in lower case.
[[nodiscard]] std::string lower(std::string text);

}  // namespace leat
