#include <cmath>
#include <opencv2/core.hpp>

#include "augment/drawing.h"
#include "augment/operations.h"
#include "augment/pool.h"
#include "augment/tone.h"
#include "support/doctest.h"
#include "support/pictures.h"

using namespace leat;
using namespace leat::test;

namespace {

ToSource map_of(const std::string& operation, double magnitude, cv::Size size) {
  if (operation == "rotate") return rotation(size, magnitude);
  if (operation == "shear_x") return shear_x(size, magnitude);
  if (operation == "shear_y") return shear_y(size, magnitude);
  if (operation == "translate_x") return translation(magnitude, 0);
  if (operation == "translate_y") return translation(0, magnitude);
  return {.8, .23, 3.1, -.31, 1.2, -2.7};
}

cv::Mat toned(const std::string& operation, double magnitude, const cv::Mat& gray) {
  if (operation == "sharpness") return sharpness(gray, magnitude);
  const Histogram counts = histogram(gray);
  if (operation == "autocontrast") return look_up(gray, stretching(counts));
  if (operation == "equalize") return look_up(gray, equalizing(counts));
  if (operation == "brightness") return look_up(gray, brightening(magnitude));
  if (operation == "contrast") return look_up(gray, contrasting(rounded_mean(counts), magnitude));
  if (operation == "posterize") return look_up(gray, posterizing(static_cast<int>(magnitude)));
  if (operation == "solarize") return look_up(gray, solarizing(static_cast<int>(magnitude)));
  throw std::runtime_error("no operation " + operation);
}

/// A picture each of whose pixels says where it is.
cv::Mat ramp(int width, int height) {
  cv::Mat out(height, width, CV_8U);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) out.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>((x * 7 + y * 31) % 256);
  return out;
}

Random random_of(std::uint32_t slot) { return Random({{1, 2}, 0, 0, slot}); }

Image image_of(const cv::Mat& pixels) {
  Image out{pixels};
  out.placement.source_width = pixels.cols;
  out.placement.source_height = pixels.rows;
  return out;
}

Image warp(const Image& image, const ToSource& map, Interpolation interpolation, Border border) {
  Drawing drawing(image);
  drawing.warp(map, interpolation, border);
  return drawing.drawn();
}
cv::Mat warp(const cv::Mat& picture, const ToSource& map, Interpolation interpolation, Border border) {
  return warp(image_of(picture), map, interpolation, border).pixels;
}
Image crop_view(const Image& image, const View& view) {
  Drawing drawing(image);
  drawing.crop(view);
  return drawing.drawn();
}
Image apply(Operation operation, const Image& image, const Magnitudes& magnitudes, Random& random) {
  Drawing drawing(image);
  apply(operation, drawing, magnitudes, random);
  return drawing.drawn();
}

Magnitudes demo_magnitudes() {
  return {.brightness = {0.4, 1.6},
          .contrast = {0.3, 1.7},
          .sharpness = {0.05, 3},
          .posterize_bits = {3, 6},
          .solarize_from = 160,
          .rotate_deg = 30,
          .shear = 0.3,
          .translate = 0.2};
}

}  // namespace

TEST_CASE("photometric operations equal Pillow's, geometric ones with a black border exactly (nearest) or within one level (bilinear)") {
  for (const std::string name : {"square", "wide"}) {
    const cv::Mat picture = read_picture("augment/" + name + ".png");
    const cv::Mat expected = read_picture("augment/" + name + "_expected.png");
    int row = 0;
    for (const auto& line : read_table("augment/cases.csv")) {
      const std::string operation = line.at("operation"), interpolation = line.at("interpolation");
      const double magnitude = std::stod(line.at("magnitude"));
      CAPTURE(name);
      CAPTURE(operation);
      CAPTURE(magnitude);
      CAPTURE(interpolation);
      const cv::Mat reference = expected.rowRange(row, row + picture.rows);
      row += picture.rows;
      if (interpolation.empty()) {
        CHECK(largest_difference(toned(operation, magnitude, picture), reference) == 0);
      } else {
        const bool is_nearest = interpolation == "nearest";
        const ToSource map = map_of(operation, magnitude, picture.size());
        const cv::Mat moved = warp(picture, map, is_nearest ? Interpolation::Nearest : Interpolation::Bilinear, Border::Black);
        CHECK(largest_difference(moved, reference) <= (is_nearest ? 0 : 1));
      }
    }
    CHECK(row == expected.rows);
  }
}

