#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/split/entry.h"
#include "leat/archive.h"
#include "leat/file_marks.h"

namespace leat {

/// Hashes of an image's data in a folder or list: class, patient, group, `split` and other columns. They do not depend on the order of
/// classes, and each kind can be compared alone.
using ColumnHashes = std::array<std::int64_t, 5>;

/// A run's record of a data set: its files and the draw. A resumed run compares the files and keeps the draw.
struct SplitRecord {
  /// Uses of an image, as bits.
  enum Part : char { Validates = 1, HeldOut = 2, ClassLabelled = 4, MaskLabelled = 8, Unused = 16 };

  std::filesystem::path path;
  std::map<std::string, std::string> settings;  ///< Parameters except `path` and `shares_with`.
  std::vector<std::string> classes;
  FileMarks pictures;                 ///< By id: first in the order of the draw, then those that are not used.
  std::string parts;                  ///< For each picture, its `Part` bits.
  std::vector<ColumnHashes> columns;  ///< For each picture. Empty: the record is of an earlier version.
  std::vector<std::int64_t> joint;    ///< For each picture, in records of earlier versions: one hash of its data, group included.
  FileMarks masks;                    ///< By path below the data set's folder.

  void save(Archive& archive) const;
  /// Returns the record in an archive. Throws std::runtime_error if it has none.
  [[nodiscard]] static SplitRecord load(const Archive& archive);
};

/// Returns the hashes of an image's data. `entry` has the group of the folder or list, also if `group` is `none`.
[[nodiscard]] ColumnHashes hashes_of_columns(const SplitEntry& entry);
/// Returns the mask files of all images, and the files of their further channels.
[[nodiscard]] FileMarks masks_of(const SplitEntries& all);

/// Returns a clause on the pictures that move between training and validation from one draw to the other; empty: none. `parts` belong to
/// `all`.
[[nodiscard]] std::string moved_pictures(const SplitRecord& before, const SplitEntries& all, const std::string& parts);
/// Returns the parts in a splits/NAME.csv, without marks of the pictures. Throws std::runtime_error if the text is not such a list.
[[nodiscard]] SplitRecord parts_in_list(std::string_view csv);

/// Compares the data set of a resumed run with the run's record.
class ResumedSplit {
 public:
  ResumedSplit(SplitRecord earlier, std::filesystem::path path, const std::map<std::string, std::string>& settings);

  /// Throws Refusal at `path` if pictures differ from the record and `accepts` is false. Otherwise reduces `all` to the recorded pictures
  /// that still exist, in the order of the draw. If the settings have changed, `all` stays as it is.
  void compare_pictures(SplitEntries& all, bool accepts);
  /// Compares the masks, after `find_masks`. Throws Refusal at `masks` if they differ and `accepts` is false.
  void compare_masks(const SplitEntries& all, bool accepts);

  /// Returns true if the settings and the data set are those of the record, so that the draw is kept. Valid after `compare_pictures`.
  [[nodiscard]] bool keeps_draw() const { return keeps_draw_; }
  /// Returns true if files or columns differ from the record, and the user has accepted it.
  [[nodiscard]] bool has_changes() const { return !changes_.empty(); }
  [[nodiscard]] const std::vector<std::string>& classes() const { return earlier_.classes; }
  [[nodiscard]] const std::string& parts() const { return parts_; }      ///< For each entry, if the draw is kept.
  [[nodiscard]] const FileMarks& pictures() const { return pictures_; }  ///< Current pictures.
  [[nodiscard]] const FileMarks& masks() const { return masks_; }        ///< Current masks.
  /// Returns a sentence on accepted changes, and on pictures that a new draw moves. `parts` are the current parts of the entries. Empty:
  /// there is nothing to report.
  [[nodiscard]] std::string sentence(const SplitEntries& all, const std::string& parts) const;

 private:
  void keep_drawn(SplitEntries& all, const FileMarks& found);
  [[nodiscard]] bool is_unused(const std::string& name) const;
  /// Returns the pictures whose class, patient or other columns differ from the record, in words; empty: there are none.
  [[nodiscard]] std::string words_of_columns(const SplitEntries& all) const;
  [[nodiscard]] std::string words_of_joint_columns(const SplitEntries& all) const;  ///< For records of earlier versions.

  SplitRecord earlier_;
  std::filesystem::path path_;
  std::map<std::string, std::string> settings_;
  bool keeps_draw_ = true;
  bool has_same_pictures_ = true;  ///< False: with the changed settings the data set can have other pictures.
  bool has_same_folders_ = true;   ///< False: with the changed settings, the same folders can mean other classes and groups.
  bool is_other_set_ = false;
  std::string changes_;  ///< Changes of files and columns, in words; empty: none.
  std::string parts_;
  FileMarks pictures_;
  FileMarks masks_;
};

}  // namespace leat
