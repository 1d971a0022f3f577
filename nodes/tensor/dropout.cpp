#include "tensor/dropout.h"

#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/where.h>
#include <torch/csrc/autograd/custom_function.h>
#include <algorithm>

#include "leat/check.h"
#include "tensor/dropout_loops.h"
#include "tensor/dropout_operation.h"
#include "tensor/to_device.h"

namespace leat {
namespace {

/// Calls work(first, count) for ranges of contiguous values, on the threads of LibTorch's pool.
template <class Work>
void in_parallel(const at::Tensor& values, const Work& work) {
  const float* base = values.const_data_ptr<float>();
  auto iterator = at::TensorIteratorConfig().add_const_input(values).resize_outputs(false).build();
  iterator.for_each([&](char** data, const std::int64_t*, std::int64_t count, std::int64_t times) {
    work(reinterpret_cast<const float*>(data[0]) - base, count * times);
  });
}

void dropout_on_cpu(const at::Tensor& x, const std::vector<RandomKey>& keys, DropoutRule rule, at::Tensor& out, at::Tensor& stays) {
  const std::int64_t row_size = x.numel() / x.size(0);
  const float* from = x.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  bool* mask = stays.mutable_data_ptr<bool>();
  in_parallel(x, [=, &keys](std::int64_t first, std::int64_t count) {
    std::uint16_t halves[dropout_chunk];
    for (std::int64_t at = first; at < first + count;) {
      const std::int64_t row = at / row_size, element = at % row_size;
      const std::int64_t offset = element % dropout_chunk;
      const std::int64_t length = std::min({dropout_chunk - offset, row_size - element, first + count - at});
      draw_dropout_halves(keys[static_cast<std::size_t>(row)], static_cast<std::uint32_t>(element / dropout_chunk), halves);
      lose(from + at, to + at, mask + at, halves + offset, rule, length);
      at += length;
    }
  });
}

at::Tensor scaled_where(const at::Tensor& stays, const at::Tensor& x, float scale) { return at::where(stays, x.mul(scale), 0.0); }

struct DropoutFunction : torch::autograd::Function<DropoutFunction> {
  /// `mask` is null on the CPU, where one loop draws and drops the values.
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const Dropout& dropout, std::uint32_t layer,
                            const at::Tensor* mask) {
    const DropoutRule rule = dropout_rule(dropout.share);
    context->saved_data["scale"] = static_cast<double>(rule.scale);
    at::Tensor out, stays;
    if (!mask) {
      std::vector<RandomKey> keys;
      for (const RandomKey& key : dropout.rows) keys.push_back(dropout_key(key, layer));
      out = at::empty_like(x);
      stays = at::empty(x.sizes(), x.options().dtype(at::kBool));
      dropout_on_cpu(x, keys, rule, out, stays);
    } else {
      stays = mask->view(x.sizes());
      out = scaled_where(stays, x, rule.scale);
    }
    context->save_for_backward({stays});
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const at::Tensor stays = context->get_saved_variables()[0];
    const float scale = static_cast<float>(context->saved_data["scale"].toDouble());
    const at::Tensor gradient = gradients[0].contiguous();
    if (!gradient.is_cpu()) return {scaled_where(stays, gradient, scale), {}, {}, {}};
    at::Tensor out = at::empty_like(gradient);
    const float* from = gradient.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    const bool* mask = stays.const_data_ptr<bool>();
    in_parallel(gradient,
                [=](std::int64_t first, std::int64_t count) { lose_again(from + first, to + first, mask + first, scale, count); });
    return {out, {}, {}, {}};
  }
};

}  // namespace

DropoutLayers::DropoutLayers(const Dropout& dropout, std::uint32_t first, const std::vector<std::int64_t>& counts, at::Device device)
    : dropout_(dropout), first_(first) {
  if (!dropout.is_on() || device.is_cpu()) return;
  if (has_dropout_kernel(device)) keys_ = to_device(dropout_keys(dropout, first, counts.size()), device);
  else masks_ = dropout_masks(dropout, first, counts, device);
}

at::Tensor DropoutLayers::apply(const at::Tensor& x, std::size_t index) const {
  if (!dropout_.is_on()) return x;
  LEAT_CHECK(x.is_contiguous() && x.scalar_type() == at::kFloat && x.size(0) == static_cast<std::int64_t>(dropout_.rows.size()));
  if (keys_.defined()) return dropout_operation(x, keys_, static_cast<std::int64_t>(index), dropout_rule(dropout_.share));
  return DropoutFunction::apply(x, dropout_, first_ + static_cast<std::uint32_t>(index), masks_.empty() ? nullptr : &masks_.at(index));
}

}  // namespace leat
