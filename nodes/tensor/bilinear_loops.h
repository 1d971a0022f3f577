#pragma once

#include <cstdint>
#include <vector>

namespace leat {

/// How the positions of one axis of a bilinear resize come from two neighbours each: `near[i] * first[i] + far[i] * second[i]`.
struct BilinearAxis {
  std::int64_t from = 0, to = 0;
  std::vector<std::int32_t> first, second;  ///< Indices of the neighbours.
  std::vector<float> near, far;             ///< Their weights.

  /// The centres of the outermost pixels coincide (PyTorch's `align_corners`).
  BilinearAxis(std::int64_t from, std::int64_t to);
};

/// A resize of planes, and its gradient. All processors give the same bits: those of LibTorch's kernel for pictures up to 64 x 64 on a
/// processor with AVX2. [any thread]
class BilinearLoops {
 public:
  BilinearLoops(const BilinearAxis& rows, const BilinearAxis& columns);

  /// Resizes one plane of contiguous rows. LibTorch's kernel takes 8 channels at once; it rounds in another order in the rest of the
  /// channels.
  void resize(const float* from, float* to, bool is_of_rest) const;
  /// Adds up the gradient of one plane, given that of the resized plane.
  void take_back(const float* gradient, float* to) const;

 private:
  /// For each column of the source, the columns of the result that use it, in their order; where there are fewer, the column behind the
  /// last one, with weight 0.
  struct Use {
    std::vector<std::int32_t> column;
    std::vector<float> weight;
  };

  const BilinearAxis& rows_;
  const BilinearAxis& columns_;
  std::vector<Use> uses_;
};

}  // namespace leat
