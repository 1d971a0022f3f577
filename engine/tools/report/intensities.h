#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "leat/image_table.h"

namespace leat::report {

/// The distribution of grays in the images of a data set, as `metric.intensities` measured it.
struct Intensities {
  std::int64_t images = 0;
  /// By bin of equal width of 0..256: fraction of the pixels, its mean over images, and the values below which 5 % and 95 % of the images
  /// lie.
  std::vector<double> mean, low, high;
  std::string picture;  ///< One of the images, a PNG in base 64; empty: there is none.
  bool is_drawn = false;
};

/// Returns nullopt if the table is not one of `metric.intensities`.
[[nodiscard]] std::optional<Intensities> intensities_of(const ImageTable& table);

}  // namespace leat::report
