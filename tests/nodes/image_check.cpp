#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "image/enlarge.h"
#include "image/thumbnail.h"
#include "leat/random.h"
#include "support/doctest.h"

using namespace leat;

TEST_CASE("thumbnails: means of areas, and how much two of them are alike") {
  cv::Mat ramp(64, 48, CV_8U);
  for (int y = 0; y < ramp.rows; ++y)
    for (int x = 0; x < ramp.cols; ++x) ramp.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(2 * y + x);
  const Thumbnail one = thumbnail_of(ramp);
  // The mean of 4 x 3 pixels.
  CHECK(one[0] == doctest::Approx(4));
  CHECK(one[1] == doctest::Approx(7));
  CHECK(one[16] == doctest::Approx(12));
  const Thumbnail negative = thumbnail_of(255 - ramp);
  CHECK(likeness(one, one) == doctest::Approx(1));
  CHECK(likeness(one, negative) == doctest::Approx(-1));
  CHECK(likeness(one, Thumbnail{}) == 0);
  cv::Mat colours(16, 16, CV_8UC3, cv::Scalar(30, 60, 90));
  CHECK(thumbnail_of(colours)[5] == doctest::Approx(60));
}

TEST_CASE("enlarge: the bits of OpenCV's INTER_LINEAR_EXACT, for any sizes") {
  Random random(RandomKey{RandomKey::of(0, "enlarge", ""), 0, 0, 0});
  const auto side = [&random](std::int64_t most) { return static_cast<int>(random.between(1, most)); };
  for (int turn = 0; turn < 300; ++turn) {
    cv::Mat image(side(80), side(80), CV_8U), wanted;
    for (int y = 0; y < image.rows; ++y)
      for (int x = 0; x < image.cols; ++x) image.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(random.below(256));
    const int times = turn % 3 == 0 ? side(4) : 1;
    const cv::Size size(image.cols * times + (turn % 5 == 0 ? 0 : side(90) - 1), image.rows * times + (turn % 7 == 0 ? 0 : side(90) - 1));
    CAPTURE(image.size());
    CAPTURE(size);
    cv::resize(image, wanted, size, 0, 0, cv::INTER_LINEAR_EXACT);
    CHECK(cv::countNonZero(enlarge(image, size) != wanted) == 0);
  }
}
