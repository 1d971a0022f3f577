#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "image/histogram.h"
#include "leat/encoded.h"
#include "leat/image.h"
#include "leat/run_node.h"
#include "support/doctest.h"
#include "support/own_nodes.h"
#include "support/pictures.h"

// The nodes of image/ and augment/ through the engine: what their parameters do to pictures and to where the pictures lie.

using namespace leat;
using namespace leat::test;

namespace {

Image image_of(const cv::Mat& pixels) {
  Image out{pixels};
  out.placement.source_width = pixels.cols;
  out.placement.source_height = pixels.rows;
  return out;
}

Image flat(int side, int value) { return image_of(cv::Mat(side, side, CV_8UC1, cv::Scalar(value))); }

/// No pixel of a row is like another of it.
Image ramp(int width, int height) {
  cv::Mat pixels(height, width, CV_8UC1);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) pixels.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>((x * 5 + y * 3) % 256);
  return image_of(pixels);
}

std::vector<Image> many(const Image& image, std::size_t count = 64) { return std::vector<Image>(count, image); }

Encoded encoded(const cv::Mat& pixels, const std::string& ending = ".png") {
  Encoded out;
  cv::imencode(ending, pixels, out.bytes);
  return out;
}

bool is_same(const Image& a, const Image& b) { return largest_difference(a.pixels, b.pixels) == 0 && a.placement.map == b.placement.map; }

std::vector<Image> run(const std::string& type, const std::string& with, const std::vector<Image>& images, std::uint64_t seed = 0) {
  return run_node<Image>(own_nodes(), type, with, images, {.seed = seed});
}

/// How many of the pictures have this value at their middle.
std::ptrdiff_t count_of(const std::vector<Image>& images, int value) {
  return std::count_if(images.begin(), images.end(),
                       [&](const Image& one) { return one.pixels.at<std::uint8_t>(one.height() / 2, one.width() / 2) == value; });
}

}  // namespace

TEST_CASE("image.decode: a gray picture comes as it is, others with a note each and one warning a kind") {
  const cv::Mat gray = ramp(20, 10).pixels;
  cv::Mat deep, colour(10, 20, CV_8UC3, cv::Scalar(10, 100, 200));
  gray.convertTo(deep, CV_16U, 257);
  const NodeRun run =
      run_node(own_nodes(), "image.decode", "{}", {given<Encoded>("file", {encoded(gray), encoded(deep), encoded(deep), encoded(colour)})},
               {kept<Image>("image")});
  for (const std::size_t sample : {0, 1, 2}) {
    const Image& out = run.get<Image>(sample, "image");
    CHECK(largest_difference(out.pixels, gray) == 0);
    CHECK(out.placement.source_width == 20);
    CHECK(out.placement.source_height == 10);
  }
  CHECK(run.get<Image>(3, "image").pixels.at<std::uint8_t>(0, 0) == (200 * 19595 + 100 * 38470 + 10 * 7471 + 0x8000) >> 16);
  CHECK(run.samples[0].notes.empty());
  CHECK(run.samples[1].notes == std::vector<std::string>{"16 bit scaled to 8"});
  CHECK(run.samples[3].notes == std::vector<std::string>{"colour read as luma"});
  std::set<std::string> warnings(run.result.warnings.begin(), run.result.warnings.end());
  CHECK(run.result.warnings.size() == 2);
  CHECK(warnings == std::set<std::string>{"some images are not plain gray 8 bit: 16 bit scaled to 8",
                                          "some images are not plain gray 8 bit: colour read as luma"});
}

TEST_CASE("image.decode: what cannot be read ends the run, or is dropped alone with its reason") {
  const Encoded good = encoded(ramp(8, 8).pixels);
  Encoded cut = good;
  cut.bytes.resize(cut.bytes.size() / 2);
  const std::vector<Encoded> files{good, cut, good};
  try {
    (void)run_node<Image>(own_nodes(), "image.decode", "{}", files);
    FAIL("half a file was decoded");
  } catch (const NodeError& error) {
    CHECK(error.node == "node");
    CHECK(error.where == "step 0 of `predict`, slot 1, sample `sample 1`");
    CHECK(error.cause.starts_with("the PNG is truncated"));
  }
  const NodeRun run =
      run_node(own_nodes(), "image.decode", "{}", {given<Encoded>("file", files)}, {kept<Image>("image")}, {.skips_errors = true});
  CHECK(run.samples[1].outputs.empty());
  CHECK(run.samples[1].reason.starts_with("the PNG is truncated"));
  CHECK(run.samples[0].reason.empty());
  CHECK_FALSE(run.samples[2].outputs.empty());
}

