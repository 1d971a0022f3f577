#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "image/picture_header.h"
#include "io/mask_picture.h"
#include "io/tars/mask_endings.h"
#include "io/tars/tar_index.h"
#include "io/tars/tar_order.h"
#include "leat/component.h"
#include "leat/contract.h"
#include "leat/counts_samples.h"
#include "leat/data_summary.h"
#include "leat/file_marks.h"
#include "leat/image.h"
#include "leat/sample.h"
#include "leat/tar_list.h"

namespace leat {

/// Tars of WebDataset on a disk, whose samples are read in any order. Samples without an image are left out. Invariant: the tars and their
/// samples do not change after `survey`, so the other functions can be called from all threads.
class TarSet final : public Resource, public CountsSamples, public SummarizesData {
 public:
  static constexpr std::string_view kind = "tars";

  Param<FilePath> path{this, "path",
                       "Tars of WebDataset that are not compressed: one .tar, several with braces as `images-{000..127}.tar`, a folder of "
                       "them, or a list (.txt) with one per line.",
                       required};
  Param<std::vector<std::string>> classes{
      this, "classes",
      "Names of the classes, in order. The entry of a sample's class has the place of its class in this list, from 0, or the name. If a "
      "class is called by a number, it has the name. Empty: classes are not read.",
      std::vector<std::string>{}};
  Param<std::string> label{this, "label", "Ending of the entries with the class: what follows the first dot of the file name.", "cls"};
  Param<std::string> image{this, "image",
                           "Ending of the entries with the image, such as `jpg`. Empty: the only picture of the sample that is none of "
                           "its masks.",
                           ""};
  Param<std::vector<std::string>> masks{this, "masks",
                                        "Structures that have masks, each as `name=ending`, such as `lungs=mask.png`. "
                                        "`name=ending:1+2`: numbers of a label map, which has a number per pixel (of a palette, its "
                                        "entry); 0 is outside.",
                                        std::vector<std::string>{}};
  Param<int> void_number{this,
                         "void",
                         "Number of unknown pixels in label maps, such as 255. They are left out of losses and metrics. -1: none.",
                         -1,
                         {-1, 65535}};
  SharesWith shares_with{this};

  void survey(const Opening& opening) override;  ///< Reads the headers of all entries, and the entries of classes. [setup]
  void open(const Opening& opening) override;
  void record(Archive& archive) const override;  ///< Reads the contents of the tars, or a part of them (FileMarks). [setup]

  [[nodiscard]] std::int64_t size() const { return all_; }  ///< Of samples, at least 1.
  [[nodiscard]] std::vector<std::int64_t> counts() const;   ///< Samples of each tar, in the order of the list.
  /// Calls `act` for each sample, in the order of the list.
  template <class Act>
  void for_each(Act act) const {
    for (std::size_t tar = 0; tar < indexes_.size(); ++tar)
      for (std::int64_t k = 0; k < indexes_[tar].size(); ++k) act(SampleInTar{tar, k});
  }

  [[nodiscard]] Sample identity(SampleInTar one) const;  ///< `id` is TAR/KEY, `file` the tar.
  [[nodiscard]] int label_of(SampleInTar one) const;     ///< Index of the class; -1: not read, or not known.
  [[nodiscard]] const MaskEndings& mask_endings() const { return mask_endings_; }
  /// Returns the ending of the first of its entries of masks that the sample lacks; empty: it has all.
  [[nodiscard]] std::string lacking_mask(SampleInTar one) const;
  [[nodiscard]] std::int64_t largest_image() const;  ///< In bytes.
  /// Returns the words that the entries of classes have, in quotes, with the first of many; empty: there are none.
  [[nodiscard]] std::string class_words() const;

  /// Reads the image of a sample, not decoded. Throws std::runtime_error.
  [[nodiscard]] std::vector<std::uint8_t> read_image(SampleInTar one) const;
  /// Reads the masks of a sample as `read_masks` does.
  [[nodiscard]] Image read_masks(SampleInTar one, const PictureHeader& image, std::vector<std::string>& warnings) const;
  /// Reads the masks of a sample as `try_masks` does.
  [[nodiscard]] MaskDrawings try_masks(SampleInTar one, const PictureHeader& image) const;
  /// Returns how messages name the masks of a sample, for each structure: `lungs.tar/k1.mask.png`.
  [[nodiscard]] std::vector<std::vector<std::filesystem::path>> mask_files(SampleInTar one) const;

  [[nodiscard]] Dim named_classes() const { return Dim::named(*classes, this, "classes"); }
  [[nodiscard]] Dim named_masks() const { return Dim::named(mask_endings_.names, this, "masks"); }
  [[nodiscard]] std::vector<SampleCount> sample_counts() const override;
  [[nodiscard]] DataSummary data_summary() const override;

 private:
  [[nodiscard]] std::filesystem::path mask_file(SampleInTar one, std::size_t ending) const;
  [[nodiscard]] std::vector<std::uint8_t> read_mask(SampleInTar one, const std::filesystem::path& file) const;
  [[nodiscard]] SampleEndings endings() const;
  void compare(const Opening& opening);
  void index();
  void find_classes();
  void warn_of_data(const Opening& opening) const;
  void warn_of_tars(const std::function<void(const std::string&)>& warn) const;
  [[nodiscard]] FileMarks marks() const;

  TarList tars_;
  std::vector<TarIndex> indexes_;           ///< One per tar.
  std::vector<std::vector<int>> class_of_;  ///< For each tar, the class of each of its texts.
  MaskEndings mask_endings_;
  std::int64_t all_ = 0;
  std::optional<FileMarks> compared_;  ///< Of a resumed run.
  std::string changes_;                ///< Since the run began, in words, if they are accepted.
};

}  // namespace leat
