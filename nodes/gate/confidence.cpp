#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "gate/class_shares.h"
#include "gate/confidence_gate.h"
#include "gate/gate_report.h"
#include "gate/gate_tally.h"
#include "gate/group_names.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "leat/row_weights.h"
#include "leat/tensor.h"
#include "tensor/exclusive.h"
#include "tensor/readout.h"
#include "tensor/to_device.h"

namespace {
using namespace leat;

struct Confidence final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Class logits of the weak view."};
  OptionalGather<Label> truth{
      this, "truth",
      "One of C, or unknown. The true class of each sample, if it is known. The labels are used only to report how many "
      "pseudo-labels are right. `prior: labels` counts the labelled images of the split that this input comes from. "
      "It does not read the labels here.",
      diagnostic};
  Output<at::Tensor> pseudo{this, "pseudo", "N, int, one of C. The most probable class."};
  Output<at::Tensor> weight{this, "weight",
                            "N, float. Loss weight of each sample: 0 if it does not pass the gate, 1 if it does; with `thresholds: soft`, "
                            "also values between. `balance: true` multiplies it by the balancing weight of the predicted class."};
  Output<at::Tensor> certainty{this, "confidence", "N, float, 0..1. The largest probability of each sample, after alignment."};
  Output<at::Tensor> needed{this, "needed",
                            "N, float. The lowest confidence with which each sample passes; with `thresholds: soft`, that from which on "
                            "its weight before balancing is 1."};
  Choice thresholds{
      this,
      "thresholds",
      "Rule by which samples pass. fixed: the largest probability must be at least `threshold` (FixMatch). free: it must be at least the "
      "running mean of largest probabilities, scaled down for classes with a smaller mean probability (FreeMatch). soft: "
      "every sample passes, with weight 1 from that running mean on and a Gaussian of the running variance below it (SoftMatch).",
      "fixed",
      {"fixed", "free", "soft"}};
  Param<double> threshold{this, "threshold", "Lowest probability that passes with `thresholds: fixed`.", 0.9, {0.0, 1.0}};
  Param<double> threshold_decay{this,
                                "threshold_decay",
                                "Decay of the running means and of the running variance that set the free and soft thresholds.",
                                0.999,
                                {0.0, 1.0}};
  Choice alignment{
      this,
      "alignment",
      "Distribution alignment: before the threshold, probabilities are scaled so that the running mean of each group of samples moves to a "
      "target. none: no alignment. uniform: equal class proportions. prior: the class proportions of `prior`.",
      "none",
      {"none", "uniform", "prior"}};
  ClassShares prior{this, "prior",
                    "Class proportions for `alignment: prior`, with the sum 1: a map from class names, a list in the order of the classes, "
                    "or the word `labels`. labels: the proportions among the labelled images of the split that `truth` comes from."};
  Param<double> alignment_decay{
      this, "alignment_decay", "Decay of the running mean of a group's probabilities, for alignment.", 0.9, {0.0, 1.0}};
  Param<bool> balance{this, "balance",
                      "Gives samples of rare classes more weight and those of frequent classes less. The balancing weight is 1/C divided "
                      "by the running share of the predicted class among the pseudo-labels of the group that pass.",
                      false};
  Param<double> balance_decay{this, "balance_decay", "Decay of the running share that `balance` uses.", 0.9, {0.0, 1.0}};
  Param<double> balance_most{this, "balance_most", "Largest balancing weight.", 3.0, {1.0, 1000.0}};
  Param<int> groups{this,
                    "groups",
                    "Largest number of groups of samples. Alignment, balance, and free and soft thresholds keep running values for each "
                    "group, and fail at a sample of a further group.",
                    8,
                    {1, 1024}};
  NamesOf classes{this, "classes", "C", "Names of the classes, in the order of the logits. Empty: the names of the logits, or numbers."};
  Metric passing{this,
                 "share",
                 Better::Neither,
                 "Fraction of the samples that pass; with `thresholds: soft`, the mean weight before balancing.",
                 {0, 1},
                 Shown::Headline};
  MetricGroup shares{this,
                     Better::Neither,
                     {{"confidence", "Mean of the largest probability after alignment."},
                      {"confidence_0", "Fraction of the samples whose largest probability is below 0.1."},
                      {"confidence_10", "The same from 0.1 to 0.2."},
                      {"confidence_20", "The same from 0.2 to 0.3."},
                      {"confidence_30", "The same from 0.3 to 0.4."},
                      {"confidence_40", "The same from 0.4 to 0.5."},
                      {"confidence_50", "The same from 0.5 to 0.6."},
                      {"confidence_60", "The same from 0.6 to 0.7."},
                      {"confidence_70", "The same from 0.7 to 0.8."},
                      {"confidence_80", "The same from 0.8 to 0.9."},
                      {"confidence_90", "The same from 0.9 on."},
                      {"share_{C}", "Fraction of the samples with this pseudo-label that pass."},
                      {"pseudo_{C}", "Fraction of this class among the pseudo-labels that pass."},
                      {"share_{group}", "Fraction of a group's samples that pass, if there are several groups."}},
                     {0, 1}};
  Metric pseudo_accuracy{this,           "pseudo_accuracy",
                         Better::Higher, "Fraction of right pseudo-labels among those that pass and whose class `truth` knows.",
                         {0, 1},         Shown::Headline};
  Metric pseudo_accuracy_of{
      this, "pseudo_accuracy_{group}", Better::Higher, "`pseudo_accuracy` of one group, if there are several groups.", {0, 1}};
  State<GroupNames> names{this, "names"};
  State<at::Tensor> mean{this, "mean", at::empty({0})};
  State<at::Tensor> share{this, "share", at::empty({0})};
  State<at::Tensor> judged{this, "judged", at::empty({0})};
  State<at::Tensor> confidence{this, "confidence", at::empty({0})};
  State<at::Tensor> variance{this, "variance", at::empty({0})};
  State<at::Tensor> tally{this, "tally", at::empty({0}, at::kDouble)};

