#include "histogram.h"

#include <leat/function.h>
#include <leat/image.h>

namespace {

Histogram histogram(const leat::Image& image) {
  Histogram out;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) ++out.counts[static_cast<std::size_t>(image.pixels.at<std::uint8_t>(y, x) / 16)];
  return out;
}

}  // namespace

LEAT_FUNCTION(histogram, "own.histogram", "Counts the grays of a picture.", "image")
