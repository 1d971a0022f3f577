#include "image/decode_gray.h"

#include <optional>

#include "image/cut_png.h"
#include "image/decode_picture.h"

namespace leat {
namespace {

/// An image with the channels B, G, R and possibly alpha. T: std::uint8_t or std::uint16_t.
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
        // Pillow's weights: 0.299, 0.587 and 0.114 of 65536.
        std::uint32_t gray = (pixel[2] * 19595U + pixel[1] * 38470U + pixel[0] * 7471U + 0x8000U) >> 16;
        if (is_transparent()) gray = static_cast<std::uint32_t>((std::uint64_t{gray} * pixel[3] + full / 2) / full);
        to[x] = static_cast<T>(gray);
      }
    }
    return out;
  }

 private:
  static constexpr std::uint32_t full = static_cast<T>(-1);
  const cv::Mat& pixels_;
  int channels_;
  bool is_coloured_ = false;
  bool is_opaque_ = true;
  bool is_seen_ = false;
};

template <class T>
cv::Mat luma(const cv::Mat& pixels, bool is_bmp, std::vector<std::string>& changes) {
  const Colour<T> colour(pixels);
  if (colour.is_coloured()) changes.emplace_back(colour_as_luma);
  if (colour.is_transparent()) changes.emplace_back("transparency composed over black");
  if (colour.is_hidden() && !is_bmp) changes.emplace_back("transparent everywhere, but read as opaque");
  return colour.luma();
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
void hide_transparent_gray(std::span<const std::uint8_t> file, DecodedGray& gray) {
  const std::optional<int> transparent = transparent_gray(file);
  if (gray.pixels.channels() > 1 || transparent.value_or(0) == 0) return;
  const cv::Mat hidden = gray.pixels == *transparent;
  if (cv::countNonZero(hidden) == 0) return;
  gray.changes.emplace_back("transparency composed over black");
  gray.pixels.setTo(0, hidden);
}

cv::Mat eight_bit(const cv::Mat& pixels) {
  cv::Mat out(pixels.size(), CV_8U);
  for (int y = 0; y < pixels.rows; ++y) {
    const std::uint16_t* from = pixels.ptr<std::uint16_t>(y);
    std::uint8_t* to = out.ptr(y);
    for (int x = 0; x < pixels.cols; ++x) to[x] = static_cast<std::uint8_t>((from[x] + 128U) / 257U);
  }
  return out;
}

/// Reports an image that uses less than a quarter of the 16-bit range, at one of its ends or with an offset. A detector has 10 to 14 bits,
/// which a 16-bit file does not state.
void tell_range(DecodedGray& gray) {
  double least = 0, most = 0;
  cv::minMaxLoc(gray.pixels, &least, &most);
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
  gray.changes.push_back("only " + range + " used");
  gray.range = "values " + std::to_string(static_cast<int>(least)) + ".." + std::to_string(static_cast<int>(most));
}

}  // namespace

DecodedGray decode_gray(std::span<const std::uint8_t> file, int at_least) {
  DecodedPicture picture = decode_picture(file, at_least);
  DecodedGray out;
  out.whole = picture.whole;
  out.reduction = picture.reduction;
  out.turned = turned_text(picture.orientation);
  if (picture.is_coloured) out.changes.emplace_back(colour_as_luma);
  out.changes.insert(out.changes.end(), picture.changes.begin(), picture.changes.end());
  if (!picture.luma.empty()) {
    out.pixels = std::move(picture.luma);
    return out;
  }
  out.pixels = std::move(picture.pixels);
  const bool is_deep = out.pixels.depth() == CV_16U;
  // The fourth byte of a 32-bit BMP is mostly unused and 0.
  const bool is_bmp = file[0] == 'B' && file[1] == 'M';
  if (out.pixels.channels() > 1)
    out.pixels = is_deep ? luma<std::uint16_t>(out.pixels, is_bmp, out.changes) : luma<std::uint8_t>(out.pixels, is_bmp, out.changes);
  else hide_transparent_gray(file, out);
  if (is_deep) {
    out.changes.emplace_back("16 bit scaled to 8");
    tell_range(out);
    out.pixels = eight_bit(out.pixels);
  }
  return out;
}

}  // namespace leat
