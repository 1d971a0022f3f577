#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "image/picture_header.h"
#include "leat/leat.h"
#include "support/graphs.h"
#include "support/pictures.h"
#include "support/small_data.h"
#include "write/mosaic_page.h"
#include "write/outline.h"
#include "write/png_file.h"
#include "write/restore.h"

#include "support/doctest.h"

using namespace leat;
using namespace leat::test;

namespace {

/// The map of a squash from one size to another, with pixel centres at whole numbers.
Placement squash(cv::Size from, cv::Size to) {
  const double x = static_cast<double>(to.width) / from.width, y = static_cast<double>(to.height) / from.height;
  return {{x, 0, .5 * x - .5, 0, y, .5 * y - .5}, from.width, from.height};
}

cv::Mat disc(cv::Size size, cv::Point2d centre, double radius) {
  cv::Mat out(size, CV_8UC1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const double depth = radius - std::hypot(x - centre.x, y - centre.y);
      out.at<std::uint8_t>(y, x) = cv::saturate_cast<std::uint8_t>(127.5 + 127.5 * depth);
    }
  return out;
}

int different(const cv::Mat& a, const cv::Mat& b) { return cv::countNonZero(a != b); }

}  // namespace

TEST_CASE("restore: equals OpenCV's bilinear enlargement, and undoes a squash") {
  cv::Mat small(32, 48, CV_8UC1);
  cv::RNG random(7);
  random.fill(small, cv::RNG::UNIFORM, 0, 256);
  const Image seen{small, squash({480, 200}, small.size())};
  cv::Mat expected;
  cv::resize(small, expected, {480, 200}, 0, 0, cv::INTER_LINEAR);
  CHECK(largest_difference(restore(seen), expected) <= 1);

  const cv::Mat mask = disc({480, 200}, {240, 100}, 80);
  cv::Mat squashed;
  cv::resize(mask, squashed, {240, 100}, 0, 0, cv::INTER_AREA);
  const cv::Mat back = restore({squashed, squash(mask.size(), squashed.size())});
  CHECK(different(back >= 128, mask >= 128) <= 100);  // of 500 pixels of border
  CHECK(different((back >= 128) & disc({480, 200}, {240, 100}, 77), disc({480, 200}, {240, 100}, 77)) == 0);
}

TEST_CASE("restore: a padded picture loses its border, a cropped one is black where it did not look, a turned one comes back") {
  const cv::Mat mask = disc({100, 60}, {50, 30}, 20);
  cv::Mat padded(100, 100, CV_8UC1, cv::Scalar(255));
  mask.copyTo(padded(cv::Rect(0, 20, 100, 60)));
  CHECK(different(restore({padded, {{1, 0, 0, 0, 1, 20}, 100, 60}}), mask) == 0);

  const cv::Mat cropped(20, 30, CV_8UC1, cv::Scalar(255));
  const cv::Mat restored = restore({cropped, {{1, 0, -40, 0, 1, -10}, 100, 60}});
  CHECK(cv::countNonZero(restored) == 20 * 30);
  CHECK(cv::countNonZero(restored(cv::Rect(40, 10, 30, 20))) == 20 * 30);

  // Flipped and turned by a right angle: exact.
  cv::Mat turned;
  cv::transpose(mask, turned);
  CHECK(different(restore({turned, {{0, 1, 0, 1, 0, 0}, 100, 60}}), mask) == 0);
  CHECK(different(restore({mask, {}}), mask) == 0);
}

TEST_CASE("restore: every channel by itself") {
  const cv::Mat one = disc({64, 64}, {20, 20}, 10), other = disc({64, 64}, {40, 40}, 15);
  cv::Mat both, channel;
  cv::merge(std::vector<cv::Mat>{one, other}, both);
  const Placement placement = squash({300, 200}, {64, 64});
  for (int k = 0; k < 2; ++k) {
    cv::extractChannel(restore({both, placement}), channel, k);
    CHECK(different(channel, restore({k ? other : one, placement})) == 0);
  }
}

