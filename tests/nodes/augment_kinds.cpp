#include <opencv2/core.hpp>

#include "augment/drawing.h"
#include "augment/operations.h"
#include "augment/pool.h"
#include "augment/tone.h"
#include "support/doctest.h"
#include "support/pictures.h"

// Colours and 16 bit against Pillow and torchvision (tests/data/augment/make_references.py), floats against 16 bit.

using namespace leat;
using namespace leat::test;

namespace {

Random random_of(std::uint32_t slot) { return Random({{1, 2}, 0, 0, slot}); }

/// An operation with a given magnitude, as `augment.strong` does it.
template <class T>
cv::Mat toned(const std::string& operation, double magnitude, const cv::Mat& picture) {
  Magnitudes magnitudes;
  magnitudes.brightness = magnitudes.contrast = magnitudes.sharpness = {magnitude, magnitude};
  magnitudes.posterize_bits = {static_cast<int>(magnitude), static_cast<int>(magnitude)};
  DrawingOf<T> drawing(Image{picture});
  Random random = random_of(0);
  if (operation == "solarize") drawing.look_up(solarizing<T>(static_cast<int>(magnitude)));
  else apply(*find_operation(operation), drawing, magnitudes, random);
  return drawing.drawn().pixels;
}

template <class T>
cv::Mat moved(const cv::Mat& picture, const ToSource& map, Interpolation interpolation, Border border) {
  DrawingOf<T> drawing(Image{picture});
  drawing.crop({.is_flipped = true, .left_px = 3, .above_px = -2});
  drawing.warp(map, interpolation, border);
  return drawing.drawn().pixels;
}

cv::Mat channel(const cv::Mat& picture, int which) {
  cv::Mat out;
  cv::extractChannel(picture, out, which);
  return out;
}

}  // namespace

TEST_CASE("photometric operations on colours equal Pillow's: by channel, contrast about the mean of the luma") {
  const cv::Mat picture = read_colours("augment/colour.png"), expected = read_colours("augment/colour_expected.png");
  int row = 0;
  for (const auto& line : read_table("augment/cases.csv")) {
    if (!line.at("interpolation").empty()) continue;
    const std::string operation = line.at("operation");
    const double magnitude = std::stod(line.at("magnitude"));
    CAPTURE(operation);
    CAPTURE(magnitude);
    CHECK(largest_difference(toned<std::uint8_t>(operation, magnitude, picture), expected.rowRange(row, row + picture.rows)) == 0);
    row += picture.rows;
  }
  CHECK(row == expected.rows);
}

TEST_CASE("photometric operations on 16 bit equal torchvision's, where it has them") {
  const cv::Mat picture = read_picture("augment/deep.png"), expected = read_picture("augment/deep_expected.png");
  int row = 0;
  for (const auto& line : read_table("augment/deep.csv")) {
    const std::string operation = line.at("operation");
    const double magnitude = std::stod(line.at("magnitude"));
    CAPTURE(operation);
    CAPTURE(magnitude);
    CHECK(largest_difference(toned<std::uint16_t>(operation, magnitude, picture), expected.rowRange(row, row + picture.rows)) <=
          std::stoi(line.at("within")));
    row += picture.rows;
  }
  CHECK(row == expected.rows);
}

TEST_CASE("16-bit colours: contrast is about the mean of the luma") {
  cv::Mat deep;
  read_colours("augment/colour.png").convertTo(deep, CV_16U, 257);
  double sum = 0;
  for (int y = 0; y < deep.rows; ++y)
    for (int x = 0; x < deep.cols; ++x) {
      const auto& pixel = deep.at<cv::Vec3w>(y, x);
      sum += 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    }
  const cv::Mat uniform = toned<std::uint16_t>("contrast", 0, deep);
  for (int k = 0; k < 3; ++k)
    CHECK(uniform.at<cv::Vec3w>(5, 5)[k] == doctest::Approx(sum / static_cast<double>(deep.total())).epsilon(1e-4));
}

