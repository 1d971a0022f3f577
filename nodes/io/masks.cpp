#include <algorithm>
#include <stdexcept>

#include "io/mask_picture.h"
#include "io/split/source.h"
#include "leat/leat.h"
#include "leat/tries_files.h"

namespace {
using namespace leat;

struct Masks final : SplitSource, TriesFiles {
  Output<Encoded> file{this, "file", "Any length. The bytes of the image file, not decoded."};
  Output<Image> mask{
      this, "mask",
      "Any size, 8 bit, of K. The masks at the size of the image, one channel of 0 and 255 per structure, and 127 where it is "
      "unknown. `part: unlabelled` does not have them. `part: all` has them only if the split has neither a label budget nor "
      "validation images."};
  Output<Image> known_mask{this, "known_mask",
                           "Any size, 8 bit, of K. The masks, as `mask`, for every `part`. They are for diagnostics, not for training.",
                           diagnostic};

  Masks() : SplitSource(Split::Target::Masks) {}

  void shapes(Shapes& shapes) const override {
    if (split->mask_names().empty()) throw Refusal("the split has no masks", "split", "set its parameter `masks`");
    check_part(shapes, mask, known_mask);
    const bool has_mask = std::any_of(images().begin(), images().end(), [this](int image) { return !entry(image).masks.empty(); });
    for (const Port* port : {static_cast<const Port*>(&mask), static_cast<const Port*>(&known_mask)})
      if (!has_mask && shapes.is_connected(*port))
        throw Refusal("no image of the part `" + *part + "` has a mask", std::string(port->name()));
    describe_files(shapes, file);
    describe_masks(shapes, mask);
    describe_masks(shapes, known_mask);
  }

  void try_files(const std::function<bool(const Port&)>& is_connected, std::vector<std::string>& warnings) const override {
    if (!is_connected(mask) && !is_connected(known_mask)) return;
    const auto [faults, is_complete] = split->mask_faults(images());
    warnings = split->mask_doubts(images());
    if (faults.empty()) return;
    throw Refusal((is_complete ? "" : "at least ") + some_of(faults.size(), images().size(), "image") + " of the part `" + *part + "`" +
                      (faults.size() == 1 ? " has a mask that cannot be used: " : " have masks that cannot be used; the first: ") +
                      faults[0],
                  "on_error", "correct the files, or leave such samples out with `on_error: skip`");
  }

  void open(const Opening& opening) override { warn_of_reuse(opening); }

  void process(Frame& frame) const override {
    const SplitEntry& chosen = entry(images()[place_of(frame)]);
    Encoded picture = read(frame, chosen);
    const bool is_read = (!is_secret() && frame.is_connected(mask)) || frame.is_connected(known_mask);
    if (is_read) {
      const auto header = picture_header(picture.bytes);
      if (!header) throw std::runtime_error("`" + chosen.file.string() + "` is not an image file that can be read");
      std::vector<std::string> warnings;
      const std::vector<std::vector<std::filesystem::path>> none(split->mask_names().size());
      const Image read = read_masks(chosen.masks.empty() ? none : chosen.masks, *header, warnings, split->label_maps());
      for (std::string& warning : warnings) frame.note(std::move(warning));
      if (!is_secret()) frame.put(mask, read);
      frame.put(known_mask, read);
    }
    frame.put(file, std::move(picture));
  }

 private:
  void describe_masks(Shapes& shapes, const Output<Image>& port) const {
    const auto structures = static_cast<std::int64_t>(split->mask_names().size());
    const PictureSize first = entry(images()[0]).size;
    const bool is_one_size =
        first.pixels() > 0 && std::all_of(images().begin(), images().end(), [&](int image) { return entry(image).size == first; });
    Contract contract;
    contract.has_shape = true;
    contract.dims = {Dim{-1, "height"}, Dim{-1, "width"}};
    if (is_one_size) contract.dims = {Dim{first.height, {}}, Dim{first.width, {}}};
    if (structures > 1) contract.dims.push_back(Dim{structures, {}});
    contract.dtype = Dtype::U8;
    contract.or_unknown = split->has_unknown_masks(images());
    contract.has_entries = true;
    contract.entries = split->named_masks();
    shapes.set(port, contract);
    std::int64_t pixels = 0;
    for (const int image : images()) pixels = std::max(pixels, entry(image).size.pixels());
    shapes.set_bytes(port, pixels * structures + static_cast<std::int64_t>(sizeof(Image)));
  }
};

}  // namespace

LEAT_NODE(Masks, "io.masks", "Reads the images of a part of a data set, with their masks.")
