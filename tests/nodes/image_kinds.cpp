#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "image/decode_image.h"
#include "image/encode_png.h"
#include "image/histogram.h"
#include "image/picture_header.h"
#include "image/resample.h"
#include "image/value_window.h"
#include "leat/image.h"
#include "support/doctest.h"
#include "support/pictures.h"

// Images of 8 bit, 16 bit and floats, gray and in colour, against Pillow and numpy (tests/data/image/make_references.py).

using namespace leat;
using namespace leat::test;

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr DecodeAs::Channels gray = DecodeAs::Channels::Gray, rgb = DecodeAs::Channels::Rgb, stored = DecodeAs::Channels::AsIs;
constexpr DecodeAs::Depth eight = DecodeAs::Depth::Bits8, sixteen = DecodeAs::Depth::Bits16, any = DecodeAs::Depth::AsIs;

Bytes read_file(const std::string& name) {
  std::ifstream file(std::string(LEAT_TEST_DATA) + "/image/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file of an image in OpenCV's order of colours.
Bytes file_of(const cv::Mat& pixels, const std::string& ending = ".png") {
  Bytes out;
  cv::imencode(ending, pixels, out);
  return out;
}

std::string refusal(const Bytes& file, const DecodeAs& as) {
  try {
    (void)decode_image(file, as);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ";") + word;
  return out;
}

/// One pixel of 16 bit: blue, green, red.
cv::Mat deep_pixel(int blue, int green, int red) { return cv::Mat(1, 1, CV_16UC3, cv::Scalar(blue, green, red)); }

}  // namespace

TEST_CASE("decoding in colour equals Pillow's, with transparency over black") {
  const cv::Mat expected = read_colours("image/decode_rgb_expected.png");
  int row = 0;
  for (const auto& line : read_table("image/decode.csv")) {
    const std::string& file = line.at("file");
    CAPTURE(file);
    const DecodedImage decoded = decode_image(read_file("decode_" + file), {.channels = rgb});
    CHECK(decoded.pixels.type() == CV_8UC3);
    CHECK(largest_difference(decoded.pixels, expected.rowRange(row, row + 18)) <= (file.ends_with(".jpeg") ? 1 : 0));
    CHECK(joined(decoded.changes).find("luma") == std::string::npos);
    row += 18;
  }
  CHECK(row == expected.rows);
}

TEST_CASE("`as_is` takes the channels and the depth of the file, and the header states the same before") {
  const std::map<std::string, int> kinds{
      {"gray.png", CV_8UC1},       {"equal.png", CV_8UC3},   {"colour.png", CV_8UC3},       {"alpha.png", CV_8UC3},
      {"gray_alpha.png", CV_8UC1}, {"palette.png", CV_8UC3}, {"bits.png", CV_8UC1},         {"deep.png", CV_16UC1},
      {"gray.jpeg", CV_8UC1},      {"colour.jpeg", CV_8UC3}, {"progressive.jpeg", CV_8UC1}, {"gray.tiff", CV_8UC1},
      {"deep.tiff", CV_16UC1},     {"gray.bmp", CV_8UC1},    {"colour.bmp", CV_8UC3},       {"float.tiff", CV_32FC1}};
  for (const auto& [name, type] : kinds) {
    CAPTURE(name);
    const Bytes file = read_file("decode_" + name);
    CHECK(decode_image(file, {stored, any}).pixels.type() == type);
    const auto header = picture_header(file);
    REQUIRE(header);
    const int bits = CV_MAT_DEPTH(type) == CV_32F ? 32 : CV_MAT_DEPTH(type) == CV_16U ? 16 : 8;
    CHECK(header->bits == bits);
    // A palette of grays in a BMP is told from one of colours by the decoder only.
    if (name == "gray.bmp") CHECK(header->channels == 0);
    else CHECK(header->channels == CV_MAT_CN(type));
  }
  for (const std::string ending : {".png", ".tiff"}) {
    const Bytes colours = file_of(deep_pixel(1000, 30000, 60000), ending);
    CHECK(decode_image(colours, {stored, any}).pixels.at<cv::Vec3w>(0, 0) == cv::Vec3w(60000, 30000, 1000));
    CHECK(picture_header(colours)->bits == 16);
    CHECK(picture_header(colours)->channels == 3);
  }
  Bytes floats;
  constexpr int none = 1;  // OpenCV's own compression of floats in colour is lossy.
  cv::imencode(".tiff", cv::Mat(2, 3, CV_32FC3, cv::Scalar(-1.5, 0.25, 1e6)), floats, {cv::IMWRITE_TIFF_COMPRESSION, none});
  CHECK(decode_image(floats, {stored, any}).pixels.at<cv::Vec3f>(1, 2) == cv::Vec3f(1e6F, 0.25F, -1.5F));
  CHECK(decode_image(floats, {gray, any}).pixels.at<float>(0, 0) == doctest::Approx(0.299e6 + 0.587 * 0.25 - 0.114 * 1.5));
  CHECK(picture_header(floats)->bits == 32);
  CHECK(picture_header(floats)->channels == 3);
}

TEST_CASE("8 bit becomes 16 times 257; 16 bit stays, and its small range is known but no change") {
  const cv::Mat small(1, 3, CV_8U, cv::Scalar(200));
  CHECK(decode_image(file_of(small), {gray, sixteen}).pixels.at<std::uint16_t>(0, 1) == 200 * 257);
  const cv::Mat dark(1, 2, CV_16U, cv::Scalar(4051));
  for (const auto depth : {sixteen, any}) {
    const DecodedImage decoded = decode_image(file_of(dark), {gray, depth});
    CHECK(decoded.pixels.at<std::uint16_t>(0, 0) == 4051);
    CHECK(decoded.changes.empty());
    CHECK(decoded.range == "values 4051..4051");
  }
  CHECK(decode_image(file_of(dark), {rgb, eight}).pixels.at<cv::Vec3b>(0, 0) == cv::Vec3b(16, 16, 16));
  CHECK(joined(decode_image(file_of(dark), {rgb, eight}).changes) == "16 bit scaled to 8;only 0..4095 of 0..65535 is used");
}

TEST_CASE("floats come as the file has them; other depths name image.window") {
  const DecodedImage decoded = decode_image(read_file("decode_float.tiff"), {gray, any});
  cv::Mat expected;
  read_picture("image/decode_gray.png").convertTo(expected, CV_32F, 0.25, -25);
  CHECK(cv::norm(decoded.pixels, expected, cv::NORM_INF) == 0);
  for (const auto depth : {eight, sixteen})
    CHECK(refusal(read_file("decode_float.tiff"), {gray, depth}) ==
          "the image has 32-bit floats: set `depth: as_is`, and map them with `image.window`");
}

TEST_CASE("a JPEG in colour is decoded reduced too, upright, and a damaged one is refused") {
  cv::Mat colours(240, 320, CV_8UC3);
  for (int y = 0; y < colours.rows; ++y)
    for (int x = 0; x < colours.cols; ++x)
      colours.at<cv::Vec3b>(y, x) = cv::Vec3b(40, static_cast<std::uint8_t>(x / 2), static_cast<std::uint8_t>(y));
  const Bytes file = file_of(colours, ".jpeg");
  const DecodedImage whole = decode_image(file, {rgb, eight}), small = decode_image(file, {rgb, eight, 60});
  CHECK(small.reduction == 4);
  CHECK(small.whole == cv::Size(320, 240));
  CHECK(largest_difference(small.pixels, resample(whole.pixels, {80, 60}, Filter::Box)) <= 8);
  CHECK(whole.pixels.at<cv::Vec3b>(200, 100)[0] > 190);
  CHECK(whole.pixels.at<cv::Vec3b>(200, 100)[2] < 50);
  CHECK(refusal({file.begin(), file.end() - 400}, {rgb, eight}).starts_with("the JPEG is truncated"));
}

TEST_CASE("channels of several files are joined; others are refused by name") {
  const cv::Mat one(4, 5, CV_8U, cv::Scalar(1)), two(4, 5, CV_8U, cv::Scalar(2));
  const cv::Mat both = joined_channels({one, two}, {"a.png", "b.png"});
  CHECK(both.type() == CV_8UC2);
  CHECK(both.at<cv::Vec2b>(3, 4) == cv::Vec2b(1, 2));
  CHECK_THROWS_WITH(
      (void)joined_channels({one, cv::Mat::zeros(4, 6, CV_8U)}, {"a.png", "b.png"}),
      "the channels of an image must have one size and depth, but `a.png` has 5 x 4 pixels of 8 bit, and `b.png` has 6 x 4 pixels "
      "of 8 bit");
  CHECK_THROWS_WITH(
      (void)joined_channels({one, cv::Mat::zeros(4, 5, CV_16U)}, {"a.png", "b.png"}),
      "the channels of an image must have one size and depth, but `a.png` has 5 x 4 pixels of 8 bit, and `b.png` has 5 x 4 pixels "
      "of 16 bit");
  CHECK_THROWS_WITH((void)joined_channels({one, cv::Mat::zeros(4, 5, CV_8UC3)}, {"a.png", "b.png"}),
                    "`b.png` has colours, but a file of one channel must be gray");
}

TEST_CASE("scaling colours and 16 bit equals Pillow's, within a level") {
  int k = 0;
  for (const auto& line : read_table("image/kinds.csv")) {
    const bool is_deep = line.at("picture") == "deep";
    const std::string name = "image/kinds_expected_" + std::to_string(k++) + ".png", method = line.at("method");
    CAPTURE(name);
    const cv::Mat source = is_deep ? read_picture("augment/deep.png") : read_colours("augment/colour.png");
    const cv::Mat expected = is_deep ? read_picture(name) : read_colours(name);
    const cv::Size size(std::stoi(line.at("width")), std::stoi(line.at("height")));
    const auto filter = method == "area" ? Filter::Box : Filter::Triangle;
    const cv::Mat scaled = method == "nearest" ? resample_nearest(source, size) : resample(source, size, filter);
    CHECK(largest_difference(scaled, expected) <= (method == "nearest" ? 0 : 1));
    if (!is_deep) continue;
    cv::Mat floats;
    source.convertTo(floats, CV_32F);
    const cv::Mat of_floats = method == "nearest" ? resample_nearest(floats, size) : resample(floats, size, filter);
    cv::Mat whole;
    expected.convertTo(whole, CV_32F);
    CHECK(cv::norm(of_floats, whole, cv::NORM_INF) <= 0.51);
  }
  CHECK(k == 15);
}

TEST_CASE("percentiles equal numpy's, of 16 bit and of floats") {
  for (const auto& line : read_table("image/windows.csv")) {
    const std::string& name = line.at("picture");
    CAPTURE(name);
    const cv::Mat picture =
        name == "augment/deep.png" ? read_picture(name) : decode_image(read_file("decode_float.tiff"), {gray, any}).pixels;
    const ValueWindow found = percentiles_of(picture, std::stod(line.at("low")), std::stod(line.at("high")));
    CHECK(found.low == doctest::Approx(std::stod(line.at("of_low"))).epsilon(1e-6));
    CHECK(found.high == doctest::Approx(std::stod(line.at("of_high"))).epsilon(1e-6));
  }
}

TEST_CASE("a window maps a line, cuts off at its ends, and has an answer for every picture") {
  const cv::Mat deep = (cv::Mat_<std::uint16_t>(1, 5) << 0, 1000, 2000, 3000, 65535);
  CHECK(largest_difference(through_window(deep, {1000, 3000}, CV_8U), (cv::Mat_<std::uint8_t>(1, 5) << 0, 0, 128, 255, 255)) == 0);
  CHECK(largest_difference(through_window(deep, {1000, 3000}, CV_16U), (cv::Mat_<std::uint16_t>(1, 5) << 0, 0, 32768, 65535, 65535)) == 0);
  const cv::Mat shares = (cv::Mat_<float>(1, 5) << 0, 0, 0.5, 1, 1);
  CHECK(cv::norm(through_window(deep, {1000, 3000}, CV_32F), shares, cv::NORM_INF) == 0);
  // The whole range is what decoding to 8 bit gives.
  cv::Mat all(256, 256, CV_16U);
  for (int k = 0; k < 65536; ++k) all.at<std::uint16_t>(k / 256, k % 256) = static_cast<std::uint16_t>(k);
  CHECK(largest_difference(through_window(all, {0, 65535}, CV_8U), decode_image(file_of(all)).pixels) == 0);
  // One value becomes black; with a window without width, higher values are white.
  CHECK(cv::countNonZero(through_window(cv::Mat(3, 3, CV_16U, cv::Scalar(500)), {500, 500}, CV_8U)) == 0);
  CHECK(through_window(deep, {1000, 1000}, CV_8U).at<std::uint8_t>(0, 2) == 255);
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), endless = std::numeric_limits<float>::infinity();
  const cv::Mat odd = (cv::Mat_<float>(1, 5) << -2, nan, endless, -endless, 2);
  CHECK_FALSE(has_only_finite(odd));
  CHECK(extremes_of(odd).low == -2);
  CHECK(extremes_of(odd).high == 2);
  CHECK(percentiles_of(odd, 0, 100).high == 2);
  CHECK(largest_difference(through_window(odd, extremes_of(odd), CV_8U), (cv::Mat_<std::uint8_t>(1, 5) << 0, 0, 255, 0, 255)) == 0);
  const cv::Mat none(2, 2, CV_32F, cv::Scalar(nan));
  CHECK(cv::countNonZero(through_window(none, percentiles_of(none, 0.5, 99.5), CV_8U)) == 0);
}

