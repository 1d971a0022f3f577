#include "metric/mask_similarity.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace leat {

namespace {

/// Numbers of a window's pixels that are in one mask, in the other, and in both.
struct Window {
  int area = 0;
  int in_a = 0, in_b = 0, in_both = 0;

  [[nodiscard]] double similarity() const {
    constexpr double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    const double a = share(in_a), b = share(in_b);
    // Values are 0 and 1, so the mean of squares is the mean. A window of one pixel has variance 0 for any correction.
    const double correction = static_cast<double>(area) / std::max(area - 1, 1);
    const double variances = correction * (a - a * a) + correction * (b - b * b);
    const double covariance = correction * (share(in_both) - a * b);
    return (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (variances + c2));
  }

 private:
  [[nodiscard]] double share(int count) const { return static_cast<double>(count) / area; }
};

/// Summed-area table: counts the mask pixels in a window.
class Table {
 public:
  explicit Table(const cv::Mat& mask) { cv::integral(mask, sums_, CV_32S); }

  [[nodiscard]] int count(int y, int x, int side) const {
    const int *above = sums_.ptr<int>(y) + x, *below = sums_.ptr<int>(y + side) + x;
    return below[side] - below[0] - above[side] + above[0];
  }

 private:
  cv::Mat sums_;
};

}  // namespace

double structural_similarity(const MaskPair& masks) {
  const cv::Size size = masks.reference.size();
  const int fitting = std::min({7, size.height, size.width}), side = fitting - (fitting % 2 == 0);
  const Table a(masks.predicted), b(masks.reference), both(masks.predicted & masks.reference);
  double sum = 0;
  for (int y = 0; y + side <= size.height; ++y)
    for (int x = 0; x + side <= size.width; ++x)
      sum += Window{side * side, a.count(y, x, side), b.count(y, x, side), both.count(y, x, side)}.similarity();
  return sum / ((size.height - side + 1.0) * (size.width - side + 1.0));
}

}  // namespace leat
