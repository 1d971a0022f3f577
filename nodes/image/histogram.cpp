#include "image/histogram.h"

#include <algorithm>
#include <numeric>

#include "image/byte_rows.h"

namespace leat {

Histogram histogram(const cv::Mat& gray) {
  // Four tables, because neighbouring pixels are often equal: in one table, each addition would wait for the previous one.
  std::array<Histogram, 4> parts{};
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

cv::Mat look_up(const cv::Mat& gray, const GrayTable& table) {
  cv::Mat out(gray.size(), CV_8U);
  for (int y = 0; y < gray.rows; ++y) look_up(gray.ptr(y), table, out.ptr(y), gray.cols);
  return out;
}

GrayTable equalizing(const Histogram& counts) {
  GrayTable table{};
  std::iota(table.begin(), table.end(), std::uint8_t{0});
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  const auto brightest = std::find_if(counts.rbegin(), counts.rend(), [](std::int64_t count) { return count > 0; });
  const std::int64_t step = (total - (brightest == counts.rend() ? 0 : *brightest)) / 255;
  if (step == 0) return table;
  std::int64_t below = step / 2;
  for (std::size_t value = 0; value < table.size(); ++value) {
    table[value] = static_cast<std::uint8_t>(std::min<std::int64_t>(below / step, 255));
    below += counts[value];
  }
  return table;
}

}  // namespace leat
