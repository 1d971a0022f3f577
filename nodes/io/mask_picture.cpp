#include "io/mask_picture.h"

#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <utility>

#include "image/decode_jpeg.h"
#include "image/decode_picture.h"
#include "image/hidden_entries.h"
#include "io/disk_file.h"
#include "io/mask_values.h"
#include "leat/unknown.h"

namespace leat {

namespace {

/// Refuses a mask that is empty or full because the entries of its palette have one colour. Warns if only a part can be hidden.
void check_palette(std::span<const std::uint8_t> bytes, const cv::Mat& pixels, const cv::Mat& inside, std::vector<std::string>& warnings) {
  if (!has_hidden_entries(bytes, pixels)) return;
  const int count = cv::countNonZero(inside);
  if (count == 0 || count == inside.rows * inside.cols)
    throw MaskValues(
        "is drawn with entries of its palette that have the same colour, so its shape cannot be seen; save it as gray, 0 outside "
        "and 255 inside");
  warnings.emplace_back("mask: some entries of its palette have the same colour, so they are read as one");
}

struct DecodedMask {
  cv::Mat inside;
  int orientation = 1;
  MaskDrawing drawing;
};

/// Adds what decoding has changed.
void add_changes(const std::vector<std::string>& changes, int orientation, std::vector<std::string>& warnings) {
  for (const std::string& change : changes) warnings.push_back("mask: " + change);
  if (const std::string turned = turned_text(orientation); !turned.empty()) warnings.push_back("mask: " + turned);
}

/// Calls `decode`. Adds the file's name to what it throws.
template <class Decode>
auto named(const std::filesystem::path& file, Decode decode) {
  const std::string name = "the mask `" + file.string() + "`";
  try {
    return decode();
  } catch (const MaskValues& values) {
    throw std::runtime_error(name + " " + values.what());
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(name + ": " + error.what());
  }
}

DecodedMask decode_mask(const std::filesystem::path& file, const std::vector<std::uint8_t>& bytes, bool asks_for_drawn,
                        std::vector<std::string>& warnings) {
  return named(file, [&] {
    const DecodedPicture picture = decode_picture(bytes);
    add_changes(picture.changes, picture.orientation, warnings);
    const cv::Mat& pixels = picture.luma.empty() ? picture.pixels : picture.luma;
    const cv::Mat shown = picture.is_coloured ? decode_picture(bytes, {.has_colours = true}).pixels : pixels;
    DecodedMask out{inside_of(shown, is_jpeg(bytes)), picture.orientation, {}};
    if (asks_for_drawn) out.drawing.drawn = drawn_with(shown, out.inside, is_jpeg(bytes));
    check_palette(bytes, pixels, out.inside, warnings);
    return out;
  });
}

/// Decodes the files of one image's masks. Structures can share a label map, which is decoded once.
class MaskFiles {
 public:
  MaskFiles(const ReadMaskFile& read_file, bool asks_for_drawn, std::vector<std::string>& warnings)
      : read_file_(read_file ? read_file : [](const std::filesystem::path& file) { return read_whole_file(file); }),
        asks_for_drawn_(asks_for_drawn),
        warnings_(warnings) {}

  DecodedMask decode(const std::filesystem::path& file, const LabelMap& map) {
    if (map.is_mask()) return decode_mask(file, read_file_(file), asks_for_drawn_, warnings_);
    const LabelNumbers& numbers = numbers_of(file);
    DecodedMask out{named(file, [&] { return mask_of_labels(numbers.pixels, map); }), numbers.orientation, {}};
    if (asks_for_drawn_) out.drawing.numbers = numbers_in(numbers.pixels);
    return out;
  }

 private:
  const LabelNumbers& numbers_of(const std::filesystem::path& file) {
    const auto [found, is_new] = decoded_.try_emplace(file);
    if (!is_new) return found->second;
    found->second = named(file, [&] { return label_numbers(read_file_(file)); });
    add_changes(found->second.changes, found->second.orientation, warnings_);
    return found->second;
  }