  void shapes(Shapes& shapes) const override {
    check_exclusive(shapes.of(logits), "logits");
    check_class_names(*classes);
    if (!(alignment == "prior") && prior.is_given())
      throw Refusal("`prior` is given, but `alignment` is " + *alignment, "prior", "set `alignment: prior`");
    target_.clear();
    if (alignment == "prior") target_ = prior.is_of_labels() ? shares_of_labels(shapes) : prior.stated(*classes);
    if (alignment == "prior" && !prior.is_of_labels())
      shapes.disclose("the graph gives it the class proportions " + ClassShares::words(target_, *classes) + " (`prior`)");
    const Contract given = shapes.of(logits);
    if (given.dims.size() != 2 || !given.dims[1].is_known()) return;
    const auto check = [&](std::size_t count, const std::string& name) {
      if (count != 0 && static_cast<std::int64_t>(count) != given.dims[1].size)
        throw Refusal("`" + name + "` has " + std::to_string(count) + " entries, but the logits have " + given.dims[1].str() + " classes",
                      name);
    };
    check(target_.size(), "prior");
  }

  bool has_equal_steps() const override { return true; }

  void process(Frame& frame) const override {
    const RowList given = frame.rows(logits);
    const at::Tensor probabilities = at::softmax(frame[logits].detach(), 1);
    const at::Device device = probabilities.device();
    const std::vector<std::int64_t> group = groups_of(frame, given);
    const GateRows rows{probabilities, on_device(group, device), RowWeights::of({given}).tensor(device)};

    GateMemory memory = GateMemory::uniform(*groups + 1, probabilities.size(1), device);
    const auto recall = [&frame, &device](const State<at::Tensor>& kept, at::Tensor& remembered) {
      if (frame.state(kept).numel() > 0) remembered = frame.state(kept).to(device);
    };
    recall(mean, memory.mean);
    recall(share, memory.share);
    recall(judged, memory.judged);
    recall(confidence, memory.confidence);
    recall(variance, memory.variance);
    const GateVerdict verdict = judge(rows, settings(device), memory);
    const at::Tensor counted = GateTally::count(rows, verdict, truth_of(frame, device), *groups + 1);
    at::Tensor& total = frame.state(tally);
    if (total.numel() > 0) {
      // A checkpoint of an earlier version of Leat has no counts by confidence: these begin with the resume.
      total = total.to(device);
      const std::int64_t lacking = counted.numel() - total.numel();
      if (lacking > 0) total = at::cat({total, at::zeros({lacking}, total.options())});
      total = total + counted;
    } else {
      total = counted;
    }
    frame.state(mean) = memory.mean;
    frame.state(share) = memory.share;
    if (!(thresholds == "fixed")) {
      frame.state(judged) = memory.judged;
      frame.state(confidence) = memory.confidence;
      frame.state(variance) = memory.variance;
    }

    report_of(frame, probabilities.size(1)).put(frame, group, Readout(counted));
    frame.put(pseudo, verdict.pseudo);
    frame.put(weight, verdict.weight);
    frame.put(certainty, verdict.confidence);
    frame.put(needed, verdict.needed);
  }

  void finish(Frame& frame) const override {
    const at::Tensor& total = frame.state(tally);
    if (total.numel() == 0) return;
    std::vector<std::int64_t> every(frame.state(names).names().size());
    std::iota(every.begin(), every.end(), 0);
    report_of(frame, frame.state(mean).size(1)).put(frame, every, Readout(total));
    if (frame.key().kind == PhaseKind::Train) warn_of_none(frame, total, frame.state(mean).size(1));
  }

