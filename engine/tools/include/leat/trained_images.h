#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "leat/description.h"

namespace leat {

/// What the training images of a run looked like, as `metric.intensities` measured them: numbers for `image.check`.
struct TrainedImages {
  struct Source {
    std::string place;              ///< `train.labelled/grays`
    std::vector<int> mean_picture;  ///< 16 x 16 grays.
    double likeness_from = 0;       ///< As in `image.check`.
  };
  std::vector<Source> sources;  ///< Those whose polarity can be told.
  std::array<double, 2> means{};
  double least_deviation = 0;
  std::int64_t images = 0;  ///< Measured ones.
};

/// Returns nullopt if the run's training measured no images, or if an earlier version of Leat did.
[[nodiscard]] std::optional<TrainedImages> trained_images(const std::filesystem::path& run_folder, const GraphDescription& graph);

}  // namespace leat
