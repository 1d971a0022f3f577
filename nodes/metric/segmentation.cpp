#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>
#include <algorithm>
#include <stdexcept>

#include "leat/image.h"
#include "leat/leat.h"
#include "leat/tensor.h"
#include "metric/judged_mask.h"
#include "metric/kept_pictures.h"

namespace {
using namespace leat;

struct Segmentation final : Node {
  Input<at::Tensor> logits{this, "logits", "N x K x h x w, float. Mask logits, one channel per structure."};
  Gather<Image> mask{
      this, "mask",
      "Any size, 8 bit, of K, or unknown. Reference masks of 0 and 255. Metrics are computed at this size. It must cover the "
      "same field of view as the network's input. Unknown pixels are left out: they count as outside in both masks. A "
      "structure that is unknown in an image is not evaluated there."};
  OptionalGather<Image> picture{
      this, "picture",
      "Any size, 8 or 16 bit or float. The images, for drawings in reports. Those with the lowest Dice are kept, if the plan has "
      "`keep_results`."};
  NamesOf masks{this, "masks", "K", "Names of the channels, in the order of the logits. Empty: the names of the logits, or numbers."};
  Param<double> spacing_mm{
      this, "spacing_mm", "Distance between pixels of the reference in mm, for metrics in mm. 0: unknown.", 0, {0.0, 1000.0}};
  MetricGroup counts{this,
                     Better::Neither,
                     {{"images", "Number of evaluated images."},
                      {"dropped", "Number of images dropped upstream."},
                      {"empty_reference", "Number of reference masks without a pixel."},
                      {"empty_prediction", "Number of predicted masks without a pixel."},
                      {"unknown", "Number of images in which no structure is known, if masks can be unknown."},
                      {"images_{K}", "Number of images in which a structure is known, if masks can be unknown."}}};
  Metric trivial_dice{this, "trivial_dice", Better::Neither, "Dice of predicting every pixel, mean over images and channels.", {0, 1}};
  Metric dice{this, "dice", Better::Higher, "Dice, mean over images and channels.", {0, 1}, Shown::Headline};
  MetricGroup overlaps{this,
                       Better::Higher,
                       {{"jaccard", "Jaccard index, mean over images and channels."},
                        {"precision", "Precision of the pixels, mean over images and channels."},
                        {"recall", "Recall of the pixels, mean over images and channels."},
                        {"dice_pooled", "Dice over the pixels of all masks together."},
                        {"jaccard_pooled", "Jaccard index over the pixels of all masks together."},
                        {"precision_pooled", "Precision over the pixels of all masks together."},
                        {"recall_pooled", "Recall over the pixels of all masks together."}},
                       {0, 1}};
  Metric ssim{this, "ssim", Better::Higher, "Structural similarity, mean over images and channels.", {-1, 1}};
  MetricGroup distances{this,
                        Better::Lower,
                        {{"ahd_allpixel", "Average Hausdorff distance of all pixels, px, mean over images and channels."},
                         {"assd", "Average symmetric surface distance, px, mean over images and channels."},
                         {"hd95", "95th percentile of the surface distance, px, mean over images and channels."}},
                        {.low = 0}};
  MetricGroup distances_mm{this,
                           Better::Lower,
                           {{"ahd_allpixel_mm", "`ahd_allpixel` in mm, if `spacing_mm` is known."},
                            {"assd_mm", "`assd` in mm, if `spacing_mm` is known."},
                            {"hd95_mm", "`hd95` in mm, if `spacing_mm` is known."}},
                           {.low = 0}};
  MetricGroup overlaps_of{this,
                          Better::Higher,
                          {{"dice_{K}", "`dice` of one channel, if there are several."},
                           {"jaccard_{K}", "`jaccard` of one channel, if there are several."},
                           {"precision_{K}", "`precision` of one channel, if there are several."},
                           {"recall_{K}", "`recall` of one channel, if there are several."}},
                          {0, 1}};
  Metric ssim_of{this, "ssim_{K}", Better::Higher, "`ssim` of one channel, if there are several.", {-1, 1}};
  MetricGroup distances_of{this,
                           Better::Lower,
                           {{"ahd_allpixel_{K}", "`ahd_allpixel` of one channel, if there are several."},
                            {"assd_{K}", "`assd` of one channel, if there are several."},
                            {"hd95_{K}", "`hd95` of one channel, if there are several."}},
                           {.low = 0}};
  MetricGroup distances_of_mm{this,
                              Better::Lower,
                              {{"ahd_allpixel_mm_{K}", "`ahd_allpixel_mm` of one channel, if there are several."},
                               {"assd_mm_{K}", "`assd_mm` of one channel, if there are several."},
                               {"hd95_mm_{K}", "`hd95_mm` of one channel, if there are several."}},
                              {.low = 0}};
  State<ImageTable> images{this, "images"};
  State<KeptPictures> kept{this, "kept"};
  State<std::int64_t> dropped{this, "dropped"};
  State<std::int64_t> channels{this, "channels"};
  State<std::int64_t> unlabelled{this, "unlabelled"};

