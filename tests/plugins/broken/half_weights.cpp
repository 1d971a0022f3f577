#include <opencv2/core.hpp>

#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

/// Its rows have weights, but it divides by their number.
struct HalfWeights final : Node {
  Gather<Image> image{this, "image", "height x width, 8 bit. Pictures."};
  Output<Image> same{this, "same", "height x width, 8 bit. Their mean, too dark."};

  void process(Frame& frame) const override {
    const auto rows = frame[image];
    cv::Mat sum = cv::Mat::zeros(rows[0].pixels.size(), CV_32F);
    for (int row = 0; row < rows.size(); ++row) {
      cv::Mat pixels;
      rows[row].pixels.convertTo(pixels, CV_32F);
      cv::scaleAdd(pixels, static_cast<double>(rows.weight(row)) / rows.size(), sum, sum);
    }
    Image mean;
    sum.convertTo(mean.pixels, CV_8U);
    frame.metric("gray", cv::mean(sum)[0]);
    frame.put(same, std::move(mean));
  }
};

}  // namespace

LEAT_NODE(HalfWeights, "half_weights.same", "The mean of the pictures that live, divided by the number of all.")