TEST_CASE("image.resize: sizes by `size`, `width` and `height`, and a placement that leads back to the file") {
  const Image wide = ramp(64, 32);
  CHECK(run("image.resize", "{size: 16}", {wide})[0].pixels.size() == cv::Size(16, 16));
  CHECK(run("image.resize", "{size: 16, width: 40}", {wide})[0].pixels.size() == cv::Size(40, 16));
  CHECK(run("image.resize", "{width: 40, height: 8}", {wide})[0].pixels.size() == cv::Size(40, 8));
  const Image same = run("image.resize", "{width: 64, height: 32}", {wide})[0];
  CHECK(is_same(same, wide));
  // Pixel centres: the file's first pixel, half as large, lies a quarter of a pixel before the first one's centre.
  const Image half = run("image.resize", "{width: 32, height: 16}", {wide})[0];
  CHECK(half.placement.map == std::array<double, 6>{.5, 0, -.25, 0, .5, -.25});
  CHECK(half.placement.source_width == 64);
}

TEST_CASE("image.resize: `fit: pad` keeps the aspect, centres, and fills with black or the reflection") {
  const Image wide = ramp(64, 32);
  const Image black = run("image.resize", "{size: 32, fit: pad}", {wide})[0];
  CHECK(black.placement.map == std::array<double, 6>{.5, 0, -.25, 0, .5, 7.75});
  CHECK(cv::countNonZero(black.pixels.rowRange(0, 8)) == 0);
  CHECK(cv::countNonZero(black.pixels.rowRange(24, 32)) == 0);
  const Image inner = run("image.resize", "{width: 32, height: 16}", {wide})[0];
  CHECK(largest_difference(black.pixels.rowRange(8, 24), inner.pixels) == 0);
  const Image reflected = run("image.resize", "{size: 32, fit: pad, border: reflect}", {wide})[0];
  CHECK(largest_difference(reflected.pixels.row(7), inner.pixels.row(1)) == 0);
  CHECK(reflected.placement.map == black.placement.map);
}

TEST_CASE("image.resize: `method: nearest` keeps masks of 0 and 255, of any number of channels") {
  cv::Mat mask(30, 30, CV_8UC3, cv::Scalar(0, 255, 0));
  mask(cv::Rect(3, 4, 11, 13)).setTo(cv::Scalar(255, 0, 255));
  const Image out = run("image.resize", "{size: 17, method: nearest}", {image_of(mask)})[0];
  REQUIRE(out.channels() == 3);
  std::set<int> values(out.pixels.datastart, out.pixels.dataend);
  CHECK(values == std::set<int>{0, 255});
}

TEST_CASE("image.equalize: as the function, where it was") {
  Image in = ramp(24, 16);
  in.placement = in.placement.then({2, 0, 1, 0, 2, 1});
  const Image out = run("image.equalize", "{}", {in})[0];
  CHECK(largest_difference(out.pixels, look_up(in.pixels, equalizing(histogram(in.pixels)))) == 0);
  CHECK(out.placement.map == in.placement.map);
}

TEST_CASE("augment.weak: neither flip nor pad changes nothing; a certain flip mirrors picture and placement") {
  const Image in = ramp(32, 24);
  for (const Image& out : run("augment.weak", "{flip: 0, pad: 0}", many(in, 8))) CHECK(is_same(out, in));
  cv::Mat mirrored;
  cv::flip(in.pixels, mirrored, 1);
  for (const Image& out : run("augment.weak", "{flip: 1, pad: 0}", many(in, 8))) {
    CHECK(largest_difference(out.pixels, mirrored) == 0);
    CHECK(out.placement.map == std::array<double, 6>{-1, 0, 31, 0, 1, 0});
  }
}

