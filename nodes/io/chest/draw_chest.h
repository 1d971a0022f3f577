#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string_view>

#include "io/chest/hospital.h"

namespace leat {

/// A synthetic chest X-ray, 64 x 64.
struct DrawnChest {
  cv::Mat image;  ///< CV_8UC1; dense tissue is white.
  cv::Mat mask;   ///< CV_8UC1: 255 in the lungs, otherwise 0.
  int label = 0;  ///< 0 NORMAL, 1 PNEUMONIA.
};

/// Draws one chest. The same arguments give the same bits, in any order and on any thread. Hospital and split are parts of the random key,
/// so no patient is in two of them. Blobs have the same distribution of number and brightness in both classes; in PNEUMONIA, some are
/// inside the lungs. [any thread]
[[nodiscard]] DrawnChest draw_chest(std::uint64_t seed, std::string_view split, std::int64_t index, chest::Hospital hospital,
                                    bool is_pneumonia);

}  // namespace leat
