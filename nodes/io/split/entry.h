#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "image/picture_header.h"
#include "leat/label.h"

namespace leat {

/// One image of a data set, as its folder or list describes it.
struct SplitEntry {
  std::string id;  ///< Path below the data set's folder, with `/`. Invariant: unique, and never leads out of a folder.
  std::filesystem::path file;
  std::vector<std::filesystem::path> channels;  ///< Files of the second and further channels of the image; empty: `file` has all.
  std::string class_name;                       ///< Name in the folder or list; empty: not known.
  Label label;
  std::vector<std::vector<std::filesystem::path>> masks;  ///< For each structure, the files whose union is its mask; empty: not known.
  std::string group;
  std::string patient;          ///< Equal for images of the same patient. From the list; `name_patients` sets it for all images.
  bool states_patient = false;  ///< The patient comes from the data or from the parameter `patient`.
  std::string whose;            ///< Patient of the first image of its group.
  std::string rows;             ///< Field of the list's column `split`.
  std::map<std::string, std::string> facts;  ///< Fields of the list's other columns, except columns of masks.
  int line = 0;                              ///< Line in the list; 0 for a folder.
  std::int64_t bytes = 0;
  PictureSize size;     ///< Upright. Zero if the header cannot be read.
  int orientation = 1;  ///< As in PictureHeader.
  int bits = 0;         ///< As in PictureHeader.
  int planes = 0;       ///< As `channels` in PictureHeader, or the number of files of the image. 0: not known.

  [[nodiscard]] PictureHeader header() const { return {size, orientation}; }
};

/// The images of a data set, before the draw.
struct SplitEntries {
  std::filesystem::path folder;
  bool is_list = false;
  std::vector<std::string> columns;   ///< Columns of the list.
  std::vector<SplitEntry> entries;    ///< From a folder: sorted by id. From a list: in its order.
  std::vector<std::string> warnings;  ///< One sentence per warning, on files that are not read and on guesses.

  [[nodiscard]] bool has_column(std::string_view name) const;
  /// Returns "line 7 of `split.csv`", or the id of the entry for a folder.
  [[nodiscard]] std::string place_of(const SplitEntry& entry) const;
  std::string list_name;
};

/// Meaning of the folders below a data set's folder.
enum class FolderLayout {
  Classes,  ///< CLASS/…/file, or files only. A file next to class folders has no class. A single folder is not a class if
            ///< it is called `images` or is next to files, unless `classes` names it.
  Groups,   ///< GROUP/CLASS/…/file or GROUP/file.
};

/// Names that decide which folders below a data set's folder have images.
struct FolderNames {
  std::vector<std::string> masks;     ///< Folders of masks in the parameter `masks`, relative to the data set's folder.
  std::vector<std::string> left_out;  ///< The parameter `left_out`, relative to the data set's folder.
  /// The parameter `classes`. Folders with these names have images although they are called masks. `masks` and `left_out` come first.
  std::vector<std::string> classes;
};

/// Finds the images of a folder, a list (.csv with a header, .txt with one file per line, or a folder with a `split.csv`) or a single
/// picture. Opens no picture. Throws Refusal at `path`.
[[nodiscard]] SplitEntries find_entries(const std::filesystem::path& path, FolderLayout layout, const FolderNames& names);

/// Returns the path that a list's field names: without white space around it, unless a file is called as the field is written.
[[nodiscard]] std::string path_in(const std::string& field, const std::filesystem::path& folder);

/// Adds a warning if some pictures of a folder have no class but others have one.
void tell_without_class(SplitEntries& all);

/// Returns "3 of 247 images" or "1 of 1 image".
[[nodiscard]] std::string some_of(std::size_t some, std::size_t all, const std::string& what);

}  // namespace leat
