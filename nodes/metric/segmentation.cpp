#include <ATen/core/Tensor.h>
#include <stdexcept>

#include "image/image.h"
#include "leat/leat.h"
#include "metric/segmented_images.h"
#include "tensor/tensor.h"

namespace {
using namespace leat;

struct Segmentation final : Node {
  Input<at::Tensor> logits{this, "logits", "N x K x h x w, float. Mask logits, a channel each structure."};
  Gather<Image> mask{this, "mask", "The reference at the size to judge at, of K channels, 0 and 255; it shows the same field as the network saw."};
  Param<std::vector<std::string>> masks{this, "masks", "Names of the channels for metrics; empty: their numbers.", std::vector<std::string>{}};
  State<SegmentedImages> images{this, "images"};

  void shapes(Shapes& shapes) const override {
    const Contract given = shapes.of(logits);
    if (masks->empty() || given.dims.size() != 4 || !given.dims[1].is_known()) return;
    if (given.dims[1].size != static_cast<std::int64_t>(masks->size()))
      throw Refusal("`masks` has " + std::to_string(masks->size()) + " names, the logits have " + given.dims[1].str() + " channels", "masks");
  }

  void open(const Opening& opening) override {
    name_ = opening.name;
    run_folder_ = opening.run_folder;
  }

  void process(Frame& frame) const override {
    const at::Tensor all = frame[logits].detach().to(at::kCPU, at::kFloat);
    const Rows<Image> references = frame[mask];
    const RowList rows = frame.rows(logits);
    SegmentedImages& seen = frame.state(images);
    seen.channels = all.size(1);
    for (int row = 0; row < references.size(); ++row) {
      if (references.weight(row) == 0 || rows.weight(row) == 0) {
        ++seen.dropped;
        continue;
      }
      const Sample& sample = references.sample(row);
      const cv::Mat& reference = references[row].pixels;
      if (reference.channels() != all.size(1))
        throw std::runtime_error("the mask of `" + sample.id + "` has " + std::to_string(reference.channels()) + " channels, the logits have " + std::to_string(all.size(1)));
      seen.add(sample.id, sample.group, overlaps(all[row], reference));
    }
  }

  void finish(Frame& frame) const override {
    const SegmentedImages& seen = frame.state(images);
    frame.metric("images", static_cast<double>(seen.size()));
    frame.metric("dropped", static_cast<double>(seen.dropped));
    if (seen.size() == 0) return;
    std::vector<std::string> names = *masks;
    for (std::int64_t c = static_cast<std::int64_t>(names.size()); c < seen.channels; ++c) names.push_back(std::to_string(c));
    for (const auto& [name, number] : segmentation_scores(seen, names)) frame.metric(name, number);
    if (!run_folder_.empty()) segmentation_table(seen, names).write(run_folder_, std::string(frame.key().phase), name_);
  }

 private:
  std::string name_;
  std::filesystem::path run_folder_;
};

}  // namespace

LEAT_NODE(Segmentation, "metric.segmentation", "Dice, Jaccard, precision and recall of the masks of all samples of a phase.")
