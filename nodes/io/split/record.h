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

/// What a run records of a data set: its files, and what was drawn from them. A run that goes on compares them, and draws nothing again.
struct SplitRecord {
  /// What an image is for, as bits.
  enum Part : char { Validates = 1, HeldOut = 2, ClassLabelled = 4, MaskLabelled = 8, Unused = 16 };

  std::filesystem::path path;
  std::map<std::string, std::string> settings;  ///< The parameters but `path`.
  std::vector<std::string> classes;
  FileMarks pictures;                 ///< By id, in the order of the draw; then those that are used for nothing.
  std::string parts;                  ///< Of each picture.
  std::vector<std::int64_t> columns;  ///< Of each picture a hash of what the folder or the list says of it.
  FileMarks masks;                    ///< By their paths below the data set's folder.

  void save(Archive& archive) const;
  /// Throws std::runtime_error where the archive is no such record.
  [[nodiscard]] static SplitRecord load(const Archive& archive);
};

/// A hash of what a folder or a list says of an image: class, group, patient, `split` and other columns.
[[nodiscard]] std::int64_t hash_of_columns(const SplitEntry& entry);
/// The masks' files of all images.
[[nodiscard]] FileMarks masks_of(const SplitEntries& all);

/// Which pictures change sides between two draws, in a clause; empty: none. `parts` are those of `all`.
[[nodiscard]] std::string moved_pictures(const SplitRecord& before, const SplitEntries& all, const std::string& parts);
/// The parts in a splits/NAME.csv, whose pictures are not looked at. Throws std::runtime_error where it is no such list.
[[nodiscard]] SplitRecord parts_in_list(std::string_view csv);

/// A data set as it is found, beside what a run that goes on recorded of it.
class ResumedSplit {
 public:
  ResumedSplit(SplitRecord earlier, std::filesystem::path path, const std::map<std::string, std::string>& settings);

  /// Throws Refusal at `path` where pictures are not those recorded and that is not accepted. Then `all` has the pictures that were drawn
  /// from and are still there, in the order of the draw. Where the settings are others, `all` stays as it is.
  void compare_pictures(SplitEntries& all, bool accepts);
  /// The same of masks, once they are found. Throws Refusal at `masks`.
  void compare_masks(const SplitEntries& all, bool accepts);

  /// The graph draws as it did, from this data set: what was drawn stays. Known after `compare_pictures`.
  [[nodiscard]] bool keeps_draw() const { return keeps_draw_; }
  [[nodiscard]] const std::vector<std::string>& classes() const { return earlier_.classes; }
  [[nodiscard]] const std::string& parts() const { return parts_; }      ///< Of each entry, where the draw is kept.
  [[nodiscard]] const FileMarks& pictures() const { return pictures_; }  ///< As they are now.
  [[nodiscard]] const FileMarks& masks() const { return masks_; }        ///< So too.
  /// What has to be told of what is accepted, and of what another draw moves; `parts` are those of the entries now. Empty: nothing.
  [[nodiscard]] std::string sentence(const SplitEntries& all, const std::string& parts) const;

 private:
  void keep_drawn(SplitEntries& all, const FileMarks& found);

  SplitRecord earlier_;
  std::filesystem::path path_;
  bool keeps_draw_ = true;
  bool is_other_set_ = false;
  std::string changes_;  ///< In words; empty: none.
  std::string parts_;
  FileMarks pictures_;
  FileMarks masks_;
};

}  // namespace leat