TEST_CASE("operations leave their source alone, and share no pixels with it") {
  const cv::Mat picture = read_picture("augment/wide.png");
  const cv::Mat before = picture.clone();
  for (const std::string operation : {"autocontrast", "equalize", "brightness", "contrast", "sharpness", "posterize", "solarize"}) {
    CAPTURE(operation);
    cv::Mat out = toned(operation, 1, picture);
    CHECK(out.data != picture.data);
    out.setTo(0);
    CHECK(largest_difference(picture, before) == 0);
  }
}

TEST_CASE("operations work on a picture of one pixel, of one value, and on a part of a larger one") {
  const cv::Mat pixel(1, 1, CV_8U, cv::Scalar(90));
  const cv::Mat flat(5, 4, CV_8U, cv::Scalar(90));
  const cv::Mat large = read_picture("augment/square.png");
  const cv::Mat part = large(cv::Rect(3, 5, 20, 30));
  for (const std::string& name : operation_names()) {
    CAPTURE(name);
    for (const cv::Mat& picture : {pixel, flat, part}) {
      Random first = random_of(3), second = random_of(3);
      const Image out = apply(*find_operation(name), image_of(picture), demo_magnitudes(), first);
      const Image again = apply(*find_operation(name), image_of(picture.clone()), demo_magnitudes(), second);
      CHECK(out.pixels.size() == picture.size());
      CHECK(largest_difference(out.pixels, again.pixels) == 0);
    }
  }
  CHECK(!find_operation("invert"));
}

TEST_CASE("a reflected border repeats no edge pixel: numpy's reflect") {
  const int expected[] = {2, 1, 0, 1, 2, 3, 2, 1, 0, 1};
  for (int place = -2; place < 8; ++place) CHECK(reflected(place, 4) == expected[place + 2]);
  CHECK(reflected(-7, 1) == 0);
  const cv::Mat picture = ramp(8, 6);
  for (const Interpolation interpolation : {Interpolation::Nearest, Interpolation::Bilinear}) {
    const cv::Mat moved = warp(picture, translation(-3, 2), interpolation, Border::Reflect);
    for (int y = 0; y < 6; ++y)
      for (int x = 0; x < 8; ++x) CHECK(moved.at<std::uint8_t>(y, x) == picture.at<std::uint8_t>(reflected(y + 2, 6), reflected(x - 3, 8)));
  }
}

TEST_CASE("a reflected border is what a black one would be on the picture padded by reflection") {
  const cv::Mat picture = read_picture("augment/wide.png");
  cv::Mat padded;
  cv::copyMakeBorder(picture, padded, 60, 60, 60, 60, cv::BORDER_REFLECT_101);
  for (const Interpolation interpolation : {Interpolation::Nearest, Interpolation::Bilinear}) {
    ToSource map = rotation(picture.size(), 25);
    const cv::Mat moved = warp(picture, map, interpolation, Border::Reflect);
    map[2] += 60 - 60 * (map[0] + map[1]);
    map[5] += 60 - 60 * (map[3] + map[4]);
    const cv::Mat reference = warp(padded, map, interpolation, Border::Black)(cv::Rect(60, 60, picture.cols, picture.rows));
    // Two maps that differ in their last bits pick another neighbour where a place lies between two.
    int different = 0;
    for (int y = 0; y < moved.rows; ++y)
      for (int x = 0; x < moved.cols; ++x) different += std::abs(moved.at<std::uint8_t>(y, x) - reference.at<std::uint8_t>(y, x)) > 1;
    CHECK(different <= (interpolation == Interpolation::Nearest ? 5 : 0));
  }
}

TEST_CASE("a warp has the right pixels in pictures with sides of more than 32,767 pixels, and where one pixel stands for hundreds") {
  for (const cv::Size size : {cv::Size(40'000, 3), cv::Size(3, 40'000)}) {
    CAPTURE(size.width);
    cv::Mat picture(size, CV_8U);
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) picture.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>((x + y) * 7 + (x + y) / 256 * 31);
    cv::Mat mirrored;
    cv::flip(picture, mirrored, 1);
    for (const Interpolation interpolation : {Interpolation::Nearest, Interpolation::Bilinear}) {
      CHECK(largest_difference(warp(picture, translation(0, 0), interpolation, Border::Black), picture) == 0);
      CHECK(largest_difference(warp(picture, to_source({.is_flipped = true}, size), interpolation, Border::Black), mirrored) == 0);
    }
    const bool is_wide = size.width > size.height;
    const cv::Mat along =
        warp(picture, is_wide ? ToSource{600, 0, 0, 0, 1, 0} : ToSource{1, 0, 0, 0, 600, 0}, Interpolation::Nearest, Border::Black);
    for (int k = 0; k < 66; ++k)
      CHECK((is_wide ? along.at<std::uint8_t>(2, k) : along.at<std::uint8_t>(k, 2)) ==
            (is_wide ? picture.at<std::uint8_t>(2, 600 * k + 300) : picture.at<std::uint8_t>(600 * k + 300, 2)));
  }
}

