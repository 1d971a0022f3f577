#pragma once

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

/// A run's record of a data set: its files and the draw. A resumed run compares the files and keeps the draw.
struct SplitRecord {
  /// Uses of an image, as bits.
  enum Part : char { Validates = 1, HeldOut = 2, ClassLabelled = 4, MaskLabelled = 8, Unused = 16 };

  std::filesystem::path path;
  std::map<std::string, std::string> settings;  ///< Parameters except `path` and `shares_with`.
  std::vector<std::string> classes;
  FileMarks pictures;                 ///< By id: first in the order of the draw, then those that are not used.
  std::string parts;                  ///< For each picture, its `Part` bits.
  std::vector<std::int64_t> columns;  ///< For each picture, a hash of its data in the folder or list.
  FileMarks masks;                    ///< By path below the data set's folder.

  void save(Archive& archive) const;
  /// Returns the record in an archive. Throws std::runtime_error if it has none.
  [[nodiscard]] static SplitRecord load(const Archive& archive);
};

/// Returns a hash of an image's data in a folder or list: class, group, patient, `split` and other columns.
[[nodiscard]] std::int64_t hash_of_columns(const SplitEntry& entry);
/// Returns the mask files of all images.
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
  [[nodiscard]] const std::vector<std::string>& classes() const { return earlier_.classes; }
  [[nodiscard]] const std::string& parts() const { return parts_; }      ///< For each entry, if the draw is kept.
  [[nodiscard]] const FileMarks& pictures() const { return pictures_; }  ///< Current pictures.
  [[nodiscard]] const FileMarks& masks() const { return masks_; }        ///< Current masks.
  /// Returns a sentence on accepted changes, and on pictures that a new draw moves. `parts` are the current parts of the entries. Empty:
  /// there is nothing to report.
  [[nodiscard]] std::string sentence(const SplitEntries& all, const std::string& parts) const;

 private:
  void keep_drawn(SplitEntries& all, const FileMarks& found);

  SplitRecord earlier_;
  std::filesystem::path path_;
  bool keeps_draw_ = true;
  bool has_same_pictures_ = true;  ///< False: with the changed settings the data set can have other pictures.
  bool has_same_columns_ = true;   ///< False: with the changed settings pictures can have other columns.
  bool is_other_set_ = false;
  std::string changes_;  ///< Changes of files and columns, in words; empty: none.
  std::string parts_;
  FileMarks pictures_;
  FileMarks masks_;
};

}  // namespace leat
