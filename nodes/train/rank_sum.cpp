#include "train/rank_sum.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "train/gradients.h"

namespace leat {

namespace {

/// Small enough that the first is sent early, and large enough that a network's latency does not count.
constexpr std::int64_t bucket_numbers = std::int64_t{1} << 20;

/// Returns a part of a buffer in the form of a parameter.
at::Tensor part_of(const at::Tensor& buffer, std::int64_t first, const at::Tensor& like) {
  return like.is_non_overlapping_and_dense() ? buffer.as_strided(like.sizes(), like.strides(), first)
                                             : buffer.narrow(0, first, like.numel()).view(like.sizes());
}

}  // namespace

RankSum::RankSum(Ranks& ranks, std::vector<at::Tensor> parameters) : ranks_(ranks), parameters_(std::move(parameters)) {
  std::int64_t numbers = 0;
  for (const at::Tensor& one : parameters_) {
    if (one.scalar_type() != at::kFloat || !one.device().is_cpu())
      throw std::runtime_error("ranks add up gradients in float on the CPU only, but a weight is " + one.toString() + " on " +
                               one.device().str());
    numbers += one.numel();
  }
  buffer_ = at::empty({numbers + static_cast<std::int64_t>(parameters_.size())}, at::kFloat);
  parts_.resize(parameters_.size());
  std::int64_t first = 0;
  // The gradients of the last layers come first.
  for (std::size_t k = parameters_.size(); k-- > 0;) {
    const at::Tensor& one = parameters_[k];
    if (buckets_.empty() || buckets_.back().size >= bucket_numbers) buckets_.push_back({first, 0});
    parts_[k] = {buckets_.size() - 1, part_of(buffer_, first, one)};
    buckets_.back().size += one.numel();
    ++buckets_.back().parts;
    first += one.numel();
  }
  for (std::size_t k = 0; k < parameters_.size(); ++k)
    hooks_.push_back(parameters_[k].register_hook([this, k](const at::Tensor& gradient) {
      if (is_active_) arrived(k, gradient);
    }));
}

RankSum::~RankSum() {
  for (std::size_t k = 0; k < parameters_.size(); ++k) parameters_[k].remove_hook(hooks_[k]);
}

void RankSum::arrived(std::size_t parameter, const at::Tensor& gradient) {
  const at::NoGradGuard no_gradients;
  Part& part = parts_[parameter];
  part.sum.copy_(gradient);
  part.has_come = true;
  --buckets_[part.bucket].missing;
  begin_complete_buckets();
}

void RankSum::begin_complete_buckets() {
  for (; begun_ < buckets_.size() && buckets_[begun_].missing == 0; ++begun_) {
    const Bucket& one = buckets_[begun_];
    ranks_.begin_sum(std::span(buffer_.mutable_data_ptr<float>() + one.first, static_cast<std::size_t>(one.size)));
  }
}

std::vector<at::Tensor> RankSum::own_gradients_of(const at::Tensor& loss) {
  is_active_ = true;
  try {
    std::vector<at::Tensor> own = leat::gradients_of(loss, parameters_);
    is_active_ = false;
    return own;
  } catch (...) {
    is_active_ = false;
    const std::exception_ptr error = std::current_exception();
    // The buckets that were begun still use the buffer.
    try {
      ranks_.finish_sums();
    } catch (const RankLost&) {
    }
    std::rethrow_exception(error);
  }
}

std::vector<at::Tensor> RankSum::gradients_of(const at::Tensor& loss) {
  const auto count = static_cast<std::int64_t>(parameters_.size());
  for (Part& part : parts_) part.has_come = false;
  for (Bucket& one : buckets_) one.missing = one.parts;
  begun_ = 0;
  const std::vector<at::Tensor> own = own_gradients_of(loss);
  const at::NoGradGuard no_gradients;
  const at::Tensor defined = buffer_.narrow(0, buffer_.numel() - count, count);
  for (std::size_t k = 0; k < parts_.size(); ++k) {
    if (own[k].defined() != parts_[k].has_come) throw std::logic_error("a gradient came without its hook");
    defined[static_cast<std::int64_t>(k)].fill_(parts_[k].has_come ? 1 : 0);
    if (parts_[k].has_come) continue;
    parts_[k].sum.zero_();
    --buckets_[parts_[k].bucket].missing;
  }
  begin_complete_buckets();
  ranks_.begin_sum(std::span(defined.mutable_data_ptr<float>(), static_cast<std::size_t>(count)));
  ranks_.finish_sums();
  std::vector<at::Tensor> out(parts_.size());
  const float* on_ranks = defined.const_data_ptr<float>();
  for (std::size_t k = 0; k < out.size(); ++k)
    if (on_ranks[k] > 0) out[k] = parts_[k].sum;
  return out;
}

}  // namespace leat