TEST_CASE("a placement says where each pixel of a warped picture came from") {
  const cv::Mat picture = ramp(40, 30);
  const Motion motion{.is_flipped = true, .width_factor = 1.2, .height_factor = .8, .rotation_deg = 13, .right_px = 3, .down_px = -2};
  const Image once = warp(image_of(picture), to_source(motion, picture.size()), Interpolation::Nearest, Border::Black);
  const Image out = warp(once, translation(4, -3), Interpolation::Nearest, Border::Black);
  const auto back = out.placement.inverse();
  int checked = 0;
  for (int y = 5; y < 25; ++y)
    for (int x = 5; x < 35; ++x) {
      const int from_x = static_cast<int>(std::lround(back[0] * x + back[1] * y + back[2]));
      const int from_y = static_cast<int>(std::lround(back[3] * x + back[4] * y + back[5]));
      if (from_x < 0 || from_x >= 40 || from_y < 0 || from_y >= 30 || out.pixels.at<std::uint8_t>(y, x) == 0) continue;
      checked += out.pixels.at<std::uint8_t>(y, x) == picture.at<std::uint8_t>(from_y, from_x);
    }
  CHECK(checked > 300);
}

TEST_CASE("a motion flips, scales and rotates about the centre, then shifts") {
  const cv::Mat picture = ramp(9, 7);
  cv::Mat mirrored;
  cv::flip(picture, mirrored, 1);
  for (const Interpolation interpolation : {Interpolation::Nearest, Interpolation::Bilinear}) {
    CHECK(largest_difference(warp(picture, to_source({}, picture.size()), interpolation, Border::Black), picture) == 0);
    CHECK(largest_difference(warp(picture, to_source({.is_flipped = true}, picture.size()), interpolation, Border::Black), mirrored) == 0);
    const cv::Mat shifted = warp(picture, to_source({.right_px = 2, .down_px = 1}, picture.size()), interpolation, Border::Black);
    CHECK(shifted.at<std::uint8_t>(3, 5) == picture.at<std::uint8_t>(2, 3));
    CHECK(shifted.at<std::uint8_t>(0, 5) == 0);
  }
  const ToSource turned = to_source({.rotation_deg = 20}, {9, 7}), plain = rotation({9, 7}, 20);
  for (std::size_t k = 0; k < 6; ++k) CHECK(turned[k] == doctest::Approx(plain[k]));
  const ToSource wide = to_source({.width_factor = 2}, {10, 10});
  CHECK(wide[0] == doctest::Approx(0.5));
  CHECK(wide[2] == doctest::Approx(2.5));
}

TEST_CASE("masks of several structures are warped channel by channel") {
  std::vector<cv::Mat> channels{ramp(12, 9), 255 - ramp(12, 9)};
  cv::Mat both;
  cv::merge(channels, both);
  const cv::Mat moved = warp(both, rotation(both.size(), 20), Interpolation::Nearest, Border::Black);
  CHECK(moved.type() == CV_8UC2);
  for (int channel = 0; channel < 2; ++channel) {
    cv::Mat one;
    cv::extractChannel(moved, one, channel);
    const cv::Mat& alone = channels[static_cast<std::size_t>(channel)];
    CHECK(largest_difference(one, warp(alone, rotation(both.size(), 20), Interpolation::Nearest, Border::Black)) == 0);
  }
}

TEST_CASE("a view is the picture flipped, padded by reflection and cropped, and its placement says so") {
  const cv::Mat picture = ramp(12, 8);
  for (const bool is_flipped : {false, true})
    for (const int left : {-3, 0, 2})
      for (const int above : {-2, 0, 1}) {
        cv::Mat flipped = picture.clone(), padded;
        if (is_flipped) cv::flip(picture, flipped, 1);
        cv::copyMakeBorder(flipped, padded, 3, 3, 3, 3, cv::BORDER_REFLECT_101);
        const Image out = crop_view(image_of(picture), {is_flipped, left, above});
        CHECK(largest_difference(out.pixels, padded(cv::Rect(3 - left, 3 - above, 12, 8))) == 0);
        const auto back = out.placement.inverse();
        const int x = static_cast<int>(back[0] * 6 + back[1] * 4 + back[2]), y = static_cast<int>(back[3] * 6 + back[4] * 4 + back[5]);
        CHECK(out.pixels.at<std::uint8_t>(4, 6) == picture.at<std::uint8_t>(y, x));
      }
}

