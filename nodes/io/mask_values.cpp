#include "io/mask_values.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <string>
#include <vector>

namespace leat {

namespace {

/// Returns the number of pixels with each value, for a plane of 8 or 16 bits.
template <class T>
std::vector<int> histogram_of(const cv::Mat& plane) {
  // Neighbours mostly have the same value. Every other pixel is counted elsewhere, so that its count does not wait for that of the last
  // one.
  std::vector<int> out(std::size_t{1} << 8 * sizeof(T), 0), other = out;
  for (int y = 0; y < plane.rows; ++y) {
    const T* row = plane.ptr<T>(y);
    int x = 0;
    for (; x + 1 < plane.cols; x += 2) ++out[row[x]], ++other[row[x + 1]];
    if (x < plane.cols) ++out[row[x]];
  }
  for (std::size_t k = 0; k < out.size(); ++k) out[k] += other[k];
  return out;
}

std::vector<int> values_of(const std::vector<int>& histogram) {
  std::vector<int> out;
  for (std::size_t value = 0; value < histogram.size(); ++value)
    if (histogram[value] > 0) out.push_back(static_cast<int>(value));
  return out;
}

[[noreturn]] void refuse(const std::vector<int>& values) {
  std::string text = "has ";
  if (values.size() > 8) {
    text += std::to_string(values.size()) + " values from " + std::to_string(values.front()) + " to " + std::to_string(values.back());
  } else {
    text += values.size() == 1 ? "only the value " : "the values ";
    for (std::size_t k = 0; k < values.size(); ++k)
      text += (k == 0 ? "" : k + 1 == values.size() ? " and " : ", ") + std::to_string(values[k]);
  }
  throw MaskValues(text + "; a mask has 0 and one other value, or grays around 0 and 255");
}

/// Returns true if some 3 x 3 pixels all have the same value, and it `is_doubtful`. Soft edges and the noise of JPEG files have no such
/// area.
template <class T, class Doubtful>
bool has_area(const cv::Mat& plane, Doubtful is_doubtful) {
  for (int y = 2; y < plane.rows; ++y)
    for (int x = 2; x < plane.cols; ++x) {
      const T value = plane.at<T>(y, x);
      if (!is_doubtful(value)) continue;
      bool is_flat = true;
      for (int dy = -2; dy <= 0 && is_flat; ++dy)
        for (int dx = -2; dx <= 0; ++dx) is_flat &= plane.at<T>(y + dy, x + dx) == value;
      if (is_flat) return true;
    }
  return false;
}

template <class T>
bool are_grays_of_two(const cv::Mat& plane, const std::vector<int>& values, int full, bool is_lossy) {
  const int low = full / 8, high = full - full / 8, highest = values.back();
  if (highest < high || values.front() > low) return false;
  // If there are few values and they are exact, a small value can be a label. For example, 1 next to 255 is not a gray around 0.
  const bool are_few = values.size() <= 16 && !is_lossy;
  return !has_area<T>(plane, [=](int value) { return value > (are_few ? 0 : low) && value < high; });
}

/// Returns the lowest value that is inside the mask.
int threshold_of(const cv::Mat& plane, bool is_lossy) {
  const std::vector<int> values =
      values_of(plane.depth() == CV_8U ? histogram_of<std::uint8_t>(plane) : histogram_of<std::uint16_t>(plane));
  const int highest = values.back();
  const int full = highest <= 255 ? 255 : 65535;
  if (values.size() == 1) {
    const bool is_whole = highest == 1 || highest >= full - full / 8;
    if (highest != 0 && !is_whole) refuse(values);
    return 1;
  }
  if (values.size() == 2 && values[0] == 0) return highest;
  const bool are_grays = plane.depth() == CV_8U ? are_grays_of_two<std::uint8_t>(plane, values, full, is_lossy)
                                                : are_grays_of_two<std::uint16_t>(plane, values, full, is_lossy);
  if (!are_grays) refuse(values);
  return full / 2 + 1;
}

cv::Mat inside_of_plane(const cv::Mat& plane, bool is_lossy) { return plane >= threshold_of(plane, is_lossy); }

/// Returns the mask of a picture with one colour on black, from the largest channel of each pixel.
cv::Mat inside_of_colours(const std::vector<cv::Mat>& channels, bool is_lossy) {
  cv::Mat largest = channels[0].clone(), kinds = cv::Mat::zeros(largest.size(), CV_8UC1);
  for (const cv::Mat& channel : channels) cv::max(largest, channel, largest);
  const cv::Mat inside = inside_of_plane(largest, is_lossy);
  // The kind of a pixel is the set of channels above half of its largest channel. It distinguishes, for example, red from yellow.
  for (std::size_t k = 0; k < channels.size(); ++k) {
    cv::Mat has;
    cv::compare(channels[k], largest / 2, has, cv::CMP_GT);
    kinds += (has & inside) / 255 * (1 << k);
  }
  std::vector<int> colours;
  for (int kind = 1; kind < 8; ++kind)
    if (has_area<std::uint8_t>(kinds, [kind](int value) { return value == kind; })) colours.push_back(kind);
  if (colours.size() > 1) throw MaskValues("has areas of " + std::to_string(colours.size()) + " colours; a mask has one, on black");
  return inside;
}

bool is_constant(const cv::Mat& plane, const cv::Mat& where) {
  double least = 0, most = 0;
  cv::minMaxLoc(plane, &least, &most, nullptr, nullptr, where);
  return least == most;
}

bool are_equal(const cv::Mat& one, const cv::Mat& other) { return cv::countNonZero(one != other) == 0; }

}  // namespace

cv::Mat inside_of(const cv::Mat& picture, bool is_lossy) {
  if (picture.channels() == 1) return inside_of_plane(picture, is_lossy);
  std::vector<cv::Mat> channels;
  cv::split(picture, channels);
  const cv::Mat alpha = channels.size() == 4 ? channels[3] : cv::Mat();
  channels.resize(3);
  if (alpha.empty() || is_constant(alpha, {})) return inside_of_colours(channels, is_lossy);
  const cv::Mat is_seen = alpha > 0;
  const bool is_one_colour = std::all_of(channels.begin(), channels.end(), [&](const cv::Mat& one) { return is_constant(one, is_seen); });
  if (is_one_colour) return inside_of_plane(alpha, is_lossy);
  std::vector<cv::Mat> seen;
  for (const cv::Mat& channel : channels) channel.copyTo(seen.emplace_back(cv::Mat::zeros(channel.size(), channel.type())), is_seen);
  const cv::Mat inside = inside_of_colours(seen, is_lossy);
  if (!are_equal(inside, inside_of_colours(channels, is_lossy)))
    throw MaskValues("has one shape in its colours and another in its transparency");
  return inside;
}

std::string drawn_with(const cv::Mat& picture, const cv::Mat& inside, bool is_lossy) {
  if (cv::countNonZero(inside) == 0) return {};
  std::vector<cv::Mat> channels;
  cv::split(picture, channels);
  if (channels.size() > 1) channels.resize(3);
  cv::Mat largest = channels[0].clone();
  for (const cv::Mat& channel : channels) cv::max(largest, channel, largest);
  double least = 0, most = 0;
  cv::minMaxLoc(largest, &least, &most, nullptr, nullptr, inside);
  const double full = picture.depth() == CV_8U || most <= 255 ? 255 : 65535;
  // A mask with one value inside is exact, even if it is dark; others have soft edges or noise.
  const std::string value = is_lossy || least != most || most == full ? "255" : std::to_string(static_cast<int>(most));
  if (channels.size() == 1) return value;
  int kind = 0;
  const int half = cv::countNonZero(inside) / 2;
  for (std::size_t k = 0; k < channels.size(); ++k) {
    cv::Mat has;
    cv::compare(channels[k], largest / 2, has, cv::CMP_GT);
    if (cv::countNonZero(has & inside) > half) kind |= 1 << k;
  }
  if (kind == 7) return value;
  static constexpr std::array<const char*, 7> names{"black", "red", "green", "yellow", "blue", "magenta", "cyan"};
  return names[static_cast<std::size_t>(kind)] + (value == "255" || kind == 0 ? "" : " (" + value + ")");
}

}  // namespace leat
