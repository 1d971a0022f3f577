#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>
#include <stdexcept>

#include "leat/image.h"
#include "leat/leat.h"
#include "leat/tensor.h"
#include "metric/segmented_images.h"

namespace {
using namespace leat;

struct Segmentation final : Node {
  Input<at::Tensor> logits{this, "logits", "N x K x h x w, float. Mask logits, a channel each structure."};
  Gather<Image> mask{this, "mask",
                     "The reference at the size to judge at, of K channels, 0 and 255; it shows the same field as the network saw."};
  Param<std::vector<std::string>> masks{this, "masks", "Names of the channels for metrics; empty: their numbers.",
                                        std::vector<std::string>{}};
  Param<double> spacing_mm{
      this, "spacing_mm", "Millimetres between pixels of the reference, for distances in mm; 0: unknown.", 0, {0.0, 1000.0}};
  State<SegmentedImages> images{this, "images"};

  void shapes(Shapes& shapes) const override {
    check_mask_names(*masks);
    const Contract given = shapes.of(logits);
    if (masks->empty() || given.dims.size() != 4 || !given.dims[1].is_known()) return;
    if (given.dims[1].size != static_cast<std::int64_t>(masks->size()))
      throw Refusal("`masks` has " + std::to_string(masks->size()) + " names, the logits have " + given.dims[1].str() + " channels",
                    "masks");
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
        throw std::runtime_error("the mask of `" + sample.id + "` has " + std::to_string(reference.channels()) +
                                 " channels, the logits have " + std::to_string(all.size(1)));
      if (!at::isfinite(all[row]).all().item<bool>()) throw std::runtime_error("the logits of `" + sample.id + "` are not finite");
      std::vector<JudgedMask> judged;
      for (const MaskPair& pair : masks_at_size_of(reference, all[row])) judged.push_back(judge(pair));
      seen.add(sample, judged);
    }
  }

  void finish(Frame& frame) const override {
    const SegmentedImages& seen = frame.state(images);
    frame.metric("images", static_cast<double>(seen.size()));
    frame.metric("dropped", static_cast<double>(seen.dropped));
    if (seen.size() == 0) return;
    MaskNaming naming{*masks, *spacing_mm};
    for (auto c = static_cast<std::int64_t>(masks->size()); c < seen.channels; ++c) naming.channels.push_back(std::to_string(c));
    for (const auto& [name, number] : segmentation_scores(seen, naming)) frame.metric(name, number);
    if (!run_folder_.empty()) segmentation_table(seen, naming).write(run_folder_, std::string(frame.key().phase), name_);
  }

 private:
  std::string name_;
  std::filesystem::path run_folder_;
};

}  // namespace

LEAT_NODE(Segmentation, "metric.segmentation", "Overlap, similarity and surface distances of the masks of all samples of a phase.")
