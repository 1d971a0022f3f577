#include "metric/mask_pair.h"

#include <ATen/ops/upsample_bilinear2d.h>

#include "leat/unknown.h"

namespace leat {

std::vector<MaskPair> masks_at_size_of(const cv::Mat& reference, const at::Tensor& logits, bool has_unknown) {
  const at::Tensor full = at::upsample_bilinear2d(logits.unsqueeze(0), {reference.rows, reference.cols}, false).contiguous();
  std::vector<cv::Mat> channels;
  cv::split(reference, channels);
  std::vector<MaskPair> out;
  float* score = full.mutable_data_ptr<float>();
  for (const cv::Mat& channel : channels) {
    const cv::Mat scores(reference.rows, reference.cols, CV_32F, score);
    out.push_back({(scores > 0) & 1, (channel > 127) & 1});
    if (has_unknown) {
      const cv::Mat are_unknown = channel == unknown::pixel;
      out.back().unknown_pixels = cv::countNonZero(are_unknown);
      out.back().predicted.setTo(0, are_unknown);
    }
    score += reference.total();
  }
  return out;
}

}  // namespace leat
