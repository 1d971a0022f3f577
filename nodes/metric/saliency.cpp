#include <ATen/core/Tensor.h>
#include <cmath>
#include <stdexcept>

#include "leat/image.h"
#include "leat/image_table.h"
#include "leat/leat.h"
#include "leat/tensor.h"
#include "metric/kept_pictures.h"
#include "metric/saliency_share.h"

namespace {
using namespace leat;

// Haque et al. (MELBA 2021:011) state that the classifier's saliency guides the decoder to the lungs. These metrics measure how much of it
// is there.
struct SaliencyFocus final : Node {
  Input<at::Tensor> saliency{this, "saliency", "N x 1 x h x w, float. Saliency maps of the images, from `model.saliency`."};
  Gather<Image> mask{
      this, "mask",
      "height x width, 8 bit, or unknown. The mask of the structure, 0 and 255. It covers the same field of view as the network's input. "
      "Unknown pixels are left out. An image whose mask is unknown counts as `undefined`."};
  OptionalGather<Image> picture{
      this, "picture",
      "Any size, 8 or 16 bit or float. The images, for drawings in reports. Those with the least saliency on the structure are "
      "kept, if the plan has `keep_results`."};
  MetricGroup counts{this,
                     Better::Neither,
                     {{"images", "Number of evaluated images."},
                      {"dropped", "Number of images dropped upstream."},
                      {"undefined", "Number of images without saliency, without the structure, or whose mask is unknown."}}};
  Metric focus{this,
               "focus",
               Better::Higher,
               "Mean over images of the ratio of `inside` to `area`. 1: saliency is as dense on the structure as elsewhere.",
               {.low = 0}};
  Metric inside{this, "inside", Better::Higher, "Mean over images of the fraction of the saliency that is on the structure.", {0, 1}};
  Metric area{this, "area", Better::Neither, "Mean over images of the fraction of the image that the structure covers.", {0, 1}};
  State<ImageTable> images{this, "images"};
  State<KeptPictures> kept{this, "kept"};
  State<std::int64_t> dropped{this, "dropped"};
  State<std::int64_t> undefined{this, "undefined"};

  void shapes(Shapes& shapes) const override {
    has_unknown_ = shapes.of(mask).or_unknown;
    shapes.check_field_of_view(saliency, mask);
    shapes.keeps_results();
  }

  void process(Frame& frame) const override {
    const at::Tensor all = frame[saliency].detach().to(at::kCPU, at::kFloat);
    const Rows<Image> masks = frame[mask];
    const RowList rows = frame.rows(saliency);
    const Rows<Image> pictures = frame[picture];
    const auto bytes = static_cast<std::size_t>(frame.keep_bytes());
    for (int row = 0; row < masks.size(); ++row) {
      if (masks.weight(row) == 0 || rows.weight(row) == 0) {
        ++frame.state(dropped);
        continue;
      }
      const Sample& sample = masks.sample(row);
      if (masks[row].channels() != 1)
        throw std::runtime_error("the mask of `" + sample.id + "` has " + std::to_string(masks[row].channels()) +
                                 " channels, but must have one");
      const double mass = all[row][0].sum().item<double>();
      if (!std::isfinite(mass)) throw std::runtime_error("the saliency of `" + sample.id + "` is not finite");
      const SaliencyShare share = saliency_share(all[row][0], masks[row].pixels, has_unknown_);
      if (mass == 0 || share.area == 0 || !std::isfinite(share.inside)) {
        ++frame.state(undefined);
        continue;
      }
      frame.state(images).add(sample, {{"inside", share.inside}, {"area", share.area}, {"focus", share.focus()}});
      if (bytes == 0) continue;
      const bool has_picture = row < pictures.size() && pictures.weight(row) != 0;
      frame.state(kept).add(share.inside, {saliency_text(all[row][0]), mask_text(masks[row].pixels > 127)},
                            has_picture ? picture_text(pictures[row].pixels) : "", sample.file.empty(), bytes);
    }
  }

  void finish(Frame& frame) const override {
    const ImageTable& table = frame.state(images);
    frame.metric("images", static_cast<double>(table.size()));
    frame.metric("dropped", static_cast<double>(frame.state(dropped)));
    frame.metric("undefined", static_cast<double>(frame.state(undefined)));
    const auto bytes = static_cast<std::size_t>(frame.keep_bytes());
    if (const std::string sentence = frame.state(kept).shortfall("the saliency maps", bytes); bytes > 0 && !sentence.empty())
      frame.warn("in `" + std::string(frame.key().phase) + "`, " + sentence);
    frame.measure(bytes > 0 && table.size() > 0 ? frame.state(kept).with_columns(table, {"saliency", "mask_reference"}, bytes) : table,
                  {{focus, ImageFigure::mean({"focus"})}, {inside, ImageFigure::mean({"inside"})}, {area, ImageFigure::mean({"area"})}});
  }

 private:
  mutable bool has_unknown_ = false;  ///< Of `mask`. Set by `shapes`, before the first call of `process`.
};

}  // namespace

LEAT_NODE(SaliencyFocus, "metric.saliency", "Measures how much of the saliency is on a structure, relative to the area of the structure.")
