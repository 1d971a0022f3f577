#include <ATen/TensorOperators.h>
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
    const Contract first = shapes.of(tensors, 0);
    for (int k = 1; k < shapes.count(tensors); ++k) {
      const Contract other = shapes.of(tensors, k);
      const std::string both =
          "`" + shapes.member(tensors, 0) + "` is " + first.str() + ", but `" + shapes.member(tensors, k) + "` is " + other.str();
      if (other.dims.size() != first.dims.size()) throw Refusal(both, "tensors");
      for (std::size_t d = 0; d < first.dims.size(); ++d) {
        const auto &one = first.dims[d].multi_label, &two = other.dims[d].multi_label;
        if (one && two && one->is_on != two->is_on)
          throw Refusal("`" + shapes.member(tensors, one->is_on ? 0 : k) + "` has several entries at once, but `" +
                            shapes.member(tensors, one->is_on ? k : 0) + "` has exactly one",
                        "tensors");
        if (shapes.equate(first.dims[d], other.dims[d])) continue;
        const bool is_of_names = first.dims[d].names && other.dims[d].names;
        throw Refusal(both + (is_of_names ? ": the entries must have the same names in the same order" : ""), "tensors");
      }
    }
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
