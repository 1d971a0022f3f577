#include "metric/saliency_share.h"

#include <opencv2/imgproc.hpp>

namespace leat {

SaliencyShare saliency_share(const at::Tensor& saliency, const cv::Mat& mask) {
  const at::Tensor values = saliency.contiguous();
  const cv::Mat map(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)), CV_32F, values.mutable_data_ptr<float>());
  cv::Mat whole, cover;
  cv::Mat(mask > 127).convertTo(whole, CV_32F, 1.0 / 255);
  cv::resize(whole, cover, map.size(), 0, 0, cv::INTER_AREA);
  return {cv::sum(map.mul(cover))[0] / cv::sum(map)[0], cv::mean(cover)[0]};
}

}  // namespace leat
