#include "metric/surface_distance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "metric/distance_transform.h"

namespace leat {

namespace {

cv::Mat surface_of(const cv::Mat& mask) {
  cv::Mat inner;
  const cv::Mat cross = cv::getStructuringElement(cv::MORPH_CROSS, {3, 3});
  cv::erode(mask, inner, cross, {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  return mask - inner;
}

/// Distances from one mask to another.
struct Directed {
  double mean_of_pixels = 0;
  std::vector<double> of_surface;
};

Directed distances(const cv::Mat& from, const cv::Mat& from_surface, const cv::Mat& to, const cv::Mat& to_surface) {
  const cv::Mat squared = squared_distances_to(to_surface);
  Directed out;
  double sum = 0, count = 0;
  for (int y = 0; y < from.rows; ++y)
    for (int x = 0; x < from.cols; ++x) {
      if (!from.at<std::uint8_t>(y, x)) continue;
      const double distance = std::sqrt(squared.at<int>(y, x));
      // Outside a mask, its nearest pixel is on its surface. Inside it, the distance is 0.
      if (!to.at<std::uint8_t>(y, x)) sum += distance;
      ++count;
      if (from_surface.at<std::uint8_t>(y, x)) out.of_surface.push_back(distance);
    }
  out.mean_of_pixels = sum / count;
  return out;
}

double percentile_95(std::vector<double> values) {
  const double rank = 0.95 * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), below, values.end());
  if (below + 1 == values.end()) return *below;
  return std::lerp(*below, *std::min_element(below + 1, values.end()), rank - std::floor(rank));
}

}  // namespace

MaskDistances mask_distances(const MaskPair& masks) {
  const bool has_predicted = cv::countNonZero(masks.predicted) > 0, has_reference = cv::countNonZero(masks.reference) > 0;
  if (!has_predicted && !has_reference) return {};
  if (!has_predicted || !has_reference) {
    const double diagonal = std::hypot(masks.reference.rows, masks.reference.cols);
    return {diagonal, diagonal, diagonal};
  }
  const cv::Mat &a = masks.predicted, &b = masks.reference;
  const cv::Mat a_surface = surface_of(a), b_surface = surface_of(b);
  const Directed ab = distances(a, a_surface, b, b_surface), ba = distances(b, b_surface, a, a_surface);
  std::vector<double> both = ab.of_surface;
  both.insert(both.end(), ba.of_surface.begin(), ba.of_surface.end());
  return {std::max(ab.mean_of_pixels, ba.mean_of_pixels), std::accumulate(both.begin(), both.end(), 0.0) / static_cast<double>(both.size()),
          std::max(percentile_95(ab.of_surface), percentile_95(ba.of_surface))};
}

}  // namespace leat
