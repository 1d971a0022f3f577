#include "image/decode_picture.h"

#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "image/cut_png.h"
#include "image/decode_jpeg.h"
#include "image/picture_header.h"
#include "image/tiff_directory.h"
#include "leat/picture_format.h"

namespace leat {
namespace {

/// Returns the pixels as they are stored. Here the colours get the order of Leat: R, G, B and alpha.
cv::Mat unchanged(std::span<const std::uint8_t> file, bool has_floats) {
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, const_cast<std::uint8_t*>(file.data()));
  cv::Mat out;
  try {
    out = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception& error) {
    throw std::runtime_error("the file cannot be decoded: " + error.err);
  }
  if (out.empty()) {
    std::string others;
    for (const auto& format : picture_formats()) others += std::string(format->name()) + ", ";
    throw std::runtime_error("the file is corrupt, or not a " + others + "PNG, JPEG, TIFF or BMP");
  }
  if (out.depth() != CV_8U && out.depth() != CV_16U && !(has_floats && out.depth() == CV_32F))
    throw std::runtime_error("the image is " + std::string(cv::depthToString(out.depth())).substr(3) + ", not 8 or 16 bit");
  if (out.channels() == 2 || out.channels() > 4)
    throw std::runtime_error("the image has " + std::to_string(out.channels()) + " channels, not 1, 3 or 4");
  if (out.channels() == 3) cv::cvtColor(out, out, cv::COLOR_BGR2RGB);
  if (out.channels() == 4) cv::cvtColor(out, out, cv::COLOR_BGRA2RGBA);
  return out;
}

/// Returns the pixels upright. An orientation is a flip or not after a transposition or not, as EXIF numbers them.
cv::Mat upright(cv::Mat stored, int orientation) {
  if (stored.empty()) return stored;
  constexpr int top_to_bottom = 0, left_to_right = 1, both = -1;
  if (orientation >= 5) cv::transpose(stored, stored);
  if (orientation == 2 || orientation == 6) cv::flip(stored, stored, left_to_right);
  if (orientation == 3 || orientation == 7) cv::flip(stored, stored, both);
  if (orientation == 4 || orientation == 8) cv::flip(stored, stored, top_to_bottom);
  return stored;
}

int orientation_of(std::span<const std::uint8_t> file) {
  const auto header = picture_header(file);
  return header ? header->orientation : 1;
}

}  // namespace

DecodedPicture decode_picture(std::span<const std::uint8_t> file, const DecodePicture& how) {
  if (file.empty()) throw std::runtime_error("the file is empty");
  DecodedPicture out;
  if (const PictureFormat* format = find_picture_format(file)) {
    out.pixels = format->decode(file, PictureFormat::Depth::AsIs);
    if (out.pixels.depth() == CV_32F && !how.has_floats)
      throw std::runtime_error("the " + std::string(format->name()) + " file has floats, not 8 or 16 bit");
    return out;
  }
  out.orientation = orientation_of(file);
  if (is_jpeg(file)) {
    DecodedJpeg jpeg = decode_jpeg(file, out.orientation == 1 ? how.at_least : 0, how.has_colours);
    out.whole = jpeg.whole;
    out.reduction = jpeg.reduction;
    if (jpeg.has_extraneous_bytes) out.changes.emplace_back("extraneous bytes in a JPEG, which may be damaged");
    out.luma = upright(std::move(jpeg.luma), out.orientation);
    out.pixels = upright(std::move(jpeg.colours), out.orientation);
    out.is_coloured = jpeg.is_coloured;
    if (!out.luma.empty() || !out.pixels.empty()) return out;
  }
  if (is_png(file))
    if (const std::string reason = find_cut_png(file); !reason.empty()) throw std::runtime_error(reason);
  const auto tiff = read_tiff_directory(file);
  // The decoder of TIFF applies the orientation itself, in some versions and for some kinds of pixels only. The others do not apply it.
  const bool is_turned_tiff = tiff && out.orientation != 1;
  out.pixels =
      upright(is_turned_tiff ? unchanged(with_tiff_tag(file, TiffOrientation, 1), how.has_floats) : unchanged(file, how.has_floats),
              out.orientation);
  if (!tiff) return out;
  // The decoder inverts 8-bit images itself, but not 16-bit images. It scales 10 to 14 bits to 16, so all 16 bits are inverted.
  if (tiff->photometric == 0 && out.pixels.type() == CV_16UC1) cv::bitwise_not(out.pixels, out.pixels);
  if (tiff->photometric == 0 && out.pixels.depth() == CV_32F)
    throw std::runtime_error("the TIFF has floats of which the smallest is white, but floats have no range to invert them in");
  if (tiff->has_more_pages) out.changes.emplace_back("first of several pages of a TIFF");
  return out;
}

std::string turned_text(int orientation) {
  return orientation == 1 ? "" : "turned upright, as its orientation " + std::to_string(orientation) + " asks";
}

}  // namespace leat
