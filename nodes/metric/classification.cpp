#include <ATen/core/Tensor.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

#include "leat/class_metrics.h"
#include "leat/image_table.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "leat/tensor.h"

namespace {
using namespace leat;

struct Classification final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Class logits."};
  Gather<Label> label{this, "label", "One of C. The class of each sample; one without a class is an error."};
  NamesOf classes{this, "classes", "C", "Names of the classes, with two the positive one last; empty: those of the logits, or numbers."};
  MultiLabelOf multi_label{this, "multi_label", "C",
                           "Several classes may hold at once: each is judged on its own, at a probability of 0.5."};
  MetricGroup counts{this, Better::Neither, {{"images", "Images that are judged."}, {"dropped", "Images that were dropped before."}}};
  Metric accuracy{this, "accuracy", Better::Higher, "Share of right answers.", {0, 1}, Shown::Headline};
  MetricGroup scores{this,
                     Better::Higher,
                     {{"balanced_accuracy", "Mean recall of the classes that occur."},
                      {"f1_{C}", "F1 of a class; not defined where it neither occurs nor is predicted."}},
                     {0, 1}};
  Metric auc{this,           "auc",
             Better::Higher, "Area under the ROC curve, the mean over classes; not defined where one does not occur.",
             {0, 1},         Shown::Headline};
  Metric calibration{this, "calibration_error", Better::Lower, "Expected calibration error (Guo et al. 2017), 15 bins.", {0, 1}};
  MetricGroup of_two{this,
                     Better::Higher,
                     {{"sensitivity", "Recall of the last of two classes."}, {"specificity", "Recall of the first of two classes."}},
                     {0, 1}};
  Metric share_of_two{this, "positive_share", Better::Neither, "Share of images for which the last of two classes is predicted.", {0, 1}};
  MetricGroup of_each{this,
                      Better::Higher,
                      {{"accuracy_{C}", "With `multi_label`: of a class."},
                       {"balanced_accuracy_{C}", "With `multi_label`: of a class."},
                       {"auc_{C}", "With `multi_label`: of a class."},
                       {"sensitivity_{C}", "With `multi_label`: of a class."},
                       {"specificity_{C}", "With `multi_label`: of a class."}},
                      {0, 1}};
  Metric share_of_each{
      this, "positive_share_{C}", Better::Neither, "With `multi_label`: share of images that have the class, as predicted.", {0, 1}};
  State<ImageTable> images{this, "images"};
  State<std::int64_t> dropped{this, "dropped"};
  State<std::int64_t> count{this, "count"};

  void shapes(Shapes& shapes) const override {
    const Contract given = shapes.of(logits);
    check_metrics(shapes, given.dims.size() == 2 ? given.dims[1].size : -1);
    if (given.dims.size() != 2 || !given.dims[1].is_known()) return;
    if (!*multi_label && given.dims[1].size < 2) throw Refusal("one class alone is always right", "logits", "set `multi_label: true`");
  }

  void process(Frame& frame) const override {
    const at::Tensor wide = frame[logits].detach().to(at::kCPU, at::kDouble);
    const at::Tensor probabilities = (*multi_label ? at::sigmoid(wide) : at::softmax(wide, 1)).contiguous();
    const auto width = static_cast<std::size_t>(probabilities.size(1));
    const std::vector<std::string> names = classes.or_numbers(probabilities.size(1));
    frame.state(count) = probabilities.size(1);
    const Rows<Label> labels = frame[label];
    const RowList rows = frame.rows(logits);
    for (int row = 0; row < labels.size(); ++row) {
      if (labels.weight(row) == 0 || rows.weight(row) == 0) {
        ++frame.state(dropped);
        continue;
      }
      const std::span of_row(probabilities.const_data_ptr<double>() + static_cast<std::size_t>(row) * width, width);
      if (!std::all_of(of_row.begin(), of_row.end(), [](double one) { return std::isfinite(one); }))
        throw std::runtime_error("the logits of `" + labels.sample(row).id + "` are not finite");
      frame.state(images).add(labels.sample(row), fields(names, labels[row], labels.sample(row).id, of_row));
    }
  }

  void finish(Frame& frame) const override {
    const ImageTable& table = frame.state(images);
    frame.metric("images", static_cast<double>(table.size()));
    frame.metric("dropped", static_cast<double>(frame.state(dropped)));
    const std::vector<std::string> names = classes.or_numbers(frame.state(count));
    frame.measure(table, *multi_label ? label_metrics(names) : class_metrics(names));
  }

 private:
  /// Says which metrics there cannot be. `count` is the number of classes, or negative.
  void check_metrics(Shapes& shapes, std::int64_t count) const {
    const auto cannot = [&](const auto& metrics, const std::string& why) {
      for (const Metric& metric : metrics) shapes.cannot_measure(metric, why);
    };
    if (!*multi_label) {
      cannot(of_each, "each image has one class");
      shapes.cannot_measure(share_of_each, "each image has one class");
    }
    if (*multi_label || (count >= 0 && count != 2)) {
      const std::string why =
          *multi_label ? "with `multi_label` each class has its own" : "there are " + std::to_string(count) + " classes";
      cannot(of_two, why);
      shapes.cannot_measure(share_of_two, why);
    }
    const std::int64_t occurring = shapes.fact(label, "classes that occur", -1);
    if (occurring >= 0 && occurring < count)
      shapes.cannot_measure(auc, "the labels are of " + std::to_string(occurring) + " of " + std::to_string(count) + " classes");
  }

  [[nodiscard]] std::vector<ImageTable::Field> fields(const std::vector<std::string>& names, const Label& given, const std::string& id,
                                                      std::span<const double> probabilities) const {
    if (*multi_label) {
      if (given.several.size() != names.size())
        throw std::runtime_error("the sample `" + id + "` has no list of labels that fits the logits");
      return label_fields(names, std::vector<std::int64_t>(given.several.begin(), given.several.end()), probabilities);
    }
    if (given.index < 0 || given.index >= static_cast<std::int64_t>(names.size()))
      throw std::runtime_error("the sample `" + id + "` has no label that fits the logits");
    return class_fields(names, static_cast<std::size_t>(given.index), probabilities);
  }
};

}  // namespace

LEAT_NODE(Classification, "metric.classification", "Accuracy, AUC, F1, calibration and more of all samples of a phase.")
