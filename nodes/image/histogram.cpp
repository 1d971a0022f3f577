#include "image/histogram.h"

#include <algorithm>
#include <numeric>

namespace leat {

std::array<std::int64_t, 256> histogram(const cv::Mat& gray) {
  // Four tables, because neighbouring pixels are often equal: in one table, each addition would wait for the previous one.
  std::array<std::array<std::int64_t, 256>, 4> parts{};
  for (int y = 0; y < gray.rows; ++y) {
    const std::uint8_t* row = gray.ptr(y);
    int x = 0;
    for (; x + 4 <= gray.cols; x += 4)
      for (int part = 0; part < 4; ++part) ++parts[part][row[x + part]];
    for (; x < gray.cols; ++x) ++parts[0][row[x]];
  }
  for (int value = 0; value < 256; ++value) parts[0][value] += parts[1][value] + parts[2][value] + parts[3][value];
  return parts[0];
}

cv::Mat equalize(const cv::Mat& gray) {
  const auto counts = histogram(gray);
  const auto brightest = std::find_if(counts.rbegin(), counts.rend(), [](std::int64_t count) { return count > 0; });
  const std::int64_t step = (static_cast<std::int64_t>(gray.total()) - (brightest == counts.rend() ? 0 : *brightest)) / 255;
  if (step == 0) return gray.clone();
  cv::Mat table(1, 256, CV_8U);
  std::int64_t below = step / 2;
  for (int value = 0; value < 256; ++value) {
    table.at<std::uint8_t>(value) = static_cast<std::uint8_t>(std::min<std::int64_t>(below / step, 255));
    below += counts[value];
  }
  cv::Mat out;
  cv::LUT(gray, table, out);
  return out;
}

}  // namespace leat