TEST_CASE("views are drawn evenly from all crops of the padded picture, half of them flipped") {
  int flips = 0, least = 100, most = -100;
  double sum = 0;
  for (std::uint32_t slot = 0; slot < 2000; ++slot) {
    Random random = random_of(slot);
    const View view = draw_view(random, {64, 32}, 0.5, 0.125);
    flips += view.is_flipped;
    least = std::min(least, view.left_px);
    most = std::max(most, view.left_px);
    sum += view.left_px;
    CHECK(std::abs(view.above_px) <= 4);
  }
  CHECK(least == -8);
  CHECK(most == 8);
  CHECK(std::abs(sum / 2000) < 0.5);
  CHECK(std::abs(flips - 1000) < 100);
  Random random = random_of(0);
  const View none = draw_view(random, {64, 64}, 0, 0);
  CHECK(!none.is_flipped);
  CHECK(none.left_px == 0);
  CHECK(none.above_px == 0);
}

TEST_CASE("a pool's operation draws the same for equal keys and differently for others") {
  const Image image = image_of(read_picture("augment/square.png"));
  for (const std::string& name : operation_names()) {
    if (name == "autocontrast" || name == "equalize" || name == "identity") continue;
    CAPTURE(name);
    int different = 0;
    for (std::uint32_t slot = 0; slot < 8; ++slot) {
      Random first = random_of(slot), second = random_of(slot), other = random_of(slot + 100);
      const Image out = apply(*find_operation(name), image, demo_magnitudes(), first);
      CHECK(ValueTraits<Image>::hash(out) == ValueTraits<Image>::hash(apply(*find_operation(name), image, demo_magnitudes(), second)));
      different += ValueTraits<Image>::hash(out) != ValueTraits<Image>::hash(apply(*find_operation(name), image, demo_magnitudes(), other));
    }
    CHECK(different >= 4);
  }
}

TEST_CASE("a tone is gamma, contrast about the mean and brightness of each value") {
  const cv::Mat picture = ramp(16, 16);
  Random random = random_of(0);
  CHECK(largest_difference(change_tone(picture, {}, random), picture) == 0);
  double mean = 0;
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x) mean += std::pow(picture.at<std::uint8_t>(y, x) / 255.0, 0.6) / 256;
  const cv::Mat out = change_tone(picture, {.gamma = 0.6, .contrast = 0.7, .brightness = -0.1}, random);
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x) {
      const double value = ((std::pow(picture.at<std::uint8_t>(y, x) / 255.0, 0.6) - mean) * 0.7 + mean - 0.1) * 255;
      CHECK(std::abs(out.at<std::uint8_t>(y, x) - value) <= 0.51);
    }
}

TEST_CASE("a tone cuts nothing off: what would pass black or white moves back, and spans no more than both") {
  cv::Mat bright(1, 3, CV_8U);
  bright.at<std::uint8_t>(0) = 190, bright.at<std::uint8_t>(1) = 210, bright.at<std::uint8_t>(2) = 230;
  Random random = random_of(0);
  const auto changed = [&](Tone tone) {
    const cv::Mat out = change_tone(bright, tone, random);
    return std::vector<int>{out.at<std::uint8_t>(0), out.at<std::uint8_t>(1), out.at<std::uint8_t>(2)};
  };
  CHECK(changed({.brightness = 0.05}) == std::vector<int>{203, 223, 243});
  CHECK(changed({.brightness = 0.25}) == std::vector<int>{215, 235, 255});
  CHECK(changed({.contrast = 1.5, .brightness = 0.25}) == std::vector<int>{195, 225, 255});
  CHECK(changed({.brightness = -1}) == std::vector<int>{0, 20, 40});
  CHECK(changed({.contrast = 10}) == std::vector<int>{0, 128, 255});
}

TEST_CASE("a tone's noise is white and Gaussian with the deviation asked for") {
  const cv::Mat picture(201, 301, CV_8U, cv::Scalar(128));
  Random random = random_of(5);
  const cv::Mat out = change_tone(picture, {.noise = 0.06}, random);
  double squares = 0, mean = 0, fourth = 0, along = 0;
  int beyond = 0;
  const double expected = 0.06 * 255;
  for (int y = 0; y < out.rows; ++y)
    for (int x = 0; x < out.cols; ++x) {
      const double noise = (out.at<std::uint8_t>(y, x) - 128) / expected;
      mean += noise;
      squares += noise * noise;
      fourth += noise * noise * noise * noise;
      beyond += std::abs(noise) > 1.96;
      if (x > 0) along += noise * (out.at<std::uint8_t>(y, x - 1) - 128) / expected;
    }
  const double count = static_cast<double>(out.total());
  CHECK(std::abs(mean / count) < 0.02);
  CHECK(squares / count == doctest::Approx(1).epsilon(0.02));
  CHECK(fourth / count == doctest::Approx(3).epsilon(0.05));
  CHECK(std::abs(along / count) < 0.015);
  CHECK(beyond / count == doctest::Approx(0.05).epsilon(0.1));
  Random again = random_of(5), other = random_of(6);
  CHECK(largest_difference(out, change_tone(picture, {.noise = 0.06}, again)) == 0);
  CHECK(largest_difference(out, change_tone(picture, {.noise = 0.06}, other)) > 0);
}

