#pragma once

#include <opencv2/core.hpp>
#include <stdexcept>
#include <string>

namespace leat {

/// Thrown for a picture whose values do not define a mask. The text follows the picture's name: "has the values 0, 100 and 200; …".
class MaskValues : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Returns the mask (255 inside) of a decoded picture of 8 or 16 bits. The picture has 0 and one other value, or grays around 0 and the
/// full value, as from JPEG or soft edges; these are split at the middle. One colour on black is treated alike. If all visible pixels have
/// the same colour, the alpha channel has the shape. `is_lossy`: the values are not exact, as in a JPEG file. Throws MaskValues for other
/// pictures: labels of several structures, several colours, or different shapes in colours and alpha.
[[nodiscard]] cv::Mat inside_of(const cv::Mat& picture, bool is_lossy);

/// Returns what a mask is drawn with, to compare it with others: its gray, as `1` or `255`, or its colour, as `red` or `red (128)`. The
/// full gray of 16 bits, and of soft edges, is `255`. Returns an empty string for an empty mask. `inside` is from `inside_of`.
[[nodiscard]] std::string drawn_with(const cv::Mat& picture, const cv::Mat& inside, bool is_lossy);

}  // namespace leat
