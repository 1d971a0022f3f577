#include <ATen/TensorOperators.h>

#include "leat/leat.h"
#include "leat/tensor.h"
#include "tensor/members.h"

namespace {
using namespace leat;

struct Mean final : Node {
  Inputs<at::Tensor> tensors{this, "tensors", "N x ..., float. Tensors of one shape. Row i of each belongs to the same sample."};
  Output<at::Tensor> mean{this, "mean", "N x ..., float. The element-wise mean of the tensors."};

  void shapes(Shapes& shapes) const override {
    if (shapes.count(tensors) == 0) throw Refusal("nothing is connected to `tensors`", "tensors");
    check_one_contract(shapes, tensors);
    if (shapes.of(tensors, 0).dims.size() == 4) shapes.check_field_of_view(tensors, tensors);
    // All have one shape, which a member that is not open knows.
    int known = 0;
    while (known + 1 < shapes.count(tensors) && shapes.of(tensors, known).is_open) ++known;
    const Contract first = shapes.of(tensors, shapes.of(tensors, known).is_open ? 0 : known);
    shapes.set(mean, first);
  }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }

  void process(Frame& frame) const override {
    const Members given = frame[tensors];
    check_one_shape(given);
    at::Tensor sum = given[0].second->detach();
    for (std::size_t k = 1; k < given.size(); ++k) sum = sum + given[k].second->detach();
    frame.put(mean, sum / static_cast<double>(given.size()));
  }
};

}  // namespace

LEAT_NODE(Mean, "tensor.mean", "Averages tensors of one shape, such as the probabilities of several networks.", leat::LaneKind::Device)
