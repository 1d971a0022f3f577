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
#include "io/split/mask_trial.h"
#include "io/split/record.h"
#include "leat/component.h"
#include "leat/counts_samples.h"
#include "leat/leaves_out.h"

namespace leat {

/// A data set and the use of its images: labels for training (a budget), images for validation. Invariant: a drawn validation set has no
/// patient, and no image's bytes, of the training set. The draw depends on the run's seed and the settings only, so resources with equal
/// settings agree.
class Split final : public Resource, public LeavesOut, public CountsSamples {
 public:
  static constexpr std::string_view kind = "split";

  enum class Part { Labelled, Unlabelled, Validation, All };
  enum class Target { Classes, Masks };  ///< Kind of label. Each has its own budget.

  Param<FilePath> path{this, "path",
                       "Folder with a folder per class, folder of images, list of images (.csv, .txt, or a folder with a split.csv), or "
                       "one image file. Folders of masks are not read as images.",
                       required};
  Param<std::vector<std::string>> classes{this, "classes", "Names of the classes, in order. Empty: the classes found, sorted.",
                                          std::vector<std::string>{}};
  Param<bool> multi_label{this, "multi_label",
                          "An image can have several classes. The class column of the list then has `a;b` or `a|b`, or `none` for an image "
                          "without any of the classes.",
                          false};
  Param<std::vector<std::string>> masks{this, "masks",
                                        "Structures that have masks, each as `name=folder` or `name=column`. `name=a+b`: the union of two "
                                        "masks. `name` alone: the first of these that exists: the list's column `mask_name`, the folder "
                                        "`masks_name`, the column `mask`, the folder `masks`.",
                                        std::vector<std::string>{}};
  Param<std::vector<std::string>> left_out{
      this, "left_out",
      "Folders below `path` whose pictures are not read as images, such as masks of which this graph makes no use. They need not exist. "
      "A list decides itself which images are read. `leat predict` sets it to the folders that the `masks` of the graph name.",
      std::vector<std::string>{}};
  Param<std::string> rows{
      this, "rows",
      "Name in the list's column `split`; only the rows with this name, and those that `validation` uses, are read. Empty: all rows.", ""};
  Param<std::int64_t> class_labels{this,
                                   "class_labels",
                                   "Number of images whose class label training can use. 0: all that are not set aside for validation. "
                                   "-1: as 0; but if `mask_labels` is -1 too, the data set counts as one that is not trained on, and "
                                   "`validation: auto` sets no images aside.",
                                   -1,
                                   {-1, INT64_MAX}};
  Param<std::int64_t> mask_labels{this,
                                  "mask_labels",
                                  "Number of images whose masks training can use. 0: all that are not set aside for validation. -1: as 0; "
                                  "but if `class_labels` is -1 too, the data set counts as one that is not trained on, and `validation: "
                                  "auto` sets no images aside.",
                                  -1,
                                  {-1, INT64_MAX}};
  Choice class_share{this,
                     "class_share",
                     "How the label budget is divided among the classes. prior: in the proportions of the data set. balanced: equally. "
                     "chance: drawn without regard to class.",
                     "prior",
                     {"prior", "balanced", "chance"}};
  Param<std::string> validation{
      this, "validation",
      "Images that are set aside for validation: a number of images, a fraction below 1, the rows of a name in the list's column `split`, "
      "or `auto` or `papers`. auto: a random tenth of the images, but with `rows` the list's rows `val`, `validation`, `valid`, `validate` "
      "or "
      "`dev` if there are any; in both cases not more images than `class_labels` and `mask_labels`, if these are above 0. papers: as auto, "
      "without that limit.",
      "auto"};
  Param<std::string> patient{this, "patient",
                             "Regular expression; its first match in a file's name is the patient. If it contains `/`, it is matched with "
                             "the path instead. Empty: the list's column `patient`, else each file is its own patient.",
                             ""};
  Choice group{this,
               "group",
               "Origin of a sample's group. auto: the list's column `group`, if there is one. folder: the folder above the class folders. "
               "none: no groups.",
               "auto",
               {"auto", "folder", "none"}};
  Param<std::int64_t> seed{this, "seed", "Number that is added to the run's seed for the draw.", 0};
  SharesWith shares_with{this};

  void survey(const Opening& opening)
      override;  ///< Reads lists and headers, and the contents of files of equal size, and of files that seem to be truncated. [setup]
  void open(const Opening& opening) override;    ///< Writes splits/NAME.csv to the run's folder. [setup]
  void record(Archive& archive) const override;  ///< Reads the contents of the files, or a part of them (FileMarks). [setup]