TEST_CASE("outline: inner border of the mask, not of the picture") {
  cv::Mat mask = cv::Mat::zeros(8, 8, CV_8UC1);
  mask(cv::Rect(0, 2, 5, 4)) = 128;
  const cv::Mat outline = outline_of(mask, 1);
  CHECK(cv::countNonZero(outline) == 5 + 5 + 2);
  CHECK(outline.at<std::uint8_t>(3, 0) == 0);
  CHECK(outline.at<std::uint8_t>(3, 4) == 255);
  CHECK(cv::countNonZero(outline_of(mask, 5)) == 20);
  CHECK(outline_colour(0) != outline_colour(1));
  CHECK(outline_colour(0) == outline_colour(6));
}

TEST_CASE("png files: failures say which file and why") {
  const TemporaryFolder folder;
  put(folder.path() / "file", "x");
  const auto file = folder.path() / "file" / "a.png";
  CHECK_THROWS_WITH(write_png(file, cv::Mat::zeros(2, 2, CV_8UC1)), ("cannot write `" + file.string() + "`: Not a directory").c_str());
}

TEST_CASE("mosaic: tiles keep the aspect, outlines follow the placement") {
  const Image picture{cv::Mat(40, 80, CV_8UC1, cv::Scalar(100)), {{1, 0, 0, 0, 1, 0}, 80, 40}};
  Image mask{cv::Mat::zeros(20, 20, CV_8UC1), squash({80, 40}, {20, 20})};
  mask.pixels(cv::Rect(5, 5, 10, 10)) = 255;
  const Image* masks[] = {&mask};
  const cv::Mat tile = draw_tile(picture, masks, {160, 160});
  REQUIRE(tile.size() == cv::Size(160, 160));
  CHECK(tile.at<cv::Vec3b>(20, 80) == cv::Vec3b(0, 0, 0));  // above the picture
  CHECK(tile.at<cv::Vec3b>(50, 10) == cv::Vec3b(100, 100, 100));
  cv::Mat coloured;
  cv::inRange(tile, outline_colour(0), outline_colour(0), coloured);
  const cv::Rect box = cv::boundingRect(coloured);
  // The mask covers the middle half of the picture, which is 160 x 80 in the tile.
  CHECK(std::abs(box.x - 40) <= 1);
  CHECK(std::abs(box.width - 80) <= 2);
  CHECK(std::abs(box.y - 60) <= 1);
  CHECK(std::abs(box.height - 40) <= 2);
}

TEST_CASE("mosaic: the page has rows, captions and a legend, and its state is kept") {
  const Image picture{cv::Mat(64, 64, CV_8UC1, cv::Scalar(100)), {}};
  MosaicTiles tiles;
  for (int k = 0; k < 5; ++k)
    tiles.tiles.push_back(caption_tile(draw_tile(picture, {}, {128, 128}), "a/very/long/name/of/a/sample/" + std::to_string(k)));
  tiles.legend = {"reference", "supervised", "multimix"};
  const cv::Mat page = draw_page(tiles.tiles, 2, tiles.legend);
  CHECK(page.cols == 4 + 2 * 132);
  CHECK(page.rows > 4 + 3 * (128 + caption_height + 4));
  CHECK(draw_page(tiles.tiles, 8, {}).size() == cv::Size(4 + 5 * 132, 4 + 128 + caption_height + 4));

  Archive archive;
  tiles.save(archive, "tiles");
  MosaicTiles again;
  again.load(archive, "tiles");
  CHECK(again.legend == tiles.legend);
  REQUIRE(again.tiles.size() == 5);
  for (std::size_t k = 0; k < 5; ++k) CHECK(largest_difference(again.tiles[k], tiles.tiles[k]) == 0);
  MosaicTiles{}.save(archive, "tiles");
  again.load(archive, "tiles");
  CHECK(again.tiles.empty());
  CHECK(again.legend.empty());
}
