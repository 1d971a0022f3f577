#include <ATen/TensorOperators.h>
#include <algorithm>
#include <stdexcept>

#include "leat/leat.h"
#include "leat/tensor.h"

namespace {
using namespace leat;

struct Mean final : Node {
  Inputs<at::Tensor> tensors{this, "tensors", "N x ..., float. Tensors of one shape. Row i of each belongs to the same sample."};
  Output<at::Tensor> mean{this, "mean", "N x ..., float. The element-wise mean of the tensors."};

  void shapes(Shapes& shapes) const override {
    if (shapes.count(tensors) == 0) throw Refusal("nothing is connected to `tensors`", "tensors");
    for (int k = 1; k < shapes.count(tensors); ++k) {
      const Contract first = shapes.of(tensors, 0), other = shapes.of(tensors, k);
      bool is_of_names = false;
      for (std::size_t d = 0; d < std::min(first.dims.size(), other.dims.size()); ++d) {
        const auto &one = first.dims[d].multi_label, &two = other.dims[d].multi_label;
        if (one && two && one->is_on != two->is_on)
          throw Refusal("`" + shapes.member(tensors, one->is_on ? 0 : k) + "` has several entries at once, but `" +
                            shapes.member(tensors, one->is_on ? k : 0) + "` has exactly one",
                        "tensors");
        is_of_names = is_of_names || (first.dims[d].names && other.dims[d].names);
      }
      if (!shapes.equate(first, other))
        throw Refusal("`" + shapes.member(tensors, 0) + "` is " + first.str() + ", but `" + shapes.member(tensors, k) + "` is " +
                          other.str() + (is_of_names ? ": the entries must have the same names in the same order" : ""),
                      "tensors");
    }
    if (shapes.of(tensors, 0).dims.size() == 4) shapes.check_field_of_view(tensors, tensors);
    // All have one shape, which a member that is not open knows.
    int known = 0;
    while (known + 1 < shapes.count(tensors) && shapes.of(tensors, known).is_open) ++known;
    const Contract first = shapes.of(tensors, shapes.of(tensors, known).is_open ? 0 : known);
    shapes.set(mean, first);
  }

  void process(Frame& frame) const override {
    const auto given = frame[tensors];
    at::Tensor sum = given[0].second->detach();
    for (std::size_t k = 1; k < given.size(); ++k) {
      if (given[k].second->sizes() != sum.sizes())
        throw std::runtime_error("`" + std::string(given[k].first) + "` does not have the shape of `" + std::string(given[0].first) + "`");
      sum = sum + given[k].second->detach();
    }
    frame.put(mean, sum / static_cast<double>(given.size()));
  }
};

}  // namespace

LEAT_NODE(Mean, "tensor.mean", "Averages tensors of one shape, such as the probabilities of several networks.", leat::LaneKind::Device)
