#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <opencv2/imgproc.hpp>
#include <span>
#include <string>
#include <vector>

#include "image/histogram.h"
#include "image/luma.h"
#include "image/thumbnail.h"
#include "leat/image.h"
#include "leat/image_table.h"
#include "leat/leat.h"
#include "metric/kept_pictures.h"

namespace {
using namespace leat;

/// The bins of a report's histograms; report/intensities.h reads their columns.
constexpr int bins = 32, grays = 256;

void add_likeness(ImageTable& table, const std::string& thumbnails);
void add_thumbnails(ImageTable& table, const std::string& thumbnails);

/// Returns the grays, rounded, as two hexadecimal digits each.
std::string gray_text(const Thumbnail& grays) {
  std::string out;
  for (const float gray : grays) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(std::clamp(std::lround(gray), 0L, 255L)));
    out += digits;
  }
  return out;
}

cv::Mat gray_of(const cv::Mat& seen) {
  if (seen.channels() == 1) return seen;
  if (seen.channels() == 3) return luma_of(seen);
  cv::Mat first;
  cv::extractChannel(seen, first, 0);
  return first;
}

template <class T>
std::array<std::int64_t, bins> counts_of(const cv::Mat& pixels) {
  constexpr int of_bin = (Tones<T>::full + 1) / bins;
  std::array<std::int64_t, bins> counts{};
  for (int y = 0; y < pixels.rows; ++y)
    for (const T *one = pixels.ptr<T>(y), *end = one + pixels.cols; one != end; ++one) ++counts[static_cast<std::size_t>(*one / of_bin)];
  return counts;
}

struct Intensities final : Node {
  Input<Image> image{this, "image",
                     "height x width x ..., 8 or 16 bit. An image of a data set, as its source gives it. Colour counts as its "
                     "luma (ITU-R 601), and other channels as their first; 16-bit values count divided by 257."};
  Param<std::int64_t> images{
      this, "images", "Number of images to measure. The first are used; one that comes again is not counted again.", 200, {1, 10'000}};
  Param<bool> thumbnails_kept{
      this, "thumbnails", "Keeps each image, reduced to 16 x 16 grays, in the column `thumbnail`: two hexadecimal digits a gray.", false};
  Metric count{this, "images", Better::Neither, "Number of measured images."};
  Metric mean{this, "mean", Better::Neither, "Mean gray of an image, 0..255, mean over images.", {0, 255}};
  Metric deviation{this, "deviation", Better::Neither, "Standard deviation of the grays of an image, mean over images.", {.low = 0}};
  State<ImageTable> rows{this, "rows"};
  State<std::string> sample{this, "sample"};
  State<std::string> thumbnails{this, "thumbnails"};

  bool may_see_a_part() const override { return true; }

  void process(Frame& frame) const override {
    ImageTable& table = frame.state(rows);
    const Sample& which = frame.sample();
    const std::vector<std::string>& known = table.images();
    if (table.size() >= *images || std::find(known.begin(), known.end(), which.id) != known.end()) return;
    const cv::Mat& seen = frame[image].pixels;
    const cv::Mat pixels = gray_of(seen);
    const std::array<std::int64_t, bins> counts = of_whole_depth(pixels, [&](auto value) { return counts_of<decltype(value)>(pixels); });
    cv::Scalar average, spread;
    cv::meanStdDev(pixels, average, spread);
    const double unit = pixels.depth() == CV_16U ? 257 : 1;
    std::vector<ImageTable::Field> fields{{"mean", average[0] / unit}, {"deviation", spread[0] / unit}};
    for (int k = 0; k < bins; ++k) {
      const double share = static_cast<double>(counts[static_cast<std::size_t>(k)]) / static_cast<double>(pixels.total());
      fields.emplace_back("from_" + std::to_string(k * (grays / bins)), std::round(share * 1e5) / 1e5);
    }
    if (table.size() == 0)
      frame.state(sample) = (which.file.empty() ? "drawn " : "file ") + picture_text(seen.channels() == 3 ? seen : pixels);
    Thumbnail small = thumbnail_of(pixels);
    for (float& gray : small) gray /= static_cast<float>(unit);
    frame.state(thumbnails) += gray_text(small);
    table.add(which, fields);
  }

  void finish(Frame& frame) const override {
    ImageTable table = frame.state(rows);
    frame.metric(count, static_cast<double>(table.size()));
    if (table.size() > 0) {
      const std::string& kept = frame.state(sample);
      const std::size_t space = kept.find(' ');
      std::vector<std::string> pictures(static_cast<std::size_t>(table.size())), from(pictures.size());
      from[0] = kept.substr(0, space);
      pictures[0] = kept.substr(space + 1);
      table.append("picture", std::move(pictures));
      table.append("picture_from", std::move(from));
      add_likeness(table, frame.state(thumbnails));
      if (*thumbnails_kept) add_thumbnails(table, frame.state(thumbnails));
    }
    frame.measure(table, {{mean, ImageFigure::mean({"mean"})}, {deviation, ImageFigure::mean({"deviation"})}});
  }
};

/// Adds, for a prediction that compares its images with these: the mean of the thumbnails, in the first row, and how much each thumbnail
/// looks like the mean of the others.
void add_likeness(ImageTable& table, const std::string& thumbnails) {
  const auto count = static_cast<std::size_t>(table.size());
  std::vector<float> all(count * thumbnail_size), sum(thumbnail_size), others(thumbnail_size);
  for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<float>(std::stoi(thumbnails.substr(2 * k, 2), nullptr, 16));
  for (std::size_t k = 0; k < all.size(); ++k) sum[k % thumbnail_size] += all[k];
  std::vector<std::string> likenesses;
  for (std::size_t image = 0; image < count; ++image) {
    const std::span own = std::span<const float>(all).subspan(image * thumbnail_size, thumbnail_size);
    for (std::size_t k = 0; k < others.size(); ++k) others[k] = sum[k] - own[k];
    char digits[16];
    std::snprintf(digits, sizeof digits, "%.4f", likeness(own, others));
    likenesses.emplace_back(digits);
  }
  Thumbnail mean{};
  for (std::size_t k = 0; k < mean.size(); ++k) mean[k] = sum[k] / static_cast<float>(count);
  std::vector<std::string> pictures(count);
  pictures[0] = gray_text(mean);
  table.append("likeness", std::move(likenesses));
  table.append("mean_picture", std::move(pictures));
}

void add_thumbnails(ImageTable& table, const std::string& thumbnails) {
  std::vector<std::string> column;
  for (std::size_t at = 0; at < thumbnails.size(); at += 2 * thumbnail_size) column.push_back(thumbnails.substr(at, 2 * thumbnail_size));
  table.append("thumbnail", std::move(column));
}

}  // namespace

LEAT_NODE(Intensities, "metric.intensities",
          "Measures the distribution of grays in the images of a data set, and keeps one of them, for reports.")
