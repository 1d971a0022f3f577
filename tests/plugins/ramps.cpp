#include <leat/image.h>
#include <leat/leat.h>

#include <algorithm>
#include <opencv2/core.hpp>

namespace {
using namespace leat;

struct Ramps final : Source {
  Output<Image> image{this, "image", "32 x 32, 8 bit. A picture that gets lighter to the right."};
  Param<int> count{this, "count", "Pictures in one epoch.", 100, {1, 1000000}};

  std::int64_t length() const override { return *count; }
  void process(Frame& frame) const override {
    const std::int64_t place = pick(frame, *count, frame.key().kind == PhaseKind::Train);
    frame.identify({.id = "ramp-" + std::to_string(place)});
    Image out{cv::Mat(32, 32, CV_8UC1), {}};
    for (int x = 0; x < 32; ++x) out.pixels.col(x).setTo(std::min<std::int64_t>(255, x * (1 + place % 8)));
    frame.put(image, std::move(out));
  }
};

}  // namespace

LEAT_NODE(Ramps, "ramps.draw", "Draws pictures of one gradient each.")
