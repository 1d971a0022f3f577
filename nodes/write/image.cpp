#include "leat/image.h"

#include <algorithm>
#include <filesystem>
#include <opencv2/imgproc.hpp>

#include "image/encode_png.h"
#include "image/value_window.h"
#include "leat/encoded.h"
#include "leat/leat.h"
#include "leat/result_name.h"
#include "write/channels.h"
#include "write/outline.h"
#include "write/png_file.h"
#include "write/restore.h"
#include "write/tar_entries.h"

namespace {
using namespace leat;

struct WriteImage final : Node {
  Input<Image> mask{this, "mask", "Any size, 8 bit, of K. 255 times the probability, one channel per structure. 128 or more is inside."};
  OptionalInput<Image> image{
      this, "image",
      "height x width x ..., 8 or 16 bit or float. The image below the outlines of an overlay. Of 16 bit and floats, the "
      "smallest value is black and the largest white."};
  Output<Encoded> entries{this, "entries", "Any length. The files as entries of a tar, for `write.tar`. Only with `tar: true`."};
  NamesOf masks{this, "masks", "K", "Names of the structures, in the order of the channels. Empty: the names that `mask` has."};
  Param<std::string> folder{this, "folder", "Folder of the masks, inside the run's folder.", "masks"};
  Choice levels{this,
                "levels",
                "Values of the files. two: 0 and 255, inside from 128 on; all: the values as they are, for maps such as saliency.",
                "two",
                {"two", "all"}};
  Param<bool> overlay{this, "overlay", "Also writes the image with the outlines of the masks.", false};
  Param<std::string> overlay_folder{this, "overlay_folder", "Folder of the overlays, inside the run's folder.", "overlays"};

  Param<bool> tar{this, "tar", "Puts the files into `entries`, and writes none itself. The images must be those of `io.tars`.", false};

  void shapes(Shapes& shapes) const override {
    if (*tar != shapes.is_connected(entries))
      throw Refusal(*tar ? "`tar: true` needs a reader of `entries`, such as `write.tar`" : "`entries` has a reader, but needs `tar: true`",
                    "tar");
    if (masks->empty())
      throw Refusal("the channels of `mask` have no names", "masks", "set `masks: [lungs, …]`, in the order of the channels");
    check_channels(shapes.of(mask), masks);
    if (*overlay && !shapes.is_connected(image)) throw Refusal("`overlay: true` needs the input `image`", "overlay");
    if (folder->empty() || *folder == *overlay_folder)
      throw Refusal("`folder` is empty or equal to `overlay_folder`, but masks and overlays need different folders", "folder");
    shapes.writes(*folder, "folder");
    if (*overlay) shapes.writes(*overlay_folder, "overlay_folder");
  }

  void open(const Opening& opening) override {
    run_folder_ = opening.run_folder;
    parts_ = result_parts(*masks);
  }

  void process(Frame& frame) const override {
    const Image& seen = frame[mask];
    if (seen.channels() != static_cast<int>(masks->size()))
      throw std::runtime_error("the number of channels of `mask` is " + std::to_string(seen.channels()) +
                               ", but the number of names in `masks` is " + std::to_string(masks->size()));
    if (run_folder_.empty() && !*tar) return;
    std::vector<std::uint8_t> bytes;
    const cv::Mat values = restore(seen), inside = values >= 128;
    for (std::size_t k = 0; k < masks->size(); ++k) {
      cv::Mat channel;
      cv::extractChannel(levels == "all" ? values : inside, channel, static_cast<int>(k));
      if (*tar) add_entry(bytes, entry_name(frame.sample(), *folder, (*masks)[k]), encode_png(channel, png_compression));
      else write_png(run_folder_ / *folder / result_path(frame.sample(), parts_[k], ".png"), channel);
    }
    if (*overlay) {
      const cv::Mat canvas = overlay_of(frame, inside);
      if (*tar) add_entry(bytes, entry_name(frame.sample(), *overlay_folder, ""), encode_png(canvas, png_compression));
      else write_png(run_folder_ / *overlay_folder / result_path(frame.sample(), "", ".png"), canvas);
    }
    if (*tar) frame.put(entries, Encoded{std::move(bytes)});
  }

 private:
  [[nodiscard]] cv::Mat overlay_of(Frame& frame, const cv::Mat& inside) const {
    const Image& below = *frame[image];
    cv::Mat canvas = restore({shown(below.pixels), below.placement});
    if (canvas.size() != inside.size()) throw std::runtime_error("`image` and `mask` do not come from the same file");
    // A copy, because an image at the size of its file shares its pixels.
    if (canvas.channels() == 1) cv::cvtColor(canvas, canvas, cv::COLOR_GRAY2RGB);
    else canvas = canvas.clone();
    const int thickness = std::max(1, std::max(canvas.cols, canvas.rows) / 256);
    for (std::size_t k = 0; k < masks->size(); ++k) {
      cv::Mat channel;
      cv::extractChannel(inside, channel, static_cast<int>(k));
      draw_outline(canvas, channel, outline_colour(k), thickness);
    }
    return canvas;
  }

  std::vector<std::string> parts_;    ///< One part of a file name per mask.
  std::filesystem::path run_folder_;  ///< Empty: the run has no folder.
};

}  // namespace

LEAT_NODE(WriteImage, "write.image", "Writes masks as PNG files of 0 and 255 at the size of the image's file, and overlays.")
