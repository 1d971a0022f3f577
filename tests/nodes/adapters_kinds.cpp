#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <opencv2/imgcodecs.hpp>

#include "image/thumbnail.h"
#include "leat/encoded.h"
#include "leat/image.h"
#include "leat/run_node.h"
#include "support/doctest.h"
#include "support/own_nodes.h"
#include "support/pictures.h"

// The nodes of image/ and augment/ through the engine, on colours, 16 bit and floats.

using namespace leat;
using namespace leat::test;

namespace {

Image image_of(const cv::Mat& pixels) {
  Image out{pixels};
  out.placement.source_width = pixels.cols;
  out.placement.source_height = pixels.rows;
  return out;
}

/// No pixel of a row is like another of it. The channels differ.
Image ramp(int type) {
  cv::Mat pixels(24, 32, type);
  const double unit = CV_MAT_DEPTH(type) == CV_16U ? 257 : CV_MAT_DEPTH(type) == CV_32F ? 0.1 : 1;
  for (int y = 0; y < pixels.rows; ++y)
    for (int x = 0; x < pixels.cols; ++x)
      pixels(cv::Rect(x, y, 1, 1)).setTo(cv::Scalar(x * 5 + y * 3, 255 - x * 5 - y, 20 + x * y / 4) * unit);
  return image_of(pixels);
}

Encoded file_of(const cv::Mat& pixels, const std::string& ending = ".png") {
  Encoded out;
  cv::imencode(ending, pixels, out.bytes);
  return out;
}

std::vector<Image> run(const std::string& type, const std::string& with, const std::vector<Image>& images) {
  return run_node<Image>(own_nodes(), type, with, images);
}

template <class Act>
std::string refusal(Act act) {
  try {
    act();
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string refusal(const std::string& type, const std::string& with, const Image& image) {
  return refusal([&] { (void)run(type, with, {image}); });
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("image.decode: `channels` and `depth` decide what comes; a gray picture is not plain if 16 bit is cut") {
  const cv::Mat colour(10, 20, CV_8UC3, cv::Scalar(10, 100, 200)), deep(10, 20, CV_16U, cv::Scalar(3000));
  const auto decoded = [](const std::string& with, const Encoded& file) {
    return run_node(own_nodes(), "image.decode", with, {given<Encoded>("file", {file})}, {kept<Image>("image")});
  };
  const NodeRun rgb = decoded("{channels: rgb}", file_of(colour));
  CHECK(rgb.get<Image>(0, "image").pixels.at<cv::Vec3b>(3, 3) == cv::Vec3b(200, 100, 10));
  CHECK(rgb.samples[0].notes.empty());
  CHECK(rgb.result.warnings.empty());
  CHECK(decoded("{channels: rgb, depth: 16}", file_of(colour)).get<Image>(0, "image").pixels.at<cv::Vec3w>(3, 3) ==
        cv::Vec3w(200 * 257, 100 * 257, 2570));
  const NodeRun as_is = decoded("{depth: as_is}", file_of(deep));
  CHECK(as_is.get<Image>(0, "image").pixels.at<std::uint16_t>(0, 0) == 3000);
  CHECK(as_is.samples[0].notes == std::vector<std::string>{"values 3000..3000"});
  CHECK(as_is.result.warnings.empty());
  const NodeRun cut = decoded("{}", file_of(deep));
  REQUIRE(cut.result.warnings.size() == 2);
  CHECK(cut.result.warnings[0] == "some images are not plain gray 8 bit: 16 bit scaled to 8");
  CHECK(cut.result.warnings[1] ==
        "some images are not plain gray 8 bit: only 0..4095 of 0..65535 is used, so they can be dark or without contrast; to use what is "
        "there, "
        "write `with: {depth: as_is}` at this node, and after it `windowed: {uses: image.window, in: ...}`");
  CHECK(has(refusal([&] { (void)decoded("{}", file_of(cv::Mat(4, 4, CV_32F, cv::Scalar(0.5)), ".tiff")); }),
            "the image has 32-bit floats: set `depth: as_is`, and map them with `image.window`"));
}

TEST_CASE("image.decode: the files of an image's channels are joined with `as_is`, and only with it") {
  Encoded both = file_of(cv::Mat(6, 8, CV_8U, cv::Scalar(10)));
  both.name = "C_0000.png";
  both.channels.push_back({"C_0001.png", file_of(cv::Mat(6, 8, CV_8U, cv::Scalar(20))).bytes});
  const auto decoded = [](const std::string& with, const Encoded& file) {
    return run_node<Image>(own_nodes(), "image.decode", with, std::vector<Encoded>{file})[0];
  };
  const Image out = decoded("{channels: as_is}", both);
  CHECK(out.channels() == 2);
  CHECK(out.pixels.at<cv::Vec2b>(5, 7) == cv::Vec2b(10, 20));
  CHECK(has(refusal([&] { (void)decoded("{}", both); }), "the image has 2 files, one for each channel: set `channels: as_is`"));
  both.channels.push_back({"C_0002.png", file_of(cv::Mat(6, 9, CV_8U, cv::Scalar(20))).bytes});
  CHECK(has(refusal([&] { (void)decoded("{channels: as_is}", both); }),
            "`C_0000.png` has 8 x 6 pixels of 8 bit, and `C_0002.png` has 9 x 6"));
  both.channels.back().bytes.resize(40);
  CHECK(has(refusal([&] { (void)decoded("{channels: as_is}", both); }), "`C_0002.png`: the PNG is truncated"));
}

TEST_CASE("every node of pictures takes colours and 16 bit; those without tables take floats, others name image.window") {
  for (const int type : {CV_8UC3, CV_16UC1, CV_16UC3, CV_32FC1, CV_32FC3, CV_16UC(2)}) {
    const Image in = ramp(type);
    const bool is_float = in.dtype() == Dtype::F32, is_odd = in.channels() == 2;
    CAPTURE(type);
    for (const auto& [node, with] :
         std::vector<std::pair<std::string, std::string>>{{"image.resize", "{width: 20, height: 30}"},
                                                          {"augment.weak", "{}"},
                                                          {"augment.affine", "{}"},
                                                          {"image.equalize", "{}"},
                                                          {"augment.intensity", "{}"},
                                                          {"augment.strong", "{operations: [4, 4], cutout: 0.3}"}}) {
      CAPTURE(node);
      const bool has_tables = node == "image.equalize" || node == "augment.intensity" || node == "augment.strong";
      const std::string why = refusal(node, with, in);
      if (is_float && has_tables) CHECK(has(why, "put `image.window` before this node"));
      else if (is_odd && node == "augment.strong")
        CHECK(has(why, "the images have 2 channels, but this node takes gray images and colours"));
      else CHECK(why == "");
      if (why.empty()) CHECK(run(node, with, {in})[0].pixels.type() == type);
    }
  }
}

TEST_CASE("image.window: each origin of the window, and the depths of the result") {
  const Image deep = image_of((cv::Mat_<std::uint16_t>(1, 4) << 100, 300, 500, 4100));
  const auto first = [&](const std::string& with) { return run("image.window", with, {deep})[0].pixels; };
  CHECK(largest_difference(first("{from: fixed, range: [100, 500]}"), (cv::Mat_<std::uint8_t>(1, 4) << 0, 128, 255, 255)) == 0);
  CHECK(largest_difference(first("{from: min_max}"), (cv::Mat_<std::uint8_t>(1, 4) << 0, 13, 26, 255)) == 0);
  CHECK(largest_difference(first("{from: full}"), (cv::Mat_<std::uint8_t>(1, 4) << 0, 1, 2, 16)) == 0);
  CHECK(largest_difference(first("{percentiles: [0, 50]}"), (cv::Mat_<std::uint8_t>(1, 4) << 0, 170, 255, 255)) == 0);
  CHECK(largest_difference(first("{from: min_max, depth: 16}"), (cv::Mat_<std::uint16_t>(1, 4) << 0, 3277, 6554, 65535)) == 0);
  CHECK(first("{from: min_max, depth: float}").at<float>(0, 1) == doctest::Approx(0.05));
  CHECK(has(refusal("image.window", "{from: dicom}", deep), "the sample does not state `window_centre`"));
  CHECK(has(refusal("image.window", "{from: fixed}", deep), "`from: fixed` needs `range`"));
  CHECK(has(refusal("image.window", "{range: [0, 1]}", deep), "set `from: fixed`"));
  CHECK(has(refusal("image.window", "{percentiles: [50, 101]}", deep), "it must be [low, high] within [0, 100]"));
  CHECK(largest_difference(first("{percentiles: []}"), first("{percentiles: [0.5, 99.5]}")) == 0);
  for (const char* from : {"min_max", "full", "dicom", "fixed, range: [0, 1]"})
    CHECK(has(refusal("image.window", std::string("{percentiles: [0.5, 99.5], from: ") + from + "}", deep),
              "`percentiles` is given, but `from` is `"));
  for (const char* range : {"[0, .inf]", "[-.inf, 0]", "[1, 0]"})
    CHECK(has(refusal("image.window", std::string("{from: fixed, range: ") + range + "}", deep), "it must be two finite numbers"));
  CHECK(has(refusal("image.window", "{from: full}", ramp(CV_32FC1)), "floats, which have no range"));
  const NodeRun flat = run_node(own_nodes(), "image.window", "{}",
                                {given<Image>("image", {image_of(cv::Mat(3, 3, CV_16U, cv::Scalar(7)))})}, {kept<Image>("windowed")});
  CHECK(cv::countNonZero(flat.get<Image>(0, "windowed").pixels) == 0);
  CHECK(flat.result.warnings == std::vector<std::string>{"some images have a window without width"});
  CHECK(flat.samples[0].notes == std::vector<std::string>{"a window without width"});
}

TEST_CASE("image.decode: only the warning of a small range that was reduced to 8 bit says how to use it") {
  // Two pages of 16 bit.
  const std::string file = (std::filesystem::temp_directory_path() / ("leat_pages_" + std::to_string(getpid()) + ".tif")).string();
  cv::imwritemulti(file, std::vector<cv::Mat>(2, cv::Mat(6, 8, CV_16U, cv::Scalar(900))));
  std::ifstream in(file, std::ios::binary);
  Encoded pages;
  pages.bytes.assign(std::istreambuf_iterator<char>(in), {});
  std::filesystem::remove(file);
  const auto warnings = [&](const std::string& with) {
    return run_node(own_nodes(), "image.decode", with, {given<Encoded>("file", {pages})}, {kept<Image>("image")}).result.warnings;
  };
  CHECK(warnings("{depth: as_is}") == std::vector<std::string>{"some images are changed: first of several pages of a TIFF"});
  CHECK(warnings("{depth: 16}") == std::vector<std::string>{"some images are changed: first of several pages of a TIFF"});
  const std::vector<std::string> reduced = warnings("{}");
  REQUIRE(reduced.size() == 3);
  CHECK(has(reduced[2], "only 0..1023 of 0..65535 is used, so they can be dark"));
}

TEST_CASE("image.check: gray in three equal channels is gray, and can be inverted; a colour cannot") {
  cv::Mat gray(32, 32, CV_8U), pixels;
  for (int y = 0; y < gray.rows; ++y)
    for (int x = 0; x < gray.cols; ++x) gray.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(4 * y + 2 * x);
  std::string mean_picture;
  for (const float one : thumbnail_of(gray)) mean_picture += (mean_picture.empty() ? "" : ", ") + std::to_string(std::lround(one));
  const std::string with = "{mean_pictures: [" + mean_picture + "], likeness_from: [0.2]}";
  const auto notes = [&](const cv::Mat& seen) {
    return run_node(own_nodes(), "image.check", with, {given<Image>("image", {image_of(seen)})}, {kept<Image>("checked")}).samples[0].notes;
  };
  const std::vector<std::string> inverted{"perhaps inverted: its negative looks more like the training images"};
  CHECK(notes(gray).empty());
  CHECK(notes(255 - gray) == inverted);
  for (const int depth : {CV_8U, CV_16U, CV_32F}) {
    CAPTURE(depth);
    cv::merge(std::vector<cv::Mat>(3, 255 - gray), pixels);
    pixels.convertTo(pixels, depth);
    CHECK(notes(pixels) == inverted);
    pixels.col(5).setTo(cv::Scalar(10, 20, 30));
    CHECK(notes(pixels).empty());
  }
}