TEST_CASE("crops and warps move each channel as a gray picture, with the bits of 8 bit where 16 bit has the same numbers") {
  const cv::Mat colours = read_colours("augment/colour.png");
  cv::Mat deep, floats;
  colours.convertTo(deep, CV_16U);
  colours.convertTo(floats, CV_32F);
  for (const auto interpolation : {Interpolation::Nearest, Interpolation::Bilinear})
    for (const auto border : {Border::Black, Border::Reflect})
      for (const ToSource& map : {rotation(colours.size(), 17), shear_x(colours.size(), -0.3), translation(4, -3)}) {
        const cv::Mat of_bytes = moved<std::uint8_t>(colours, map, interpolation, border);
        for (int k = 0; k < 3; ++k)
          CHECK(largest_difference(channel(of_bytes, k), moved<std::uint8_t>(channel(colours, k), map, interpolation, border)) == 0);
        cv::Mat same;
        of_bytes.convertTo(same, CV_16U);
        CHECK(largest_difference(moved<std::uint16_t>(deep, map, interpolation, border), same) == 0);
        of_bytes.convertTo(same, CV_32F);
        const cv::Mat of_floats = moved<float>(floats, map, interpolation, border);
        CHECK(cv::norm(of_floats, same, cv::NORM_INF) <= (interpolation == Interpolation::Nearest ? 0 : 0.501));
      }
}

TEST_CASE("16 bit is interpolated over its whole range") {
  cv::Mat edge(4, 8, CV_16U, cv::Scalar(0));
  edge.colRange(4, 8).setTo(65535);
  DrawingOf<std::uint16_t> drawing(Image{edge});
  drawing.warp(translation(0.5, 0), Interpolation::Bilinear, Border::Reflect);
  CHECK(drawing.drawn().pixels.at<std::uint16_t>(2, 3) == 32768);
}

TEST_CASE("drawing operations together gives the bits of drawing each by itself, also for colours with a black border") {
  const cv::Mat colours = read_colours("augment/colour.png");
  Magnitudes magnitudes{.brightness = {0.4, 1.6},
                        .contrast = {0.3, 1.7},
                        .sharpness = {0.05, 3},
                        .posterize_bits = {3, 6},
                        .solarize_from = 0,
                        .rotate_deg = 30,
                        .shear = 0.3,
                        .translate = 0.2,
                        .border = Border::Black};
  const std::size_t count = operation_names().size();
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    Drawing together(Image{colours});
    Image alone{colours};
    Random chosen = random_of(seed), drawn = random_of(1000 + seed), again = random_of(1000 + seed);
    for (int k = 0; k < 4; ++k) {
      const auto operation = static_cast<Operation>(chosen.below(static_cast<std::int64_t>(count)));
      apply(operation, together, magnitudes, drawn);
      Drawing one(alone);
      apply(operation, one, magnitudes, again);
      if (k == 1) one.blacken({10, 5, 9, 9}), together.blacken({10, 5, 9, 9});
      alone = one.drawn();
    }
    CAPTURE(seed);
    CHECK(largest_difference(together.drawn().pixels, alone.pixels) == 0);
  }
}

TEST_CASE("intensity changes all channels alike, about the mean over all of them, and noise is drawn for each value") {
  const cv::Mat colours = read_colours("augment/colour.png");
  Random random = random_of(1);
  const Tone tone{.gamma = 1.4, .contrast = 0.7, .brightness = 0.05};
  const cv::Mat out = change_tone(colours, tone, random);
  CHECK(largest_difference(out, change_tone(colours.reshape(1), tone, random).reshape(3)) == 0);
  cv::Mat deep;
  colours.convertTo(deep, CV_16U, 257);
  cv::Mat of_deep;
  change_tone(deep, tone, random).convertTo(of_deep, CV_8U, 1 / 257.0);
  CHECK(largest_difference(out, of_deep) <= 1);
  const cv::Mat flat(64, 64, CV_16UC3, cv::Scalar::all(30000));
  const cv::Mat noisy = change_tone(flat, {.noise = 0.05}, random);
  cv::Scalar mean, deviation;
  cv::meanStdDev(noisy, mean, deviation);
  for (int k = 0; k < 3; ++k) {
    CHECK(mean[k] == doctest::Approx(30000).epsilon(0.01));
    CHECK(deviation[k] == doctest::Approx(0.05 * 65535).epsilon(0.05));
  }
  CHECK(largest_difference(channel(noisy, 0), channel(noisy, 1)) > 100);
}
