#include <algorithm>
#include <cmath>
#include <cstdio>
#include <opencv2/core.hpp>
#include <string>

#include "image/decode_image.h"
#include "image/image_contracts.h"
#include "image/luma.h"
#include "image/thumbnail.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

/// `leat predict` puts this node before the network, with the numbers of the run that trained it.
struct Check final : Node {
  Input<Image> image{this, "image", "height x width x ..., 8 or 16 bit or float. An image as the network sees it."};
  Output<Image> checked{
      this, "checked",
      "height x width x ..., 8 or 16 bit or float. The same image. A doubt is noted for the sample, and warned of. Grays count from 0 to "
      "255; of floats, only the polarity is checked."};
  Param<std::vector<int>> mean_pictures{
      this, "mean_pictures",
      "For each source of training images, the mean of their thumbnails: 16 x 16 grays, row by row. Empty: the polarity is not checked.",
      std::vector<int>{}};
  Param<std::vector<double>> likeness_from{this, "likeness_from",
                                           "For each source of training images, a correlation with its mean picture, 0..1. An image that "
                                           "reaches it when it is inverted, and not "
                                           "as it is, is noted as inverted.",
                                           std::vector<double>{}};
  Param<std::vector<double>> means{this, "means",
                                   "Lowest and highest mean gray of an image that counts as usual, [low, high]. Empty: not checked.",
                                   std::vector<double>{}};
  Param<double> least_deviation{
      this, "least_deviation", "Least standard deviation of the grays of an image that counts as usual. 0: not checked.", 0, {0, 128}};

  void shapes(Shapes& shapes) const override {
    if (mean_pictures->size() != likeness_from->size() * thumbnail_size)
      throw Refusal("`mean_pictures` has " + std::to_string(mean_pictures->size()) + " numbers, but " +
                        std::to_string(likeness_from->size()) + " pictures have " + std::to_string(likeness_from->size() * thumbnail_size),
                    "mean_pictures");
    if (!means->empty() && (means->size() != 2 || !((*means)[0] < (*means)[1])))
      throw Refusal("`means` must be [low, high], with low below high", "means");
    shapes.is_deterministic();
    shapes.set(checked, like_input(shapes, checked, image));
  }

  void open(const Opening&) override { pictures_.assign(mean_pictures->begin(), mean_pictures->end()); }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    // A colour is no gray that could be the wrong way round.
    const std::vector<std::string> notes = frame.notes();
    const bool has_colours = in.channels() == 3 && !has_equal_channels(in.pixels);
    const bool is_coloured = has_colours || std::find(notes.begin(), notes.end(), colour_as_luma) != notes.end();
    const cv::Mat grays = grays_of(in.pixels);
    if (!is_coloured) note(frame, polarity(grays));
    if (grays.depth() != CV_32F) note(frame, range(grays));
    frame.put(checked, in);
  }

 private:
  /// Returns what `metric.intensities` measures: the luma of colour, and the first of other channels.
  static cv::Mat grays_of(const cv::Mat& pixels) {
    if (pixels.channels() == 1) return pixels;
    cv::Mat first;
    cv::extractChannel(pixels, first, 0);
    return pixels.channels() == 3 && pixels.depth() != CV_32F ? luma_of(pixels) : first;
  }

  static void note(Frame& frame, const std::string& doubt) {
    if (doubt.empty()) return;
    frame.note(doubt);
    frame.warn("some images are not like those of the training; their rows say how");
  }

  [[nodiscard]] std::string polarity(const cv::Mat& pixels) const {
    const Thumbnail seen = thumbnail_of(pixels);
    double most = 0;
    std::size_t nearest = 0;
    for (std::size_t k = 0; k < likeness_from->size(); ++k) {
      const double one = likeness(seen, std::span(pictures_).subspan(k * thumbnail_size, thumbnail_size));
      if (std::abs(one) <= std::abs(most)) continue;
      most = one;
      nearest = k;
    }
    if (likeness_from->empty() || -most < (*likeness_from)[nearest]) return {};
    return "perhaps inverted: its negative looks more like the training images";
  }

  [[nodiscard]] std::string range(const cv::Mat& pixels) const {
    cv::Scalar mean, deviation;
    cv::meanStdDev(pixels, mean, deviation);
    const double unit = pixels.depth() == CV_16U ? 257 : 1;
    mean /= unit;
    deviation /= unit;
    const auto text = [](double value) {
      char digits[16];
      std::snprintf(digits, sizeof digits, "%.1f", std::clamp(value, 0.0, 255.0));
      return std::string(digits);
    };
    if (!means->empty() && (mean[0] < (*means)[0] || mean[0] > (*means)[1]))
      return std::string(mean[0] < (*means)[0] ? "darker" : "brighter") + " than the training images: mean gray " + text(mean[0]) +
             ", usual are " + text((*means)[0]) + " to " + text((*means)[1]);
    if (deviation[0] < *least_deviation)
      return "less contrast than the training images: deviation of the grays " + text(deviation[0]) + ", usual are " +
             text(*least_deviation) + " or more";
    return {};
  }

  std::vector<float> pictures_;
};

}  // namespace

LEAT_NODE(Check, "image.check", "Notes whether an image is unlike those of the training: inverted, darker, brighter, or without contrast.")
