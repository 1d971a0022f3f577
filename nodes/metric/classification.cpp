#include <ATen/core/Tensor.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

#include "leat/class_metrics.h"
#include "leat/image.h"
#include "leat/image_table.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "leat/tensor.h"
#include "leat/unknown.h"
#include "metric/kept_pictures.h"

namespace {
using namespace leat;

struct Classification final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Class logits."};
  Gather<Label> label{
      this, "label",
      "One of C, or unknown. The true class of each sample. Unknown classes and findings are left out, if the contract of the "
      "labels says that they can be unknown; otherwise a sample without a class is an error."};
  OptionalGather<Image> picture{
      this, "picture",
      "Any size, 8 or 16 bit or float. The images, for drawings in reports. Those whose label has the lowest probability are "
      "kept, if the plan has `keep_results`."};
  NamesOf classes{this, "classes", "C",
                  "Names of the classes, in the order of the logits. The last of two classes is the positive one. Empty: the names of the "
                  "logits, or numbers."};
  MultiLabelOf multi_label{
      this, "multi_label", "C",
      "An image can have several classes. Each class is a separate decision: predicted if its probability is above 0.5."};
  MetricGroup counts{this,
                     Better::Neither,
                     {{"images", "Number of evaluated images."},
                      {"dropped", "Number of images dropped upstream."},
                      {"unknown", "Number of images of which no label is known, if labels can be unknown."},
                      {"images_{C}", "Number of images in which a finding is known, with `multi_label`, if labels can be unknown."}}};
  Metric accuracy{
      this,           "accuracy",
      Better::Higher, "Fraction of images whose class is right; with `multi_label`, the mean over the classes that are known in an image.",
      {0, 1},         Shown::Headline};
  MetricGroup scores{
      this,
      Better::Higher,
      {{"balanced_accuracy",
        "Mean recall of the classes that occur; with `multi_label`, the mean over classes of the mean of sensitivity and specificity."},
       {"f1_{C}", "F1 score of a class; undefined if the class neither occurs nor is predicted."}},
      {0, 1}};
  Metric auc{this,
             "auc",
             Better::Higher,
             "Area under the ROC curve. More than two classes, or `multi_label`: mean over classes, each against the rest. Undefined if a "
             "class does not occur.",
             {0, 1},
             Shown::Headline};
  Metric calibration{this,
                     "calibration_error",
                     Better::Lower,
                     "Expected calibration error (Guo et al. 2017), 15 bins; with `multi_label`, the mean over classes.",
                     {0, 1}};
  MetricGroup of_two{this,
                     Better::Higher,
                     {{"sensitivity", "Recall of the last of two classes."}, {"specificity", "Recall of the first of two classes."}},
                     {0, 1}};
  Metric share_of_two{
      this, "positive_share", Better::Neither, "Fraction of images for which the last of two classes is predicted.", {0, 1}};
  MetricGroup of_each{this,
                      Better::Higher,
                      {{"accuracy_{C}", "Accuracy of a class, with `multi_label`."},
                       {"balanced_accuracy_{C}", "Mean of sensitivity and specificity of a class, with `multi_label`."},
                       {"auc_{C}", "Area under the ROC curve of a class, with `multi_label`."},
                       {"sensitivity_{C}", "Recall of the images with a class, with `multi_label`."},
                       {"specificity_{C}", "Recall of the images without a class, with `multi_label`."}},
                      {0, 1}};
  Metric share_of_each{this,
                       "positive_share_{C}",
                       Better::Neither,
                       "Fraction of the images in which a class is known for which it is predicted, with `multi_label`.",
                       {0, 1}};
  State<ImageTable> images{this, "images"};
  State<KeptPictures> kept{this, "kept"};
  State<std::int64_t> dropped{this, "dropped"};
  State<std::int64_t> count{this, "count"};
  State<std::int64_t> unlabelled{this, "unlabelled"};

  void shapes(Shapes& shapes) const override {
    if (shapes.is_connected(picture)) shapes.keeps_results();
    has_unknown_ = shapes.of(label).or_unknown;
    const Contract given = shapes.of(logits);
    check_metrics(shapes, given.dims.size() == 2 ? given.dims[1].size : -1);
    if (given.dims.size() != 2 || !given.dims[1].is_known()) return;
    if (!*multi_label && given.dims[1].size < 2)
      throw Refusal("`logits` has one class, which is always right", "logits", "set `multi_label: true`");
  }