  void shapes(Shapes& shapes) const override {
    check_mask_names(*masks);
    shapes.keeps_results();
    shapes.check_field_of_view(logits, mask);
    has_unknown_ = shapes.of(mask).or_unknown;
    if (!has_unknown_)
      for (const Metric& metric : counts)
        if (metric.name() == "unknown" || metric.name() == "images_{K}") shapes.cannot_measure(metric, "no mask of the data is unknown");
    const Contract given = shapes.of(logits);
    const auto cannot = [&](std::initializer_list<const MetricGroup*> all, const char* why) {
      for (const MetricGroup* metrics : all)
        for (const Metric& metric : *metrics) shapes.cannot_measure(metric, why);
    };
    if (*spacing_mm == 0) cannot({&distances_mm, &distances_of_mm}, "`spacing_mm` is not set");
    if (given.dims.size() == 4 && given.dims[1].size == 1) {
      cannot({&overlaps_of, &distances_of, &distances_of_mm}, "there is only one channel");
      shapes.cannot_measure(ssim_of, "there is only one channel");
    }
  }

  void process(Frame& frame) const override {
    const at::Tensor all = frame[logits].detach().to(at::kCPU, at::kFloat);
    const Rows<Image> references = frame[mask];
    const RowList rows = frame.rows(logits);
    const Rows<Image> pictures = frame[picture];
    const auto bytes = static_cast<std::size_t>(frame.keep_bytes());
    const MaskNaming naming{masks.or_numbers(all.size(1)), *spacing_mm, has_unknown_};
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
                                 " channels, but the logits have " + std::to_string(all.size(1)));
      if (!at::isfinite(all[row]).all().item<bool>()) throw std::runtime_error("the logits of `" + sample.id + "` are not finite");
      const std::vector<MaskPair> pairs = masks_at_size_of(reference, all[row], has_unknown_);
      if (std::none_of(pairs.begin(), pairs.end(), [](const MaskPair& pair) { return pair.is_known(); })) {
        ++frame.state(unlabelled);
        continue;
      }
      std::vector<JudgedMask> judged;
      for (const MaskPair& pair : pairs) judged.push_back(judge(pair));
      frame.state(images).add(sample, mask_fields(naming, judged));
      if (bytes == 0) continue;
      double dice_of_all = 0, known = 0;
      for (const JudgedMask& one : judged)
        if (one.is_known) dice_of_all += one.overlap.dice(), ++known;
      // If all are known, this is the sum itself.
      dice_of_all *= static_cast<double>(judged.size()) / known;
      std::vector<std::string> texts;
      for (const MaskPair& pair : pairs)
        texts.insert(texts.end(), {mask_text(pair.predicted), pair.is_known() ? mask_text(pair.reference) : ""});
      const bool has_picture = row < pictures.size() && pictures.weight(row) != 0;
      frame.state(kept).add(dice_of_all, std::move(texts), has_picture ? picture_text(pictures[row].pixels) : "", sample.file.empty(),
                            bytes);
    }
  }

  void finish(Frame& frame) const override {
    const ImageTable& table = frame.state(images);
    frame.metric("images", static_cast<double>(table.size()));
    frame.metric("dropped", static_cast<double>(frame.state(dropped)));
    const MaskNaming naming{masks.or_numbers(frame.state(channels)), *spacing_mm, has_unknown_};
    if (has_unknown_) count_known(frame, naming, table);
    frame.measure(with_kept(frame, table, naming.channels), mask_metrics(naming));
    if (table.size() == 0) return;
    const EmptyMasks empty = empty_masks(naming, table);
    frame.metric("empty_reference", static_cast<double>(empty.reference));
    frame.metric("empty_prediction", static_cast<double>(empty.predicted));
  }

 private:
  void count_known(Frame& frame, const MaskNaming& naming, const ImageTable& table) const {
    frame.metric("unknown", static_cast<double>(frame.state(unlabelled)));
    const std::vector<std::int64_t> known = known_masks(naming, table);
    for (std::size_t k = 0; k < known.size(); ++k) frame.metric("images_" + naming.channels[k], static_cast<double>(known[k]));
  }

  [[nodiscard]] ImageTable with_kept(Frame& frame, const ImageTable& table, const std::vector<std::string>& channels) const {
    const auto bytes = static_cast<std::size_t>(frame.keep_bytes());
    if (bytes == 0 || table.size() == 0) return table;
    std::vector<std::string> columns;
    for (const std::string& channel : channels)
      for (const char* kind : {"mask_predicted", "mask_reference"}) columns.push_back(channels.size() == 1 ? kind : kind + ("_" + channel));
    if (const std::string sentence = frame.state(kept).shortfall("the masks", bytes); !sentence.empty())
      frame.warn("in `" + std::string(frame.key().phase) + "`, " + sentence);
    return frame.state(kept).with_columns(table, columns, bytes);
  }

  mutable bool has_unknown_ = false;  ///< Of `mask`. Set by `shapes`, before the first call of `process`.
};

}  // namespace

LEAT_NODE(Segmentation, "metric.segmentation", "Computes overlap, similarity and surface distances of masks over all samples of a phase.")
