#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "leat/image.h"
#include "leat/leat.h"
#include "write/mosaic_page.h"
#include "write/png_file.h"

namespace {
using namespace leat;

struct Mosaic final : Node {
  Input<Image> image{
      this, "image",
      "height x width x ..., 8 or 16 bit or float. The images to draw. Of 16 bit and floats, the smallest value is black and the "
      "largest white. The size of the first one decides the size of all tiles."};
  Inputs<Image> outlines{
      this, "outlines",
      "Any size, 8 bit, or unknown. Masks whose outlines are drawn; 128 or more is inside. Nothing is drawn of an unknown "
      "structure. The inputs' names are the legend.",
      diagnostic};
  Param<int> count{this, "count", "Number of tiles. They show the first images of the phase.", 12, {1, 1024}};
  Param<int> columns{this, "columns", "Number of tiles per row.", 4, {1, 64}};
  Param<int> scale{this, "scale", "Number of pixels along a tile's side per pixel of the image.", 1, {1, 32}};
  Param<bool> captions{this, "captions", "Writes each sample's id below its tile.", true};
  Param<std::string> file{this, "file", "The PNG file, inside the run's folder.", "mosaic.png"};
  State<MosaicTiles> tiles{this, "tiles"};

  void shapes(Shapes& shapes) const override { shapes.writes(*file, "file"); }

  void open(const Opening& opening) override { path_ = opening.run_folder.empty() ? std::filesystem::path() : opening.run_folder / *file; }

  void process(Frame& frame) const override {
    MosaicTiles& drawn = frame.state(tiles);
    if (is_full(drawn)) return;
    drawn.legend.clear();
    std::vector<const Image*> masks;
    for (const auto& [name, mask] : frame[outlines]) {
      masks.push_back(mask);
      drawn.legend.emplace_back(name);
    }
    const cv::Mat tile = draw_tile(frame[image], masks, tile_size(frame[image], drawn));
    drawn.tiles.push_back(*captions ? caption_tile(tile, frame.sample().id) : tile);
    if (is_full(drawn)) write(drawn);
  }

  void finish(Frame& frame) const override {
    const MosaicTiles& drawn = frame.state(tiles);
    if (!is_full(drawn) && !drawn.tiles.empty()) write(drawn);
  }

 private:
  [[nodiscard]] bool is_full(const MosaicTiles& drawn) const { return static_cast<int>(drawn.tiles.size()) >= *count; }

  [[nodiscard]] cv::Size tile_size(const Image& first, const MosaicTiles& drawn) const {
    if (!drawn.tiles.empty()) return drawn.tiles[0].size() - cv::Size(0, *captions ? caption_height : 0);
    const cv::Size size = first.pixels.size() * *scale;
    constexpr int most = 4096;
    if (size.width > most || size.height > most)
      throw std::runtime_error("a tile is " + std::to_string(size.width) + " x " + std::to_string(size.height) +
                               " pixels; the maximum is " + std::to_string(most) + " per side, so scale the images down first");
    return size;
  }

  void write(const MosaicTiles& drawn) const {
    if (!path_.empty()) write_png(path_, draw_page(drawn.tiles, *columns, drawn.legend));
  }

  std::filesystem::path path_;  ///< Empty: the run has no folder.
};

}  // namespace

LEAT_NODE(Mosaic, "write.mosaic", "Draws the first images of a phase as tiles of one image, with outlines and their legend.")
