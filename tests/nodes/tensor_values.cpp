#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <limits>

#include "leat/features.h"
#include "leat/tensor.h"
#include "tensor/odd_values.h"
#include "tensor/pictures.h"

#include "support/doctest.h"

using namespace leat;
using Traits = ValueTraits<at::Tensor>;

TEST_CASE("tensor: equal content has equal hashes, whatever the strides; type, shape and content count") {
  const at::Tensor x = at::arange(6, at::kFloat).view({2, 3});
  CHECK(Traits::hash(x) == Traits::hash(x.t().contiguous().t()));
  CHECK(Traits::hash(x) != Traits::hash(x.view({3, 2})));
  CHECK(Traits::hash(x) != Traits::hash(x.add(1)));
  CHECK(Traits::hash(at::zeros({2}, at::kFloat)) != Traits::hash(at::zeros({2}, at::kInt)));
}

TEST_CASE("tensor: each row has a hash of its own, whatever the strides and the other rows") {
  const at::Tensor x = at::arange(6, at::kFloat).view({3, 2});
  const std::vector<std::uint64_t> rows = Traits::hash_rows(x);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0] != rows[1]);
  CHECK(Traits::hash_rows(x.t().contiguous().t()) == rows);
  at::Tensor y = x.clone();
  y[1].zero_();
  const std::vector<std::uint64_t> changed = Traits::hash_rows(y);
  CHECK(changed[0] == rows[0]);
  CHECK(changed[1] != rows[1]);
  CHECK(changed[2] == rows[2]);
  CHECK(Traits::hash_rows(x.view({3, 1, 2})) != rows);
  CHECK(Traits::hash_rows(at::zeros({})).empty());
  CHECK(Traits::hash_rows(at::zeros({0, 2})).empty());
}

TEST_CASE("tensor: contract, bytes and blank rows agree") {
  const at::Tensor x = at::zeros({2, 1, 4, 5});
  CHECK(Traits::describe(x) == "2 x 1 x 4 x 5, float");
  CHECK(Traits::bytes(x) == 160);
  CHECK(Traits::blank(Contract::parse("3 x 2 x C, int. A.")).sizes() == at::IntArrayRef{3, 2, 1});
  CHECK((Traits::blank(Contract::parse("3 x 2, int. A.")).scalar_type() == at::kLong));
}

TEST_CASE("tensor: an archive's entry gives back the same tensor") {
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf, at::kLong, at::kInt, at::kByte, at::kBool}) {
    const at::Tensor x = at::arange(6, at::kInt).view({2, 3}).to(type).t();
    const at::Tensor back = from_entry(archive_entry(x));
    CHECK((back.scalar_type() == type));
    CHECK(at::equal(back, x));
  }
  CHECK(from_entry(archive_entry(at::zeros({}))).dim() == 0);
  CHECK_THROWS_WITH((void)from_entry({"F32", {3}, {}}), "an entry has 0 bytes, but its shape needs 12");
}

TEST_CASE("features: the contract is the rows, the hash is of all stages") {
  const Features x{{at::zeros({2, 3, 4, 4}), at::ones({2, 5, 2, 2})}, at::zeros({2, 5})};
  CHECK(ValueTraits<Features>::contract(x).str() == "2 x ...");
  CHECK(ValueTraits<Features>::bytes(x) == 4 * (96 + 40 + 10));
  Features y = x;
  y.stages[1] = at::zeros({2, 5, 2, 2});
  CHECK(ValueTraits<Features>::hash(x) != ValueTraits<Features>::hash(y));
  const std::vector<std::uint64_t> rows = ValueTraits<Features>::hash_rows(x);
  CHECK(rows.size() == 2);
  y = x;
  y.stages[1] = at::ones({2, 5, 2, 2});
  y.stages[1][1][4][0][0] = 2;
  CHECK(ValueTraits<Features>::hash_rows(y)[0] == rows[0]);
  CHECK(ValueTraits<Features>::hash_rows(y)[1] != rows[1]);
}

