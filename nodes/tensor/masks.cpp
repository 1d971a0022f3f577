#include "leat/leat.h"
#include "leat/tensor.h"
#include "leat/unknown.h"
#include "tensor/pictures.h"

namespace {
using namespace leat;

struct Masks final : Node {
  Gather<Image> image{
      this, "image",
      "height x width x ..., 8 bit, of K, or unknown. Masks of one size, one channel per structure. Pixels of 128 or more belong to the "
      "structure."};
  Output<at::Tensor> tensor{
      this, "tensor",
      "N x K x height x width, float, 0..1. The masks on the device: 1 for pixels of the structure, -1 for unknown ones, else 0."};

  void shapes(Shapes& shapes) const override {
    const Contract masks = shapes.of(image);
    Contract out = tensor.contract();
    out.or_unknown = has_unknown_ = masks.or_unknown;
    if (has_unknown_) out.low = unknown::number;
    if (masks.dims.size() < 2) {
      if (has_unknown_) shapes.set(tensor, out);
      return;
    }
    out.dims[1] = masks.entries.names ? masks.entries : masks.dims.size() > 2 ? masks.dims[2] : Dim{1, {}};
    out.dims[2] = masks.dims[0];
    out.dims[3] = masks.dims[1];
    shapes.set(tensor, out);
  }

  void open(const Opening& opening) override { device_ = at::Device(opening.device); }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }

  void process(Frame& frame) const override {
    const at::Tensor pixels = stack_pictures(frame[image], device_);
    const at::Tensor inside = pixels.ge(128).to(at::kFloat);
    frame.put(tensor, has_unknown_ ? inside.masked_fill_(pixels.eq(unknown::pixel), unknown::number) : inside);
  }

 private:
  mutable bool has_unknown_ = false;  ///< Of `image`. Set by `shapes`, before the first call of `process`.
  at::Device device_{at::kCPU};
};

}  // namespace

LEAT_NODE(Masks, "tensor.masks", "Stacks the masks of a step into a tensor of zeros and ones.", leat::LaneKind::Device)
