#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

namespace leat {

/// An image as its file has it.
struct DecodedPicture {
  cv::Mat pixels;  ///< 8 or 16 bit or float; gray, or channels R, G, B and possibly alpha. Large values are bright.
  /// The luma of a JPEG that has it as a separate channel; `pixels` is then empty. It is the whole image if `is_coloured` is false.
  cv::Mat luma;
  cv::Size whole;                    ///< As in DecodedJpeg.
  int reduction = 1;                 ///< As in DecodedJpeg.
  bool is_coloured = false;          ///< The JPEG has colour, which `luma` does not show.
  std::vector<std::string> changes;  ///< One phrase each: "first of several pages of a TIFF".
  int orientation = 1;               ///< As in PictureHeader. The pixels are upright.
};

struct DecodePicture {
  int at_least = 0;          ///< As in `decode_jpeg`, for an image that is stored upright.
  bool has_colours = false;  ///< A JPEG with colours is decoded to `pixels`, not to `luma`.
  bool has_floats = false;   ///< A TIFF with 32-bit floats is decoded, not refused.
};

/// Decodes a PNG, JPEG, TIFF (first page) or BMP file; images and masks use the same function. The image is upright, as viewers show it:
/// the orientation in the EXIF data of a JPEG or PNG, and that of a TIFF, is applied. A TIFF whose smallest value is white is inverted.
/// Throws std::runtime_error if the file is truncated or corrupt, or of another depth. The JPEG format cannot reveal every damaged bit if
/// the file ends correctly.
[[nodiscard]] DecodedPicture decode_picture(std::span<const std::uint8_t> file, const DecodePicture& how = {});

/// Returns "turned upright, as its orientation 6 asks", or an empty string for orientation 1.
[[nodiscard]] std::string turned_text(int orientation);

}  // namespace leat
