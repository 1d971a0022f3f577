#include <cmath>

#include "augment/interval.h"
#include "augment/tone.h"
#include "image/image_contracts.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Intensity final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 or 16 bit. An image."};
  Output<Image> changed{
      this, "changed",
      "H x W x ..., 8 or 16 bit. The image after gamma, contrast about its mean, brightness and noise, in this order. Contrast and "
      "brightness are limited so that no value is clipped; only noise can clip. All channels are changed alike, with the mean over all of "
      "them; noise is drawn for each value."};
  Param<std::vector<double>> gamma{
      this, "gamma", "Interval of the exponent, [low, high], each 0.05..20. Its logarithm is drawn uniformly.", {0.4, 2.5}};
  Param<std::vector<double>> contrast{
      this,
      "contrast",
      "Interval of the contrast factor, [low, high], each 0..10. The factor is reduced if values would span more than black to white.",
      {0.5, 1.5}};
  Param<double> brightness{
      this,
      "brightness",
      "Maximum brightness offset, up or down, as a fraction of the full range. It is reduced if values would leave the range.",
      0.25,
      {0, 1}};
  Param<double> noise{
      this,
      "noise",
      "Maximum standard deviation of white noise, as a fraction of the full range. The deviation is drawn from 0 to this value.",
      0.06,
      {0, 1}};

  void shapes(Shapes& shapes) const override {
    check_interval(gamma, 0.05, 20);
    check_interval(contrast, 0, 10);
    shapes.set(changed, like_input(shapes, changed, image));
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    Random random = frame.random();
    Tone tone;
    tone.gamma = std::exp(random.uniform(std::log((*gamma)[0]), std::log((*gamma)[1])));
    tone.contrast = draw(random, *contrast);
    tone.brightness = random.uniform(-*brightness, *brightness);
    tone.noise = random.uniform(0, *noise);
    frame.put(changed, Image{change_tone(in.pixels, tone, random), in.placement});
  }
};

}  // namespace

LEAT_NODE(Intensity, "augment.intensity", "Changes gamma, contrast and brightness of an image at random, and adds noise.")
