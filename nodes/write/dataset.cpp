#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "image/image_contracts.h"
#include "image/unknown_channels.h"
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
  Input<Image> image{this, "image", "height x width x ..., 8 or 16 bit. The image to write, gray or R, G, B."};
  OptionalInput<Label> label{this, "label",
                             "One of C. The image's class: its folder with `layout: classes`, the column `class` with `layout: masks`.",
                             diagnostic};
  OptionalInput<Image> mask{
      this, "mask",
      "Any size, 8 bit, of K, or unknown. Masks of the image's size, one channel of 0 and 255 per structure, for `layout: masks`. A "
      "structure that is unknown in an image gets no file, and an empty field in the list. Single unknown pixels are 127 in the file: "
      "`io.split` reads them with `masks: [NAME=FOLDER:255]` and `void: 127`.",
      diagnostic};
  Choice layout{
      this,
      "layout",
      "Files of the data set. classes: one folder per class; masks: the folders images/, masks/ and masks_NAME/, and the list split.csv.",
      "classes",
      {"classes", "masks"}};
  Param<std::string> folder{this, "folder", "Folder of the data set, inside the run's folder. No other node can write there.", "dataset"};
  NamesOf classes{this, "classes", "C",
                  "Names of the classes and their folders, in the order of the labels. Empty: the names that `label` has."};
  NamesOf masks{
      this, "masks", "K",
      "Names of the structures, in the order of the channels. The first one's folder is masks/. Empty: the names that `mask` has."};
  Param<std::string> rows{this, "rows", "Text in the column `split` of split.csv.", "train"};
  State<std::int64_t> length{this, "length"};

  void shapes(Shapes& shapes) const override {
    check_gray_or_colour(shapes, image);
    shapes.writes(*folder, "folder");
    check_folder_names(*classes, "classes");
    check_folder_names(*masks, "masks");
    if (layout == "classes") {
      if (!shapes.is_connected(label)) throw Refusal("`layout: classes` needs the input `label`", "layout");
      if (classes->empty()) throw Refusal("the classes have no names", "classes", "set `classes: [NORMAL, …]` in the order of the labels");
    } else {
      if (!shapes.is_connected(mask)) throw Refusal("`layout: masks` needs the input `mask`", "layout");
      shapes.check_field_of_view(image, mask);
      if (masks->empty())
        throw Refusal("the channels of `mask` have no names", "masks", "set `masks: [lungs, …]`, in the order of the channels");
      check_channels(shapes.of(mask), masks);
      if (shapes.is_connected(label) && classes->empty())
        throw Refusal("the classes have no names", "classes", "set `classes: [NORMAL, …]` in the order of the labels");
      has_unknown_ = shapes.of(mask).or_unknown;
    }
  }

  void open(const Opening& opening) override {
    folder_ = opening.run_folder.empty() ? std::filesystem::path() : opening.run_folder / *folder;
  }

  void process(Frame& frame) const override {
    if (folder_.empty()) return;
    if (const std::string why = neither_gray_nor_colour(frame[image].channels()); !why.empty()) throw std::runtime_error(why);
    if (layout == "classes") write_class(frame);
    else write_masks(frame);
  }

 private:
  void write_class(Frame& frame) const {
    write_png(folder_ / name_of(*frame[label], "has no folder") / dataset_path(frame.sample()), frame[image].pixels);
  }

  [[nodiscard]] const std::string& name_of(const Label& one, const std::string& lack) const {
    if (one.index < 0 || one.index >= static_cast<int>(classes->size()))
      throw std::runtime_error("the label is " + ValueTraits<Label>::describe(one) + ", which " + lack);
    return (*classes)[static_cast<std::size_t>(one.index)];
  }

  void write_masks(Frame& frame) const {
    const Image& seen = *frame[mask];
    if (seen.channels() != static_cast<int>(masks->size()))
      throw std::runtime_error("the number of channels of `mask` is " + std::to_string(seen.channels()) +
                               ", but the number of names in `masks` is " + std::to_string(masks->size()));
    const std::string name = dataset_path(frame.sample()).generic_string();
    write_png(folder_ / "images" / name, frame[image].pixels);
    std::string header = "image", row = csv_field("images/" + name);
    const std::vector<MaskPlace> places = mask_places(*masks);
    const std::vector<char> are_unknown = has_unknown_ ? unknown_channels(seen.pixels) : std::vector<char>(places.size(), 0);
    for (std::size_t k = 0; k < places.size(); ++k) {
      header += ',' + csv_field(places[k].column);
      if (are_unknown[k]) {
        row += ',';
        continue;
      }
      cv::Mat channel;
      cv::extractChannel(seen.pixels, channel, static_cast<int>(k));
      write_png(folder_ / places[k].folder / name, channel);
      row += ',' + csv_field(places[k].folder + '/' + name);
    }
    if (const Label* one = frame[label]) {
      header += ",class";
      row += ',' + csv_field(name_of(*one, "has no name"));
    }
    std::int64_t& written = frame.state(length);
    const std::string text = (written == 0 ? header + ",split\n" : "") + row + ',' + csv_field(*rows) + '\n';
    written = append_at(folder_ / "split.csv", written, text);
  }

  mutable bool has_unknown_ = false;  ///< Of `mask`. Set by `shapes`, before the first call of `process`.
  std::filesystem::path folder_;      ///< Empty: the run has no folder.
};

}  // namespace

LEAT_NODE(Dataset, "write.dataset", "Writes images as a data set: class folders, or images and masks with a list.")