namespace {

/// Does a random thing to a drawing.
void change(Drawing& drawing, Random& random) {
  const Border border = random.chance(.5) ? Border::Black : Border::Reflect;
  const Interpolation interpolation = random.chance(.5) ? Interpolation::Nearest : Interpolation::Bilinear;
  const int width = drawing.size().width, height = drawing.size().height;
  switch (random.below(9)) {
    case 0:
    case 1:
      return drawing.crop(draw_view(random, drawing.size(), .5, .4));
    case 2:
      return drawing.shift(static_cast<int>(random.between(-width / 2, width / 2)), static_cast<int>(random.between(-height, height)),
                           border);
    case 3:
      return drawing.warp(rotation(drawing.size(), random.uniform(-180, 180)), interpolation, border);
    case 4:
      return drawing.warp({random.uniform(-2, 2), random.uniform(-1, 1), random.uniform(-9, 9), random.uniform(-1, 1),
                           random.uniform(-2, 2), random.uniform(-9, 9)},
                          interpolation, border);
    case 5:
      return drawing.look_up(solarizing(static_cast<int>(random.between(0, 255))));
    case 6:
      return drawing.look_up(equalizing(drawing.counts()[0]));
    case 7:
      return drawing.filter([](const cv::Mat& gray) { return sharpness(gray, 2); });
    default:
      return drawing.blacken({static_cast<int>(random.between(-4, width)), static_cast<int>(random.between(-4, height)), 7, 5});
  }
}

}  // namespace

TEST_CASE("a drawing has the pixels and the placement of its changes drawn one after another") {
  const cv::Mat large = read_picture("augment/wide.png");
  int together = 0;
  for (std::uint32_t slot = 0; slot < 4000; ++slot) {
    CAPTURE(slot);
    const cv::Mat picture = slot % 2 ? large(cv::Rect(2, 3, 1 + static_cast<int>(slot % 37), 1 + static_cast<int>(slot % 23))) : large;
    const cv::Mat before = picture.clone();
    Drawing once(image_of(picture));
    Image one_by_one = image_of(picture);
    Random first = random_of(slot), second = random_of(slot);
    const int count = 1 + static_cast<int>(slot % 6);
    for (int k = 0; k < count; ++k) {
      change(once, first);
      Drawing alone(one_by_one);
      change(alone, second);
      one_by_one = alone.drawn();
    }
    const Image out = once.drawn();
    CHECK(largest_difference(out.pixels, one_by_one.pixels) == 0);
    for (std::size_t k = 0; k < 6; ++k) CHECK(out.placement.map[k] == doctest::Approx(one_by_one.placement.map[k]));
    CHECK(largest_difference(picture, before) == 0);
    together += count > 1;
  }
  CHECK(together > 3000);
}

TEST_CASE("a drawing of several channels is a drawing of each") {
  std::vector<cv::Mat> channels{ramp(23, 19), 255 - ramp(23, 19), ramp(23, 19) * .5};
  cv::Mat all;
  cv::merge(channels, all);
  for (std::uint32_t slot = 0; slot < 50; ++slot) {
    const auto drawn = [&](const cv::Mat& picture) {
      Random random = random_of(slot);
      Drawing drawing(image_of(picture));
      drawing.crop(draw_view(random, drawing.size(), .5, .3));
      if (slot % 2) drawing.warp(rotation(drawing.size(), 20), Interpolation::Bilinear, slot % 4 > 1 ? Border::Black : Border::Reflect);
      if (slot % 3) drawing.blacken({3, 4, 5, 6});
      return drawing.drawn().pixels;
    };
    const cv::Mat moved = drawn(all);
    for (int channel = 0; channel < 3; ++channel) {
      cv::Mat one;
      cv::extractChannel(moved, one, channel);
      CHECK(largest_difference(one, drawn(channels[static_cast<std::size_t>(channel)])) == 0);
    }
  }
}
