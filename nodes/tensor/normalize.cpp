#include "leat/leat.h"
#include "leat/model.h"
#include "leat/tensor.h"
#include "tensor/pictures.h"

namespace {
using namespace leat;

struct Normalize final : Node {
  Gather<Image> image{this, "image", "height x width, 8 bit. Gray pictures, all of one size."};
  Output<at::Tensor> tensor{this, "tensor", "N x 1 x height x width, float. (v / 255 - mean) / deviation, on the device."};
  Uses<Model> model{this, "model", "The network that keeps mean and deviation with its weights."};

  Param<std::vector<double>> constants{this, "constants", "A mean and a deviation in place of the network's; empty: the network's.",
                                       std::vector<double>{}};

  void shapes(Shapes&) const override {
    if (!constants->empty() && (constants->size() != 2 || !((*constants)[1] > 0)))
      throw Refusal("`constants` has to be a mean and a deviation above 0", "constants");
  }

  void open(const Opening& opening) override { device_ = at::Device(opening.device); }

  void process(Frame& frame) const override {
    const Normalization used = constants->empty() ? model->normalization() : Normalization{(*constants)[0], (*constants)[1]};
    at::Tensor out = stack_pictures(frame[image], device_).to(at::kFloat);
    frame.put(tensor, out.div_(255).sub_(used.mean).div_(used.deviation));
  }

 private:
  at::Device device_{at::kCPU};
};

}  // namespace

LEAT_NODE(Normalize, "tensor.normalize", "Stacks the pictures of a step into the tensor that a network takes.", leat::LaneKind::Device)
