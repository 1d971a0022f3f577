#pragma once

#include <opencv2/core.hpp>
#include <string_view>

namespace leat {

/// The values of an image that become black and white.
struct ValueWindow {
  double low = 0;
  double high = 0;
  /// The sigmoid of DICOM (PS3.3, C.11.2.1.3.1) instead of a line. Then values at the ends are 0.12 and 0.88 of the full value.
  bool is_sigmoid = false;
};

/// Returns the smallest and the largest value over all channels. NaN and infinite floats do not count; if there are no others: 0 and 0.
[[nodiscard]] ValueWindow extremes_of(const cv::Mat& picture);

/// Returns two percentiles, each 0..100, of the values of all channels, interpolated between two values as in numpy.percentile. NaN and
/// infinite floats do not count.
[[nodiscard]] ValueWindow percentiles_of(const cv::Mat& picture, double low, double high);

/// Returns a window of DICOM (PS3.3, C.11.2.1.2 and C.11.2.1.3). `function`: LINEAR, LINEAR_EXACT or SIGMOID. Throws std::runtime_error for
/// others, and for a width that the function does not allow.
[[nodiscard]] ValueWindow dicom_window(double centre, double width, std::string_view function);

/// Returns the image with `low` and below at 0, `high` and above at the full value, and a line between them, or with a
/// sigmoid. `depth`: CV_8U, CV_16U or
/// CV_32F, where full is 1. Whole numbers are rounded. A window without width makes values above it white and all others black. NaN becomes
/// black.
[[nodiscard]] cv::Mat through_window(const cv::Mat& picture, const ValueWindow& window, int depth);

/// Returns an image for people to look at, 8 bit: 8 bit as it is; of other depths, the smallest value is black and the largest white. It
/// has one channel or R, G, B: of an image with another number of channels it is the first one.
[[nodiscard]] cv::Mat shown(const cv::Mat& picture);

[[nodiscard]] bool has_only_finite(const cv::Mat& picture);

}  // namespace leat
