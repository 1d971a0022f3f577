#include "io/guess/pictures.h"

#include <algorithm>

#include "image/decode_picture.h"
#include "io/disk_file.h"
#include "io/guess/some.h"
#include "leat/picture_format.h"

namespace leat::guess {

namespace {

/// Returns true if some pixel of a decoded picture is not gray.
bool has_colours(const DecodedPicture& picture) {
  if (picture.is_coloured || picture.pixels.channels() < 3) return picture.is_coloured;
  std::vector<cv::Mat> channels;
  cv::split(picture.pixels, channels);
  return cv::countNonZero(channels[0] != channels[1]) > 0 || cv::countNonZero(channels[1] != channels[2]) > 0;
}

/// Returns the median of the shorter sides; 0: no header can be read.
int usual_side(const std::vector<SplitEntry>& entries) {
  std::vector<int> sides;
  for (const SplitEntry& entry : entries)
    if (entry.size.pixels() > 0) sides.push_back(std::min(entry.size.width, entry.size.height));
  if (sides.empty()) return 0;
  const auto middle = sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2);
  std::nth_element(sides.begin(), middle, sides.end());
  return *middle;
}

void find_colours(const std::vector<SplitEntry>& entries, DataGuess& out) {
  if (out.channels > 1) return;
  std::size_t looked_at = 0, coloured = 0;
  for (const SplitEntry& entry : some_of_all(entries)) {
    try {
      coloured += has_colours(decode_picture(read_whole_file(entry.file))) ? 1 : 0;
      ++looked_at;
    } catch (const std::exception&) {
      // The survey counts images that cannot be read.
    }
  }
  if (2 * coloured > looked_at) out.channels = 3;
  else if (coloured > 0)
    out.remarks.push_back("the images are gray, although " + some_of(coloured, looked_at, "image") + " that were looked at " +
                          (coloured == 1 ? "has" : "have") + " colour");
}

}  // namespace

void find_kinds(const std::vector<SplitEntry>& entries, DataGuess& out) {
  out.side_px = usual_side(entries);
  std::size_t deep = 0;
  for (const SplitEntry& entry : entries) {
    if (!entry.is_of_plugin) {
      deep += entry.bits > 8 ? 1 : 0;
      out.depth_bits = std::max(out.depth_bits, entry.bits);
    } else if (const PictureFormat* format = out.plugin.empty() ? find_picture_format(entry.file) : nullptr) {
      out.plugin = format->plugin();
    }
    if (!entry.channels.empty()) out.channels = std::max(out.channels, entry.planes);
  }
  if (deep > 0)
    out.remarks.push_back(some_of(deep, entries.size(), "image") + (deep == 1 ? " has" : " have") +
                          " more than 8 bit, so each image is stretched from its 0.5th to its 99.5th percentile");
  find_colours(entries, out);
}

}  // namespace leat::guess
