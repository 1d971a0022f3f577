#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "io/picture_size.h"
#include "leat/label.h"

namespace leat {

/// One image of a data set, as its folder or list describes it.
struct SplitEntry {
  std::string id;  ///< Its path below the data set's folder, with `/`; unique, never leads out of a folder.
  std::filesystem::path file;
  std::string class_name;  ///< As the folder or the list has it; empty: not known.
  Label label;
  std::vector<std::vector<std::filesystem::path>> masks;  ///< For each structure the files whose union is its mask; empty: not known.
  std::string group;
  std::string patient;                       ///< Images of one patient have the same; empty: as long as nobody has looked.
  bool states_patient = false;               ///< The data, or the graph's `patient`, say whose picture it is.
  std::string whose;                         ///< The patient of the first of the images that hang together with it.
  std::string rows;                          ///< The list's `split` column.
  std::map<std::string, std::string> facts;  ///< The list's other columns, but those that masks are read from.
  int line = 0;                              ///< In the list; 0 for a folder.
  std::int64_t bytes = 0;
  PictureSize size;  ///< Zero where the header cannot be read.
};

/// A data set's images before anything is drawn from it.
struct SplitEntries {
  std::filesystem::path folder;
  bool is_list = false;
  std::vector<std::string> columns;   ///< The list's.
  std::vector<SplitEntry> entries;    ///< A folder's sorted by id, a list's in its order.
  std::vector<std::string> warnings;  ///< What is left out, and what is guessed; a sentence each.

  [[nodiscard]] bool has_column(std::string_view name) const;
  /// "line 7 of `split.csv`", or the file's name for a folder.
  [[nodiscard]] std::string place_of(const SplitEntry& entry) const;
  std::string list_name;
};

/// How the folders below a data set's folder are read.
enum class FolderLayout {
  Classes,  ///< CLASS/…/file, or files only. A file beside class folders has no class, and is told of; `images` alone is no class, nor is
            ///< one folder beside files, unless it is named as one.
  Groups,   ///< GROUP/CLASS/…/file or GROUP/file.
};

/// Which folders below a data set's folder are for something else than images, or are not though they seem to.
struct FolderNames {
  std::vector<std::string> masks;    ///< As the parameter `masks` has them, from the data set's folder.
  std::vector<std::string> classes;  ///< As the parameter `classes` has them.
};

/// Looks at a folder, a list (.csv with a header, .txt with a file a line; a folder with a `split.csv` is that list) or a single
/// picture; opens no picture. Throws Refusal at `path`.
[[nodiscard]] SplitEntries find_entries(const std::filesystem::path& path, FolderLayout layout, const FolderNames& names);

/// "3 of 247 images" and the like: what is wrong with some of many, and the first of them.
[[nodiscard]] std::string some_of(std::size_t some, std::size_t all, const std::string& what);

}  // namespace leat
