#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "io/split/draw.h"
#include "io/split/entry.h"
#include "io/split/mask_trial.h"
#include "io/split/record.h"
#include "leat/component.h"
#include "leat/counts_samples.h"
#include "leat/data_summary.h"
#include "leat/guesses_data.h"
#include "leat/leaves_out.h"

namespace leat {

/// A data set and the use of its images: labels for training (a budget), images for validation. Invariant: a drawn validation set has no
/// patient, and no image's bytes, of the training set. The draw depends on the run's seed and the settings only, so resources with equal
/// settings agree.
class Split final : public Resource, public LeavesOut, public CountsSamples, public SummarizesData, public GuessesData {
 public:
  static constexpr std::string_view kind = "split";

  enum class Part { Labelled, Unlabelled, Validation, All };
  enum class Target { Classes, Masks };  ///< Kind of label. Each has its own budget.

  Param<FilePath> path{
      this, "path",
      "Folder with a folder per class, folder of images, list of images (.csv, .tsv, .txt, a datalist of MONAI (.json), or "
      "a folder with a split.csv), data set of nnU-Net (a folder with a dataset.json), or one image file. Folders of masks "
      "are not read as images. Pictures of the folder `unlabelled` beside class folders have no class.",
      required};
  Param<std::vector<std::string>> column_roles{
      this, "columns",
      "Meanings of the list's columns, each as `meaning=column`, for columns whose names do not show it. The meanings are image, class, "
      "patient, group, split, fold and mask. `meaning=` alone: no column has it.",
      std::vector<std::string>{}};
  Param<FilePath> image_folder{this, "images", "Folder of the images that the list names. Empty: the list's folder.", FilePath{}};
  Choice unlisted{
      this,
      "unlisted",
      "Use of the pictures of that folder that the list does not name. leave_out: not read; read: images without a class, which "
      "can be trained on without labels, and can have masks.",
      "leave_out",
      {"leave_out", "read"}};
  Param<int> channel_files{this,
                           "channel_files",
                           "Number of files of a folder that are one image. 1: each file is an image, except in a data set of nnU-Net, "
                           "whose `dataset.json` says it. N: `NAME_0000`, `NAME_0001` and so on are the N channels of an image, as nnU-Net "
                           "names them.",
                           1,
                           {1, 1000}};
  Param<std::vector<std::string>> classes{this, "classes", "Names of the classes, in order. Empty: the classes found, sorted.",
                                          std::vector<std::string>{}};
  Param<bool> multi_label{this, "multi_label",
                          "An image can have several classes, such as findings. The class column of the list then has `a;b` or `a|b`, or "
                          "`none` or `No Finding` for an image without any of them; if it is empty, all are unknown. Or the list has a "
                          "column per finding: 1, 0, and -1 or nothing if it is unknown. Rows of one image are joined.",
                          false};
  Param<std::vector<std::string>> masks{this, "masks",
                                        "Structures that have masks, each as `name=folder` or `name=column`. `name=a+b`: the union of two "
                                        "masks. `name=labels:1`, `name=labels:1+2`: numbers of a label map, which has a number per pixel "
                                        "(of a palette, its entry); 0 is outside. `name` alone: the first of these that exists: the list's "
                                        "column `mask_name`, the folder `masks_name`, the column `mask`, the folder `masks`, the folder "
                                        "`labels`. `name=` alone: no image has a mask of it. A structure is unknown in an image without a "
                                        "file or with an empty field: it trains "
                                        "nothing there, and is not evaluated.",
                                        std::vector<std::string>{}};
  Param<int> void_number{this,
                         "void",
                         "Number of unknown pixels in label maps, such as 255. They are left out of losses and metrics. -1: none.",
                         -1,
                         {-1, 65535}};
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
  Param<std::int64_t> mask_labels{
      this,
      "mask_labels",
      "Number of images whose masks training can use; they have at least one. 0: all that are not set aside for "
      "validation. -1: as 0; "
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
      "without that limit. If some images have labels of one kind only, a number or fraction holds for the classes and for each structure.",
      "auto"};
  Param<int> folds{this,
                   "folds",
                   "Number of folds for cross-validation, which `fold` chooses from. 0: none, or those that the data state.",
                   0,
                   {0, 1000}};
  Param<int> fold{this,
                  "fold",
                  "The fold whose images are set aside for validation, from 0, in place of `validation`. With `folds: 0`, the fold of this "
                  "number in the list's column `fold`, or in nnU-Net's `splits_final.json` in the data set's folder. -1: no folds.",
                  -1,
                  {-1, 1000}};
  Param<std::int64_t> fold_seed{this, "fold_seed",
                                "Number that decides which images are in which fold. The run's seed does not, so that the folds of runs "
                                "with different seeds do not overlap.",
                                0};
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

