#include "metric/kept_masks.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace leat {

namespace {

constexpr int largest_side = 128;

cv::Mat reduced(const cv::Mat& picture, int interpolation) {
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

}  // namespace

std::string mask_text(const cv::Mat& mask) {
  const cv::Mat small = reduced(mask, cv::INTER_NEAREST);
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

std::string picture_text(const cv::Mat& picture, bool is_drawn) {
  cv::Mat gray = picture;
  if (picture.channels() == 3) cv::cvtColor(picture, gray, cv::COLOR_BGR2GRAY);
  else if (picture.channels() != 1) cv::extractChannel(picture, gray, 0);
  std::vector<std::uint8_t> bytes;
  if (!cv::imencode(".png", reduced(gray, cv::INTER_AREA), bytes)) throw std::runtime_error("a picture cannot be encoded as PNG");
  return (is_drawn ? "drawn " : "file ") + base64(bytes);
}

void KeptMasks::add(const Sample& sample, double rank, const std::vector<MaskPair>& masks, const std::string& picture) {
  images_.push_back(sample.id);
  groups_.push_back(sample.group);
  patients_.push_back(sample.patient);
  ranks_.push_back(rank);
  pictures_.push_back(picture);
  for (const MaskPair& pair : masks) {
    masks_.push_back(mask_text(pair.predicted));
    masks_.push_back(mask_text(pair.reference));
  }
}

ImageTable KeptMasks::with_masks(const ImageTable& table, const std::vector<std::string>& channels, std::size_t bytes) const {
  const std::size_t count = images_.size(), per_image = 2 * channels.size();
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) { return ranks_[a] < ranks_[b]; });
  std::vector<char> stays(count, 0);
  std::size_t used = 0;
  for (const std::size_t row : order) {
    used += pictures_[row].size();
    for (std::size_t k = 0; k < per_image; ++k) used += masks_[row * per_image + k].size();
    if (used > bytes) break;
    stays[row] = 1;
  }
  const bool has_pictures = std::any_of(pictures_.begin(), pictures_.end(), [](const std::string& one) { return !one.empty(); });
  const std::vector<std::string> columns = table.columns();
  ImageTable out;
  for (std::size_t row = 0; row < count; ++row) {
    std::vector<ImageTable::Field> fields;
    for (const std::string& column : columns) fields.emplace_back(column, (*table.find_numbers(column))[row]);
    const auto text = [&](const std::string& one) { return stays[row] ? one : std::string(); };
    for (std::size_t c = 0; c < channels.size(); ++c) {
      const std::string end = channels.size() == 1 ? "" : "_" + channels[c];
      fields.emplace_back("mask_predicted" + end, text(masks_[row * per_image + 2 * c]));
      fields.emplace_back("mask_reference" + end, text(masks_[row * per_image + 2 * c + 1]));
    }
    if (has_pictures) fields.emplace_back("picture", text(pictures_[row]));
    out.add({.id = images_[row], .group = groups_[row], .patient = patients_[row]}, fields);
  }
  return out;
}

void KeptMasks::save(Archive& archive, const std::string& name) const {
  archive.put(name + ".images", images_);
  archive.put(name + ".groups", groups_);
  archive.put(name + ".patients", patients_);
  archive.put(name + ".ranks", std::span<const double>(ranks_));
  archive.put(name + ".masks", masks_);
  archive.put(name + ".pictures", pictures_);
}

void KeptMasks::load(const Archive& archive, const std::string& name) {
  images_ = archive.texts(name + ".images");
  groups_ = archive.texts(name + ".groups");
  patients_ = archive.texts(name + ".patients");
  ranks_ = archive.numbers(name + ".ranks");
  masks_ = archive.texts(name + ".masks");
  pictures_ = archive.texts(name + ".pictures");
  const std::size_t count = images_.size();
  if (groups_.size() != count || patients_.size() != count || ranks_.size() != count || pictures_.size() != count ||
      (count > 0 && masks_.size() % (2 * count) != 0))
    throw std::runtime_error("the masks `" + name + "` are incomplete");
}

}  // namespace leat