TEST_CASE("a window of DICOM is LINEAR, LINEAR_EXACT or SIGMOID, as the standard gives them; others are refused by name") {
  // PS3.3, C.11.2.1.2 and C.11.2.1.3, with ymin 0 and ymax 1.
  const auto wanted = [](double x, double c, double w, const std::string& function) {
    if (function == "SIGMOID") return 1 / (1 + std::exp(-4 * (x - c) / w));
    const double half = function == "LINEAR" ? (w - 1) / 2 : w / 2, middle = function == "LINEAR" ? c - 0.5 : c;
    if (x <= middle - half) return 0.0;
    if (x > middle + half) return 1.0;
    return (x - middle) / (2 * half) + 0.5;
  };
  const cv::Mat values = (cv::Mat_<float>(1, 6) << -20, 90, 95, 100, 107, 300);
  for (const char* function : {"LINEAR", "LINEAR_EXACT", "SIGMOID"}) {
    CAPTURE(function);
    const cv::Mat seen = through_window(values, dicom_window(100, 20, function), CV_32F);
    for (int k = 0; k < values.cols; ++k)
      CHECK(seen.at<float>(0, k) == doctest::Approx(wanted(values.at<float>(0, k), 100, 20, function)).epsilon(1e-6));
  }
  CHECK(through_window(cv::Mat(1, 1, CV_16U, cv::Scalar(100)), dicom_window(100, 20, "SIGMOID"), CV_8U).at<std::uint8_t>(0, 0) == 128);
  CHECK(dicom_window(5, 0.5, "LINEAR_EXACT").high == doctest::Approx(5.25));
  CHECK_THROWS_WITH((void)dicom_window(5, 0.5, "LINEAR"), "the sample states a window of the width 0.5, but LINEAR needs at least 1");
  CHECK_THROWS_WITH((void)dicom_window(5, 0, "SIGMOID"), "the sample states a window of the width 0, but SIGMOID needs more than 0");
  CHECK_THROWS_WITH((void)dicom_window(5, 10, "STEEP"),
                    "the window function of the sample is `STEEP`, but only LINEAR, LINEAR_EXACT and SIGMOID are known");
}

