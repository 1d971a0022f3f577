#include "metric/saliency_share.h"

#include <opencv2/imgproc.hpp>

#include "leat/unknown.h"

namespace leat {

SaliencyShare saliency_share(const at::Tensor& saliency, const cv::Mat& mask, bool has_unknown) {
  const at::Tensor values = saliency.contiguous();
  const cv::Mat map(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)), CV_32F, values.mutable_data_ptr<float>());
  cv::Mat whole, cover;
  cv::Mat(mask > 127).convertTo(whole, CV_32F, 1.0 / 255);
  cv::resize(whole, cover, map.size(), 0, 0, cv::INTER_AREA);
  const double on_structure = cv::sum(map.mul(cover))[0];
  if (!has_unknown) return {on_structure / cv::sum(map)[0], cv::mean(cover)[0]};
  cv::Mat known;
  cv::Mat(mask != unknown::pixel).convertTo(whole, CV_32F, 1.0 / 255);
  cv::resize(whole, known, map.size(), 0, 0, cv::INTER_AREA);
  return {on_structure / cv::sum(map.mul(known))[0], cv::sum(cover)[0] / cv::sum(known)[0]};
}

}  // namespace leat
