#include <leat/image.h>
#include <leat/leat.h>

#include "dicom_file.h"
#include "folder.h"

namespace {
using namespace leat;

struct Images final : Source {
  Output<Image> image{this, "image",
                      "height x width, 8 bit. The image, gray, rescaled and windowed; large values are bright. The sample has the fact "
                      "`window`: the origin of the window. If the file has them, it also has `modality`, `photometric`, `spacing_mm` (of "
                      "rows, of columns) and `detector_spacing_mm` (the same on the detector)."};
  Uses<dicom::Folder> folder{this, "folder", "The files."};
  Param<std::vector<double>> window{this, "window",
                                    "Window to use instead of the file's, [centre, width], in the file's units. Empty: the file's first "
                                    "window, else its first table, else "
                                    "all its values.",
                                    std::vector<double>{}};
  Param<bool> shuffle{this, "shuffle", "Shuffles the files, in a new order for each epoch.", false};

  void shapes(Shapes& shapes) const override {
    if (!window->empty() && (window->size() != 2 || !((*window)[1] >= 1)))
      throw Refusal("`window` must be [centre, width] with a width of at least 1", "window");
    shapes.set_bytes(image, folder->most_pixels());
  }

  std::int64_t length() const override { return static_cast<std::int64_t>(folder->files().size()); }

  void process(Frame& frame) const override {
    const dicom::Folder::File& file = folder->files()[static_cast<std::size_t>(pick(frame, length(), *shuffle))];
    Sample sample{.id = file.id, .file = file.file.string()};
    frame.identify(sample);
    dicom::Picture read = dicom::read(file.file, *window);
    sample.facts = std::move(read.facts);
    sample.patient = std::move(read.patient);
    frame.identify(std::move(sample));
    Image out{.pixels = std::move(read.pixels)};
    out.placement.source_width = out.width();
    out.placement.source_height = out.height();
    frame.put(image, std::move(out));
  }
};

}  // namespace

LEAT_NODE(Images, "dicom.images", "Reads DICOM files with one gray image each.")
