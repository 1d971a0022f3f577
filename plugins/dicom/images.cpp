#include <leat/image.h>
#include <leat/leat.h>
#include <leat/tries_files.h>

#include "dicom_file.h"
#include "folder.h"

namespace {
using namespace leat;

struct Images final : Source, TriesFiles {
  Output<Image> image{
      this, "image",
      "height x width x ..., 8 or 16 bit or float. The image, rescaled and, with `depth: 8`, windowed; large values are bright. "
      "The sample has the fact `window`: the origin of the window. If the file has them, it also has `window_centre`, "
      "`window_width` and `window_function` (with another `depth`, for `image.window`), `modality`, `photometric`, `spacing_mm` (of "
      "rows, of columns) and `detector_spacing_mm` (the same on the detector)."};
  Uses<dicom::Folder> folder{this, "folder", "The files."};
  Param<std::vector<double>> window{this, "window",
                                    "Window to use instead of the file's, [centre, width], in the file's units. Empty: the file's first "
                                    "window, else its first table, else "
                                    "all its values.",
                                    std::vector<double>{}};
  Choice depth{
      this,
      "depth",
      "Kind of the values. 8: 8 bit, windowed. 16: the file's values after its rescaling, 16 bit; values that do not fit are an error. "
      "float: the same as floats. `image.window` with `from: dicom` applies the file's window to 16 bit and floats.",
      "8",
      {"8", "16", "float"}};
  Choice channels{
      this,
      "channels",
      "Channels of the images. gray: one; a file in colour is an error. rgb: red, green and blue, with `depth: 8`; gray is repeated.",
      "gray",
      {"gray", "rgb"}};
  Param<bool> shuffle{this, "shuffle", "Shuffles the files, in a new order for each epoch.", false};

  void shapes(Shapes& shapes) const override {
    if (!window->empty() && (window->size() != 2 || !((*window)[1] >= 1)))
      throw Refusal("`window` must be [centre, width] with a width of at least 1", "window");
    if (!window->empty() && depth != "8") throw Refusal("`window` is for `depth: 8`; put `image.window` after this node instead", "window");
    if (channels == "rgb" && depth != "8") throw Refusal("`channels: rgb` needs `depth: 8`", "depth");
    Contract out = image.contract();
    out.is_open = false;
    if (channels == "rgb") out.dims.push_back(Dim{3, {}});
    out.dtype = depth == "8" ? Dtype::U8 : depth == "16" ? Dtype::U16 : Dtype::F32;
    shapes.set(image, out);
    shapes.set_bytes(image, folder->most_pixels() * bytes_of(out.dtype) * (channels == "rgb" ? 3 : 1));
  }

  /// Warns of files in colour, which the folder itself takes, before the first step.
  void try_files(const std::function<bool(const Port&)>&, std::vector<std::string>& warnings) const override {
    if (channels == "rgb") return;
    std::size_t count = 0;
    std::string first;
    for (const dicom::Folder::File& one : folder->files())
      if (one.is_coloured && count++ == 0) first = one.id;
    if (count > 0)
      warnings.push_back(std::to_string(count) + " of " + std::to_string(folder->files().size()) + " DICOM files " +
                         (count == 1 ? "is" : "are") + " in colour, which `channels: gray` does not read; the first is `" + first + "`");
  }

  void open(const Opening&) override { as_ = {*window, depth == "8" ? CV_8U : depth == "16" ? CV_16U : CV_32F, channels == "rgb"}; }

  std::int64_t length() const override { return static_cast<std::int64_t>(folder->files().size()); }

  void list_samples(const std::function<void(const Sample&)>& take) const override {
    for (const dicom::Folder::File& one : folder->files()) take({.id = one.id, .file = one.file.string(), .patient = one.patient});
  }

  void process(Frame& frame) const override {
    const dicom::Folder::File& file = folder->files()[static_cast<std::size_t>(pick(frame, length(), *shuffle))];
    Sample sample{.id = file.id, .file = file.file.string()};
    frame.identify(sample);
    dicom::Picture read = dicom::read(file.file, as_);
    sample.facts = std::move(read.facts);
    sample.patient = std::move(read.patient);
    frame.identify(std::move(sample));
    Image out{.pixels = std::move(read.pixels)};
    out.placement.source_width = out.width();
    out.placement.source_height = out.height();
    frame.put(image, std::move(out));
  }

 private:
  dicom::ReadAs as_;
};

}  // namespace

LEAT_NODE(Images, "dicom.images", "Reads DICOM files with one image each.")
