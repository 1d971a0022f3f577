#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "image/picture_header.h"
#include "io/label_map.h"
#include "io/split/folder_files.h"
#include "leat/label.h"

namespace leat {

/// One image of a data set, as its folder or list describes it.
struct SplitEntry {
  std::string id;  ///< Path below the data set's folder, with `/`. Invariant: unique, and never leads out of a folder.
  std::filesystem::path file;
  std::vector<std::filesystem::path> channels;  ///< Files of the second and further channels of the image; empty: `file` has all.
  std::string class_name;                       ///< Name in the folder or list; empty: not known.
  Label label;
  /// For each structure, the files whose union is its mask; empty: the structure is not known. Empty: no structure is known.
  std::vector<std::vector<std::filesystem::path>> masks;
  std::string mask_name;  ///< Name of the image's masks in a folder, without ending; empty: the image's own.
  std::string group;
  std::string patient;              ///< Equal for images of the same patient. From the list; `name_patients` sets it for all images.
  std::string header_patient;       ///< From the header of a plugin's format. A list can call the same patient otherwise.
  bool states_patient = false;      ///< The patient comes from the data or from the parameter `patient`.
  std::string whose;                ///< Patient of the first image of its group.
  std::string rows;                 ///< Field of the list's column `split`.
  std::string fold;                 ///< Of the list's column `fold`, or of nnU-Net's `splits_final.json`; empty: none.
  std::set<std::string> unused_in;  ///< Folds of `splits_final.json` that neither train nor validate on the image.
  std::map<std::string, std::string> facts;  ///< Fields of the list's other columns, except columns of masks.
  int line = 0;                              ///< Line in the list; 0 for a folder.
  std::int64_t bytes = 0;
  PictureSize size;           ///< Upright. Zero if the header cannot be read.
  int orientation = 1;        ///< As in PictureHeader.
  int bits = 0;               ///< As in PictureHeader.
  int planes = 0;             ///< As `channels` in PictureHeader, or the number of files of the image. 0: not known.
  bool is_of_plugin = false;  ///< The file is of a PictureFormat, whose `depth: 8` shows the image as a viewer does.

  [[nodiscard]] PictureHeader header() const { return {size, orientation}; }
  [[nodiscard]] bool knows_mask(std::size_t structure) const { return structure < masks.size() && !masks[structure].empty(); }
};

/// A structure that a data set names: some numbers of its label maps.
struct LabelName {
  std::string name;
  std::string place;  ///< Folder of the label maps.
  std::vector<int> numbers;
};

/// The images of a data set, before the draw.
struct SplitEntries {
  std::filesystem::path folder;  ///< Start of the places of masks.
  std::filesystem::path images;  ///< Start of the ids; `folder`, unless a list's images are elsewhere.
  bool is_list = false;
  bool is_of_nnunet = false;
  std::vector<std::string> columns;       ///< Columns of the list.
  std::set<std::string> used_columns;     ///< Those with a meaning, and those that parameters name.
  std::vector<std::string> unlisted;      ///< Pictures in the folders of the list's images that no row names, and that are not read.
  std::vector<std::string> bare_folders;  ///< Folders without a picture beside those of classes.
  std::vector<SplitEntry> entries;        ///< From a folder: sorted by id. From a list: in its order.
  std::vector<std::string> warnings;      ///< One sentence per warning, on files that are not read and on guesses.
  std::vector<std::string> taken;         ///< What was recognised, as phrases for the summary: "`Diagnose` is the class".
  std::vector<LabelName> label_names;     ///< Structures that the data set names itself, such as those of nnU-Net's `dataset.json`.
  int ignored_number = -1;                ///< Number of unknown pixels that the data set states; -1: none.
  LabelMaps label_maps;                   ///< For each structure, the use of the files in `SplitEntry::masks`.

  [[nodiscard]] bool has_column(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> unused_columns() const;
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

/// Parameters of a graph on the use of a list.
struct ListSettings {
  std::vector<std::string> columns;  ///< As in the parameter `columns`.
  std::filesystem::path images;      ///< Folder of the images that the list names; empty: the list's folder.
  bool reads_unlisted = false;       ///< Pictures of that folder that the list does not name are images of which nothing is known.
  bool has_findings = false;         ///< An image can have several classes, so rows of one image are joined.
};

/// Finds the images of a folder, a list (.csv or .tsv with a header, .txt with one file per line, .json, or a folder with a `split.csv` or
/// a `dataset.json`) or a single picture. `channel_files`: as the parameter. Opens no picture. Throws Refusal at `path`, `channel_files` or
/// a parameter of the list.
[[nodiscard]] SplitEntries find_entries(const std::filesystem::path& path, FolderLayout layout, const FolderNames& names,
                                        const ListSettings& settings, int channel_files);

/// Returns the files of a data set's folder. Folders named in the parameters `masks` and `left_out` have no images. Folders that are called
/// masks have none either, nor have label maps beside a folder `images`, unless `classes` names them.
[[nodiscard]] FolderFiles look_into(const std::filesystem::path& folder, const FolderNames& names);

/// Returns the path that a list's field names: without white space around it, unless a file is called as the field is written.
[[nodiscard]] std::string path_in(const std::string& field, const std::filesystem::path& folder);

/// Adds a warning if some pictures of a folder have no class but others have one.
void tell_without_class(SplitEntries& all);

/// Returns "3 of 247 images" or "1 of 1 image".
[[nodiscard]] std::string some_of(std::size_t some, std::size_t all, const std::string& what);

}  // namespace leat
