#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "leat/node.h"

namespace leat {

/// Returns the most bytes of an image of a contract, if it has at most so many pixels. An unknown number of channels counts as three.
[[nodiscard]] inline std::int64_t most_bytes(const Contract& image, std::int64_t pixels) {
  const bool has_channels = image.dims.size() > 2 && image.dims[2].is_known();
  const std::int64_t channels = has_channels ? image.dims[2].size : image.is_open || image.dims.size() > 2 ? 3 : 1;
  return pixels * std::max<std::int64_t>(channels, 1) * bytes_of(image.dtype);
}

/// Returns the contract of an output whose images have the size, channels and depth of those at a connected input.
[[nodiscard]] inline Contract like_input(const Shapes& shapes, const Port& output, const Port& input) {
  const Contract in = shapes.of(input);
  Contract out = in.has_shape ? in : output.contract();
  out.dtype = in.dtype;
  return out;
}

/// Returns the number of channels of the images at a connected input; 0 if it is not known.
[[nodiscard]] inline std::int64_t channels_of(const Contract& image) {
  if (!image.has_shape || image.dims.size() < 2) return 0;
  if (image.dims.size() == 2) return image.is_open ? 0 : 1;
  return image.dims[2].is_known() ? image.dims[2].size : 0;
}

/// Returns why images with so many channels are neither gray nor in colour, or an empty string.
[[nodiscard]] inline std::string neither_gray_nor_colour(std::int64_t channels) {
  if (channels == 0 || channels == 1 || channels == 3) return {};
  return "the images have " + std::to_string(channels) + " channels, but this node takes gray images and colours (R, G, B) only";
}

/// Throws Refusal if the images at a connected input are known to be neither gray nor in colour. [setup]
inline void check_gray_or_colour(const Shapes& shapes, const Port& input) {
  if (const std::string why = neither_gray_nor_colour(channels_of(shapes.of(input))); !why.empty())
    throw Refusal(why, std::string(input.name()), "choose `channels: gray` or `rgb` of `image.decode`, or another node");
}

}  // namespace leat
