#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/split/draw.h"
#include "io/split/entry.h"
#include "io/split/record.h"
#include "leat/component.h"

namespace leat {

/// A data set and how its images are used: which have a label that may be used (a budget), which validate. Validation never has an image
/// of a patient, or the bytes of an image, that training has. Drawn from the run's seed alone: resources with equal settings agree.
class Split final : public Resource {
 public:
  static constexpr std::string_view kind = "split";

  enum class Part { Labelled, Unlabelled, Validation, All };
  enum class Target { Classes, Masks };  ///< Whose labels: each has a budget of its own.

  Param<FilePath> path{this, "path",
                       "A folder of class folders, a folder of pictures, a list (.csv, .txt, or a folder with a split.csv), or one "
                       "picture. Folders of masks "
                       "are none of images.",
                       required};
  Param<std::vector<std::string>> classes{this, "classes", "The classes in their order; empty: those found, sorted.",
                                          std::vector<std::string>{}};
  Param<bool> multi_label{this, "multi_label",
                          "A list's class column has any number of classes, `a;b` or `a|b`; `none` says that it is none.", false};
  Param<std::vector<std::string>> masks{
      this, "masks",
      "The masks' structures, `name=folder` or `name=column`; `name` alone is the list's column `mask`, else the folder `masks`.",
      std::vector<std::string>{}};
  Param<std::string> rows{this, "rows", "Which rows of a list's `split` column are the data set; empty: all.", ""};
  Param<std::int64_t> class_labels{this,
                                   "class_labels",
                                   "Images whose class training may use; 0: all; -1: all, and `validation: auto` takes none.",
                                   -1,
                                   {-1, INT64_MAX}};
  Param<std::int64_t> mask_labels{
      this, "mask_labels", "Images whose masks training may use; 0: all; -1: all, and `validation: auto` takes none.", -1, {-1, INT64_MAX}};
  Choice class_share{this,
                     "class_share",
                     "The budget's classes: as frequent as in the data, equally many, or as it chances.",
                     "prior",
                     {"prior", "balanced", "chance"}};
  Param<std::string> validation{
      this, "validation",
      "Images taken out of training: a number, a share below 1, a name in the list's `split` column, or auto: as many as the budget has "
      "labels, of its rows `val`, else at most a tenth; papers: all of these rows, else a tenth.",
      "auto"};
  Param<std::string> patient{
      this, "patient",
      "A regular expression; its first match in a file's name (in the path where it has a `/`) is the patient; empty: the "
      "list's column `patient`, else each file is one.",
      ""};
  Choice group{this,
               "group",
               "A sample's group: the list's column `group` if any, the folder above the classes', or none.",
               "auto",
               {"auto", "folder", "none"}};
  Param<std::int64_t> seed{this, "seed", "Added to the run's seed for the draw.", 0};
  SharesWith shares_with{this};

  void survey(const Opening& opening) override;  ///< Reads lists and headers, and the bytes of files of equal size.
  void open(const Opening& opening) override;    ///< Writes splits/NAME.csv into the run's folder.
  void record(Archive& archive) const override;  ///< Reads contents, or a part of them (FileMarks).

  [[nodiscard]] const std::vector<SplitEntry>& entries() const { return all_.entries; }
  [[nodiscard]] const std::vector<std::string>& class_names() const { return class_names_; }
  [[nodiscard]] const std::vector<std::string>& mask_names() const { return mask_names_; }
  /// The same for contracts; of unknown size where nothing has a class, or a mask.
  [[nodiscard]] Dim named_classes() const;
  [[nodiscard]] Dim named_masks() const;
  /// Indices into `entries`, ascending. Where there is nothing to label in the target it goes by the other one.
  [[nodiscard]] const std::vector<int>& part(Target target, Part part) const;
  /// Every image outside of validation is labelled, so that `Unlabelled` gives the labelled ones again.
  [[nodiscard]] bool reuses_labelled(Target target) const { return drawn(target).reuses_labelled; }
  /// By class the images whose label training may use; empty: no budget says so, or an image has several classes.
  [[nodiscard]] std::vector<std::int64_t> labelled_by_class() const;
  /// Why the labels of a part may not be used; empty: they may.
  [[nodiscard]] std::string why_secret(Part part) const;
  [[nodiscard]] std::string why_no_classes() const;  ///< Where `class_names` is empty: what the list or folder has instead.
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> facts() const override;
  /// Images that hang together by patient (or bytes, where validation is drawn) have the same number.
  [[nodiscard]] const std::vector<int>& groups() const { return groups_; }

 private:
  struct Drawn {
    std::vector<char> is_labelled;
    std::vector<int> labelled;
    std::vector<int> unlabelled;
    bool reuses_labelled = false;
  };

  [[nodiscard]] const Drawn& drawn(Target target) const;
  [[nodiscard]] bool is_trained_on() const { return *class_labels >= 0 || *mask_labels >= 0; }
  [[nodiscard]] std::int64_t budget(Target target) const { return target == Target::Classes ? *class_labels : *mask_labels; }
  [[nodiscard]] bool has_label(Target target, const SplitEntry& entry) const;
  [[nodiscard]] std::vector<std::string> row_names() const;
  void warn_of_data(const Opening& opening);  ///< Tells what `all_` has to tell, once.
  void select_rows();
  void find_classes(const Opening& opening);
  void find_patients(const Opening& opening);
  [[nodiscard]] bool is_validation_usual() const { return *validation == "auto" || *validation == "papers"; }
  [[nodiscard]] int at_most_labels(int count) const;  ///< With `auto` no more images validate than are labelled.
  [[nodiscard]] int validation_count(int pool) const;
  [[nodiscard]] std::vector<int> eligible_strata() const;
  void draw_validation(const Opening& opening, RandomKey key);
  void take_validation_rows(const Opening& opening, RandomKey key);
  void draw_labelled(Target target, RandomKey key);
  void check_budget(Target target, const std::vector<int>& available) const;
  void check_classes(const Drawn& drawn) const;
  void draw(const Opening& opening);
  void disclose_draw(Target target, const Opening& opening) const;
  void take_drawn();  ///< What the run that goes on drew.
  void settle(Target target, std::vector<char> is_labelled);
  [[nodiscard]] std::map<std::string, std::string> settings() const;  ///< What the draw depends on, but the path.
  [[nodiscard]] std::filesystem::path absolute_path() const;
  [[nodiscard]] std::string parts() const;  ///< Of each entry, as SplitRecord has them.
  [[nodiscard]] std::string list_of_parts() const;
  void write_list(const Opening& opening) const;
  void keep_other_list(const std::filesystem::path& file, const std::string& list, const Opening& opening) const;

  SplitEntries all_;
  std::vector<std::string> class_names_;
  std::vector<std::string> mask_names_;
  std::string validation_rows_;  ///< The name in the `split` column; empty: drawn.
  std::vector<int> strata_;      ///< Of each image its class, or its set of classes; -1: not known.
  int strata_count_ = 1;
  std::vector<int> groups_;
  std::vector<char> is_held_out_;  ///< It validates, or another of its group does.
  std::vector<int> validation_;
  std::vector<int> every_;
  Drawn classes_drawn_;
  Drawn masks_drawn_;
  std::vector<std::int64_t> columns_;  ///< Of each entry, as SplitRecord has them.
  std::optional<ResumedSplit> resumed_;
};

}  // namespace leat
