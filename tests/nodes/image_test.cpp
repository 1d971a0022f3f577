#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>
#include <stdexcept>

#include "image/decode_image.h"
#include "image/decode_picture.h"
#include "image/hidden_entries.h"
#include "image/histogram.h"
#include "image/picture_header.h"
#include "image/resample.h"
#include "leat/image.h"
#include "support/doctest.h"
#include "support/pictures.h"

using namespace leat;
using namespace leat::test;

namespace {

std::vector<std::uint8_t> read_file(const std::string& name) {
  std::ifstream file(std::string(LEAT_TEST_DATA) + "/image/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ";") + word;
  return out;
}

/// What decoding says when it fails, or "" when it does not.
std::string refusal(const std::vector<std::uint8_t>& file) {
  try {
    (void)decode_image(file);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

/// A gray TIFF of one strip; `pages`: how many directories of the same picture it has.
std::vector<std::uint8_t> tiff_of(int width, int height, int bits, int photometric, const std::vector<std::uint8_t>& strip, int pages = 1,
                                  int sample_format = 1, int subfile = 0, int orientation = 1) {
  std::vector<std::uint8_t> out{'I', 'I', 42, 0};
  const auto put = [&out](std::uint32_t number, int bytes) {
    for (int k = 0; k < bytes; ++k) out.push_back(static_cast<std::uint8_t>(number >> (8 * k)));
  };
  const auto length = static_cast<std::uint32_t>(strip.size());
  put(8 + length, 4);
  out.insert(out.end(), strip.begin(), strip.end());
  for (int page = 0; page < pages; ++page) {
    const std::vector<std::pair<int, std::uint32_t>> tags{{254, page > 0 ? subfile : 0},
                                                          {256, width},
                                                          {257, height},
                                                          {258, bits},
                                                          {259, 1},
                                                          {262, photometric},
                                                          {273, 8},
                                                          {274, orientation},
                                                          {277, 1},
                                                          {278, height},
                                                          {279, length},
                                                          {339, sample_format}};
    put(static_cast<std::uint32_t>(tags.size()), 2);
    for (const auto& [tag, value] : tags) put(static_cast<std::uint32_t>(tag), 2), put(4, 2), put(1, 4), put(value, 4);
    put(page + 1 < pages ? static_cast<std::uint32_t>(out.size()) + 4 : 0, 4);
  }
  return out;
}

std::vector<std::uint8_t> words_of(const std::vector<int>& values) {
  std::vector<std::uint8_t> out;
  for (const int value : values) out.push_back(static_cast<std::uint8_t>(value)), out.push_back(static_cast<std::uint8_t>(value >> 8));
  return out;
}

std::vector<int> grays_of(const cv::Mat& picture) { return {picture.begin<std::uint8_t>(), picture.end<std::uint8_t>()}; }

std::vector<std::uint8_t> png_of(const std::vector<int>& values) {
  cv::Mat picture(1, static_cast<int>(values.size()), CV_16UC1);
  for (std::size_t k = 0; k < values.size(); ++k) picture.at<std::uint16_t>(0, static_cast<int>(k)) = static_cast<std::uint16_t>(values[k]);
  std::vector<std::uint8_t> out;
  cv::imencode(".png", picture, out);
  return out;
}

/// A JPEG of three channels without a conversion of colours, as it is told by Adobe's marker.
std::vector<std::uint8_t> rgb_jpeg() {
  cv::Mat picture(64, 64, CV_8UC3);
  cv::theRNG().state = 5;
  cv::randu(picture, 0, 255);
  std::vector<std::uint8_t> out;
  cv::imencode(".jpeg", picture, out);
  const std::vector<std::uint8_t> adobe{0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
  // In place of JFIF's marker, which says the conversion.
  const std::size_t jfif = 4 + static_cast<std::size_t>(out[4] << 8 | out[5]);
  out.erase(out.begin() + 2, out.begin() + static_cast<std::ptrdiff_t>(jfif));
  out.insert(out.begin() + 2, adobe.begin(), adobe.end());
  return out;
}

/// EXIF data with an orientation, in one of the two orders of bytes.
std::vector<std::uint8_t> exif_of(int orientation, bool is_little) {
  const auto one = static_cast<std::uint8_t>(orientation);
  if (is_little) return {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, one, 0, 0, 0, 0, 0, 0, 0};
  return {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, one, 0, 0, 0, 0, 0, 0};
}

std::vector<std::uint8_t> with_exif(std::vector<std::uint8_t> jpeg, const std::vector<std::uint8_t>& exif) {
  std::vector<std::uint8_t> segment{0xFF, 0xE1, 0, static_cast<std::uint8_t>(exif.size() + 8), 'E', 'x', 'i', 'f', 0, 0};
  segment.insert(segment.end(), exif.begin(), exif.end());
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

/// Puts EXIF data before the pixels of a PNG. The decoder does not check the checksum of this chunk.
std::vector<std::uint8_t> png_with_exif(const cv::Mat& picture, const std::vector<std::uint8_t>& exif) {
  std::vector<std::uint8_t> out;
  cv::imencode(".png", picture, out);
  std::vector<std::uint8_t> chunk{0, 0, 0, static_cast<std::uint8_t>(exif.size()), 'e', 'X', 'I', 'f'};
  chunk.insert(chunk.end(), exif.begin(), exif.end());
  chunk.insert(chunk.end(), 4, 0);
  out.insert(out.begin() + 33, chunk.begin(), chunk.end());
  return out;
}

std::vector<int> numbers_in(const std::string& text) {
  std::istringstream in(text);
  std::vector<int> out;
  for (int number = 0; in >> number;) out.push_back(number);
  return out;
}

cv::Mat enlarged(const cv::Mat& picture) {
  cv::Mat out;
  cv::resize(picture, out, {}, 8, 8, cv::INTER_NEAREST);
  return out;
}

}  // namespace

TEST_CASE("the orientation of a JPEG, PNG or TIFF is applied by one rule, as by Pillow's exif_transpose") {
  const cv::Mat stored = (cv::Mat_<std::uint8_t>(2, 3) << 10, 20, 30, 40, 50, 60);
  const std::vector<std::uint8_t> strip{10, 20, 30, 40, 50, 60};
  for (const auto& line : read_table("image/turned.csv")) {
    const int orientation = std::stoi(line.at("orientation"));
    CAPTURE(orientation);
    const std::vector<int> pixels = numbers_in(line.at("pixels"));
    const PictureSize size{std::stoi(line.at("width")), std::stoi(line.at("height"))};
    const std::string turned = orientation == 1 ? "" : "turned upright, as its orientation " + std::to_string(orientation) + " asks";
    const auto check = [&](const std::vector<std::uint8_t>& file) {
      const DecodedImage decoded = decode_image(file);
      CHECK(grays_of(decoded.pixels) == pixels);
      CHECK(decoded.pixels.size() == cv::Size(size.width, size.height));
      CHECK(decoded.turned == turned);
      const auto header = picture_header(file);
      REQUIRE(header);
      CHECK(header->size == size);
      CHECK(header->stored() == PictureSize{3, 2});
      CHECK(header->orientation == orientation);
      CHECK(header->is_whole);
    };
    for (const bool is_little : {true, false}) check(png_with_exif(stored, exif_of(orientation, is_little)));
    check(tiff_of(3, 2, 8, 1, strip, 1, 1, 0, orientation));
    check(tiff_of(3, 2, 16, 1, words_of({2570, 5140, 7710, 10280, 12850, 15420}), 1, 1, 0, orientation));

    std::vector<std::uint8_t> jpeg;
    cv::imencode(".jpg", enlarged(stored), jpeg, {cv::IMWRITE_JPEG_QUALITY, 100});
    const std::vector<std::uint8_t> file = with_exif(jpeg, exif_of(orientation, false));
    const cv::Mat expected(size.height, size.width, CV_8U);
    std::copy(pixels.begin(), pixels.end(), expected.data);
    CHECK(largest_difference(decode_image(file).pixels, enlarged(expected)) <= 1);
    CHECK(decode_image(file).turned == turned);
    CHECK(picture_header(file)->size == PictureSize{8 * size.width, 8 * size.height});

    cv::Mat colour;
    cv::merge(std::vector<cv::Mat>{enlarged(stored), enlarged(stored) / 2, enlarged(stored)}, colour);
    cv::imencode(".jpg", colour, jpeg, {cv::IMWRITE_JPEG_QUALITY, 100});
    CHECK(decode_picture(with_exif(jpeg, exif_of(orientation, true)), {.has_colours = true}).pixels.size() ==
          cv::Size(8 * size.width, 8 * size.height));
  }
  for (const int none : {0, 9, 200}) CHECK(decode_image(png_with_exif(stored, exif_of(none, true))).turned.empty());
  CHECK(grays_of(decode_image(tiff_of(3, 2, 8, 0, {245, 235, 225, 215, 205, 195}, 1, 1, 0, 8)).pixels) ==
        std::vector<int>{30, 60, 20, 50, 10, 40});
}

TEST_CASE("a header tells whether the end of its file is there, and damage of EXIF data is survived") {
  for (const std::string name :
       {"gray.png", "alpha.png", "gray.jpeg", "progressive.jpeg", "gray.tiff", "deep.tiff", "gray.bmp", "colour.bmp"}) {
    CAPTURE(name);
    std::vector<std::uint8_t> file = read_file("decode_" + name);
    REQUIRE(picture_header(file));
    CHECK(picture_header(file)->is_whole);
    // A TIFF can end with its directory, which needs no end.
    for (const std::size_t length : {file.size() * 2 / 3, name.ends_with("tiff") ? file.size() / 2 : file.size() - 4}) {
      const auto header = picture_header(std::span<const std::uint8_t>(file).first(length));
      CHECK_FALSE((header && header->is_whole));
    }
    file.insert(file.end(), 20, 0);
    CHECK(picture_header(file));
    CHECK(refusal(file).empty());
  }
  cv::theRNG().state = 9;
  const cv::Mat picture(2, 3, CV_8U, cv::Scalar(7));
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint8_t> exif = exif_of(6, round % 2 == 0);
    for (int change = 0; change < 3; ++change)
      exif[static_cast<std::size_t>(cv::theRNG().uniform(0, static_cast<int>(exif.size())))] =
          static_cast<std::uint8_t>(cv::theRNG().uniform(0, 256));
    const std::vector<std::uint8_t> file = png_with_exif(picture, exif);
    REQUIRE(picture_header(file));
    CHECK(decode_image(file).pixels.cols == picture_header(file)->size.width);
  }
}

TEST_CASE("entries of a palette that have one colour are found in PNG, BMP and TIFF if pixels use them") {
  for (const std::string ending : {".png", ".bmp", ".tiff"}) {
    CAPTURE(ending);
    const auto are_hidden = [&](const std::string& name) {
      const std::vector<std::uint8_t> file = read_file(name + ending);
      return has_hidden_entries(file, decode_picture(file).pixels);
    };
    CHECK(are_hidden("mask_hidden"));
    CHECK(are_hidden("mask_partly"));
    CHECK_FALSE(are_hidden("mask_shown"));
    CHECK_FALSE(are_hidden("decode_gray"));
  }
  const std::vector<std::uint8_t> palette = read_file("decode_palette.png");
  CHECK_FALSE(has_hidden_entries(palette, decode_picture(palette).pixels));
}

TEST_CASE("a picture whose palette has no colour twice is not decoded again") {
  for (const std::string name : {"mask_hidden", "decode_palette"}) {
    CAPTURE(name);
    std::vector<std::uint8_t> file = read_file(name + ".png");
    const cv::Mat decoded = decode_picture(file).pixels;
    // Without its end, the file cannot be decoded.
    file.resize(file.size() - 20);
    if (name == "mask_hidden") CHECK_THROWS((void)has_hidden_entries(file, decoded));
    else CHECK_FALSE(has_hidden_entries(file, decoded));
  }
}

TEST_CASE("decoding equals Pillow's convert(\"L\") for every kind of file, and says what was changed") {
  const cv::Mat expected = read_picture("image/decode_expected.png");
  int row = 0;
  for (const auto& line : read_table("image/decode.csv")) {
    const std::string file = line.at("file");
    CAPTURE(file);
    const DecodedImage decoded = decode_image(read_file("decode_" + file));
    CHECK(decoded.pixels.type() == CV_8UC1);
    CHECK(joined(decoded.changes) == line.at("changes"));
    CHECK(largest_difference(decoded.pixels, expected.rowRange(row, row + 18)) <= (file.ends_with(".jpeg") ? 1 : 0));
    row += 18;
  }
  CHECK(row == expected.rows);
}

TEST_CASE("a JPEG is decoded at a half, a quarter or an eighth of its size, as far as its sides stay long enough") {
  cv::Mat smooth(301, 407, CV_8U);
  for (int y = 0; y < smooth.rows; ++y)
    for (int x = 0; x < smooth.cols; ++x)
      smooth.at<std::uint8_t>(y, x) = cv::saturate_cast<std::uint8_t>(128 + 90 * std::sin(x * .03) * std::cos(y * .04));
  cv::Mat coloured;
  cv::merge(std::vector<cv::Mat>{smooth, smooth, 255 - smooth}, coloured);
  for (const bool has_colour : {false, true}) {
    CAPTURE(has_colour);
    std::vector<std::uint8_t> file;
    cv::imencode(".jpg", has_colour ? coloured : smooth, file, {cv::IMWRITE_JPEG_QUALITY, 95});
    const cv::Mat whole = decode_image(file).pixels;
    for (const auto& [at_least, reduction] : {std::pair{0, 1}, {302, 1}, {151, 1}, {150, 2}, {76, 2}, {75, 4}, {38, 4}, {37, 8}, {1, 8}}) {
      CAPTURE(at_least);
      const DecodedImage reduced = decode_image(file, {.at_least = at_least});
      CHECK(reduced.reduction == reduction);
      CHECK(reduced.whole == cv::Size(407, 301));
      CHECK(reduced.changes.empty() == !has_colour);
      REQUIRE(reduced.pixels.size() == cv::Size((407 + reduction - 1) / reduction, (301 + reduction - 1) / reduction));
      // A pixel is about the mean of those that it stands for.
      int most = 0;
      for (int y = 0; y < 301 / reduction; ++y)
        for (int x = 0; x < 407 / reduction; ++x) {
          const double mean = cv::mean(whole(cv::Rect(x * reduction, y * reduction, reduction, reduction)))[0];
          most = std::max(most, std::abs(cvRound(mean) - reduced.pixels.at<std::uint8_t>(y, x)));
        }
      CHECK(most <= 3);
    }
  }
}

TEST_CASE("16-bit colour becomes luma of its full range") {
  cv::Mat picture(1, 2, CV_16UC3);
  picture.at<cv::Vec3w>(0, 0) = {65535, 65535, 65535};
  picture.at<cv::Vec3w>(0, 1) = {1000, 30000, 60000};
  std::vector<std::uint8_t> file;
  cv::imencode(".png", picture, file);
  const DecodedImage decoded = decode_image(file);
  CHECK(decoded.pixels.at<std::uint8_t>(0, 0) == 255);
  CHECK(decoded.pixels.at<std::uint8_t>(0, 1) == static_cast<int>((.114 * 1000 + .587 * 30000 + .299 * 60000) / 257 + .5));
  CHECK(joined(decoded.changes) == "colour read as luma;16 bit scaled to 8");
}

TEST_CASE("a file that is cut anywhere is refused, never filled up") {
  for (const std::string name : {"gray.png", "alpha.png", "gray.jpeg", "progressive.jpeg", "gray.tiff", "gray.bmp"}) {
    CAPTURE(name);
    const std::vector<std::uint8_t> file = read_file("decode_" + name);
    const cv::Mat whole = decode_image(file).pixels;
    const std::size_t step = name.ends_with("g") ? 1 : 61;  // OpenCV writes a line for each of the others.
    for (std::size_t length = 0; length < file.size(); length += step) {
      CAPTURE(length);
      const std::vector<std::uint8_t> part(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
      if (refusal(part).empty()) CHECK(largest_difference(decode_image(part).pixels, whole) == 0);
    }
    std::vector<std::uint8_t> longer = file;
    longer.insert(longer.end(), 100, 0);
    CHECK(refusal(longer) == "");
  }
}

TEST_CASE("a TIFF whose smallest value is white is turned round, with 12 and 16 bit as with 8") {
  CHECK(grays_of(decode_image(tiff_of(3, 1, 8, 1, {0, 100, 255})).pixels) == std::vector<int>{0, 100, 255});
  CHECK(grays_of(decode_image(tiff_of(3, 1, 8, 0, {0, 100, 255})).pixels) == std::vector<int>{255, 155, 0});
  CHECK(grays_of(decode_image(tiff_of(3, 1, 16, 1, words_of({0, 25700, 65535}))).pixels) == std::vector<int>{0, 100, 255});
  CHECK(grays_of(decode_image(tiff_of(3, 1, 16, 0, words_of({0, 25700, 65535}))).pixels) == std::vector<int>{255, 155, 0});
  CHECK(grays_of(decode_image(tiff_of(8, 1, 1, 0, {0b11001010})).pixels) == std::vector<int>{0, 0, 255, 255, 0, 255, 0, 255});
  CHECK(grays_of(decode_image(tiff_of(2, 1, 12, 1, {0x00, 0x0F, 0xFF})).pixels) == std::vector<int>{0, 255});
  CHECK(grays_of(decode_image(tiff_of(2, 1, 12, 0, {0x00, 0x0F, 0xFF})).pixels) == std::vector<int>{255, 0});
}

TEST_CASE("a TIFF with signed values is refused, and of several pages it is said that one is read") {
  CHECK(refusal(tiff_of(2, 1, 16, 1, words_of({0, -5}), 1, 2)) == "the image is 16S, not 8 or 16 bit");
  CHECK(refusal(tiff_of(2, 1, 8, 1, {0, 251}, 1, 2)) == "the image is 8S, not 8 or 16 bit");
  CHECK(joined(decode_image(tiff_of(2, 1, 8, 1, {0, 255}, 2)).changes) == "first of several pages of a TIFF");
  CHECK(joined(decode_image(tiff_of(2, 1, 8, 1, {0, 255}, 2, 1, 1)).changes).empty());
}

TEST_CASE("a picture of 16 bit that uses few of its values is said to, with the range that was found") {
  const DecodedImage twelve = decode_image(png_of({80, 2000, 4051}));
  CHECK(joined(twelve.changes) == "16 bit scaled to 8;only 0..4095 of 0..65535 is used");
  CHECK(twelve.range == "values 80..4051");
  CHECK(grays_of(twelve.pixels) == std::vector<int>{0, 8, 16});
  const DecodedImage dark = decode_image(tiff_of(2, 1, 16, 0, words_of({80, 4051})));
  CHECK(joined(dark.changes) == "16 bit scaled to 8;only 61440..65535 of 0..65535 is used");
  const DecodedImage offset = decode_image(png_of({32768, 34000, 34808}));
  CHECK(joined(offset.changes) == "16 bit scaled to 8;only 2048 values of 0..65535, with an offset, are used");
  CHECK(offset.range == "values 32768..34808");
  CHECK(joined(decode_image(png_of({20000, 36384})).changes) == "16 bit scaled to 8");
  CHECK(joined(decode_image(png_of({0, 20000})).changes) == "16 bit scaled to 8");
  CHECK(decode_image(png_of({0, 20000})).range.empty());
  CHECK(joined(decode_image(png_of({0, 0})).changes) == "16 bit scaled to 8");
}

TEST_CASE("a picture that is transparent everywhere is said to be read as opaque, except a BMP") {
  const cv::Mat picture(2, 2, CV_8UC4, cv::Scalar(90, 90, 90, 0)), deep(2, 2, CV_16UC4, cv::Scalar(25700, 25700, 25700, 0));
  std::vector<std::uint8_t> file;
  cv::imencode(".png", picture, file);
  CHECK(joined(decode_image(file).changes) == "transparent everywhere, but read as opaque");
  CHECK(grays_of(decode_image(file).pixels) == std::vector<int>{90, 90, 90, 90});
  cv::imencode(".png", deep, file);
  CHECK(decode_image(file).changes[0] == "transparent everywhere, but read as opaque");
  cv::imencode(".bmp", picture, file);
  CHECK(decode_image(file).changes.empty());
}

TEST_CASE("the transparent gray of a gray PNG is composed over black") {
  const auto with_transparent = [](std::vector<std::uint8_t> file, int gray) {
    constexpr std::ptrdiff_t after_header = 33;
    std::vector<std::uint8_t> chunk{'t', 'R', 'N', 'S', static_cast<std::uint8_t>(gray >> 8), static_cast<std::uint8_t>(gray)};
    std::uint32_t sum = 0xFFFFFFFFu;
    for (const std::uint8_t byte : chunk) {
      sum ^= byte;
      for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0u);
    }
    for (int shift = 24; shift >= 0; shift -= 8) chunk.push_back(static_cast<std::uint8_t>(~sum >> shift));
    chunk.insert(chunk.begin(), {0, 0, 0, 2});
    file.insert(file.begin() + after_header, chunk.begin(), chunk.end());
    return file;
  };
  std::vector<std::uint8_t> file;
  cv::imencode(".png", cv::Mat(1, 3, CV_8UC1, cv::Scalar(0)), file);
  CHECK(decode_image(with_transparent(file, 0)).changes.empty());
  cv::Mat grays = (cv::Mat_<std::uint8_t>(1, 3) << 10, 200, 255);
  cv::imencode(".png", grays, file);
  CHECK(joined(decode_image(with_transparent(file, 200)).changes) == "transparency composed over black");
  CHECK(grays_of(decode_image(with_transparent(file, 200)).pixels) == std::vector<int>{10, 0, 255});
  CHECK(decode_image(with_transparent(file, 100)).changes.empty());
  cv::imencode(".png", grays, file, {cv::IMWRITE_PNG_BILEVEL, 1});
  CHECK(grays_of(decode_image(with_transparent(file, 1)).pixels) == std::vector<int>{0, 0, 0});
  CHECK(grays_of(decode_image(with_transparent(png_of({0, 25700, 65535}), 25700)).pixels) == std::vector<int>{0, 0, 255});
}

TEST_CASE("a JPEG of RGB, whose luma does not stand apart, is refused where it is cut as any other") {
  const std::vector<std::uint8_t> whole = rgb_jpeg();
  CHECK(decode_image(whole).pixels.size() == cv::Size(64, 64));
  for (const int share : {30, 60, 90}) {
    const std::vector<std::uint8_t> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size()) * share / 100);
    CHECK(refusal(part) == "the JPEG is truncated: it ends after " + std::to_string(part.size()) + " bytes without its end marker");
  }
}

TEST_CASE("a JPEG whose data are damaged is refused") {
  cv::Mat picture(160, 160, CV_8U);
  cv::theRNG().state = 7;
  cv::randu(picture, 0, 255);
  cv::GaussianBlur(picture, picture, {}, 2);
  for (const bool is_progressive : {false, true}) {
    CAPTURE(is_progressive);
    std::vector<std::uint8_t> whole;
    cv::imencode(".jpeg", picture, whole, {cv::IMWRITE_JPEG_PROGRESSIVE, is_progressive});
    CHECK(decode_image(whole).changes.empty());
    int refused = 0;
    const int places = 40;
    for (int place = 0; place < places; ++place) {
      std::vector<std::uint8_t> file = whole;
      const std::size_t first = whole.size() / 4 + whole.size() / 2 * static_cast<std::size_t>(place) / places;
      for (std::size_t k = 0; k < 64; ++k) file[first + k] = static_cast<std::uint8_t>(cv::theRNG().uniform(0, 256));
      const std::string reason = refusal(file);
      if (!reason.empty()) CHECK_MESSAGE(reason.starts_with("the JPEG "), reason);
      refused += !reason.empty();
    }
    // A JPEG has no checksum: what happens to be a picture's code is taken for one.
    CHECK(refused >= places * 3 / 4);
  }
  std::vector<std::uint8_t> file = read_file("decode_gray.jpeg");
  file.insert(file.end() - 2, 100, 0);
  CHECK(joined(decode_image(file).changes) == "extraneous bytes in a JPEG, which may be damaged");
  file = read_file("decode_gray.jpeg");
  file.insert(file.end() - 2, 100, 0x55);
  // libjpeg does not count those that are in its bit buffer.
  CHECK(refusal(file).starts_with("the JPEG is damaged: "));
  CHECK(refusal(file).ends_with(" extraneous bytes before marker 0xd9"));
  // The headers do not change with bytes between them.
  file = read_file("decode_gray.jpeg");
  file.insert(file.begin() + 2, 100, 0x55);
  CHECK(joined(decode_image(file).changes) == "extraneous bytes in a JPEG, which may be damaged");
}

TEST_CASE("what cannot be decoded is refused with a sentence that says why") {
  const auto half = [](const std::string& name) {
    std::vector<std::uint8_t> file = read_file(name);
    file.resize(file.size() / 2);
    return file;
  };
  CHECK(refusal({}) == "the file is empty");
  CHECK(refusal({'h', 'e', 'l', 'l', 'o'}) == "the file is corrupt, or not a PNG, JPEG, TIFF or BMP");
  CHECK(refusal(half("decode_gray.jpeg")) == "the JPEG is truncated: it ends after 256 bytes without its end marker");
  CHECK(refusal(half("decode_gray.png")) == "the PNG is truncated: it ends after 197 bytes inside its chunk IDAT");
  std::vector<std::uint8_t> file = read_file("decode_gray.png");
  file[file.size() / 2] ^= 0x55;
  CHECK(refusal(file) == "the file is corrupt, or not a PNG, JPEG, TIFF or BMP");
  cv::imencode(".tiff", cv::Mat(3, 4, CV_32F, cv::Scalar(0.5)), file);
  CHECK(refusal(file) == "the image has 32-bit floats: set `depth: as_is`, and map them with `image.window`");
}

TEST_CASE("resizing equals Pillow's: exactly (nearest) or within one level (bilinear, area), without aliasing where it reduces") {
  int row = 0;
  for (const auto& line : read_table("image/resize.csv")) {
    const std::string method = line.at("method");
    const cv::Size size(std::stoi(line.at("width")), std::stoi(line.at("height")));
    CAPTURE(line.at("picture"));
    CAPTURE(method);
    CAPTURE(size.width);
    const cv::Mat picture = read_picture("augment/" + line.at("picture") + ".png");
    const cv::Mat out =
        method == "nearest" ? resample_nearest(picture, size) : resample(picture, size, method == "area" ? Filter::Box : Filter::Triangle);
    const cv::Mat expected = read_picture("image/resize_expected_" + std::to_string(row++) + ".png");
    CHECK(largest_difference(out, expected) <= (method == "nearest" ? 0 : 1));
  }
  CHECK(row == 18);
}

TEST_CASE("resizing to the same size changes nothing, and channels are resized alike") {
  const cv::Mat picture = read_picture("augment/wide.png");
  CHECK(largest_difference(resample(picture, picture.size(), Filter::Triangle), picture) == 0);
  CHECK(largest_difference(resample(picture, picture.size(), Filter::Box), picture) == 0);
  CHECK(largest_difference(resample_nearest(picture, picture.size()), picture) == 0);
  cv::Mat both;
  cv::merge(std::vector<cv::Mat>{picture, 255 - picture}, both);
  for (const cv::Size size : {cv::Size(20, 50), cv::Size(80, 9)}) {
    cv::Mat first, second;
    const cv::Mat out = resample(both, size, Filter::Triangle);
    cv::extractChannel(out, first, 0);
    CHECK(largest_difference(first, resample(picture, size, Filter::Triangle)) == 0);
    cv::extractChannel(resample_nearest(both, size), second, 1);
    CHECK(largest_difference(second, resample_nearest(255 - picture, size)) == 0);
  }
}

TEST_CASE("equalizing equals Pillow's, also for few values and few pixels") {
  const cv::Mat pictures = read_picture("image/equalize.png");
  const cv::Mat expected = read_picture("image/equalize_expected.png");
  for (int row = 0; row < pictures.rows; ++row) {
    CAPTURE(row);
    CHECK(largest_difference(look_up(pictures.row(row), equalizing(histogram(pictures.row(row)))), expected.row(row)) == 0);
  }
}

TEST_CASE("an image's traits: bytes, words, shape, and a hash of its content alone") {
  using Traits = ValueTraits<Image>;
  const Image image{read_picture("augment/wide.png")};
  CHECK(Traits::bytes(image) == 45 * 31);
  CHECK(Traits::describe(image) == "31 x 45, 8 bit");
  CHECK(Traits::contract(image).str() == "31 x 45, 8 bit, of 1");

  cv::Mat large(60, 60, CV_8U, cv::Scalar(7));
  image.pixels.copyTo(large(cv::Rect(4, 5, 45, 31)));
  Image part{large(cv::Rect(4, 5, 45, 31))};
  CHECK(Traits::hash(part) == Traits::hash(image));
  part.placement.map[2] = 1;
  CHECK(Traits::hash(part) != Traits::hash(image));
  part.placement.map[2] = 0;
  part.pixels = part.pixels.clone();
  part.pixels.at<std::uint8_t>(30, 44) ^= 1;
  CHECK(Traits::hash(part) != Traits::hash(image));

  const Image blank = Traits::blank(Contract{.has_shape = true, .dims = {Dim{3, {}}, Dim{4, {}}, Dim{2, {}}}, .dtype = Dtype::U8});
  CHECK(Traits::describe(blank) == "3 x 4 x 2, 8 bit");
}

TEST_CASE("placements compose and invert") {
  const Placement first{{2, 0, 1, 0, 3, -1}};
  const Placement both = first.then({0, 1, 5, -1, 0, 2});
  const auto at = [](const std::array<double, 6>& map, double x, double y) {
    return cv::Point2d(map[0] * x + map[1] * y + map[2], map[3] * x + map[4] * y + map[5]);
  };
  CHECK(at(both.map, 1, 2) == cv::Point2d(5 + 5, 2 - 3));
  const cv::Point2d back = at(both.inverse(), 10, -1);
  CHECK(back.x == doctest::Approx(1));
  CHECK(back.y == doctest::Approx(2));
}
