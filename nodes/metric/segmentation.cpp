#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>
#include <stdexcept>

#include "leat/image.h"
#include "leat/leat.h"
#include "leat/tensor.h"
#include "metric/judged_mask.h"

namespace {
using namespace leat;

struct Segmentation final : Node {
  Input<at::Tensor> logits{this, "logits", "N x K x h x w, float. Mask logits, a channel each structure."};
  Gather<Image> mask{
      this, "mask", "Any size, 8 bit, of K. The reference at the size to judge at, 0 and 255; it shows the same field as the network saw."};
  NamesOf masks{this, "masks", "K", "Names of the channels for metrics; empty: those of the logits, or numbers."};
  Param<double> spacing_mm{
      this, "spacing_mm", "Millimetres between pixels of the reference, for distances in mm; 0: unknown.", 0, {0.0, 1000.0}};
  MetricGroup counts{this,
                     Better::Neither,
                     {{"images", "Images that are judged."},
                      {"dropped", "Images that were dropped before."},
                      {"empty_reference", "Reference masks without a pixel."},
                      {"empty_prediction", "Predicted masks without a pixel."}}};
  Metric trivial_dice{this, "trivial_dice", Better::Neither, "Dice of predicting every pixel.", {0, 1}};
  Metric dice{this, "dice", Better::Higher, "Dice, the mean over images and channels.", {0, 1}, Shown::Headline};
  MetricGroup overlaps{this,
                       Better::Higher,
                       {{"jaccard", "Jaccard index, the mean over images and channels."},
                        {"precision", "Precision of pixels, the mean over images and channels."},
                        {"recall", "Recall of pixels, the mean over images and channels."},
                        {"dice_pooled", "Dice of the pixels of all masks together."},
                        {"jaccard_pooled", "Jaccard index of the pixels of all masks together."},
                        {"precision_pooled", "Precision of the pixels of all masks together."},
                        {"recall_pooled", "Recall of the pixels of all masks together."}},
                       {0, 1}};
  Metric ssim{this, "ssim", Better::Higher, "Structural similarity, the mean over images and channels.", {-1, 1}};
  MetricGroup distances{this,
                        Better::Lower,
                        {{"ahd_allpixel", "Average Hausdorff distance of all pixels, px, the mean over images and channels."},
                         {"assd", "Average symmetric surface distance, px, the mean over images and channels."},
                         {"hd95", "95th percentile of the surface distance, px, the mean over images and channels."}},
                        {.low = 0}};
  MetricGroup distances_mm{this,
                           Better::Lower,
                           {{"ahd_allpixel_mm", "In mm, where `spacing_mm` is known."},
                            {"assd_mm", "In mm, where `spacing_mm` is known."},
                            {"hd95_mm", "In mm, where `spacing_mm` is known."}},
                           {.low = 0}};
  MetricGroup overlaps_of{this,
                          Better::Higher,
                          {{"dice_{K}", "Of one of several channels."},
                           {"jaccard_{K}", "Of one of several channels."},
                           {"precision_{K}", "Of one of several channels."},
                           {"recall_{K}", "Of one of several channels."}},
                          {0, 1}};
  Metric ssim_of{this, "ssim_{K}", Better::Higher, "Of one of several channels.", {-1, 1}};
  MetricGroup distances_of{this,
                           Better::Lower,
                           {{"ahd_allpixel_{K}", "Of one of several channels."},
                            {"assd_{K}", "Of one of several channels."},
                            {"hd95_{K}", "Of one of several channels."}},
                           {.low = 0}};
  MetricGroup distances_of_mm{this,
                              Better::Lower,
                              {{"ahd_allpixel_mm_{K}", "Of one of several channels."},
                               {"assd_mm_{K}", "Of one of several channels."},
                               {"hd95_mm_{K}", "Of one of several channels."}},
                              {.low = 0}};
  State<ImageTable> images{this, "images"};
  State<std::int64_t> dropped{this, "dropped"};
  State<std::int64_t> channels{this, "channels"};

  void shapes(Shapes& shapes) const override {
    check_mask_names(*masks);
    const Contract given = shapes.of(logits);
    const auto cannot = [&](std::initializer_list<const MetricGroup*> all, const char* why) {
      for (const MetricGroup* metrics : all)
        for (const Metric& metric : *metrics) shapes.cannot_measure(metric, why);
    };
    if (*spacing_mm == 0) cannot({&distances_mm, &distances_of_mm}, "`spacing_mm` is not given");
    if (given.dims.size() == 4 && given.dims[1].size == 1) {
      cannot({&overlaps_of, &distances_of, &distances_of_mm}, "there is one channel alone");
      shapes.cannot_measure(ssim_of, "there is one channel alone");
    }
  }

  void process(Frame& frame) const override {
    const at::Tensor all = frame[logits].detach().to(at::kCPU, at::kFloat);
    const Rows<Image> references = frame[mask];
    const RowList rows = frame.rows(logits);
    const MaskNaming naming{masks.or_numbers(all.size(1)), *spacing_mm};
    frame.state(channels) = all.size(1);
    for (int row = 0; row < references.size(); ++row) {
      if (references.weight(row) == 0 || rows.weight(row) == 0) {
        ++frame.state(dropped);
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
      frame.state(images).add(sample, mask_fields(naming, judged));
    }
  }

  void finish(Frame& frame) const override {
    const ImageTable& table = frame.state(images);
    frame.metric("images", static_cast<double>(table.size()));
    frame.metric("dropped", static_cast<double>(frame.state(dropped)));
    const MaskNaming naming{masks.or_numbers(frame.state(channels)), *spacing_mm};
    frame.measure(table, mask_metrics(naming));
    if (table.size() == 0) return;
    const EmptyMasks empty = empty_masks(naming, table);
    frame.metric("empty_reference", static_cast<double>(empty.reference));
    frame.metric("empty_prediction", static_cast<double>(empty.predicted));
  }
};

}  // namespace

LEAT_NODE(Segmentation, "metric.segmentation", "Overlap, similarity and surface distances of the masks of all samples of a phase.")
