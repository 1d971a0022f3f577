#include "image/histogram.h"

#include <algorithm>
#include <numeric>

#include "image/byte_rows.h"
#include "image/depths.h"
#include "image/with_channels.h"

namespace leat {

template <>
Histogram histogram<std::uint8_t>(const cv::Mat& gray) {
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

template <>
HistogramOf<std::uint16_t> histogram<std::uint16_t>(const cv::Mat& gray) {
  auto out = Tones<std::uint16_t>::no_pixels();
  for (int y = 0; y < gray.rows; ++y)
    for (const auto *one = gray.ptr<std::uint16_t>(y), *end = one + gray.cols; one < end; ++one) ++out[*one];
  return out;
}

template <class T>
cv::Mat look_up(const cv::Mat& gray, const TableOf<T>& table) {
  cv::Mat out(gray.size(), gray.type());
  for (int y = 0; y < gray.rows; ++y) look_up(gray.ptr<T>(y), table, out.ptr<T>(y), gray.cols);
  return out;
}

template <class T>
TableOf<T> equalizing(const HistogramOf<T>& counts) {
  constexpr std::int64_t full = Tones<T>::full;
  TableOf<T> table = Tones<T>::new_table();
  std::iota(table.begin(), table.end(), T{0});
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  const auto brightest = std::find_if(counts.rbegin(), counts.rend(), [](std::int64_t count) { return count > 0; });
  const std::int64_t others = total - (brightest == counts.rend() ? 0 : *brightest);
  // A value becomes (below + step / 2) / step with step = others / full.
  constexpr bool is_exact = full > 255;
  const std::int64_t scale = is_exact ? full : 1, step = is_exact ? others : others / full;
  if (step == 0) return table;
  std::int64_t below = 0;
  for (std::size_t value = 0; value < table.size(); ++value) {
    table[value] = static_cast<T>(std::min((below * scale + step / 2) / step, full));
    below += counts[value];
  }
  return table;
}

template cv::Mat look_up<std::uint8_t>(const cv::Mat&, const GrayTable&);
template cv::Mat look_up<std::uint16_t>(const cv::Mat&, const TableOf<std::uint16_t>&);
template GrayTable equalizing<std::uint8_t>(const Histogram&);
template TableOf<std::uint16_t> equalizing<std::uint16_t>(const HistogramOf<std::uint16_t>&);

cv::Mat equalized_channels(const cv::Mat& picture) {
  const auto equalized = [](const cv::Mat& gray) {
    return of_whole_depth(gray, [&gray]<class T>(T) { return look_up<T>(gray, equalizing<T>(histogram<T>(gray))); });
  };
  return with_channels(picture, [&equalized](const cv::Mat& gray, int) { return equalized(gray); });
}

}  // namespace leat
