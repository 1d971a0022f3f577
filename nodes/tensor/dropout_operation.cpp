#include "tensor/dropout_operation.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>
#include <limits>
#include <optional>
#include <utility>

#include "leat/check.h"

namespace leat {
namespace {

at::Tensor call_operation(const at::Tensor& x, const at::Tensor& keys, std::int64_t layer, std::int64_t threshold, double scale) {
  static const auto operation = c10::Dispatcher::singleton()
                                    .findSchemaOrThrow("leat::dropout", "")
                                    .typed<at::Tensor(const at::Tensor&, const at::Tensor&, std::int64_t, std::int64_t, double)>();
  return operation.call(x, keys, layer, threshold, scale);
}

struct WithGradient : torch::autograd::Function<WithGradient> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& keys, std::int64_t layer,
                            std::int64_t threshold, double scale) {
    context->save_for_backward({keys});
    context->saved_data["layer"] = layer;
    context->saved_data["threshold"] = threshold;
    context->saved_data["scale"] = scale;
    const at::AutoDispatchBelowADInplaceOrView below;
    return call_operation(x, keys, layer, threshold, scale);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    auto& saved = context->saved_data;
    return {call_operation(gradients[0].contiguous(), context->get_saved_variables()[0], saved["layer"].toInt(), saved["threshold"].toInt(),
                           saved["scale"].toDouble()),
            {},
            {},
            {},
            {}};
  }
};

at::Tensor with_gradient(const at::Tensor& x, const at::Tensor& keys, std::int64_t layer, std::int64_t threshold, double scale) {
  return WithGradient::apply(x, keys, layer, threshold, scale);
}

TORCH_LIBRARY(leat, library) { library.def("dropout(Tensor x, Tensor keys, int layer, int threshold, float scale) -> Tensor"); }

TORCH_LIBRARY_IMPL(leat, Autograd, library) { library.impl("dropout", &with_gradient); }

thread_local PrepareDropout prepare_here = nullptr;
thread_local std::optional<bool> is_ready;  // Not known before the first dropout.
thread_local std::string note;

}  // namespace

at::Tensor dropout_keys(const Dropout& dropout, std::uint32_t first, std::size_t layers) {
  const std::size_t rows = dropout.rows.size();
  at::Tensor keys = at::empty({static_cast<std::int64_t>(layers), static_cast<std::int64_t>(rows), dropout_words}, at::kInt);
  auto* to = reinterpret_cast<std::uint32_t*>(keys.mutable_data_ptr<std::int32_t>());
  for (std::size_t layer = 0; layer < layers; ++layer)
    for (const RandomKey& row : dropout.rows) {
      const RandomKey key = dropout_key(row, first + static_cast<std::uint32_t>(layer));
      for (const std::uint32_t word : {key.key[0], key.key[1], key.slot, key.step, key.occurrence}) *to++ = word;
    }
  return keys;
}

at::Tensor dropout_operation(const at::Tensor& x, const at::Tensor& keys, std::int64_t layer, DropoutRule rule) {
  return call_operation(x, keys, layer, rule.threshold, static_cast<double>(rule.scale));
}

DropoutLaunch dropout_launch(const at::Tensor& x, const at::Tensor& keys, std::int64_t layer, DropoutRule rule, const at::Tensor& out) {
  LEAT_CHECK(x.is_contiguous() && x.scalar_type() == at::kFloat && out.is_contiguous() && out.sizes() == x.sizes());
  LEAT_CHECK(keys.is_contiguous() && keys.scalar_type() == at::kInt && keys.dim() == 3 && keys.device() == x.device());
  LEAT_CHECK(layer >= 0 && layer < keys.size(0) && keys.size(1) == x.size(0) && keys.size(2) == dropout_words);
  const std::int64_t row_size = x.size(0) > 0 ? x.numel() / x.size(0) : 0, per_group = dropout_threads * 8;
  const std::int64_t groups = (row_size + per_group - 1) / per_group;
  LEAT_CHECK(groups * x.size(0) <= std::numeric_limits<std::int32_t>::max());
  return {x.const_data_ptr<float>(),
          out.mutable_data_ptr<float>(),
          reinterpret_cast<const unsigned*>(keys.const_data_ptr<std::int32_t>()) + layer * keys.stride(0),
          row_size,
          static_cast<unsigned>(groups),
          rule.threshold,
          rule.scale};
}

unsigned dropout_groups(const at::Tensor& x, const DropoutLaunch& launch) {
  return launch.groups_per_row * static_cast<unsigned>(x.size(0));
}

void set_dropout_kernel(PrepareDropout prepare) {
  prepare_here = prepare;
  is_ready.reset();
}

bool has_dropout_kernel(at::Device device) {
  if (!prepare_here) return false;
  if (!is_ready) {
    const std::string why_not = prepare_here(device);
    is_ready = why_not.empty();
    if (!*is_ready)
      note = "dropout on " + device.str() +
             " is computed by many operations instead of one kernel, with the same values but more slowly: " + why_not;
  }
  return *is_ready;
}

std::string take_dropout_note() { return std::exchange(note, {}); }

}  // namespace leat
