#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string_view>

namespace leat {

/// A synthetic picture of stained tissue, 64 x 64.
struct DrawnCells {
  cv::Mat image;  ///< CV_8UC3: red, green, blue.
  cv::Mat mask;   ///< CV_8UC1: 255 in nuclei, otherwise 0.
  int label = 0;  ///< 0 REGULAR, 1 IRREGULAR.
};

/// Draws one picture. The same arguments give the same bits, in any order and on any thread. The split is a part of the random key, so no
/// picture is in two of them. The nuclei of both classes have the same area and the same stain on average; in IRREGULAR they differ in size
/// and shape. [any thread]
[[nodiscard]] DrawnCells draw_cells(std::uint64_t seed, std::string_view split, std::int64_t index, bool is_irregular);

}  // namespace leat
