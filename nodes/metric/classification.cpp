#include <ATen/core/Tensor.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "leat/label.h"
#include "leat/leat.h"
#include "leat/tensor.h"
#include "metric/classification_scores.h"
#include "metric/image_table.h"

namespace {
using namespace leat;

struct Classification final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Class logits."};
  Gather<Label> label{this, "label", "One of C. The class of each sample; one without a class is an error."};
  NamesOf classes{this, "classes", "C", "Names of the classes, with two the positive one last; empty: those of the logits, or numbers."};
  MultiLabelOf multi_label{this, "multi_label", "C",
                           "Several classes may hold at once: each is judged on its own, at a probability of 0.5."};
  MetricGroup counts{this, Better::Neither, {{"images", "Images that are judged."}, {"dropped", "Images that were dropped before."}}};
  MetricGroup scores{this,
                     Better::Higher,
                     {{"accuracy", "Share of right answers."},
                      {"balanced_accuracy", "Mean recall of the classes that occur."},
                      {"f1_{C}", "F1 of a class; not defined where it neither occurs nor is predicted."}}};
  Metric auc{this, "auc", Better::Higher, "Area under the ROC curve, the mean over classes; not defined where one does not occur."};
  Metric calibration{this, "calibration_error", Better::Lower, "Expected calibration error (Guo et al. 2017), 15 bins."};
  MetricGroup of_two{this,
                     Better::Higher,
                     {{"sensitivity", "Recall of the last of two classes."}, {"specificity", "Recall of the first of two classes."}}};
  Metric share_of_two{this, "positive_share", Better::Neither, "Share of images for which the last of two classes is predicted."};
  MetricGroup of_each{this,
                      Better::Higher,
                      {{"accuracy_{C}", "With `multi_label`: of a class."},
                       {"balanced_accuracy_{C}", "With `multi_label`: of a class."},
                       {"auc_{C}", "With `multi_label`: of a class."},
                       {"sensitivity_{C}", "With `multi_label`: of a class."},
                       {"specificity_{C}", "With `multi_label`: of a class."}}};
  Metric share_of_each{this, "positive_share_{C}", Better::Neither,
                       "With `multi_label`: share of images that have the class, as predicted."};
  State<ClassifiedSamples> samples{this, "samples"};

  void shapes(Shapes& shapes) const override {
    const Contract given = shapes.of(logits);
    check_metrics(shapes, given.dims.size() == 2 ? given.dims[1].size : -1);
    if (given.dims.size() != 2 || !given.dims[1].is_known()) return;
    if (!*multi_label && given.dims[1].size < 2) throw Refusal("one class alone is always right", "logits", "set `multi_label: true`");
  }

  void open(const Opening& opening) override {
    name_ = opening.name;
    run_folder_ = opening.run_folder;
  }

  void process(Frame& frame) const override {
    const at::Tensor wide = frame[logits].detach().to(at::kCPU, at::kDouble);
    const at::Tensor probabilities = (*multi_label ? at::sigmoid(wide) : at::softmax(wide, 1)).contiguous();
    const double* probability = probabilities.const_data_ptr<double>();
    const Rows<Label> labels = frame[label];
    const RowList rows = frame.rows(logits);
    ClassifiedSamples& seen = frame.state(samples);
    seen.classes = probabilities.size(1);
    for (int row = 0; row < labels.size(); ++row, probability += seen.classes) {
      if (labels.weight(row) == 0 || rows.weight(row) == 0) {
        ++seen.dropped;
        continue;
      }
      const Sample& sample = labels.sample(row);
      if (!std::all_of(probability, probability + seen.classes, [](double one) { return std::isfinite(one); }))
        throw std::runtime_error("the logits of `" + sample.id + "` are not finite");
      add_label(labels[row], sample.id, seen);
      seen.probabilities.insert(seen.probabilities.end(), probability, probability + seen.classes);
      seen.images.add(sample);
    }
  }

  void finish(Frame& frame) const override {
    const ClassifiedSamples& seen = frame.state(samples);
    frame.metric("images", static_cast<double>(seen.size()));
    frame.metric("dropped", static_cast<double>(seen.dropped));
    if (seen.size() == 0) return;
    const std::vector<std::string> names = classes.or_numbers(seen.classes);
    for (const auto& [name, number] : *multi_label ? multi_label_scores(seen, names) : classification_scores(seen, names)) {
      if (std::isnan(number)) frame.warn("`" + name + "` is undefined in `" + std::string(frame.key().phase) + "`: a class does not occur");
      frame.metric(name, number);
    }
    if (!run_folder_.empty()) table(seen, names).write(run_folder_, std::string(frame.key().phase), name_);
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

  void add_label(const Label& given, const std::string& id, ClassifiedSamples& seen) const {
    if (!*multi_label) {
      if (given.index < 0 || given.index >= seen.classes)
        throw std::runtime_error("the sample `" + id + "` has no label that fits the logits");
      seen.labels.push_back(given.index);
      return;
    }
    if (static_cast<std::int64_t>(given.several.size()) != seen.classes)
      throw std::runtime_error("the sample `" + id + "` has no list of labels that fits the logits");
    seen.labels.insert(seen.labels.end(), given.several.begin(), given.several.end());
  }

  [[nodiscard]] ImageTable table(const ClassifiedSamples& seen, const std::vector<std::string>& names) const {
    std::vector<std::string> columns = JudgedImages::columns();
    if (*multi_label)
      for (const std::string& name : names) columns.push_back("label_" + name);
    else columns.push_back("label");
    for (const std::string& name : names) columns.push_back("probability_" + name);
    ImageTable out(columns);
    const std::size_t labels_each = *multi_label ? names.size() : 1;
    for (std::size_t k = 0; k < seen.size(); ++k) {
      std::vector<std::string> fields = seen.images.fields(k);
      for (std::size_t c = 0; c < labels_each; ++c) {
        const std::int64_t value = seen.labels[k * labels_each + c];
        fields.push_back(*multi_label ? std::to_string(value) : names[static_cast<std::size_t>(value)]);
      }
      for (std::int64_t c = 0; c < seen.classes; ++c) fields.push_back(csv_number(seen.probability(k, c)));
      out.add(fields);
    }
    return out;
  }

  std::string name_;
  std::filesystem::path run_folder_;
};

}  // namespace

LEAT_NODE(Classification, "metric.classification", "Accuracy, AUC, F1, calibration and more of all samples of a phase.")