  [[nodiscard]] const std::vector<SplitEntry>& entries() const { return all_.entries; }
  [[nodiscard]] const std::vector<std::string>& class_names() const { return class_names_; }
  [[nodiscard]] const std::vector<std::string>& mask_names() const { return mask_names_; }
  /// Returns the class names or mask names for contracts; a Dim of unknown size if there are none.
  [[nodiscard]] Dim named_classes() const;
  [[nodiscard]] Dim named_masks() const;
  /// Returns indices into `entries`, ascending. If the data set has no labels of `target`, the budget of the other target decides.
  [[nodiscard]] const std::vector<int>& part(Target target, Part part) const;
  /// Returns true if every training image is labelled, so that `Unlabelled` returns the labelled images again.
  [[nodiscard]] bool reuses_labelled(Target target) const { return drawn(target).reuses_labelled; }
  /// Returns, for each class, the number of images whose class label training can use. Empty: there is no label budget, or an image can
  /// have several classes.
  [[nodiscard]] std::vector<std::int64_t> labelled_by_class() const;
  /// Returns why the labels of a part are not for training; empty: they are.
  [[nodiscard]] std::string why_secret(Part part) const;
  [[nodiscard]] std::string why_no_classes() const;  ///< Returns why `class_names` is empty: what the list or folder has instead.
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> facts() const override;
  /// Returns a group number per image. Images of the same patient have the same number; if there is validation, images with the same bytes
  /// do too.
  [[nodiscard]] const std::vector<int>& groups() const { return groups_; }
  /// Reads the masks of these images, each at most once for this split, for some seconds at most. Returns the fault of each image whose
  /// masks cannot be used: "the mask `m.png` has the values 0, 1 and 2; …". [setup]
  [[nodiscard]] MaskTrial::Found mask_faults(const std::vector<int>& images) const;
  /// Returns warnings of masks that `mask_faults` tried: see MaskTrial.
  [[nodiscard]] std::vector<std::string> different_masks(const std::vector<int>& images) const {
    return mask_trial_.different_drawings(all_.entries, images, mask_names_);
  }
  /// Returns a sentence on images with the same bytes but different classes; empty: there are none. [setup]
  [[nodiscard]] std::string different_classes() const;
  [[nodiscard]] std::vector<std::string> left_out_folders() const override;
  [[nodiscard]] std::vector<SampleCount> sample_counts() const override;

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
  [[nodiscard]] const std::vector<int>& twins() const;  ///< As from `find_twins`, which is called once.
  [[nodiscard]] bool has_label(Target target, const SplitEntry& entry) const;
  [[nodiscard]] std::vector<std::string> row_names() const;
  void warn_of_data(const Opening& opening);  ///< Reports the warnings of `all_`, once.
  void select_rows();
  void find_classes(const Opening& opening);
  void find_patients();
  [[nodiscard]] bool is_validation_usual() const { return *validation == "auto" || *validation == "papers"; }
  [[nodiscard]] int at_most_labels(int count) const;  ///< Limits a number of validation images to the label budgets, with `auto` only.
  [[nodiscard]] int validation_count(int pool) const;
  [[nodiscard]] std::vector<int> eligible_strata() const;
  void draw_validation(const Opening& opening, RandomKey key);
  void take_validation_rows(const Opening& opening, RandomKey key);
  void draw_labelled(Target target, RandomKey key);
  void check_budget(Target target, const std::vector<int>& available) const;
  void check_classes(const Drawn& drawn) const;
  void draw(const Opening& opening);
  void disclose_draw(Target target, const Opening& opening) const;
  void take_drawn();  ///< Uses the draw that the resumed run recorded.
  void settle(Target target, std::vector<char> is_labelled);
  [[nodiscard]] std::map<std::string, std::string> settings() const;  ///< Returns the parameters that the draw depends on, except the path.
  [[nodiscard]] std::filesystem::path absolute_path() const;
  [[nodiscard]] std::string parts() const;  ///< For each entry, as in SplitRecord.
  [[nodiscard]] std::string list_of_parts() const;
  void write_list(const Opening& opening) const;
  void keep_other_list(const std::filesystem::path& file, const std::string& list, const Opening& opening) const;

  SplitEntries all_;
  std::vector<std::string> class_names_;
  std::vector<std::string> mask_names_;
  std::string validation_rows_;  ///< Name in the list's column `split`; empty: validation images are drawn.
  std::vector<int> strata_;      ///< For each image, the number of its class or set of classes; -1: not known.
  int strata_count_ = 1;
  std::vector<int> groups_;
  mutable std::optional<std::vector<int>> twins_;
  std::vector<char> is_held_out_;  ///< For each image: it, or another image of its group, is for validation.
  std::vector<int> validation_;
  std::vector<int> every_;
  Drawn classes_drawn_;
  Drawn masks_drawn_;
  std::vector<ColumnHashes> columns_;  ///< For each entry, as in SplitRecord.
  std::optional<ResumedSplit> resumed_;
  mutable MaskTrial mask_trial_;
};

}  // namespace leat
