#include <ATen/ops/aminmax.h>
#include <cmath>
#include <stdexcept>

#include "leat/leat.h"
#include "leat/tensor.h"
#include "tensor/pictures.h"

namespace {
using namespace leat;

struct Images final : Node {
  Input<at::Tensor> probabilities{this, "probabilities",
                                  "N x K x height x width, float, 0..1. Mask probabilities, one channel per structure."};
  Gather<Image> like{
      this, "like",
      "height x width x ..., 8 or 16 bit or float. The images that the network saw. They have the position of each pixel in its file."};
  Scatter<Image> image{this, "image", "height x width x ..., 8 bit, of K. 255 times the probability, rounded; one channel per structure."};
  Choice scale{this,
               "scale",
               "Divisor of the numbers of a sample. none: they are probabilities; max: their largest one, for maps of any range.",
               "none",
               {"none", "max"}};

  void shapes(Shapes& shapes) const override {
    shapes.check_field_of_view(probabilities, like);
    const Contract given = shapes.of(probabilities);
    if (given.dims.size() != 4 || !given.dims[1].is_known()) return;
    Contract out = image.contract();
    out.is_open = false;
    out.dims = {given.dims[2], given.dims[3]};
    if (given.dims[1].size > 1) out.dims.push_back(given.dims[1]);
    out.entries = given.dims[1];
    if (scale == "max" && given.dims[1].size == 1 && !given.dims[1].names) out.entries = Dim::named({"map"}, this, "scale");
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
      else if (scale == "max") frame.put(image, row, Image{picture_of(high > 0 ? rows[row].div(high) : rows[row]), seen[row].placement});
      else if (seen.weight(row) > 0 && (low < -rounding || high > 1 + rounding))
        throw std::runtime_error("the mask probabilities of `" + seen.sample(row).id + "` are " + std::to_string(low) + ".." +
                                 std::to_string(high) + "; the range is 0..1 (convert logits with `tensor.probabilities`)");
      else frame.put(image, row, Image{picture_of(rows[row]), seen[row].placement});
    }
  }
};

}  // namespace

LEAT_NODE(Images, "tensor.images", "Converts the mask probabilities of each sample to an image.")
