#include "tensor/resample.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>
#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "tensor/bilinear_loops.h"
#include "tensor/parallel.h"

namespace leat {
namespace {

/// Returns a matrix, to x from. Row i has the weights of the source pixels for output pixel i.
at::Tensor interpolation(std::int64_t from, std::int64_t to, Aligned aligned, at::Device device) {
  at::Tensor matrix = at::zeros({to, from}, at::kFloat);
  float* weights = matrix.mutable_data_ptr<float>();
  const float corners = to > 1 ? static_cast<float>(from - 1) / static_cast<float>(to - 1) : 0.0f;
  const float edges = static_cast<float>(from) / static_cast<float>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    const float row = static_cast<float>(i);
    const float at = aligned == Aligned::Corners ? row * corners : std::max(0.0f, (row + 0.5f) * edges - 0.5f);
    const std::int64_t low = std::min(static_cast<std::int64_t>(at), from - 1);
    const float share = at - static_cast<float>(low);
    weights[i * from + low] += 1 - share;
    weights[i * from + std::min(low + 1, from - 1)] += share;
  }
  return matrix.to(device);
}

/// Returns the same matrix, made once per size and thread, because a copy to a device waits for all the device's work.
const at::Tensor& kept_interpolation(std::int64_t from, std::int64_t to, Aligned aligned, at::Device device) {
  thread_local std::map<std::tuple<std::int64_t, std::int64_t, Aligned, at::DeviceIndex>, at::Tensor> kept;
  at::Tensor& matrix = kept[{from, to, aligned, device.index()}];
  if (!matrix.defined()) matrix = interpolation(from, to, aligned, device);
  return matrix;
}

/// Returns true if the loops over rows take this tensor.
bool has_loops(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous() && x.numel() > 0; }

/// Calls work(row of the batch, channel) on the threads of LibTorch's pool.
template <class Work>
void for_planes(std::int64_t rows, std::int64_t channels, std::int64_t size, const Work& work) {
  constexpr std::int64_t least_values = 16384;
  in_parallel(rows * channels, std::max<std::int64_t>(least_values / std::max<std::int64_t>(size, 1), 1),
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t plane = begin; plane < end; ++plane) work(plane / channels, plane % channels);
              });
}

/// Resizes x, and writes it and the others behind each other, channel by channel. One tensor is written, and one gradient read.
struct ResizeAndJoin : torch::autograd::Function<ResizeAndJoin> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, at::TensorList others) {
    const std::int64_t own = x.size(1), height = others[0].size(2), width = others[0].size(3);
    std::int64_t channels = own;
    std::vector<std::int64_t> counts{own};
    for (const at::Tensor& other : others) {
      channels += other.size(1);
      counts.push_back(other.size(1));
    }
    context->saved_data["height"] = x.size(2);
    context->saved_data["width"] = x.size(3);
    context->saved_data["counts"] = counts;
    at::Tensor out = at::empty({x.size(0), channels, height, width}, x.options());
    const BilinearAxis rows(x.size(2), height), columns(x.size(3), width);
    const BilinearLoops loops(rows, columns);
    const std::int64_t size = height * width, from_size = x.size(2) * x.size(3);
    const float* from = x.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    for_planes(x.size(0), own, size, [&](std::int64_t row, std::int64_t channel) {
      loops.resize(from + (row * own + channel) * from_size, to + (row * channels + channel) * size, channel >= own / 8 * 8);
    });
    std::int64_t first = own;
    for (const at::Tensor& other : others) {
      out.narrow(1, first, other.size(1)).copy_(other);
      first += other.size(1);
    }
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const at::Tensor gradient = gradients[0].contiguous();
    const std::vector<std::int64_t> counts = context->saved_data["counts"].toIntVector();
    const std::int64_t height = context->saved_data["height"].toInt(), width = context->saved_data["width"].toInt(), own = counts[0];
    torch::autograd::variable_list out;
    if (context->needs_input_grad(0)) {
      const BilinearAxis rows(height, gradient.size(2)), columns(width, gradient.size(3));
      const BilinearLoops loops(rows, columns);
      out.push_back(at::empty({gradient.size(0), own, height, width}, gradient.options()));
      const std::int64_t channels = gradient.size(1), size = gradient.size(2) * gradient.size(3), to_size = height * width;
      const float* from = gradient.const_data_ptr<float>();
      float* to = out.back().mutable_data_ptr<float>();
      for_planes(gradient.size(0), own, size, [&](std::int64_t row, std::int64_t channel) {
        loops.take_back(from + (row * channels + channel) * size, to + (row * own + channel) * to_size);
      });
    } else {
      out.emplace_back();
    }
    std::int64_t first = own;
    for (std::size_t k = 1; k < counts.size(); ++k) {
      out.push_back(gradient.narrow(1, first, counts[k]));
      first += counts[k];
    }
    return out;
  }
};

}  // namespace

at::Tensor resize_by_products(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned) {
  const at::Tensor columns = kept_interpolation(x.size(3), width, aligned, x.device()).t();
  return at::matmul(kept_interpolation(x.size(2), height, aligned, x.device()), at::matmul(x, columns));
}

at::Tensor resize_bilinear(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned) {
  return x.is_cpu() ? at::upsample_bilinear2d(x, {height, width}, aligned == Aligned::Corners)
                    : resize_by_products(x, height, width, aligned);
}

at::Tensor resize_and_join(const at::Tensor& x, const std::vector<at::Tensor>& others) {
  const std::int64_t height = others.front().size(2), width = others.front().size(3);
  if (has_loops(x) && std::all_of(others.begin(), others.end(), has_loops)) return ResizeAndJoin::apply(x, at::TensorList(others));
  std::vector<at::Tensor> parts{resize_bilinear(x, height, width)};
  parts.insert(parts.end(), others.begin(), others.end());
  return at::cat(parts, 1);
}

}  // namespace leat
