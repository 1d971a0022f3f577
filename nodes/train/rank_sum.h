#pragma once

#include <ATen/core/Tensor.h>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "leat/ranks.h"

namespace leat {

/// Computes gradients that are summed over the ranks of a training. They are sent in buckets, while those of earlier layers are still
/// computed. The buckets depend on the parameters only, so all ranks send them in one order. [one thread]
class RankSum {
 public:
  /// `parameters` are leaves of the graph of gradients, in float on the CPU. Throws std::runtime_error for others.
  RankSum(Ranks& ranks, std::vector<at::Tensor> parameters);
  ~RankSum();
  RankSum(const RankSum&) = delete;
  RankSum& operator=(const RankSum&) = delete;

  /// Returns the sum of the gradients of the ranks' losses with respect to each parameter, with its strides. It is valid until the next
  /// call. A gradient counts as 0 on ranks whose loss does not depend on the parameter; it is undefined if that holds for all.
  [[nodiscard]] std::vector<at::Tensor> gradients_of(const at::Tensor& loss);

 private:
  struct Part {
    std::size_t bucket;
    at::Tensor sum;  ///< A view of the buffer, with the strides of the parameter.
    bool has_come = false;
  };
  struct Bucket {
    std::int64_t first, size;  ///< In the buffer.
    int parts = 0;
    int missing = 0;
  };

  [[nodiscard]] std::vector<at::Tensor> own_gradients_of(const at::Tensor& loss);
  void arrived(std::size_t parameter, const at::Tensor& gradient);
  void begin_complete_buckets();

  Ranks& ranks_;
  const std::vector<at::Tensor> parameters_;
  std::vector<unsigned> hooks_;  ///< By parameter.
  at::Tensor buffer_;            ///< The buckets, then for each parameter the number of ranks whose loss depends on it.
  std::vector<Part> parts_;      ///< By parameter.
  std::vector<Bucket> buckets_;  ///< In the order in which they are sent.
  std::size_t begun_ = 0;        ///< Buckets that are being sent.
  bool is_active_ = false;
};

}  // namespace leat
