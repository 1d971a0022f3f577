#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <leat/leat.h>
#include <leat/model.h>

namespace {
using namespace leat;

/// Logistic regression on the pixels: a network that is no U-Net.
class Linear final : public ForwardModel {
 public:
  Param<int> side{this, "side", "Height and width of the pictures, pixels.", 16, {1, 256}};
  Param<int> classes{this, "classes", "How many there are.", 2, {2, 1000}};

  Normalization normalization() const override { return {0.45, 0.25}; }
  void open(const Opening& opening) override {
    const at::TensorOptions options = at::TensorOptions(at::kFloat).device(at::Device(opening.device));
    set_weights({"weight", "bias"}, {at::zeros({*classes, std::int64_t{*side} * *side}, options), at::zeros({*classes}, options)});
  }
  std::vector<Contract> outputs(const Contract& batch) const override {
    if (batch.dims.size() == 4 && batch.dims[2].is_known() && (batch.dims[2].size != *side || batch.dims[3].size != *side))
      throw Refusal("pictures of " + batch.dims[2].str() + " x " + batch.dims[3].str() + " do not fit a network for " +
                        std::to_string(*side) + " pixels",
                    "batch");
    Contract out = Contract::parse("N x K, float. Logits.");
    out.dims[1] = Dim{*classes, {}};
    return {out};
  }
  std::vector<at::Tensor> forward(const at::Tensor& batch, const ForwardPass& pass) const override {
    const std::vector<at::Tensor>& used = tensors(pass.weights);
    return {at::linear(batch.flatten(1), used[0], used[1])};
  }
};

}  // namespace

LEAT_NODE(Linear, "own.linear", "Logistic regression on the pixels of pictures.")
