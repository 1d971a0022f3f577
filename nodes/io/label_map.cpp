#include "io/label_map.h"

#include <algorithm>
#include <map>
#include <string>

#include "image/decode_jpeg.h"
#include "image/decode_picture.h"
#include "image/hidden_entries.h"
#include "io/mask_values.h"
#include "leat/unknown.h"

namespace leat {

namespace {

/// Returns the first channel if all of a pixel's colours are equal, without alpha.
cv::Mat one_channel(const cv::Mat& picture) {
  if (picture.channels() == 1) return picture;
  std::vector<cv::Mat> channels;
  cv::split(picture, channels);
  for (std::size_t k = 1; k < std::min<std::size_t>(channels.size(), 3); ++k)
    if (cv::countNonZero(channels[k] != channels[0]) > 0)
      throw MaskValues("has colours without a palette; a label map has one number per pixel, as gray or as a palette");
  return channels[0];
}

/// Throws MaskValues for the numbers in `counts`, which nothing explains.
[[noreturn]] void refuse(const std::map<int, std::int64_t>& counts) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& [number, count] : counts) {
    if (shown++ == 8) break;
    text += (text.empty() ? "" : ", ") + std::to_string(number) + " (" + std::to_string(count) + (count == 1 ? " pixel)" : " pixels)");
  }
  if (counts.size() > 8) text += " and " + std::to_string(counts.size() - 8) + " others";
  throw MaskValues("has the numbers " + text +
                   ", which are neither in `masks` nor `void`; name each in `masks` after a colon, as in `NAME=…:NUMBER`, or set `void`");
}

template <class T>
cv::Mat mask_of(const cv::Mat& numbers, const LabelMap& map) {
  constexpr std::uint8_t is_wrong = 1;
  std::vector<std::uint8_t> use(std::size_t{1} << 8 * sizeof(T), is_wrong);
  const auto set = [&use](int number, std::uint8_t to) {
    if (number >= 0 && static_cast<std::size_t>(number) < use.size()) use[static_cast<std::size_t>(number)] = to;
  };
  set(0, 0);
  for (const int number : map.named) set(number, 0);
  set(map.unknown, unknown::pixel);
  for (const int number : map.inside) set(number, 255);
  cv::Mat out(numbers.size(), CV_8UC1);
  std::map<int, std::int64_t> wrong;
  for (int y = 0; y < numbers.rows; ++y) {
    const T* from = numbers.ptr<T>(y);
    std::uint8_t* to = out.ptr<std::uint8_t>(y);
    for (int x = 0; x < numbers.cols; ++x)
      if ((to[x] = use[from[x]]) == is_wrong) ++wrong[from[x]];
  }
  if (!wrong.empty()) refuse(wrong);
  return out;
}

template <class T>
std::set<int> values_in(const cv::Mat& numbers) {
  std::vector<char> is_there(std::size_t{1} << 8 * sizeof(T), 0);
  for (int y = 0; y < numbers.rows; ++y) {
    const T* row = numbers.ptr<T>(y);
    for (int x = 0; x < numbers.cols; ++x) is_there[row[x]] = 1;
  }
  std::set<int> out;
  for (std::size_t number = 0; number < is_there.size(); ++number)
    if (is_there[number]) out.insert(static_cast<int>(number));
  return out;
}

}  // namespace

LabelNumbers label_numbers(std::span<const std::uint8_t> file) {
  if (is_jpeg(file)) throw MaskValues("is a JPEG, whose numbers are not exact; a label map is a PNG, TIFF or BMP");
  const DecodedPicture picture = decode_picture(file);
  const cv::Mat entries = palette_numbers(file);
  return {entries.empty() ? one_channel(picture.pixels) : entries, picture.orientation, picture.changes};
}

std::set<int> numbers_in(const cv::Mat& numbers) {
  return numbers.depth() == CV_8U ? values_in<std::uint8_t>(numbers) : values_in<std::uint16_t>(numbers);
}

cv::Mat mask_of_labels(const cv::Mat& numbers, const LabelMap& map) {
  return numbers.depth() == CV_8U ? mask_of<std::uint8_t>(numbers, map) : mask_of<std::uint16_t>(numbers, map);
}

}  // namespace leat
