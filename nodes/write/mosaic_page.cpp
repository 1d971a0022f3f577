#include "write/mosaic_page.h"

#include <algorithm>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "image/value_window.h"
#include "leat/spelling.h"
#include "write/outline.h"
#include "write/restore.h"

namespace leat {

namespace {

constexpr int gap = 4;
constexpr int font = cv::FONT_HERSHEY_SIMPLEX;
constexpr double font_scale = 0.4;
const cv::Scalar paper{24, 24, 24};
const cv::Scalar ink{230, 230, 230};

/// Returns the text in ASCII, which is all that the font has: letters without their accents, `ss` for the German letter, `?` for others.
std::string drawable(const std::string& text) {
  std::string out;
  const std::string parts = plain_spelling(text);
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const auto byte = static_cast<unsigned char>(parts[k]), next = static_cast<unsigned char>(k + 1 < parts.size() ? parts[k + 1] : 0);
    const bool is_accent = byte == 0xCC || (byte == 0xCD && next <= 0xAF), is_sharp_s = byte == 0xC3 && next == 0x9F;
    if (byte < 0x80) out += parts[k];
    else if (is_sharp_s) out += "ss";
    else if (byte >= 0xC0 && !is_accent) out += '?';
  }
  return out;
}

int text_width(const std::string& text) { return cv::getTextSize(text, font, font_scale, 1, nullptr).width; }

void put_text(cv::Mat& page, const std::string& text, cv::Point left_of_line) {
  cv::putText(page, text, {left_of_line.x, left_of_line.y + 13}, font, font_scale, ink, 1, cv::LINE_AA);
}

std::string fitted(std::string text, int width) {
  if (text_width(text) <= width) return text;
  while (!text.empty() && text_width(".." + text) > width) text.erase(0, 1);
  return ".." + text;
}

/// Returns the map from a tile's pixels to those of an image of `size` that is centred in the tile.
std::array<double, 6> tile_to_picture(cv::Size tile, cv::Size size) {
  const double zoom = std::min(static_cast<double>(tile.width) / size.width, static_cast<double>(tile.height) / size.height);
  const double left = (tile.width - size.width * zoom) / 2, top = (tile.height - size.height * zoom) / 2;
  return {1 / zoom, 0, (0.5 - left) / zoom - 0.5, 0, 1 / zoom, (0.5 - top) / zoom - 0.5};
}

cv::Size legend_size(std::span<const std::string> legend, int width) {
  cv::Size size(width, caption_height);
  int x = gap;
  for (const std::string& name : legend) {
    const int step = text_width(drawable(name)) + 2 * caption_height;
    if (x > gap && x + step > width) {
      x = gap;
      size.height += caption_height;
    }
    x += step;
    size.width = std::max(size.width, x);
  }
  return size;
}

void draw_legend(cv::Mat& page, std::span<const std::string> legend, int top, int width) {
  cv::Point at(gap, top);
  for (std::size_t k = 0; k < legend.size(); ++k) {
    const int step = text_width(drawable(legend[k])) + 2 * caption_height;
    if (at.x > gap && at.x + step > width) at = {gap, at.y + caption_height};
    cv::rectangle(page, cv::Rect(at.x, at.y + 4, 12, 10), outline_colour(k), cv::FILLED);
    put_text(page, drawable(legend[k]), {at.x + caption_height, at.y});
    at.x += step;
  }
}

}  // namespace

void MosaicTiles::save(Archive& archive, const std::string& name) const {
  Archive::Entry entry;
  entry.dtype = "U8";
  const cv::Size size = tiles.empty() ? cv::Size() : tiles[0].size();
  entry.shape = {static_cast<std::int64_t>(tiles.size()), size.height, size.width, 3};
  for (const cv::Mat& tile : tiles) {
    const auto* from = reinterpret_cast<const std::byte*>(tile.data);
    entry.bytes.insert(entry.bytes.end(), from, from + tile.total() * tile.elemSize());
  }
  archive.put(name, std::move(entry));
  archive.put(name + ".legend", legend);
}

void MosaicTiles::load(const Archive& archive, const std::string& name) {
  const Archive::Entry& entry = archive.entry(name);
  tiles.clear();
  const std::size_t bytes = entry.shape.at(0) == 0 ? 0 : entry.bytes.size() / static_cast<std::size_t>(entry.shape[0]);
  for (std::int64_t k = 0; k < entry.shape[0]; ++k) {
    cv::Mat tile(static_cast<int>(entry.shape.at(1)), static_cast<int>(entry.shape.at(2)), CV_8UC3);
    std::memcpy(tile.data, entry.bytes.data() + static_cast<std::size_t>(k) * bytes, bytes);
    tiles.push_back(std::move(tile));
  }
  legend = archive.texts(name + ".legend");
}

cv::Mat draw_tile(const Image& picture, std::span<const Image* const> masks, cv::Size size) {
  const std::array<double, 6> to_picture = tile_to_picture(size, picture.pixels.size());
  cv::Mat canvas = sample_affine(shown(picture.pixels), to_picture, size);
  if (canvas.channels() == 1) cv::cvtColor(canvas, canvas, cv::COLOR_GRAY2RGB);
  for (std::size_t k = 0; k < masks.size(); ++k) {
    const Image& mask = *masks[k];
    const bool lies_as_it_is = mask.pixels.size() == picture.pixels.size();
    const std::array<double, 6> to_mask =
        lies_as_it_is ? to_picture : after(after(to_picture, picture.placement.inverse()), mask.placement.map);
    draw_outline(canvas, sample_affine(mask.pixels, to_mask, size), outline_colour(k), 1);
  }
  return canvas;
}

cv::Mat caption_tile(const cv::Mat& tile, const std::string& caption) {
  cv::Mat out(tile.rows + caption_height, tile.cols, CV_8UC3, paper);
  tile.copyTo(out(cv::Rect(cv::Point(), tile.size())));
  put_text(out, fitted(drawable(caption), tile.cols - 2), {1, tile.rows});
  return out;
}

cv::Mat draw_page(std::span<const cv::Mat> tiles, int columns, std::span<const std::string> legend) {
  const int count = static_cast<int>(tiles.size());
  columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  const cv::Size tile = tiles[0].size();
  const cv::Size grid(gap + columns * (tile.width + gap), gap + rows * (tile.height + gap));
  const cv::Size names = legend.empty() ? cv::Size() : legend_size(legend, grid.width);
  cv::Mat page(grid.height + names.height, std::max(grid.width, names.width), CV_8UC3, paper);
  for (int k = 0; k < count; ++k) {
    const cv::Point corner(gap + k % columns * (tile.width + gap), gap + k / columns * (tile.height + gap));
    tiles[static_cast<std::size_t>(k)].copyTo(page(cv::Rect(corner, tile)));
  }
  draw_legend(page, legend, grid.height, page.cols);
  return page;
}

}  // namespace leat
