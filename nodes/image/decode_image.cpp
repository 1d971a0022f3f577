#include "image/decode_image.h"

#include <opencv2/imgproc.hpp>
#include <optional>
#include <stdexcept>

#include "image/cut_png.h"
#include "image/decode_picture.h"
#include "image/luma.h"
#include "leat/picture_format.h"

namespace leat {
namespace {

using Channels = DecodeAs::Channels;
using Depth = DecodeAs::Depth;

/// An image with the channels R, G, B and possibly alpha. T: std::uint8_t or std::uint16_t.
template <class T>
class Colour {
 public:
  explicit Colour(const cv::Mat& pixels) : pixels_(pixels), channels_(pixels.channels()) {
    for (int y = 0; y < pixels.rows; ++y) {
      const T* pixel = pixels.ptr<T>(y);
      for (int x = 0; x < pixels.cols; ++x, pixel += channels_) {
        is_coloured_ |= pixel[0] != pixel[1] || pixel[1] != pixel[2];
        if (channels_ == 4) {
          is_opaque_ &= pixel[3] == full;
          is_seen_ |= pixel[3] != 0;
        }
      }
    }
  }

  [[nodiscard]] bool is_coloured() const { return is_coloured_; }
  /// Returns false also for an image that is transparent everywhere: its writer left the alpha channel empty.
  [[nodiscard]] bool is_transparent() const { return channels_ == 4 && !is_opaque_ && is_seen_; }

  [[nodiscard]] bool is_hidden() const { return channels_ == 4 && !is_seen_; }  ///< Transparent everywhere.

  [[nodiscard]] cv::Mat luma() const {
    cv::Mat out(pixels_.size(), CV_MAKETYPE(pixels_.depth(), 1));
    for (int y = 0; y < pixels_.rows; ++y) {
      const T* pixel = pixels_.ptr<T>(y);
      T* to = out.ptr<T>(y);
      for (int x = 0; x < pixels_.cols; ++x, pixel += channels_) {
        const std::uint32_t gray = leat::luma(pixel);
        to[x] = is_transparent() ? over_black(gray, pixel[3]) : static_cast<T>(gray);
      }
    }
    return out;
  }

  /// Returns R, G, B.
  [[nodiscard]] cv::Mat colours() const {
    cv::Mat out(pixels_.size(), CV_MAKETYPE(pixels_.depth(), 3));
    for (int y = 0; y < pixels_.rows; ++y) {
      const T* pixel = pixels_.ptr<T>(y);
      T* to = out.ptr<T>(y);
      for (int x = 0; x < pixels_.cols; ++x, pixel += channels_)
        for (int k = 0; k < 3; ++k) *to++ = is_transparent() ? over_black(pixel[k], pixel[3]) : pixel[k];
    }
    return out;
  }

 private:
  [[nodiscard]] static T over_black(std::uint32_t value, T alpha) {
    return static_cast<T>((std::uint64_t{value} * alpha + full / 2) / full);
  }

