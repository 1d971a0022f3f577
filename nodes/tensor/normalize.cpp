#include "leat/leat.h"
#include "leat/model.h"
#include "leat/tensor.h"
#include "tensor/pictures.h"
#include "tensor/pixel_numbers.h"

namespace {
using namespace leat;

struct Normalize final : Node {
  Gather<Image> image{this, "image", "height x width, 8 bit. Gray images of one size."};
  Output<at::Tensor> tensor{this, "tensor",
                            "N x 1 x height x width, float. (v / 255 - mean) / deviation for each pixel value v, on the device."};
  Uses<Model> model{this, "model", "The network whose mean and deviation are used."};

  Param<std::vector<double>> constants{
      this, "constants", "Mean and standard deviation to use instead of the network's, [mean, deviation]. Empty: the network's.",
      std::vector<double>{}};

  void shapes(Shapes&) const override {
    if (!constants->empty() && (constants->size() != 2 || !((*constants)[1] > 0)))
      throw Refusal("`constants` must be [mean, deviation] with a deviation above 0", "constants");
  }

  void open(const Opening& opening) override { device_ = at::Device(opening.device); }

  void process(Frame& frame) const override {
    const Normalization used = constants->empty() ? model->normalization() : Normalization{(*constants)[0], (*constants)[1]};
    if (device_.is_cpu())
      return frame.put(tensor,
                       stack_numbers(frame[image], PixelNumbers(static_cast<float>(used.mean), static_cast<float>(used.deviation))));
    at::Tensor out = stack_pictures(frame[image], device_).to(at::kFloat);
    frame.put(tensor, out.div_(255).sub_(used.mean).div_(used.deviation));
  }

 private:
  at::Device device_{at::kCPU};
};

}  // namespace

LEAT_NODE(Normalize, "tensor.normalize", "Stacks the images of a step into the input tensor of a network.", leat::LaneKind::Device)