  ReadMaskFile read_file_;
  bool asks_for_drawn_;
  std::vector<std::string>& warnings_;
  std::map<std::filesystem::path, LabelNumbers> decoded_;
};

/// Reads the masks of one image. `drawings`: null if nobody asks for them.
Image read(const std::vector<std::vector<std::filesystem::path>>& structures, const PictureHeader& image, const LabelMaps& maps,
           std::vector<std::string>& warnings, const ReadMaskFile& read_file, MaskDrawings* drawings) {
  std::vector<cv::Mat> channels;
  MaskFiles decoded(read_file, drawings != nullptr, warnings);
  for (std::size_t k = 0; k < structures.size(); ++k) {
    if (drawings) drawings->emplace_back();
    const int outside = structures[k].empty() ? unknown::pixel : 0;
    cv::Mat together(image.size.height, image.size.width, CV_8UC1, cv::Scalar(outside));
    for (std::size_t place = 0; place < structures[k].size(); ++place) {
      const std::filesystem::path& file = structures[k][place];
      const LabelMap map = maps.empty() ? LabelMap() : maps[k][place];
      DecodedMask mask = decoded.decode(file, map);
      if (drawings) drawings->back().push_back(mask.drawing);
      const PictureSize size{mask.inside.cols, mask.inside.rows};
      if (const std::string other = other_view(image, {size, mask.orientation}); !other.empty())
        throw std::runtime_error("the mask `" + file.string() + "` " + other);
      if (size != image.size) {
        warnings.push_back("mask scaled from " + words(size) + " to " + words(image.size));
        cv::resize(mask.inside, mask.inside, together.size(), 0, 0, cv::INTER_NEAREST_EXACT);
      }
      // Where one place is unknown (127), the union is inside (255) or unknown.
      cv::bitwise_or(together, mask.inside, together);
    }
    channels.push_back(std::move(together));
  }
  Image out;
  cv::merge(channels, out.pixels);
  out.placement.source_width = image.size.width;
  out.placement.source_height = image.size.height;
  return out;
}

}  // namespace

std::string words(PictureSize size) { return std::to_string(size.width) + " x " + std::to_string(size.height); }

bool is_same_view(PictureSize image, PictureSize mask) {
  if (image == mask) return true;
  if (image.pixels() == 0 || mask.pixels() == 0) return false;
  const double scale = static_cast<double>(mask.width) / image.width;
  return std::abs(image.height * scale - mask.height) < std::max(1.0, scale);
}

bool is_whole_scale(PictureSize image, PictureSize mask) {
  if (image.width < mask.width) std::swap(image, mask);
  const double times = std::round(static_cast<double>(image.width) / mask.width);
  return std::abs(image.width - mask.width * times) < times && std::abs(image.height - mask.height * times) < times;
}

std::string other_view(const PictureHeader& image, const PictureHeader& mask, const std::string& image_name) {
  if (is_same_view(image.size, mask.size)) return {};
  const bool is_by_turn = image.is_turned() != mask.is_turned() && is_same_view(image.stored(), mask.stored());
  const auto size_of = [is_by_turn](const PictureHeader& of) {
    return words(of.size) +
           (is_by_turn && of.is_turned() ? " (turned, as its orientation " + std::to_string(of.orientation) + " asks)" : "");
  };
  return "is " + size_of(mask) + ", but its image" + image_name + " is " + size_of(image);
}

Image read_masks(const std::vector<std::vector<std::filesystem::path>>& structures, const PictureHeader& image,
                 std::vector<std::string>& warnings, const LabelMaps& maps, const ReadMaskFile& read_file) {
  return read(structures, image, maps, warnings, read_file, nullptr);
}

MaskDrawings try_masks(const std::vector<std::vector<std::filesystem::path>>& structures, const PictureHeader& image, const LabelMaps& maps,
                       const ReadMaskFile& read_file) {
  std::vector<std::string> ignored;
  MaskDrawings out;
  (void)read(structures, image, maps, ignored, read_file, &out);
  return out;
}

}  // namespace leat
