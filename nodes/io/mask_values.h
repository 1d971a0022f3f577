#pragma once

#include <opencv2/core.hpp>
#include <stdexcept>

namespace leat {

/// What a picture's values do not say of a mask: "has the values 0, 100 and 200, …".
class MaskValues : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What is inside, 255, of a decoded picture of 8 or 16 bit that is a mask. It has 0 and one other value, or grays around 0 and full, as
/// JPEGs and soft edges have them: from the middle on is inside. So too in one colour. Where no colour differs, the shape is in the alpha
/// channel. `is_lossy`: a JPEG, whose values are not exact. Throws MaskValues for all else: labels of several structures, several colours,
/// a shape in the colours and another in alpha.
[[nodiscard]] cv::Mat inside_of(const cv::Mat& picture, bool is_lossy);

}  // namespace leat
