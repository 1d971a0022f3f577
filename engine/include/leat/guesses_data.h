#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "leat/tree.h"

namespace leat {

/// What files seem to be as a data set, for `leat data` and `leat new`.
struct DataGuess {
  std::vector<std::pair<std::string, std::filesystem::path>> paths;  ///< Parameters of the resource that are paths, absolute: `path`.
  std::vector<std::pair<std::string, Tree>> settings;                ///< Its other parameters, such as `masks`.
  std::string rows, test_rows;  ///< Names in a column `split` for the training and for the test; empty: there are none, or without labels.
  bool has_validation_rows = false;  ///< Beside `rows`, the column `split` has rows for the validation.
  int folds = 0;                     ///< Number of folds that the data state, from 0; 0: there are none.
  std::vector<std::string> remarks;  ///< What was guessed and can be wrong, one sentence each.
  std::vector<std::string> classes;
  std::string only_class;  ///< The one class that was found, which is not among `classes`: there is nothing to learn; empty: no such.
  bool is_multi_label = false;
  std::vector<std::string> structures;
  std::int64_t images = 0;
  std::int64_t with_class = 0;
  std::int64_t with_masks = 0;  ///< Of at least one structure.
  int channels = 1;             ///< Of the images; 3: colour.
  int channel_files = 1;        ///< Files of an image, each with one channel, that are named as those of nnU-Net.
  int depth_bits = 8;           ///< The largest of the images that must be windowed: 16 or 32 (float); 8: there are none.
  int side_px = 0;              ///< Median of the shorter sides; 0: not known.
  std::string plugin;           ///< The plugin that reads the images; empty: none is needed.
};

/// A type of data set that can say how to read files. A resource derives from this class next to Resource.
class GuessesData {
 public:
  virtual ~GuessesData() = default;
  /// Looks at a folder, a list or a picture. Throws Refusal if it is no data set of this type. [setup]
  [[nodiscard]] virtual DataGuess guess(const std::filesystem::path& path) const = 0;
};

}  // namespace leat
