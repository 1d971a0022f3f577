#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "leat/csv.h"
#include "leat/image.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "write/appended_file.h"
#include "write/channels.h"
#include "write/dataset_layout.h"
#include "write/png_file.h"

namespace {
using namespace leat;

struct Dataset final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A gray picture."};
  OptionalInput<Label> label{this, "label", "One of C. For `layout: classes`.", diagnostic};
  OptionalInput<Image> mask{
      this, "mask", "Any size, 8 bit, of K. The image's size, a channel of 0 and 255 for each structure, for `layout: masks`.", diagnostic};
  Choice layout{
      this, "layout", "A folder for each class, or images/, masks/, masks_NAME/ and a split.csv.", "classes", {"classes", "masks"}};
  Param<std::string> folder{this, "folder", "The data set's folder, in the run's; one node writes there.", "dataset"};
  NamesOf classes{this, "classes", "C", "The class folders; empty: those of the labels."};
  NamesOf masks{this, "masks", "K", "The structures, of which the first one's folder is masks/; empty: those of the masks."};
  Param<std::string> rows{this, "rows", "What split.csv says in its column `split`.", "train"};
  State<std::int64_t> length{this, "length"};

  void shapes(Shapes& shapes) const override {
    shapes.writes(*folder, "folder");
    check_folder_names(*classes, "classes");
    check_folder_names(*masks, "masks");
    if (layout == "classes") {
      if (!shapes.is_connected(label)) throw Refusal("folders of classes need `label`", "layout");
      if (classes->empty()) throw Refusal("nothing names the classes", "classes", "`classes: [NORMAL, …]`, in the order of the labels");
    } else {
      if (!shapes.is_connected(mask)) throw Refusal("folders of masks need `mask`", "layout");
      if (masks->empty()) throw Refusal("nothing names the channels of `mask`", "masks", "`masks: [lungs, …]`, in their order");
      check_channels(shapes.of(mask), masks);
    }
  }

  void open(const Opening& opening) override {
    folder_ = opening.run_folder.empty() ? std::filesystem::path() : opening.run_folder / *folder;
  }

  void process(Frame& frame) const override {
    if (folder_.empty()) return;
    if (layout == "classes") write_class(frame);
    else write_masks(frame);
  }

 private:
  void write_class(Frame& frame) const {
    const int index = frame[label]->index;
    if (index < 0 || index >= static_cast<int>(classes->size()))
      throw std::runtime_error("the label is " + ValueTraits<Label>::describe(*frame[label]) + ", and has no folder");
    const std::string& name = (*classes)[static_cast<std::size_t>(index)];
    write_png(folder_ / name / dataset_path(frame.sample()), frame[image].pixels);
  }

  void write_masks(Frame& frame) const {
    const Image& seen = *frame[mask];
    if (seen.channels() != static_cast<int>(masks->size()))
      throw std::runtime_error("a mask of " + std::to_string(seen.channels()) + " channels, and " + std::to_string(masks->size()) +
                               " names");
    const std::string name = dataset_path(frame.sample()).generic_string();
    write_png(folder_ / "images" / name, frame[image].pixels);
    std::string header = "image", row = csv_field("images/" + name);
    const std::vector<MaskPlace> places = mask_places(*masks);
    for (std::size_t k = 0; k < places.size(); ++k) {
      cv::Mat channel;
      cv::extractChannel(seen.pixels, channel, static_cast<int>(k));
      write_png(folder_ / places[k].folder / name, channel);
      header += ',' + csv_field(places[k].column);
      row += ',' + csv_field(places[k].folder + '/' + name);
    }
    std::int64_t& written = frame.state(length);
    const std::string text = (written == 0 ? header + ",split\n" : "") + row + ',' + csv_field(*rows) + '\n';
    written = append_at(folder_ / "split.csv", written, text);
  }

  std::filesystem::path folder_;  ///< Empty: the run keeps nothing.
};

}  // namespace

LEAT_NODE(Dataset, "write.dataset", "Writes the images that flow by as a data set: class folders, or images and masks with a list.")
