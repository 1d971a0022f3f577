#include <ATen/core/Tensor.h>
#include <cmath>
#include <stdexcept>

#include "leat/image.h"
#include "leat/leat.h"
#include "leat/tensor.h"
#include "metric/saliency_shares.h"

namespace {
using namespace leat;

// Haque et al. (MELBA 2021:011) say that the saliency of the classifier leads the decoder to the lungs: this says how much of it is there.
struct SaliencyFocus final : Node {
  Input<at::Tensor> saliency{this, "saliency", "N x 1 x h x w, float. From `model.saliency`."};
  Gather<Image> mask{
      this, "mask",
      "height x width, 8 bit. The mask of the structure, 0 and 255. It covers the same field of view as the network's input."};
  MetricGroup counts{this,
                     Better::Neither,
                     {{"images", "Images that are judged."},
                      {"dropped", "Images that were dropped before."},
                      {"undefined", "Images without saliency or structure."},
                      {"area", "Mean share of the structure in the picture."}}};
  MetricGroup shares{this,
                     Better::Higher,
                     {{"focus", "Mean of inside / area."}, {"inside", "Mean share of an image's saliency that lies on the structure."}}};
  State<SaliencyShares> images{this, "images"};

  void open(const Opening& opening) override {
    name_ = opening.name;
    run_folder_ = opening.run_folder;
  }

  void process(Frame& frame) const override {
    const at::Tensor all = frame[saliency].detach().to(at::kCPU, at::kFloat);
    const Rows<Image> masks = frame[mask];
    const RowList rows = frame.rows(saliency);
    SaliencyShares& seen = frame.state(images);
    for (int row = 0; row < masks.size(); ++row) {
      if (masks.weight(row) == 0 || rows.weight(row) == 0) {
        ++seen.dropped;
        continue;
      }
      const Sample& sample = masks.sample(row);
      if (masks[row].channels() != 1)
        throw std::runtime_error("the mask of `" + sample.id + "` has " + std::to_string(masks[row].channels()) +
                                 " channels, one is wanted");
      const double mass = all[row][0].sum().item<double>();
      if (!std::isfinite(mass)) throw std::runtime_error("the saliency of `" + sample.id + "` is not finite");
      const SaliencyShare share = saliency_share(all[row][0], masks[row].pixels);
      if (mass == 0 || share.area == 0) {
        ++seen.undefined;
        continue;
      }
      seen.images.add(sample);
      seen.shares.push_back(share);
    }
  }

  void finish(Frame& frame) const override {
    const SaliencyShares& seen = frame.state(images);
    frame.metric("images", static_cast<double>(seen.shares.size()));
    frame.metric("dropped", static_cast<double>(seen.dropped));
    frame.metric("undefined", static_cast<double>(seen.undefined));
    if (seen.shares.empty()) return;
    SaliencyShare sum;
    double focus = 0;
    for (const SaliencyShare& share : seen.shares) {
      sum.inside += share.inside;
      sum.area += share.area;
      focus += share.focus();
    }
    const auto count = static_cast<double>(seen.shares.size());
    frame.metric("focus", focus / count);
    frame.metric("inside", sum.inside / count);
    frame.metric("area", sum.area / count);
    if (!run_folder_.empty()) saliency_table(seen).write(run_folder_, std::string(frame.key().phase), name_);
  }

 private:
  std::string name_;
  std::filesystem::path run_folder_;
};

}  // namespace

LEAT_NODE(SaliencyFocus, "metric.saliency", "How much of the saliency lies on a structure, beside the structure's share of the picture.")