 private:
  void warn_of_none(Frame& frame, const at::Tensor& total, std::int64_t class_count) const {
    const at::Tensor counts = total.to(at::kCPU, at::kDouble).contiguous();
    const double* numbers = counts.const_data_ptr<double>();
    if (GateTally(*groups + 1, class_count, {numbers, numbers + counts.numel()}).share() == 0)
      frame.warn(
          "no sample has passed the gate, so the pseudo-labels have taught nothing: the network was never certain enough; train longer, or "
          "lower `threshold`");
  }

  [[nodiscard]] std::vector<double> shares_of_labels(Shapes& shapes) const {
    if (!shapes.is_connected(truth))
      throw Refusal("`prior: labels` needs a connected `truth` that comes from the split with the labelled images", "prior");
    if (classes->empty()) throw Refusal("`prior: labels` needs the names of the classes", "prior", "set `classes`");
    std::vector<std::int64_t> counts;
    for (const std::string& name : *classes) counts.push_back(shapes.fact(truth, "labelled images of " + name, 0));
    const auto none = std::find(counts.begin(), counts.end(), 0);
    const std::int64_t all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    if (all == 0)
      throw Refusal("`prior: labels` needs a split with a label budget (`class_labels`), but `truth` does not come from one", "prior",
                    "give `prior` as a list or a map");
    if (none != counts.end())
      throw Refusal("`prior: labels` needs a labelled image of each class, but none is of `" +
                        (*classes)[static_cast<std::size_t>(none - counts.begin())] + "`",
                    "prior");
    std::vector<double> out;
    for (const std::int64_t count : counts) out.push_back(static_cast<double>(count) / static_cast<double>(all));
    shapes.disclose("its class proportions are those of the " + std::to_string(all) +
                    " labelled images: " + ClassShares::words(out, *classes) + " (`prior: labels`)");
    return out;
  }

  [[nodiscard]] static at::Tensor on_device(std::vector<std::int64_t> numbers, const at::Device& device) {
    return to_device(at::tensor(numbers, at::kLong), device);
  }

  [[nodiscard]] GateSettings settings(const at::Device& device) const {
    GateSettings out{*threshold,
                     {},
                     *alignment_decay,
                     *balance,
                     *balance_decay,
                     *balance_most,
                     thresholds == "free"   ? Thresholds::Free
                     : thresholds == "soft" ? Thresholds::Soft
                                            : Thresholds::Fixed,
                     *threshold_decay};
    if (alignment == "uniform") out.target = at::ones({1}, at::TensorOptions(device).dtype(at::kFloat));
    if (alignment == "prior") out.target = to_device(at::tensor(target_, at::kFloat), device);
    return out;
  }

  /// Returns the group number of each row. Groups after the first `groups` share one further number if the numbers are used for metrics
  /// only; otherwise throws std::runtime_error.
  [[nodiscard]] std::vector<std::int64_t> groups_of(Frame& frame, const RowList& rows) const {
    std::vector<std::int64_t> out = frame.state(names).numbers(rows, *groups);
    if (!*balance && alignment == "none" && thresholds == "fixed") return out;
    for (int row = 0; row < rows.size(); ++row)
      if (rows.weight(row) != 0 && out[static_cast<std::size_t>(row)] == *groups)
        throw std::runtime_error("the sample `" + rows.sample(row).id + "` is in the group `" + rows.sample(row).group +
                                 "`, but `groups` is " + std::to_string(*groups) + " and there are as many other groups");
    return out;
  }

  [[nodiscard]] at::Tensor truth_of(const Frame& frame, const at::Device& device) const {
    if (!frame.is_connected(truth)) return {};
    const Rows<Label> labels = frame[truth];
    std::vector<std::int64_t> out(static_cast<std::size_t>(labels.size()));
    for (int row = 0; row < labels.size(); ++row) out[static_cast<std::size_t>(row)] = labels[row].index;
    return on_device(std::move(out), device);
  }

  [[nodiscard]] GateReport report_of(Frame& frame, std::int64_t class_count) const {
    return {class_count, *groups + 1, *classes, frame.state(names).names(), frame.is_connected(truth)};
  }

  mutable std::vector<double> target_;  ///< Set by `shapes`, before the first call of `process`. Empty: no prior.
};

}  // namespace

LEAT_NODE(Confidence, "gate.confidence",
          "Makes pseudo-labels from the logits of a weak view, with a loss weight that excludes unconfident ones.", leat::LaneKind::Device)
