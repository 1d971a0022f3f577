#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/core.hpp>

#include "leat/image.h"
#include "leat/leat.h"
#include "leat/result_name.h"
#include "leat/scores.h"
#include "write/appended_file.h"
#include "write/channels.h"
#include "write/prediction_row.h"
#include "write/tar_entries.h"

namespace {
using namespace leat;

struct Csv final : Node {
  Maybe<Scores> probabilities{this, "probabilities", "C, float. The probability of each class, 0..1."};
  Maybe<Image> mask{this, "mask", "Any size, 8 bit, of K. The masks that write.image writes, a channel each structure."};
  Maybe<Scores> probabilities_disagreement{this, "probabilities_disagreement",
                                           "C, float. How much several networks disagree on each class (`tensor.disagreement`): a column."};
  Maybe<Scores> mask_disagreement{this, "mask_disagreement",
                                  "K, float. How much several networks disagree on each mask (`tensor.disagreement`): a column for each."};
  NamesOf classes{this, "classes", "C", "The classes, in the order of the columns; empty: those of the probabilities."};
  MultiLabelOf multi_label{this, "multi_label", "C",
                           "All classes with a probability above 0.5 are written, not only the most probable one."};
  NamesOf masks{this, "masks", "K", "The structures, in the order of the columns; empty: those of the masks."};
  Param<std::string> mask_folder{this, "mask_folder", "Folder of the masks of `write.image`, relative to this file's folder.", "masks"};
  Param<std::string> tars{this, "tars",
                          "Folder of the tars of `write.tar` that have the masks, relative to this file's folder. Empty: none has.", ""};
  Param<std::string> file{this, "file", "The table, in the run's folder.", "predictions.csv"};
  State<std::int64_t> length{this, "length"};

  void shapes(Shapes& shapes) const override {
    shapes.writes(*file, "file");
    const bool has_classes = shapes.is_connected(probabilities), has_masks = shapes.is_connected(mask);
    if (has_classes && classes->empty())
      throw Refusal("nothing names the probabilities", "classes", "`classes: [NORMAL, …]`, in their order");
    if (!has_classes && !classes->empty()) throw Refusal("there are classes, and `probabilities` is not connected", "classes");
    if (!has_masks && !masks->empty()) throw Refusal("there are masks, and `mask` is not connected", "masks");
    if (has_masks && masks->empty()) throw Refusal("nothing names the channels of `mask`", "masks", "`masks: [lungs, …]`, in their order");
    if (has_masks) check_channels(shapes.of(mask), masks);
    has_disagreement_ = shapes.is_connected(probabilities_disagreement);
    has_mask_disagreement_ = shapes.is_connected(mask_disagreement);
    if (has_disagreement_ && !has_classes)
      throw Refusal("`probabilities_disagreement` is connected, but `probabilities` is not", "probabilities_disagreement");
    if (has_mask_disagreement_ && !has_masks) throw Refusal("`mask_disagreement` is connected, but `mask` is not", "mask_disagreement");
  }

  void open(const Opening& opening) override {
    path_ = opening.run_folder.empty() ? std::filesystem::path() : opening.run_folder / *file;
    parts_ = result_parts(*masks);
    table_ = PredictionTable({*classes, *masks, *multi_label, has_disagreement_, has_mask_disagreement_});
  }

  void process(Frame& frame) const override {
    const std::string text = table_.row(prediction_of(frame));
    if (!path_.empty()) append(frame, text);
  }

  /// A table without rows has its header, and a resumed phase with nothing left to write loses what came after its checkpoint.
  void finish(Frame& frame) const override {
    if (!path_.empty()) append(frame, "");
  }

 private:
  void append(Frame& frame, const std::string& text) const {
    std::int64_t& written = frame.state(length);
    written = append_at(path_, written, written == 0 ? table_.header() + text : text);
  }

  Prediction prediction_of(Frame& frame) const {
    Prediction out;
    const Sample& sample = frame.sample();
    out.image = sample.id;
    out.warnings = frame.notes();
    if (!frame.reason().empty()) {
      out.status = frame.reason();
      return out;
    }
    const Scores* scores = frame[probabilities];
    if (scores && !std::all_of(scores->values.begin(), scores->values.end(), [](float value) { return std::isfinite(value); })) {
      out.status = "its probabilities are not finite";
      return out;
    }
    if (scores) out.probabilities = scores->values;
    if (const Scores* deviations = frame[probabilities_disagreement]) out.disagreement = deviations->values;
    if (const Scores* of_masks = frame[mask_disagreement]) out.mask_disagreement = of_masks->values;
    for (const float value : out.probabilities)
      if (!(value >= -1e-6F && value <= 1 + 1e-6F))
        throw std::runtime_error("a probability of " + std::to_string(value) + ": of logits, `tensor.probabilities` makes some");
    if (const Image* seen = frame[mask]) add_masks(out, sample, *seen);
    return out;
  }

  void add_masks(Prediction& out, const Sample& sample, const Image& seen) const {
    if (seen.channels() != static_cast<int>(masks->size()))
      throw std::runtime_error("a mask of " + std::to_string(seen.channels()) + " channels, and " + std::to_string(masks->size()) +
                               " names");
    for (std::size_t k = 0; k < masks->size(); ++k) {
      const std::string& name = (*masks)[k];
      out.masks.push_back(mask_path(sample, k));
      cv::Mat channel;
      cv::extractChannel(seen.pixels, channel, static_cast<int>(k));
      if (cv::countNonZero(channel >= 128) == 0) {
        const bool is_word = name.find(' ') == std::string::npos;
        out.warnings.push_back("no " + (is_word ? name : "`" + name + "`") + " found");
      }
    }
  }

  [[nodiscard]] std::string mask_path(const Sample& sample, std::size_t k) const {
    if (!tars->empty()) return tar_path(*tars, sample.group) + "/" + entry_name(sample, *mask_folder, (*masks)[k]);
    return (std::filesystem::path(*mask_folder) / result_path(sample, parts_[k], ".png")).generic_string();
  }

  std::vector<std::string> parts_;  ///< Of the masks' names.
  std::filesystem::path path_;      ///< Empty: the run keeps nothing.
  PredictionTable table_;
  mutable bool has_disagreement_ = false, has_mask_disagreement_ = false;
};

}  // namespace

LEAT_NODE(Csv, "write.csv", "Writes predictions.csv, one row for each image in their order, dropped ones with the reason.")