TEST_CASE("augment.weak: shifts stay within `pad`, flips come as often as `flip` says, and every sample draws its own") {
  const auto views = run("augment.weak", "{flip: 0.5, pad: 0.25}", many(ramp(32, 24)));
  std::set<double> shifts;
  std::ptrdiff_t flips = 0;
  for (const Image& view : views) {
    const bool is_flipped = view.placement.map[0] < 0;
    flips += is_flipped;
    const double across = view.placement.map[2] - (is_flipped ? 31 : 0);
    CHECK(std::abs(across) <= 8);
    CHECK(std::abs(view.placement.map[5]) <= 6);
    shifts.insert(across);
  }
  CHECK(flips >= 18);
  CHECK(flips <= 46);
  CHECK(shifts.size() >= 10);
}

TEST_CASE("augment.weak: `hold` gives an image the view that it had before") {
  std::vector<std::string> ids;
  for (int k = 0; k < 64; ++k) ids.push_back("image " + std::to_string(k % 8));
  const auto held = run_node<Image>(own_nodes(), "augment.weak", "{hold: 1000}", many(ramp(32, 24), 64), {.ids = ids});
  for (std::size_t k = 8; k < 64; ++k) CHECK(is_same(held[k], held[k - 8]));
  CHECK_FALSE(is_same(held[0], held[1]));
  // Four samples are a step, so an image comes again after two.
  const auto shortly = run_node<Image>(own_nodes(), "augment.weak", "{hold: 4}", many(ramp(32, 24), 64), {.ids = ids});
  CHECK(is_same(shortly[8], shortly[0]));
  CHECK_FALSE((is_same(shortly[16], shortly[0]) && is_same(shortly[17], shortly[1]) && is_same(shortly[18], shortly[2])));
}

TEST_CASE("augment: the seed alone decides, whatever the number of threads") {
  for (const std::string type : {"augment.weak", "augment.strong", "augment.affine", "augment.intensity"}) {
    CAPTURE(type);
    const auto images = many(ramp(32, 24), 16);
    const auto one = run_node<Image>(own_nodes(), type, "{}", images, {.seed = 3, .threads = 1});
    const auto again = run_node<Image>(own_nodes(), type, "{}", images, {.seed = 3, .threads = 4});
    const auto other = run_node<Image>(own_nodes(), type, "{}", images, {.seed = 4});
    CHECK(std::equal(one.begin(), one.end(), again.begin(), is_same));
    CHECK_FALSE(std::equal(one.begin(), one.end(), other.begin(), is_same));
    CHECK_FALSE(is_same(one[0], one[1]));
  }
}

TEST_CASE("augment.strong: as many operations as `operations` says, each applied with probability `p`") {
  // Each operation halves the brightness, so the value counts them.
  const auto halved = [](const std::string& with) {
    return run("augment.strong", "{flip: 0, pad: 0, pool: [brightness], brightness: [0.5, 0.5], " + with + "}", many(flat(8, 200)));
  };
  CHECK(count_of(halved("operations: [0, 0], p: 1"), 200) == 64);
  CHECK(count_of(halved("operations: [2, 2], p: 0"), 200) == 64);
  CHECK(count_of(halved("operations: [2, 2], p: 1"), 50) == 64);
  const auto varied = halved("operations: [1, 3], p: 1");
  for (const int value : {100, 50, 25}) CHECK(count_of(varied, value) >= 8);
  CHECK(count_of(varied, 100) + count_of(varied, 50) + count_of(varied, 25) == 64);
  // Two operations, each applied or not: 1/4, 1/2, 1/4.
  const auto chances = halved("operations: [2, 2], p: 0.5");
  CHECK(count_of(chances, 100) > count_of(chances, 200));
  CHECK(count_of(chances, 100) > count_of(chances, 50));
  CHECK(count_of(chances, 200) + count_of(chances, 100) + count_of(chances, 50) == 64);
}

