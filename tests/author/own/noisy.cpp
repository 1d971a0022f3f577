#include <leat/function.h>
#include <leat/image.h>

namespace {

leat::Image noisy(const leat::Image& image, leat::Random& random) {
  leat::Image out = image;
  out.pixels = image.pixels.clone();
  for (int y = 0; y < out.height(); ++y)
    for (int x = 0; x < out.width(); ++x)
      out.pixels.at<std::uint8_t>(y, x) = cv::saturate_cast<std::uint8_t>(out.pixels.at<std::uint8_t>(y, x) + 10 * random.normal());
  return out;
}

}  // namespace

LEAT_FUNCTION(noisy, "own.noisy", "Adds noise to a picture.", "image")
