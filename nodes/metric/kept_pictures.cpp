#include "metric/kept_pictures.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <utility>

#include "image/encode_png.h"
#include "image/value_window.h"

namespace leat {

namespace {

constexpr int largest_side = 128, largest_saliency = 32, saliency_grays = 16;

cv::Mat reduced(const cv::Mat& picture, int largest_side, int interpolation) {
  const int side = std::max(picture.cols, picture.rows);
  if (side <= largest_side) return picture;
  const double factor = static_cast<double>(largest_side) / side;
  cv::Mat out;
  cv::resize(picture, out, {std::max(1, cvRound(picture.cols * factor)), std::max(1, cvRound(picture.rows * factor))}, 0, 0, interpolation);
  return out;
}

std::string base64(const std::vector<std::uint8_t>& bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t k = 0; k < bytes.size(); k += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j) three = three << 8 | (k + j < bytes.size() ? bytes[k + j] : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += k + j <= bytes.size() ? digits[three >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::string png_text(const cv::Mat& picture) { return base64(encode_png(picture, 9)); }

std::size_t size_of(const std::vector<std::string>& texts) {
  std::size_t out = 0;
  for (const std::string& text : texts) out += text.size();
  return out;
}

}  // namespace

std::string mask_text(const cv::Mat& mask) {
  const cv::Mat small = reduced(mask, largest_side, cv::INTER_NEAREST);
  std::string out = std::to_string(small.cols) + "x" + std::to_string(small.rows);
  bool is_inside = false;
  int length = 0;
  for (int y = 0; y < small.rows; ++y)
    for (int x = 0; x < small.cols; ++x) {
      const bool is_set = small.at<std::uint8_t>(y, x) != 0;
      if (is_set == is_inside) {
        ++length;
        continue;
      }
      out += " " + std::to_string(length);
      is_inside = is_set;
      length = 1;
    }
  return out + " " + std::to_string(length);
}

std::string picture_text(const cv::Mat& picture) { return png_text(reduced(shown(picture), largest_side, cv::INTER_AREA)); }

std::string saliency_text(const at::Tensor& saliency) {
  const at::Tensor values = saliency.contiguous();
  const cv::Mat map(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)), CV_32F, values.mutable_data_ptr<float>());
  const cv::Mat small = reduced(map, largest_saliency, cv::INTER_AREA);
  double most = 0;
  cv::minMaxLoc(small, nullptr, &most);
  cv::Mat grays;
  small.convertTo(grays, CV_8U, most > 0 ? (saliency_grays - 1) / most : 0);
  return png_text(grays * (255 / (saliency_grays - 1)));
}

void KeptPictures::add(double rank, std::vector<std::string> texts, std::string picture, bool is_drawn, std::size_t bytes) {
  Image image{rows_++, rank, is_drawn, std::move(texts), std::move(picture)};
  const std::size_t size = size_of(image.texts);
  bytes_of_all_ += static_cast<double>(size);
  // What does not fit now does not fit later either, because a further image only adds to those before it.
  if (rank >= least_cut_rank_) return;
  if (rank >= least_blank_rank_) image.picture.clear();
  text_bytes_ += size;
  picture_bytes_ += image.picture.size();
  // Of equal ranks, the earlier row comes first.
  const auto place = std::upper_bound(kept_.begin(), kept_.end(), rank, [](double one, const Image& other) { return one < other.rank; });
  kept_.insert(place, std::move(image));
  while (text_bytes_ > bytes) {
    least_cut_rank_ = kept_.back().rank;
    text_bytes_ -= size_of(kept_.back().texts);
    picture_bytes_ -= kept_.back().picture.size();
    kept_.pop_back();
  }
  for (auto one = kept_.rbegin(); picture_bytes_ > bytes && one != kept_.rend(); ++one) {
    if (one->picture.empty()) continue;
    least_blank_rank_ = one->rank;
    picture_bytes_ -= one->picture.size();
    one->picture.clear();
  }
  while (!kept_.empty() && kept_.back().picture.empty() && size_of(kept_.back().texts) == 0) kept_.pop_back();
}

ImageTable KeptPictures::with_columns(ImageTable table, const std::vector<std::string>& columns, std::size_t bytes) const {
  const auto rows = static_cast<std::size_t>(rows_);
  std::vector<std::vector<std::string>> texts(columns.size(), std::vector<std::string>(rows));
  std::vector<std::string> pictures(rows), from(rows);
  std::size_t used = text_bytes_;
  bool has_room = true, has_pictures = false;
  for (const Image& image : kept_) {
    const auto row = static_cast<std::size_t>(image.row);
    for (std::size_t k = 0; k < columns.size(); ++k) texts[k][row] = image.texts[k];
    used += image.picture.size();
    has_room = has_room && used <= bytes;
    if (has_room) pictures[row] = image.picture;
    has_pictures = has_pictures || !pictures[row].empty();
    if (!columns.empty() || !pictures[row].empty()) from[row] = image.is_drawn ? "drawn" : "file";
  }
  for (std::size_t k = 0; k < columns.size(); ++k) table.append(columns[k], std::move(texts[k]));
  if (has_pictures) table.append("picture", std::move(pictures));
  if (has_pictures || !columns.empty()) table.append("picture_from", std::move(from));
  return table;
}

std::string KeptPictures::shortfall(const std::string& what, std::size_t bytes) const {
  const auto kept =
      static_cast<std::int64_t>(std::count_if(kept_.begin(), kept_.end(), [](const Image& one) { return !one.texts.empty(); }));
  if (bytes_of_all_ == 0 || kept == rows_) return {};
  const auto kilobytes = [](double size) { return std::to_string(std::llround(std::ceil(size / 1000))) + " kB"; };
  return what + " of " + std::to_string(kept) + " of " + std::to_string(rows_) + " images are kept: all of them take " +
         kilobytes(bytes_of_all_) + ", but a node's share of the plan's `keep_results` is " + kilobytes(static_cast<double>(bytes));
}

void KeptPictures::save(Archive& archive, const std::string& name) const {
  std::vector<double> numbers{static_cast<double>(rows_), bytes_of_all_, least_cut_rank_, least_blank_rank_};
  std::vector<std::string> texts;
  for (const Image& image : kept_) {
    numbers.insert(numbers.end(), {static_cast<double>(image.row), image.rank, image.is_drawn ? 1.0 : 0.0});
    texts.insert(texts.end(), image.texts.begin(), image.texts.end());
    texts.push_back(image.picture);
  }
  archive.put(name + ".numbers", std::span<const double>(numbers));
  archive.put(name + ".texts", texts);
}

void KeptPictures::load(const Archive& archive, const std::string& name) {
  const std::vector<double> numbers = archive.numbers(name + ".numbers");
  const std::vector<std::string> texts = archive.texts(name + ".texts");
  const std::size_t count = numbers.size() < 4 ? 0 : (numbers.size() - 4) / 3;
  if (numbers.size() != 4 + 3 * count || (count == 0 ? !texts.empty() : texts.empty() || texts.size() % count != 0))
    throw std::runtime_error("the pictures `" + name + "` are incomplete");
  *this = {};
  rows_ = static_cast<std::int64_t>(numbers[0]);
  bytes_of_all_ = numbers[1];
  least_cut_rank_ = numbers[2];
  least_blank_rank_ = numbers[3];
  const std::size_t width = count == 0 ? 0 : texts.size() / count;
  for (std::size_t k = 0; k < count; ++k) {
    const auto first = texts.begin() + static_cast<std::ptrdiff_t>(k * width), last = first + static_cast<std::ptrdiff_t>(width - 1);
    kept_.push_back({static_cast<std::int64_t>(numbers[4 + 3 * k]), numbers[5 + 3 * k], numbers[6 + 3 * k] != 0, {first, last}, *last});
    text_bytes_ += size_of(kept_.back().texts);
    picture_bytes_ += last->size();
  }
}

}  // namespace leat
