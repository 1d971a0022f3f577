#include "image/other_image.h"

#include <opencv2/core.hpp>

#include "leat/image.h"
#include "leat/leat.h"

// A node for the conformance kit only. `register_nodes` does not add it, so `leat run` does not know it.
namespace leat {
namespace {

struct OtherImage final : Node {
  Input<Image> image{this, "image", "H x W, 8 bit. A gray image."};
  Output<Image> other{this, "other", "H x W x ..., 8 or 16 bit. It in colour, or with 16 bit."};
  Choice kind{this, "kind", "colour: three channels that differ; deep: 16 bit.", "colour", {"colour", "deep"}};

  void shapes(Shapes& shapes) const override {
    Contract out = other.contract();
    out.is_open = false;
    if (kind == "colour") out.dims.push_back(Dim{3, {}});
    out.dtype = kind == "colour" ? Dtype::U8 : Dtype::U16;
    shapes.set(other, out);
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    Image out{{}, in.placement};
    if (kind == "deep") in.pixels.convertTo(out.pixels, CV_16U, 257);
    else cv::merge(std::vector<cv::Mat>{in.pixels, 255 - in.pixels, in.pixels / 2 + 40}, out.pixels);
    frame.put(other, std::move(out));
  }
};

}  // namespace

void register_other_image(Registry& registry) {
  detail::register_type<OtherImage>(registry, "trial.other_image", "Makes an image of another kind.", LaneKind::Cpu);
}

}  // namespace leat
