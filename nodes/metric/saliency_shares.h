#pragma once

#include <ATen/core/Tensor.h>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "metric/image_table.h"
#include "metric/judged_images.h"

namespace leat {

/// How much of an image's saliency lies on a structure.
struct SaliencyShare {
  double inside = 0;  ///< Of the saliency, 0..1.
  double area = 0;    ///< Of the pixels, 0..1: what a saliency that is the same everywhere has inside.

  /// 1: the structure draws no more than the rest of the picture. Not a number where the structure is empty.
  [[nodiscard]] double focus() const { return inside / area; }
};

/// Of a saliency (h x w, float, at least 0, not all 0, on the host) and a mask of one channel that shows the same field: a pixel of the
/// saliency counts as far as the mask (above 127) covers it.
[[nodiscard]] SaliencyShare saliency_share(const at::Tensor& saliency, const cv::Mat& mask);

/// The images that metric.saliency has judged: a state.
struct SaliencyShares {
  JudgedImages images;
  std::vector<SaliencyShare> shares;
  std::int64_t dropped = 0;
  std::int64_t undefined = 0;  ///< Images without a saliency or without the structure.

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);
};

/// JudgedImages::columns(), then inside, area, focus.
[[nodiscard]] ImageTable saliency_table(const SaliencyShares& shares);

}  // namespace leat
