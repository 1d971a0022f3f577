#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
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

namespace {
using namespace leat;

struct Confidence final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Class logits of the weak view."};
  OptionalGather<Label> truth{
      this, "truth", "One of C. The samples' classes where they happen to be known, only to report how many pseudo-labels are right.",
      diagnostic};
  Output<at::Tensor> pseudo{this, "pseudo", "N, int, one of C. The most probable class."};
  Output<at::Tensor> weight{
      this, "weight",
      "N, float. 0 where the gate is closed, else 1 or the class's balancing weight; of soft thresholds what lies between as well."};
  Choice thresholds{
      this,
      "thresholds",
      "What passes. fixed: `threshold` and more (FixMatch). free: the running mean of the largest probability, less for classes that "
      "are predicted less (FreeMatch). soft: below that mean a weight that falls as a Gaussian of the running variance (SoftMatch).",
      "fixed",
      {"fixed", "free", "soft"}};
  Param<double> threshold{this, "threshold", "The least probability that passes a fixed threshold.", 0.9, {0.0, 1.0}};
  Param<double> threshold_decay{
      this, "threshold_decay", "Of the running means and variance behind free and soft thresholds.", 0.999, {0.0, 1.0}};
  Choice alignment{this,
                   "alignment",
                   "What the mean probabilities of each group of samples are brought to before the threshold.",
                   "none",
                   {"none", "uniform", "prior"}};
  ClassShares prior{this, "prior",
                    "Shares of the classes for `alignment: prior`, sum 1: a map from their names; a list, in the classes' order; or "
                    "`labels`: the shares among the labelled images of the split that `truth` comes from."};
  Param<double> alignment_decay{this, "alignment_decay", "Of the running mean of a group's probabilities.", 0.9, {0.0, 1.0}};
  Param<bool> balance{this, "balance", "Weighs rare classes up: (1/C) / running share of the class among the group's passed pseudo-labels.",
                      false};
  Param<double> balance_decay{this, "balance_decay", "Of that running share.", 0.9, {0.0, 1.0}};
  Param<double> balance_most{this, "balance_most", "The largest balancing weight.", 3.0, {1.0, 1000.0}};
  Param<int> groups{
      this, "groups", "The most groups of samples that alignment, balance and adaptive thresholds can tell apart.", 8, {1, 1024}};
  NamesOf classes{this, "classes", "C", "Names of the classes, in the order of `prior`; empty: those of the logits, or numbers."};
  Metric passing{this, "share", Better::Neither, "Share of the samples that pass.", {0, 1}, Shown::Headline};
  MetricGroup shares{this,
                     Better::Neither,
                     {{"confidence", "Mean of the largest probability."},
                      {"share_{C}", "Of the samples with this pseudo-label, the share that passes."},
                      {"pseudo_{C}", "Share of this class among the pseudo-labels."},
                      {"share_{group}", "Share of a group's samples that pass, where there are several groups."}},
                     {0, 1}};
  Metric pseudo_accuracy{this,           "pseudo_accuracy",
                         Better::Higher, "Share of right ones among the pseudo-labels that pass, where `truth` is connected.",
                         {0, 1},         Shown::Headline};
  Metric pseudo_accuracy_of{this, "pseudo_accuracy_{group}", Better::Higher, "The same of a group.", {0, 1}};
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
      shapes.disclose("the graph gives it the class shares " + ClassShares::words(target_, *classes) + " (`prior`)");
    const Contract given = shapes.of(logits);
    if (given.dims.size() != 2 || !given.dims[1].is_known()) return;
    const auto check = [&](std::size_t count, const std::string& name) {
      if (count != 0 && static_cast<std::int64_t>(count) != given.dims[1].size)
        throw Refusal("`" + name + "` has " + std::to_string(count) + " entries, the logits have " + given.dims[1].str() + " classes",
                      name);
    };
    check(target_.size(), "prior");
  }

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
    total = total.numel() > 0 ? total.to(device) + counted : counted;
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
  }

  void finish(Frame& frame) const override {
    const at::Tensor& total = frame.state(tally);
    if (total.numel() == 0) return;
    std::vector<std::int64_t> every(frame.state(names).names().size());
    std::iota(every.begin(), every.end(), 0);
    report_of(frame, frame.state(mean).size(1)).put(frame, every, Readout(total));
  }

 private:
  [[nodiscard]] std::vector<double> shares_of_labels(Shapes& shapes) const {
    if (!shapes.is_connected(truth))
      throw Refusal("`prior: labels` needs `truth`, which comes from the split that has the labelled images", "prior");
    if (classes->empty()) throw Refusal("`prior: labels` needs the names of the classes", "prior", "give `classes`");
    std::vector<std::int64_t> counts;
    for (const std::string& name : *classes) counts.push_back(shapes.fact(truth, "labelled images of " + name, 0));
    const auto none = std::find(counts.begin(), counts.end(), 0);
    const std::int64_t all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    if (all == 0)
      throw Refusal("`prior: labels`, but `truth` comes from no split with a budget of labels (`class_labels`)", "prior",
                    "give the shares themselves");
    if (none != counts.end())
      throw Refusal("`prior: labels`, but no labelled image is of `" + (*classes)[static_cast<std::size_t>(none - counts.begin())] + "`",
                    "prior");
    std::vector<double> out;
    for (const std::int64_t count : counts) out.push_back(static_cast<double>(count) / static_cast<double>(all));
    shapes.disclose("its class shares are those of the " + std::to_string(all) + " labelled images: " + ClassShares::words(out, *classes) +
                    " (`prior: labels`)");
    return out;
  }

  [[nodiscard]] static at::Tensor on_device(std::vector<std::int64_t> numbers, const at::Device& device) {
    return at::tensor(numbers, at::kLong).to(device);
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
    if (alignment == "prior") out.target = at::tensor(target_, at::kFloat).to(device);
    return out;
  }

  /// The number of each row's group. Those after the first `groups` share one more number, if nothing but metrics needs them apart.
  [[nodiscard]] std::vector<std::int64_t> groups_of(Frame& frame, const RowList& rows) const {
    std::vector<std::int64_t> out = frame.state(names).numbers(rows, *groups);
    if (!*balance && alignment == "none" && thresholds == "fixed") return out;
    for (int row = 0; row < rows.size(); ++row)
      if (rows.weight(row) != 0 && out[static_cast<std::size_t>(row)] == *groups)
        throw std::runtime_error("the sample `" + rows.sample(row).id + "` is of the group `" + rows.sample(row).group +
                                 "`, and `groups` allows " + std::to_string(*groups));
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

  mutable std::vector<double> target_;  ///< As `shapes` finds it, before the first call; empty: no prior.
};

}  // namespace

LEAT_NODE(Confidence, "gate.confidence", "Pseudo-labels of a weak view, and a weight that lets only confident ones teach.",
          leat::LaneKind::Device)