TEST_CASE("a 16-bit histogram is equalized also in a small picture; colours are equalized by channel") {
  cv::Mat steps(1, 5, CV_16U);
  for (int k = 0; k < 5; ++k) steps.at<std::uint16_t>(0, k) = static_cast<std::uint16_t>(100 + 10 * k * k);
  const cv::Mat out = equalized_channels(steps);
  CHECK(largest_difference(out, (cv::Mat_<std::uint16_t>(1, 5) << 0, 16384, 32768, 49151, 65535)) <= 1);
  const cv::Mat colours = read_colours("augment/colour.png");
  cv::Mat first, of_first;
  cv::extractChannel(colours, first, 0);
  cv::extractChannel(equalized_channels(colours), of_first, 0);
  CHECK(largest_difference(of_first, equalized_channels(first)) == 0);
}

TEST_CASE("an image says its depth and channels, and keeps them when it is packed, reordered or blank") {
  using Traits = ValueTraits<Image>;
  const Image deep{cv::Mat(2, 3, CV_16UC3, cv::Scalar(1, 300, 65535))}, floats{cv::Mat(2, 3, CV_32F, cv::Scalar(-0.5))};
  CHECK(Traits::describe(deep) == "2 x 3 x 3, 16 bit");
  CHECK(Traits::describe(floats) == "2 x 3, float");
  CHECK(Traits::contract(deep).dtype == Dtype::U16);
  CHECK(Traits::numbers(deep).dtype == Dtype::U16);
  CHECK(Traits::numbers(deep).dims == std::vector<std::int64_t>{2, 3, 3});
  CHECK(Traits::numbers(deep).bytes.size() == 36);
  CHECK(Traits::numbers(floats).dtype == Dtype::F32);
  for (const Image& one : {deep, floats}) {
    const Image back = Traits::unpack(Traits::pack(one));
    CHECK(largest_difference(back.pixels, one.pixels) == 0);
    CHECK(Traits::hash(back) == Traits::hash(one));
  }
  // Equal bytes of another depth are another image.
  const Image bytes{cv::Mat::zeros(2, 4, CV_8U)}, words{cv::Mat::zeros(2, 2, CV_16U)}, fewer{cv::Mat::zeros(2, 4, CV_16U)};
  CHECK(Traits::hash(bytes) != Traits::hash(fewer));
  CHECK(Traits::hash(bytes) != Traits::hash(words));
  CHECK(Traits::blank(Contract{.has_shape = true, .dims = {Dim{3, {}}, Dim{4, {}}, Dim{3, {}}}, .dtype = Dtype::U16}).pixels.type() ==
        CV_16UC3);
  const Image swapped = Traits::reorder(deep, Reorder{Reorder::entries, {2, 1, 0}, 3});
  CHECK(swapped.pixels.at<cv::Vec3w>(1, 1) == cv::Vec3w(65535, 300, 1));
}

TEST_CASE("colours are written as they are read") {
  const cv::Mat colours(4, 4, CV_16UC3, cv::Scalar(60000, 30000, 1000));
  const cv::Mat before = colours.clone();
  CHECK(largest_difference(decode_image(encode_png(colours, 4), {stored, any}).pixels, before) == 0);
  CHECK(largest_difference(colours, before) == 0);
  CHECK(largest_difference(shown(colours), cv::Mat(4, 4, CV_8UC3, cv::Scalar(255, 125, 0))) == 0);
}