  static constexpr std::uint32_t full = static_cast<T>(-1);
  const cv::Mat& pixels_;
  int channels_;
  bool is_coloured_ = false;
  bool is_opaque_ = true;
  bool is_seen_ = false;
};

/// Returns the luma, or the colours without alpha.
template <class T>
cv::Mat without_alpha(const cv::Mat& pixels, bool as_luma, bool is_bmp, std::vector<std::string>& changes) {
  const Colour<T> colour(pixels);
  if (as_luma && colour.is_coloured()) changes.emplace_back(colour_as_luma);
  if (colour.is_transparent()) changes.emplace_back("transparency composed over black");
  if (colour.is_hidden() && !is_bmp) changes.emplace_back("transparent everywhere, but read as opaque");
  return as_luma ? colour.luma() : colour.colours();
}

cv::Mat luma_of_floats(const cv::Mat& pixels) {
  cv::Mat out;
  cv::transform(pixels, out, cv::Matx13f(0.299F, 0.587F, 0.114F));
  return out;
}

/// Returns true if a PNG has gray and alpha, which the decoder makes colours of.
bool is_gray_with_alpha(std::span<const std::uint8_t> file) {
  constexpr std::size_t kind_of_colour = 25;
  return is_png(file) && file.size() > kind_of_colour && file[kind_of_colour] == 4;
}

/// Returns the gray that a gray PNG states as transparent (chunk tRNS), as it is decoded. The decoder ignores it.
std::optional<int> transparent_gray(std::span<const std::uint8_t> file) {
  constexpr std::size_t first_chunk = 8, depth_at = 24, kind_of_colour = 25;
  if (!is_png(file) || file.size() <= kind_of_colour || file[kind_of_colour] != 0) return {};
  for (std::size_t at = first_chunk; at + 12 <= file.size();) {
    const std::size_t length =
        std::size_t{file[at]} << 24 | std::size_t{file[at + 1]} << 16 | std::size_t{file[at + 2]} << 8 | file[at + 3];
    if (length > file.size() - at - 12) return {};
    const std::string name(file.begin() + static_cast<std::ptrdiff_t>(at) + 4, file.begin() + static_cast<std::ptrdiff_t>(at) + 8);
    if (name == "IDAT") return {};
    if (name == "tRNS" && length == 2) {
      const int gray = file[at + 8] << 8 | file[at + 9], depth = file[depth_at];
      return depth < 8 ? gray * 255 / ((1 << depth) - 1) : gray;
    }
    at += length + 12;
  }
  return {};
}

/// Composes the transparent gray of a gray PNG over black.
void hide_transparent_gray(std::span<const std::uint8_t> file, DecodedImage& gray) {
  const std::optional<int> transparent = transparent_gray(file);
  if (gray.pixels.channels() > 1 || transparent.value_or(0) == 0) return;
  const cv::Mat hidden = gray.pixels == *transparent;
  if (cv::countNonZero(hidden) == 0) return;
  gray.changes.emplace_back("transparency composed over black");
  gray.pixels.setTo(0, hidden);
}

cv::Mat eight_bit(const cv::Mat& pixels) {
  cv::Mat out(pixels.size(), CV_8UC(pixels.channels()));
  for (int y = 0; y < pixels.rows; ++y) {
    const std::uint16_t* from = pixels.ptr<std::uint16_t>(y);
    std::uint8_t* to = out.ptr(y);
    for (int x = 0; x < pixels.cols * pixels.channels(); ++x) to[x] = static_cast<std::uint8_t>((from[x] + 128U) / 257U);
  }
  return out;
}

/// Reports an image that uses less than a quarter of the 16-bit range, at one of its ends or with an offset. A detector has 10 to 14 bits,
/// which a 16-bit file does not state.
void tell_range(DecodedImage& image, bool is_change) {
  double least = 0, most = 0;
  cv::minMaxLoc(image.pixels.reshape(1), &least, &most);
  constexpr int full = 65535, few = 16384;
  if (most <= 0 || most - least >= few) return;
  const bool is_low = most<few, is_high = least> full - few;
  int width = 2;
  const double used = is_low ? most : is_high ? full - least : most - least;
  while (width <= used) width *= 2;
  const std::string range = is_low ? "0.." + std::to_string(width - 1) + " of 0.." + std::to_string(full) + " is"
                            : is_high
                                ? std::to_string(full + 1 - width) + ".." + std::to_string(full) + " of 0.." + std::to_string(full) + " is"
                                : std::to_string(width) + " values of 0.." + std::to_string(full) + ", with an offset, are";
  if (is_change) image.changes.push_back("only " + range + " used");
  image.range = "values " + std::to_string(static_cast<int>(least)) + ".." + std::to_string(static_cast<int>(most));
}

/// Makes the pixels gray or R, G, B.
void bring_to_channels(std::span<const std::uint8_t> file, Channels channels, DecodedImage& out) {
  const bool is_gray_file = is_gray_with_alpha(file);
  const bool as_luma = channels == Channels::Gray || (channels == Channels::AsIs && is_gray_file);
  // The fourth byte of a 32-bit BMP is mostly unused and 0.
  const bool is_bmp = file[0] == 'B' && file[1] == 'M';
  const int depth = out.pixels.depth();
  if (out.pixels.channels() == 1) {
    if (depth != CV_32F) hide_transparent_gray(file, out);
  } else if (depth == CV_32F) {
    if (out.pixels.channels() == 4) throw std::runtime_error("the image has floats and an alpha channel, which is not read");
    if (as_luma) out.changes.emplace_back(colour_as_luma);
    if (as_luma) out.pixels = luma_of_floats(out.pixels);
  } else if (as_luma || out.pixels.channels() == 4) {
    out.pixels = depth == CV_16U ? without_alpha<std::uint16_t>(out.pixels, as_luma, is_bmp, out.changes)
                                 : without_alpha<std::uint8_t>(out.pixels, as_luma, is_bmp, out.changes);
  }
  if (channels == Channels::Rgb && out.pixels.channels() == 1) cv::cvtColor(out.pixels, out.pixels, cv::COLOR_GRAY2RGB);
}

void bring_to_depth(Depth depth, DecodedImage& out) {
  const int found = out.pixels.depth();
  if (found == CV_32F && depth != Depth::AsIs)
    throw std::runtime_error("the image has 32-bit floats: set `depth: as_is`, and map them with `image.window`");
  if (found == CV_8U && depth == Depth::Bits16) out.pixels.convertTo(out.pixels, CV_16U, 257);
  if (found != CV_16U) return;
  const bool is_reduced = depth == Depth::Bits8;
  if (is_reduced) out.changes.emplace_back("16 bit scaled to 8");
  tell_range(out, is_reduced);
  if (is_reduced) out.pixels = eight_bit(out.pixels);
}

}  // namespace

DecodedImage decode_image(std::span<const std::uint8_t> file, const DecodeAs& as) {
  if (const PictureFormat* format = find_picture_format(file)) {
    DecodedImage out;
    out.pixels = format->decode(file, as.depth == Depth::Bits8    ? PictureFormat::Depth::Bits8
                                      : as.depth == Depth::Bits16 ? PictureFormat::Depth::Bits16
                                                                  : PictureFormat::Depth::AsIs);
    bring_to_channels(file, as.channels, out);
    bring_to_depth(as.depth, out);
    return out;
  }
  DecodedPicture picture =
      decode_picture(file, {.at_least = as.at_least, .has_colours = as.channels != Channels::Gray, .has_floats = true});
  DecodedImage out;
  out.whole = picture.whole;
  out.reduction = picture.reduction;
  out.turned = turned_text(picture.orientation);
  if (picture.is_coloured) out.changes.emplace_back(colour_as_luma);
  out.changes.insert(out.changes.end(), picture.changes.begin(), picture.changes.end());
  out.pixels = picture.luma.empty() ? std::move(picture.pixels) : std::move(picture.luma);
  bring_to_channels(file, as.channels, out);
  bring_to_depth(as.depth, out);
  return out;
}

cv::Mat joined_channels(const std::vector<cv::Mat>& channels, const std::vector<std::string>& names) {
  const auto kind = [](const cv::Mat& one) {
    return std::to_string(one.cols) + " x " + std::to_string(one.rows) + " pixels of " +
           (one.depth() == CV_32F   ? "floats"
            : one.depth() == CV_16U ? "16 bit"
                                    : "8 bit");
  };
  for (std::size_t k = 0; k < channels.size(); ++k) {
    if (channels[k].channels() != 1) throw std::runtime_error("`" + names[k] + "` has colours, but a file of one channel must be gray");
    if (channels[k].size() != channels[0].size() || channels[k].depth() != channels[0].depth())
      throw std::runtime_error("the channels of an image must have one size and depth, but `" + names[0] + "` has " + kind(channels[0]) +
                               ", and `" + names[k] + "` has " + kind(channels[k]));
  }
  cv::Mat out;
  cv::merge(channels, out);
  return out;
}

}  // namespace leat
