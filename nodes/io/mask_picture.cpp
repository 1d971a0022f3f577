#include "io/mask_picture.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "io/disk_file.h"

namespace leat {

namespace {

std::string words(PictureSize size) { return std::to_string(size.width) + " x " + std::to_string(size.height); }

/// One channel, the largest of the colours; an alpha channel says nothing.
cv::Mat single_channel(const cv::Mat& picture) {
  if (picture.channels() == 1) return picture;
  std::vector<cv::Mat> channels;
  cv::split(picture, channels);
  cv::Mat out = channels[0];
  const std::size_t colours = picture.channels() == 2 ? 1 : 3;
  for (std::size_t k = 1; k < colours; ++k) cv::max(out, channels[k], out);
  return out;
}

cv::Mat decode_mask(const std::filesystem::path& file) {
  const std::string name = "the mask `" + file.string() + "`";
  const std::vector<std::uint8_t> bytes = read_whole_file(file);
  cv::Mat picture;
  try {
    if (!bytes.empty()) picture = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception&) {  // a broken file: the same sentence as for no picture
  }
  if (picture.empty()) throw std::runtime_error(name + " cannot be decoded");
  if (picture.depth() != CV_8U && picture.depth() != CV_16U) throw std::runtime_error(name + " has neither 8 nor 16 bit");
  const cv::Mat gray = single_channel(picture);
  double highest = 0;
  cv::minMaxLoc(gray, nullptr, &highest);
  if (highest > 1 && highest < 128)
    throw std::runtime_error(name + " has values up to " + std::to_string(static_cast<int>(highest)) + ", neither 0 and 1 nor 0 and 255");
  const int inside = highest <= 1 ? 1 : highest <= 255 ? 128 : 32768;
  return gray >= inside;
}

}  // namespace

bool is_same_view(PictureSize image, PictureSize mask) {
  if (image == mask) return true;
  if (image.pixels() == 0 || mask.pixels() == 0) return false;
  const double scale = static_cast<double>(mask.width) / image.width;
  return std::abs(image.height * scale - mask.height) < std::max(1.0, scale);
}

Image read_masks(const std::vector<std::vector<std::filesystem::path>>& structures, PictureSize image, std::vector<std::string>& warnings) {
  std::vector<cv::Mat> channels;
  for (const auto& files : structures) {
    cv::Mat together = cv::Mat::zeros(image.height, image.width, CV_8UC1);
    for (const auto& file : files) {
      cv::Mat mask = decode_mask(file);
      const PictureSize size{mask.cols, mask.rows};
      if (!is_same_view(image, size))
        throw std::runtime_error("the mask `" + file.string() + "` is " + words(size) + ", its image is " + words(image));
      if (size != image) {
        warnings.push_back("mask scaled from " + words(size) + " to " + words(image));
        cv::resize(mask, mask, together.size(), 0, 0, cv::INTER_NEAREST_EXACT);
      }
      cv::bitwise_or(together, mask, together);
    }
    channels.push_back(std::move(together));
  }
  Image out;
  cv::merge(channels, out.pixels);
  out.placement.source_width = image.width;
  out.placement.source_height = image.height;
  return out;
}

}  // namespace leat
