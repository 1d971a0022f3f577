#pragma once

#include <opencv2/core.hpp>

#include "leat/image.h"
#include "leat/leat.h"

/// The mean of a step's pictures and their mean gray, each picture with a weight.
struct Mean : leat::Node {
  leat::Gather<leat::Image> image{this, "image", "height x width, 8 bit. Pictures."};
  leat::Output<leat::Image> same{this, "same", "height x width, 8 bit. Their mean."};

  [[nodiscard]] virtual double weight_of(const leat::RowList& rows, int row) const = 0;

  void process(leat::Frame& frame) const override {
    const auto rows = frame[image];
    cv::Mat sum = cv::Mat::zeros(rows[0].pixels.size(), CV_32F);
    double weights = 0;
    for (int row = 0; row < rows.size(); ++row) {
      cv::Mat pixels;
      rows[row].pixels.convertTo(pixels, CV_32F);
      const double weight = weight_of(rows, row);
      cv::scaleAdd(pixels, weight, sum, sum);
      weights += weight;
    }
    if (weights > 0) sum /= weights;
    leat::Image mean;
    sum.convertTo(mean.pixels, CV_8U);
    frame.metric("gray", cv::mean(sum)[0]);
    frame.put(same, std::move(mean));
  }
};