TEST_CASE("pictures: stacked as planes, and refused when sizes differ, with both sizes") {
  cv::Mat two(2, 3, CV_8UC2);
  for (int k = 0; k < 12; ++k) two.data[k] = static_cast<std::uint8_t>(k);
  const Value first = Value::of(Image{two, {}}), second = Value::of(Image{two, {}}), other = Value::of(Image{cv::Mat(2, 2, CV_8UC2), {}});
  const std::vector<Sample> samples{Sample{"a.png"}, Sample{"b.png"}};
  const std::vector<std::string> reasons(2);
  const float weights[] = {1, 1};
  const RowList rows(&samples, 0, weights, &reasons);
  const at::Tensor stacked = stack_pictures(Rows<Image>(rows, {&first, &second}), at::kCPU);
  CHECK(stacked.sizes() == at::IntArrayRef{2, 2, 2, 3});
  CHECK(at::equal(stacked[1][1], at::arange(1, 12, 2, at::kByte).view({2, 3})));
  CHECK_THROWS_WITH((void)stack_pictures(Rows<Image>(rows, {&first, &other}), at::kCPU),
                    "the images of one step must have the same size: `a.png` is 2 x 3 x 2, 8 bit, but `b.png` is 2 x 2 x 2, 8 bit");
}

TEST_CASE("pictures: probabilities become channels of 255 times their value, rounded") {
  const at::Tensor values = at::tensor({0.0f, 0.5f, 1.0f, 0.001f, 0.01f, 0.998f}).view({2, 1, 3});
  const cv::Mat picture = picture_of(values);
  CHECK((picture.channels() == 2 && picture.rows == 1 && picture.cols == 3));
  const std::uint8_t expected[] = {0, 0, 128, 3, 255, 254};
  for (int k = 0; k < 6; ++k) CHECK(picture.data[k] == expected[k]);
}

TEST_CASE("images that are odd for a network: 16 bit of a small range, and floats far from its mean") {
  cv::Mat deep(40, 50, CV_16U, cv::Scalar(0));
  CHECK_FALSE(is_dark(deep));
  deep.setTo(900);
  CHECK(is_dark(deep));
  // One bright pixel is enough, wherever it is.
  for (const auto& place : {cv::Point(0, 0), cv::Point(49, 39), cv::Point(7, 20)}) {
    cv::Mat bright = deep.clone();
    bright.at<std::uint16_t>(place) = 16384;
    CHECK_FALSE(is_dark(bright));
  }
  const Normalization usual{0.45, 0.25};
  const auto of_value = [](double value, int type = CV_32F) { return cv::Mat(70, 33, type, cv::Scalar::all(value)); };
  for (const double value : {0.0, 0.5, 1.0, -1.9, 2.9}) CHECK_FALSE(is_far_off(of_value(value), usual));
  for (const double value : {255.0, 4095.0, -1000.0, 3.0}) CHECK(is_far_off(of_value(value), usual));
  CHECK_FALSE(is_far_off(of_value(-1000), {-500, 400}));
  cv::Mat odd = of_value(0.5);
  odd.setTo(std::numeric_limits<float>::quiet_NaN(), cv::Mat::eye(70, 33, CV_8U));
  odd.row(3).setTo(std::numeric_limits<float>::infinity());
  CHECK_FALSE(is_far_off(odd, usual));
  CHECK_FALSE(is_far_off(cv::Mat(3, 3, CV_32F, cv::Scalar(std::numeric_limits<float>::quiet_NaN())), usual));
  // Each channel has its own mean.
  const cv::Mat channels(5, 5, CV_32FC3, cv::Scalar(0, 100, 200));
  CHECK(is_far_off(channels, usual));
  CHECK_FALSE(is_far_off(channels, {PerChannel(std::vector<double>{0, 100, 200}), 1}));
}
