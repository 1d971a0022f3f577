#include "leat/leat.h"
#include "tensor/normalization.h"
#include "tensor/pictures.h"
#include "tensor/tensor.h"

namespace {
using namespace leat;

struct Normalize final : Node {
  Gather<Image> image{this, "image", "height x width, 8 bit. Gray pictures, all of one size."};
  Output<at::Tensor> tensor{this, "tensor", "N x 1 x height x width, float. (v / 255 - mean) / deviation, on the device."};
  Uses<KeepsNormalization> model{this, "model", "The network that keeps mean and deviation with its weights."};

  void open(const Opening& opening) override { device_ = at::Device(opening.device); }

  void process(Frame& frame) const override {
    const Normalization constants = model->normalization();
    at::Tensor out = stack_pictures(frame[image], device_).to(at::kFloat);
    frame.put(tensor, out.div_(255).sub_(constants.mean).div_(constants.deviation));
  }

 private:
  at::Device device_{at::kCPU};
};

}  // namespace

LEAT_NODE(Normalize, "tensor.normalize", "Stacks the pictures of a step into the tensor that a network takes.", leat::LaneKind::Device)
