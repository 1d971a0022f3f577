#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/image.h"

namespace leat {

/// The tiles of a mosaic that are drawn so far, all of one size. It is the state of the node that collects them.
struct MosaicTiles {
  std::vector<cv::Mat> tiles;       ///< R, G, B. Invariant: a tile in this list does not change.
  std::vector<std::string> legend;  ///< The names of the outlines, in the order of their colours.

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);
};

/// Returns one tile: the image, as large as it fits into `size`, with the outline of each mask. Mask k has `outline_colour(k)`. A mask of
/// the image's size is drawn without its placement; any other mask is moved by the two placements.
[[nodiscard]] cv::Mat draw_tile(const Image& picture, std::span<const Image* const> masks, cv::Size size);

/// Returns a tile with a line of text below, `caption_height` pixels high. A text that is too long loses its beginning.
[[nodiscard]] cv::Mat caption_tile(const cv::Mat& tile, const std::string& caption);
inline constexpr int caption_height = 18;

/// Returns the tiles in rows with a thin gap between them, and below a legend of outline colours if there are names.
[[nodiscard]] cv::Mat draw_page(std::span<const cv::Mat> tiles, int columns, std::span<const std::string> legend);

}  // namespace leat
