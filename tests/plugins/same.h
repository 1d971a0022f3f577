#pragma once

#include "leat/image.h"
#include "leat/leat.h"

/// What the nodes here are but for one thing: one picture in, the same out.
struct Same : leat::Node {
  leat::Input<leat::Image> image{this, "image", "height x width, 8 bit. A picture."};
  leat::Output<leat::Image> same{this, "same", "height x width, 8 bit. The same."};

  void process(leat::Frame& frame) const override { frame.put(same, frame.take(image)); }
};

/// Changes one pixel of a picture that nobody else has.
[[nodiscard]] inline leat::Image with_first_pixel(const leat::Image& image, int value) {
  leat::Image out = image;
  out.pixels = image.pixels.clone();
  out.pixels.data[0] = static_cast<std::uint8_t>(value);
  return out;
}
