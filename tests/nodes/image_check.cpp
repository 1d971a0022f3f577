#include <opencv2/core.hpp>

#include "image/thumbnail.h"
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
