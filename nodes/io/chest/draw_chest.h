#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string_view>

#include "io/chest/hospital.h"

namespace leat {

/// A chest X-ray that never was, 64 x 64.
struct DrawnChest {
  cv::Mat image;  ///< CV_8UC1, dense is white.
  cv::Mat mask;   ///< CV_8UC1, 255 in the lungs, else 0.
  int label = 0;  ///< 0 NORMAL, 1 PNEUMONIA.
};

/// Draws one chest: the same bits for the same arguments, in any order and on any thread. Hospital and split are parts of the key, so
/// that no patient is seen twice. Both classes have blobs of equal number and brightness; in PNEUMONIA some lie inside the lungs.
[[nodiscard]] DrawnChest draw_chest(std::uint64_t seed, std::string_view split, std::int64_t index, chest::Hospital hospital,
                                    bool is_pneumonia);

}  // namespace leat
