#include <cmath>

#include "augment/interval.h"
#include "augment/tone.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Intensity final : Node {
  Input<Image> image{this, "image", "H x W, 8 bit. A gray picture."};
  Output<Image> changed{
      this, "changed",
      "H x W, 8 bit. v^gamma, then contrast about its mean, brightness, noise, on values v of 0..1; but for noise nothing is cut off."};
  Param<std::vector<double>> gamma{this, "gamma", "Exponents, .05..20, drawn with uniform logarithm.", {0.4, 2.5}};
  Param<std::vector<double>> contrast{
      this, "contrast", "Factors about the picture's mean, 0..10; less where values would span more than black to white.", {0.5, 1.5}};
  Param<double> brightness{this,
                           "brightness",
                           "Most that is added, either way, as a fraction of the full range; less where values would leave it.",
                           0.25,
                           {0, 1}};
  Param<double> noise{this, "noise", "Most deviation of white noise, as a fraction of the full range; drawn from 0 on.", 0.06, {0, 1}};

  void shapes(Shapes&) const override {
    check_interval(gamma, 0.05, 20);
    check_interval(contrast, 0, 10);
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

LEAT_NODE(Intensity, "augment.intensity", "Changes gamma, contrast, brightness and noise of a picture.")