  [[nodiscard]] const SplitEntries& all() const { return all_; }  ///< What the folder or list has, and how it was read.
  [[nodiscard]] const std::vector<SplitEntry>& entries() const { return all_.entries; }
  [[nodiscard]] const std::vector<std::string>& class_names() const { return class_names_; }
  [[nodiscard]] const std::vector<std::string>& mask_names() const { return mask_names_; }
  /// Returns the class names or mask names for contracts; a Dim of unknown size if there are none.
  [[nodiscard]] Dim named_classes() const;
  [[nodiscard]] Dim named_masks() const;
  [[nodiscard]] const LabelMaps& label_maps() const { return all_.label_maps; }
  /// Returns the number of these images in which a structure is known.
  [[nodiscard]] std::int64_t count_known(std::size_t structure, const std::vector<int>& images) const;
  /// Returns true if a structure is unknown in one of these images, or if label maps can have unknown pixels.
  [[nodiscard]] bool has_unknown_masks(const std::vector<int>& images) const;
  /// Returns indices into `entries`, ascending. If the data set has no labels of `target`, the budget of the other target decides.
  [[nodiscard]] const std::vector<int>& part(Target target, Part part) const;
  [[nodiscard]] bool has_label(Target target, const SplitEntry& entry) const;
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
  [[nodiscard]] std::vector<std::string> mask_doubts(const std::vector<int>& images) const {
    return mask_trial_.doubts(all_.entries, images, mask_names_);
  }
  /// Returns a sentence on images with the same bytes but different classes; empty: there are none. [setup]
  [[nodiscard]] std::string different_classes() const;
  /// Returns the rows that `validation: auto` sets aside beside these training rows; empty: there are none.
  [[nodiscard]] std::string usual_validation_rows(const std::string& training) const;
  [[nodiscard]] std::set<std::string> stated_folds() const;  ///< Names of the folds that the list or `splits_final.json` states.
  [[nodiscard]] std::vector<std::string> left_out_folders() const override;
  [[nodiscard]] std::vector<SampleCount> sample_counts() const override;
  [[nodiscard]] DataSummary data_summary() const override;
  [[nodiscard]] DataGuess guess(const std::filesystem::path& path) const override;

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
  [[nodiscard]] std::vector<std::string> row_names() const;
  void warn_of_data(const Opening& opening);  ///< Reports the warnings of `all_`, once.
  void select_rows();
  void check_rows(const std::vector<std::string>& names) const;
  void tell_similar_structures();
  void find_classes(const Opening& opening);
  void find_patients();
  [[nodiscard]] bool is_validation_usual() const { return *validation == "auto" || *validation == "papers"; }
  /// Limits a number of validation images to label budgets above 0, with `auto` only.
  [[nodiscard]] int at_most(int count, std::initializer_list<std::int64_t> budgets) const;
  [[nodiscard]] int validation_count(int pool, const std::string& of, std::initializer_list<std::int64_t> budgets) const;
  [[nodiscard]] bool needs(Target target) const;  ///< Returns true if validation images need labels of this kind.
  [[nodiscard]] std::vector<HeldOutTask> tasks() const;
  [[nodiscard]] std::vector<int> strata_that(Target target) const;
  [[nodiscard]] std::vector<int> eligible_strata() const;
  void draw_validation(const Opening& opening, RandomKey key);
  void draw_for_each_task(const Opening& opening, RandomKey key);
  [[nodiscard]] std::optional<RandomKey> ties(RandomKey key) const;
  void share_between_targets(const std::vector<int>& images);
  [[nodiscard]] std::vector<int> drawn_of_held_out(std::vector<int> strata, std::initializer_list<std::int64_t> budgets,
                                                   RandomKey key) const;
  void take_validation_rows(const Opening& opening, RandomKey key);
  void check_fold() const;
  [[nodiscard]] std::vector<HeldOutTask> divided_tasks(std::vector<HeldOutTask> all) const;
  void take_fold(const Opening& opening);
  void draw_folds(const std::vector<HeldOutTask>& all);
  void take_stated_fold();
  void leave_out_unused(const Opening& opening);
  [[nodiscard]] std::size_t count_sharing(const std::vector<int>& held_out) const;
  void draw_labelled(Target target, RandomKey key);
  void check_budget(Target target, const std::vector<int>& available) const;
  void check_classes(const Drawn& drawn) const;
  void check_structures(const Drawn& drawn) const;
  void draw(const Opening& opening);
  void disclose_draw(Target target, const Opening& opening) const;
  void take_drawn();  ///< Uses the draw that the resumed run recorded.
  void settle(Target target, std::vector<char> is_labelled);
  [[nodiscard]] std::map<std::string, std::string> settings() const;  ///< Returns the parameters that the draw depends on, except the path.
  [[nodiscard]] std::filesystem::path absolute_path() const;
  [[nodiscard]] std::string parts() const;  ///< For each entry, as in SplitRecord.
  [[nodiscard]] std::string list_of_parts() const;
  void write_list(const Opening& opening) const;
  void add_classes(DataSummary& out) const;
  void add_masks(DataSummary& out) const;
  void add_doubtful_patient(DataSummary& out, const std::vector<std::string>& unused) const;
  void add_unlisted(DataSummary& out) const;
  void add_unused_folds(DataSummary& out) const;
  void add_twins(DataSummary& out) const;
  [[nodiscard]] bool states_patients() const;
  [[nodiscard]] std::string labelled_text() const;
  [[nodiscard]] std::string held_out_text() const;
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
  std::vector<int> validation_;    ///< Of both targets.
  /// The targets have validation images of their own, because an image can judge one task and not another.
  bool is_per_task_ = false;
  std::vector<int> validation_classes_, validation_masks_;  ///< If `is_per_task_`.
  std::vector<int> every_;
  Drawn classes_drawn_;
  Drawn masks_drawn_;
  std::vector<ColumnHashes> columns_;  ///< For each entry, as in SplitRecord.
  std::optional<ResumedSplit> resumed_;
  mutable MaskTrial mask_trial_;
};

}  // namespace leat
