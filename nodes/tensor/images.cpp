#include <ATen/ops/aminmax.h>
#include <cmath>
#include <stdexcept>

#include "leat/leat.h"
#include "leat/tensor.h"
#include "tensor/pictures.h"

namespace {
using namespace leat;

struct Images final : Node {
  Input<at::Tensor> probabilities{this, "probabilities", "N x K x height x width, float, 0..1. A channel each structure."};
  Gather<Image> like{this, "like",
                     "height x width x ..., 8 bit. The pictures that the network saw: they say where in the file a pixel lies."};
  Scatter<Image> image{this, "image", "height x width x ..., 8 bit, of K. A channel each structure, 255 times the probability, rounded."};

  void shapes(Shapes& shapes) const override {
    const Contract given = shapes.of(probabilities);
    if (given.dims.size() != 4 || !given.dims[1].is_known()) return;
    Contract out = image.contract();
    out.is_open = false;
    out.dims = {given.dims[2], given.dims[3]};
    if (given.dims[1].size > 1) out.dims.push_back(given.dims[1]);
    out.entries = given.dims[1];
    shapes.set(image, out);
  }

  void process(Frame& frame) const override {
    const at::Tensor& rows = frame[probabilities];
    const Rows<Image> seen = frame[like];
    for (int row = 0; row < seen.size(); ++row) {
      const auto [lowest, highest] = at::aminmax(rows[row]);
      const float low = lowest.item<float>(), high = highest.item<float>();
      constexpr float rounding = 1e-3f;
      if (!std::isfinite(low) || !std::isfinite(high)) frame.drop(row, "the probabilities of its masks are not finite");
      else if (seen.weight(row) > 0 && (low < -rounding || high > 1 + rounding))
        throw std::runtime_error("the probabilities of the masks of `" + seen.sample(row).id + "` reach from " + std::to_string(low) +
                                 " to " + std::to_string(high) + ": of logits, `tensor.probabilities` makes some");
      else frame.put(image, row, Image{picture_of(rows[row]), seen[row].placement});
    }
  }
};

}  // namespace

LEAT_NODE(Images, "tensor.images", "Makes a picture of each sample's mask probabilities.")
