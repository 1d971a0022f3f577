#include "io/mask_picture.h"

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "image/decode_jpeg.h"
#include "image/decode_picture.h"
#include "io/disk_file.h"
#include "io/mask_values.h"

namespace leat {

namespace {

std::string words(PictureSize size) { return std::to_string(size.width) + " x " + std::to_string(size.height); }

cv::Mat decode_mask(const std::filesystem::path& file, std::vector<std::string>& warnings) {
  const std::string name = "the mask `" + file.string() + "`";
  const std::vector<std::uint8_t> bytes = read_whole_file(file);
  try {
    const DecodedPicture picture = decode_picture(bytes);
    for (const std::string& change : picture.changes) warnings.push_back("mask: " + change);
    const cv::Mat& pixels = picture.luma.empty() ? picture.pixels : picture.luma;
    return inside_of(picture.is_coloured ? decode_colours(bytes) : pixels, is_jpeg(bytes));
  } catch (const MaskValues& values) {
    throw std::runtime_error(name + " " + values.what());
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(name + ": " + error.what());
  }
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
      cv::Mat mask = decode_mask(file, warnings);
      const PictureSize size{mask.cols, mask.rows};
      if (!is_same_view(image, size))
        throw std::runtime_error("the mask `" + file.string() + "` is " + words(size) + ", but its image is " + words(image));
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
