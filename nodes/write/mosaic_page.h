#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/image.h"

namespace leat {

/// The tiles of a mosaic as far as they are drawn, all of one size; the state of the node that collects them.
struct MosaicTiles {
  std::vector<cv::Mat> tiles;       ///< BGR; never written after they are in.
  std::vector<std::string> legend;  ///< The outlines' names in the order of their colours.

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);
};

/// One tile: the picture, as large as it fits `size`, with the outline of each mask in the colour of its place. A mask of the picture's
/// size lies on it as it is, another by its placement.
[[nodiscard]] cv::Mat draw_tile(const Image& picture, std::span<const Image* const> masks, cv::Size size);

/// A tile with a line of text below, of which the end is kept where it is too long. The line takes `caption_height` pixels.
[[nodiscard]] cv::Mat caption_tile(const cv::Mat& tile, const std::string& caption);
inline constexpr int caption_height = 18;

/// Tiles in rows, a thin gap between them, and a legend of outline colours below where there are names.
[[nodiscard]] cv::Mat draw_page(std::span<const cv::Mat> tiles, int columns, std::span<const std::string> legend);

}  // namespace leat