TEST_CASE("augment.strong: what is moved says so in its placement, and no further than `translate`") {
  for (const Image& view :
       run("augment.strong", "{flip: 0, pad: 0, pool: [translate_x], operations: [1, 1], p: 1, translate: 0.25}", many(ramp(32, 24), 16))) {
    CHECK(std::abs(view.placement.map[2]) <= 8);
    CHECK(view.placement.map[5] == 0);
    CHECK(view.placement.map[0] == 1);
  }
}

TEST_CASE("augment.strong: `cutout` blackens one rectangle about a place in the picture, and not the picture that came in") {
  const Image in = flat(16, 200);
  const auto views = run("augment.strong", "{flip: 0, pad: 0, operations: [0, 0], cutout: 0.5}", many(in, 32));
  std::set<int> areas;
  for (const Image& view : views) {
    std::vector<cv::Point> black;
    cv::findNonZero(view.pixels == 0, black);
    const cv::Rect box = cv::boundingRect(black);
    CHECK(box.area() == static_cast<int>(black.size()));
    CHECK(box.area() >= 16);
    CHECK(box.area() <= 64);
    areas.insert(box.area());
  }
  CHECK(areas.size() > 1);
  CHECK(cv::countNonZero(in.pixels == 200) == 256);
}

TEST_CASE("augment.affine: picture and mask move together, mirrored with a certain flip") {
  const Image picture = ramp(32, 24);
  const Image mask = image_of(picture.pixels > 60);
  const NodeRun flipped =
      run_node(own_nodes(), "augment.affine", "{flip: 1, rotation_deg: 0, scale: [1, 1], aspect: 0, shift: 0}",
               {given<Image>("image", {picture}), given<Image>("mask", {mask})}, {kept<Image>("image"), kept<Image>("mask")});
  cv::Mat mirrored;
  cv::flip(picture.pixels, mirrored, 1);
  CHECK(largest_difference(flipped.get<Image>(0, "image").pixels, mirrored) == 0);
  cv::flip(mask.pixels, mirrored, 1);
  CHECK(largest_difference(flipped.get<Image>(0, "mask").pixels, mirrored) == 0);
  const NodeRun moved =
      run_node(own_nodes(), "augment.affine", "{}", {given<Image>("image", many(picture, 8)), given<Image>("mask", many(mask, 8))},
               {kept<Image>("image"), kept<Image>("mask")});
  for (std::size_t k = 0; k < 8; ++k) {
    const Image& out = moved.get<Image>(k, "mask");
    CHECK(out.placement.map == moved.get<Image>(k, "image").placement.map);
    CHECK(cv::countNonZero(out.pixels == 0) + cv::countNonZero(out.pixels == 255) == 32 * 24);
  }
}

TEST_CASE("augment.affine: a mask of another size is an error of its sample, one that nobody gives is refused") {
  try {
    (void)run_node(own_nodes(), "augment.affine", "{}", {given<Image>("image", {ramp(32, 24)}), given<Image>("mask", {flat(16, 0)})},
                   {kept<Image>("image")});
    FAIL("it moved a mask of another size");
  } catch (const NodeError& error) {
    CHECK(error.cause == "the mask is 16 x 16, 8 bit, but the image is 24 x 32, 8 bit");
  }
  try {
    (void)run_node(own_nodes(), "augment.affine", "{}", {given<Image>("image", {ramp(32, 24)})}, {kept<Image>("mask")});
    FAIL("it gave a mask of nothing");
  } catch (const GraphError& error) {
    CHECK(std::string(error.what()).find("the output `mask` is connected, but the input `mask` is not") != std::string::npos);
  }
}

TEST_CASE("augment.intensity: with nothing to draw from it changes nothing, and it moves nothing") {
  const Image in = ramp(32, 24);
  CHECK(is_same(run("augment.intensity", "{gamma: [1, 1], contrast: [1, 1], brightness: 0, noise: 0}", {in})[0], in));
  for (const Image& out : run("augment.intensity", "{}", many(in, 8))) {
    CHECK(out.placement.map == in.placement.map);
    CHECK(largest_difference(out.pixels, in.pixels) > 0);
  }
  const Image darker = run("augment.intensity", "{gamma: [2, 2], contrast: [1, 1], brightness: 0, noise: 0}", {flat(8, 128)})[0];
  CHECK(cv::countNonZero(darker.pixels == 64) == 64);
}
