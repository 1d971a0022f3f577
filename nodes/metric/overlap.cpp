#include "metric/overlap.h"

#include <ATen/ops/upsample_bilinear2d.h>

namespace leat {

std::vector<Overlap> overlaps(const at::Tensor& logits, const cv::Mat& reference) {
  const std::int64_t channels = reference.channels();
  const at::Tensor full = at::upsample_bilinear2d(logits.unsqueeze(0), {reference.rows, reference.cols}, false).contiguous();
  const float* score = full.const_data_ptr<float>();
  std::vector<Overlap> out(static_cast<std::size_t>(channels));
  for (std::int64_t c = 0; c < channels; ++c) {
    Overlap& counts = out[static_cast<std::size_t>(c)];
    counts.pixels = static_cast<std::int64_t>(reference.total());
    for (int y = 0; y < reference.rows; ++y) {
      const std::uint8_t* pixel = reference.ptr<std::uint8_t>(y) + c;
      for (int x = 0; x < reference.cols; ++x, ++score, pixel += channels) {
        const bool is_said = *score > 0, is_true = *pixel > 127;
        counts.shared += is_said && is_true;
        counts.predicted += is_said;
        counts.reference += is_true;
      }
    }
  }
  return out;
}

}  // namespace leat
