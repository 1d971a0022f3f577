#include "leat/row_weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "tensor/to_device.h"

namespace leat {
namespace {

std::string shape_text(const at::Tensor& values) {
  std::string text;
  for (const std::int64_t size : values.sizes()) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text.empty() ? "a scalar" : text;
}

}  // namespace

RowWeights::RowWeights(std::vector<float> weights, bool differ_by_step)
    : weights_(std::move(weights)), sum_(std::accumulate(weights_.begin(), weights_.end(), 0.0)), differ_by_step_(differ_by_step) {}

RowWeights RowWeights::of(std::initializer_list<RowList> streams) {
  const int rows = std::min(streams, [](const RowList& a, const RowList& b) { return a.size() < b.size(); }).size();
  std::vector<float> product(static_cast<std::size_t>(rows), 1);
  for (const RowList& stream : streams)
    for (int row = 0; row < rows; ++row) product[static_cast<std::size_t>(row)] *= stream.weight(row);
  return RowWeights(std::move(product));
}

at::Tensor RowWeights::tensor(const at::Device& device) const {
  at::Tensor host = empty_for(device, {size()}, at::kFloat);
  std::copy(weights_.begin(), weights_.end(), host.mutable_data_ptr<float>());
  return to_device(host, device);
}

at::Tensor RowWeights::times(const at::Tensor& values) const {
  if (values.dim() == 0 || values.size(0) != size())
    throw std::invalid_argument("`RowWeights::times` takes values of " + std::to_string(size()) + " rows, but got " + shape_text(values));
  if (are_one() && !differ_by_step_) return values;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(values.dim()), 1);
  shape[0] = size();
  return values * tensor(values.device()).view(shape);
}

LossTerm RowWeights::term(const at::Tensor& values) const {
  if (values.dim() != 1 || values.size(0) != size())
    throw std::invalid_argument("`RowWeights::term` takes one value per row, " + std::to_string(size()) + " in all, but got " +
                                shape_text(values) + ": reduce each row to one value first, with `.mean(1)` or `.sum(1)`");
  return {times(values).sum(), at::full({}, sum_, values.options().requires_grad(false))};
}

}  // namespace leat
