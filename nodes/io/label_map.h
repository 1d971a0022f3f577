#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace leat {

/// Use of a picture with a number per pixel, a label map, for one structure.
struct LabelMap {
  std::vector<int> inside;  ///< Numbers of the structure. Empty: the picture is a mask and no label map.
  std::vector<int> named;   ///< Numbers that any structure names. 0 is outside, unless it is one of them.
  int unknown = -1;         ///< Number of unknown pixels; -1: there are none.

  [[nodiscard]] bool is_mask() const { return inside.empty(); }
};

/// For each structure, the use of each of its places.
using LabelMaps = std::vector<std::vector<LabelMap>>;

/// A decoded label map.
struct LabelNumbers {
  cv::Mat pixels;                    ///< Upright, 8 or 16 bit: of a file with a palette, the index of each pixel's entry; else the gray.
  int orientation = 1;               ///< As in DecodedPicture.
  std::vector<std::string> changes;  ///< As in DecodedPicture.
};

/// Throws MaskValues if the picture has colours, or is a JPEG, whose numbers are not exact.
[[nodiscard]] LabelNumbers label_numbers(std::span<const std::uint8_t> file);

/// Returns the numbers that a label map has.
[[nodiscard]] std::set<int> numbers_in(const cv::Mat& numbers);

/// Returns the mask of a structure: 255 inside, 0 outside, `unknown::pixel`. Throws MaskValues for numbers that are neither named nor
/// `unknown`.
[[nodiscard]] cv::Mat mask_of_labels(const cv::Mat& numbers, const LabelMap& map);

}  // namespace leat