  void process(Frame& frame) const override {
    const at::Tensor wide = frame[logits].detach().to(at::kCPU, at::kDouble);
    const at::Tensor probabilities = (*multi_label ? at::sigmoid(wide) : at::softmax(wide, 1)).contiguous();
    const auto width = static_cast<std::size_t>(probabilities.size(1));
    const std::vector<std::string> names = classes.or_numbers(probabilities.size(1));
    frame.state(count) = probabilities.size(1);
    const Rows<Label> labels = frame[label];
    const RowList rows = frame.rows(logits);
    const Rows<Image> pictures = frame[picture];
    const auto bytes = static_cast<std::size_t>(frame.keep_bytes());
    for (int row = 0; row < labels.size(); ++row) {
      if (labels.weight(row) == 0 || rows.weight(row) == 0) {
        ++frame.state(dropped);
        continue;
      }
      const std::span of_row(probabilities.const_data_ptr<double>() + static_cast<std::size_t>(row) * width, width);
      const Sample& sample = labels.sample(row);
      if (has_unknown_ && is_unknown(labels[row])) {
        ++frame.state(unlabelled);
        continue;
      }
      if (!std::all_of(of_row.begin(), of_row.end(), [](double one) { return std::isfinite(one); }))
        throw std::runtime_error("the logits of `" + sample.id + "` are not finite");
      frame.state(images).add(sample, fields(names, labels[row], sample.id, of_row));
      if (bytes == 0) continue;
      const bool has_picture = row < pictures.size() && pictures.weight(row) != 0;
      frame.state(kept).add(probability_of(labels[row], of_row), {}, has_picture ? picture_text(pictures[row].pixels) : "",
                            sample.file.empty(), bytes);
    }
  }

  void finish(Frame& frame) const override {
    const ImageTable& table = frame.state(images);
    frame.metric("images", static_cast<double>(table.size()));
    frame.metric("dropped", static_cast<double>(frame.state(dropped)));
    const std::vector<std::string> names = classes.or_numbers(frame.state(count));
    if (has_unknown_) count_known(frame, names, table);
    const auto bytes = static_cast<std::size_t>(frame.keep_bytes());
    frame.measure(bytes > 0 ? frame.state(kept).with_columns(table, {}, bytes) : table,
                  *multi_label ? label_metrics(names) : class_metrics(names));
  }

 private:
  [[nodiscard]] bool is_unknown(const Label& given) const {
    if (!*multi_label) return given.index < 0;
    return std::all_of(given.several.begin(), given.several.end(), [](std::uint8_t one) { return one == unknown::finding; });
  }

  void count_known(Frame& frame, const std::vector<std::string>& names, const ImageTable& table) const {
    frame.metric("unknown", static_cast<double>(frame.state(unlabelled)));
    if (!*multi_label) return;
    for (const std::string& name : names) {
      const std::vector<std::string> labels = table.size() > 0 ? table.texts("label_" + name) : std::vector<std::string>();
      frame.metric("images_" + name,
                   static_cast<double>(labels.size() - static_cast<std::size_t>(std::count(labels.begin(), labels.end(), ""))));
    }
  }

  /// Returns the probability of the label, after `fields` has checked it; with `multi_label`, the mean over the known classes.
  [[nodiscard]] double probability_of(const Label& given, std::span<const double> probabilities) const {
    if (!*multi_label) return probabilities[static_cast<std::size_t>(given.index)];
    double sum = 0, known = 0;
    for (std::size_t k = 0; k < probabilities.size(); ++k)
      if (given.several[k] != unknown::finding) sum += given.several[k] ? probabilities[k] : 1 - probabilities[k], ++known;
    return sum / known;
  }
  /// Reports the metrics that the inputs leave undefined. `count` is the number of classes; negative: not known.
  void check_metrics(Shapes& shapes, std::int64_t count) const {
    const auto cannot = [&](const auto& metrics, const std::string& why) {
      for (const Metric& metric : metrics) shapes.cannot_measure(metric, why);
    };
    for (const Metric& metric : counts)
      if ((metric.name() == "unknown" && !has_unknown_) || (metric.name() == "images_{C}" && !(has_unknown_ && *multi_label)))
        shapes.cannot_measure(metric, has_unknown_ ? "each image has one class" : "no label of the data is unknown");
    if (!*multi_label) {
      cannot(of_each, "each image has one class");
      shapes.cannot_measure(share_of_each, "each image has one class");
    }
    if (*multi_label || (count >= 0 && count != 2)) {
      const std::string why =
          *multi_label ? "with `multi_label`, each class has its own" : "there are " + std::to_string(count) + " classes";
      cannot(of_two, why);
      shapes.cannot_measure(share_of_two, why);
    }
    const std::int64_t occurring = shapes.fact(label, "classes that occur", -1);
    if (occurring >= 0 && occurring < count)
      shapes.cannot_measure(auc, "only " + std::to_string(occurring) + " of " + std::to_string(count) + " classes occur among the labels");
  }

  [[nodiscard]] std::vector<ImageTable::Field> fields(const std::vector<std::string>& names, const Label& given, const std::string& id,
                                                      std::span<const double> probabilities) const {
    if (*multi_label) {
      if (given.several.size() != names.size())
        throw std::runtime_error("the sample `" + id + "` must have a list of labels with one entry per class of the logits");
      std::vector<std::int64_t> findings;
      for (const std::uint8_t one : given.several) findings.push_back(one == unknown::finding ? -1 : one);
      return label_fields(names, findings, probabilities);
    }
    if (given.index < 0 || given.index >= static_cast<std::int64_t>(names.size()))
      throw std::runtime_error("the sample `" + id + "` has no label, or one that is not a class of the logits");
    return class_fields(names, static_cast<std::size_t>(given.index), probabilities);
  }

  mutable bool has_unknown_ = false;  ///< Of `label`. Set by `shapes`, before the first call of `process`.
};

}  // namespace

LEAT_NODE(Classification, "metric.classification", "Computes accuracy, AUC, F1, calibration and other metrics over all samples of a phase.")
