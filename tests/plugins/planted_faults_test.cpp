#include <ATen/ATen.h>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "leat/check_behaviour.h"
#include "leat/label.h"
#include "leat/loss_term.h"
#include "leat/model.h"
#include "leat/optimizer.h"
#include "leat/register_nodes.h"
#include "leat/row_weights.h"
#include "leat/scores.h"
#include "leat/tensor.h"
#include "support/doctest.h"

// One fault at a time in a source, a node for each sample, a node for each step, a loss, a metric and an optimizer, as an author would
// write them. The conformance kit names the type and the fault, and says nothing of the same types without it.
using namespace leat;

/// The types that the kit puts into graphs.
extern "C" void leat_nodes_enter_trials(leat::Registry& registry);

namespace {

const std::vector<std::string> faults{"none",  "rows",  "contract", "state",    "input", "names", "moved", "ids",   "patients", "groups",
                                      "range", "fails", "finite",   "position", "low",   "order", "leak",  "mixed", "detached"};
const std::vector<std::string> classes{"a", "b", "c"};

/// Writes to what others read.
std::vector<float>& written(const std::vector<float>& values) { return const_cast<std::vector<float>&>(values); }

struct Draws final : Source {
  Output<Scores> scores{this, "scores", "C, float. Numbers of a class each."};
  Output<Label> label{this, "label", "One of C. The class."};
  Output<Scores> belief{this, "belief", "C, float, 0..1. Belief in each class."};
  Param<std::vector<std::string>> names{this, "names", "Order of the classes.", classes};
  Choice fault{this, "fault", "What is wrong.", "none", faults};
  Choice part{this, "part", "The patients.", "trained", {"trained", "evaluated"}};

  std::int64_t length() const override { return 12; }
  void shapes(Shapes& shapes) const override {
    const Dim named = Dim::named(*names, this, "names");
    Contract out = scores.contract();
    out.dims[0] = named;
    shapes.set(scores, out);
    shapes.set(label, label_contract(named));
    out = belief.contract();
    out.dims[0] = named;
    shapes.set(belief, out);
  }
  void list_samples(const std::function<void(const Sample&)>& take) const override {
    for (std::int64_t place = 0; place < length(); ++place)
      take({.id = id_of(place),
            .group = fault == "groups" ? "all" : "g" + std::to_string(place % 2),
            .patient = patient_of(fault == "patients" ? place + 1 : place)});
  }
  void process(Frame& frame) const override {
    std::int64_t place = pick(frame, length(), frame.key().kind == PhaseKind::Train);
    if (fault == "state") {
      const std::lock_guard guard(lock_);
      place = count_++ % length();
    }
    frame.identify({.id = id_of(place), .group = "g" + std::to_string(place % 2), .patient = patient_of(place)});
    const int known = static_cast<int>(place % 3);
    const int right = fault == "order" ? known : index_of(known);
    const std::vector<float> numbers{0.1f * static_cast<float>(place), 0.2f, -0.3f};
    Scores out{std::vector<float>(3)}, sure{std::vector<float>(3, 0.1f)};
    for (int k = 0; k < 3; ++k) out.values[static_cast<std::size_t>(index_of(k))] = numbers[static_cast<std::size_t>(k)];
    out.values[static_cast<std::size_t>(index_of(known))] += 1;
    sure.values[static_cast<std::size_t>(index_of(known))] = fault == "low" && place == 5 ? -0.25f : 0.8f;
    if (fault == "contract") out.values.push_back(0);
    frame.put(scores, std::move(out));
    frame.put(label, {fault == "range" && place == 5 ? 3 : right});
    frame.put(belief, std::move(sure));
  }

 private:
  [[nodiscard]] int index_of(int known) const {
    return static_cast<int>(std::find(names->begin(), names->end(), classes[static_cast<std::size_t>(known)]) - names->begin());
  }
  [[nodiscard]] std::string patient_of(std::int64_t place) const { return *part + std::to_string(place / 2); }
  [[nodiscard]] std::string id_of(std::int64_t place) const { return std::to_string(fault == "ids" ? place % 11 : place); }

  mutable std::mutex lock_;
  mutable std::int64_t count_ = 0;
};

/// Of one sample; what it gives has this sentence.
template <const char* sentence>
struct Scale : Node {
  Input<Scores> scores{this, "scores", "C, float. Numbers."};
  Output<Scores> scaled{this, "scaled", sentence};
  Choice fault{this, "fault", "What is wrong.", "none", faults};
  State<double> sum{this, "sum"};

  void process(Frame& frame) const override {
    if (fault == "input") written(frame[scores].values)[0] = 7;
    Scores out = frame[scores];
    double& kept = fault == "state" ? hidden_ : frame.state(sum);
    kept += 0.125;
    for (float& value : out.values) value = 2 * value + static_cast<float>(kept);
    if (fault == "contract") out.values.pop_back();
    if (fault == "names" || fault == "moved") std::reverse(out.values.begin(), out.values.end());
    frame.put(scaled, std::move(out));
  }

 private:
  mutable double hidden_ = 0;  // It has a State as well, so that it runs in order.
};
constexpr char same_word[] = "C, float. Twice as large.";
constexpr char other_word[] = "D, float. Twice as large.";

/// Of one sample, with numbers that are drawn.
struct Noise final : Node {
  Input<Scores> scores{this, "scores", "C, float. Numbers."};
  Output<Scores> noisy{this, "noisy", "C, float. A little larger."};
  Choice fault{this, "fault", "What is wrong.", "none", {"none", "seed", "claims"}};

  void shapes(Shapes& shapes) const override {
    if (fault == "claims") shapes.is_deterministic();
  }
  void process(Frame& frame) const override {
    Random random = frame.random();
    // Every slot has numbers of its own, which are the same in every run.
    std::mt19937 own(static_cast<unsigned>(frame.key().step * 1000 + frame.key().slot));
    const std::int64_t more = fault == "seed" ? static_cast<std::int64_t>(own() % 100) : random.below(100);
    Scores out = frame[scores];
    for (float& value : out.values) value += 0.01f * static_cast<float>(more);
    frame.put(noisy, std::move(out));
  }
};

/// Of one step: all rows as a tensor, and their mean.
struct Stack final : Node {
  Gather<Scores> scores{this, "scores", "C, float. Numbers."};
  Output<at::Tensor> rows{this, "rows", "N x C, float. A row each."};
  Output<at::Tensor> mean{this, "mean", "C, float. The mean of the rows."};
  Choice fault{this, "fault", "What is wrong.", "none", faults};

  void process(Frame& frame) const override {
    const Rows<Scores> all = frame[scores];
    at::Tensor out = at::empty({all.size(), 3}), sum = at::zeros({3});
    float weights = 0;
    for (int row = 0; row < all.size(); ++row) {
      if (fault == "input") written(all[row].values)[0] += 1;
      out[row] = at::tensor(all[row].values);
      const float weight = fault == "rows" ? 1 : all.weight(row);
      sum = sum + weight * out[row];
      weights += weight;
    }
    if (fault == "state") out = out + 0.125 * static_cast<double>(count_++);
    if (fault == "contract") out = out.to(at::kDouble);
    if (fault == "moved") out = out.flip(1);
    frame.put(rows, out);
    frame.put(mean, weights > 0 ? sum / weights : sum);
  }

 private:
  mutable std::int64_t count_ = 0;
};

/// Of one step: the numbers of each sample less half of their mean.
struct Center final : Node {
  Gather<Scores> scores{this, "scores", "C, float. Numbers."};
  Scatter<Scores> centered{this, "centered", "C, float. Less half of the mean."};
  Choice fault{this, "fault", "What is wrong.", "none", faults};

  void process(Frame& frame) const override {
    const Rows<Scores> all = frame[scores];
    std::vector<float> sum(3);
    float weights = 0;
    for (int row = 0; row < all.size(); ++row) {
      const float weight = fault == "leak" ? 1 : all.weight(row);
      for (std::size_t k = 0; k < 3; ++k) sum[k] += weight * all[row].values[k];
      weights += weight;
    }
    for (int row = 0; row < all.size(); ++row) {
      if (all.weight(row) == 0) continue;
      Scores out = all[row];
      for (std::size_t k = 0; k < 3; ++k) out.values[k] -= sum[fault == "mixed" ? 2 - k : k] / weights / 2;
      frame.put(centered, row, std::move(out));
    }
  }
};

struct Net final : ForwardModel {
  Normalization normalization() const override { return {}; }
  void open(const Opening&) override { set_weights({"weight"}, {at::eye(3) + 0.1}); }
  std::vector<Contract> outputs(const Contract&) const override { return {Contract::parse("N x C, float.")}; }
  Dim entries(std::size_t) const override { return Dim::named(classes, this, ""); }
  std::vector<at::Tensor> forward(const at::Tensor& batch, const ForwardPass& pass) const override {
    return {at::linear(batch, tensors(pass.weights)[0])};
  }
};

at::Tensor classes_of(const Rows<Label>& labels) {
  at::Tensor out = at::empty({labels.size()}, at::kLong);
  for (int row = 0; row < labels.size(); ++row) out[row] = labels[row].index;
  return out;
}

template <const char* sentence>
struct Squared final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Logits.", differentiable};
  Gather<Label> label{this, "label", sentence};
  Output<LossTerm> term{this, "term", "Sum of squared distances, and their number.", differentiable};
  Choice fault{this, "fault", "What is wrong.", "none", faults};

  void process(Frame& frame) const override {
    at::Tensor scores = frame[logits];
    if (fault == "input") scores.mul_(2);
    if (fault == "detached") scores = scores.detach();
    if (fault == "fails") throw std::runtime_error("a loss without reason");
    if (fault == "finite" && !scores.isfinite().all().item<bool>()) throw std::runtime_error("logits that are not finite");
    const Rows<Label> labels = frame[label];
    at::Tensor values = (scores - at::one_hot(classes_of(labels), 3)).square().sum(1);
    if (fault == "state") values = values * (1 + 0.125 * static_cast<double>(count_++));
    if (fault == "rows") return frame.put(term, {values.sum(), at::full({}, labels.size(), at::kFloat)});
    if (fault == "contract") return frame.put(term, {values, at::ones({labels.size()})});
    frame.put(term, RowWeights::of({frame.rows(logits), labels}).term(values));
  }

 private:
  mutable std::int64_t count_ = 0;
};

template <const char* sentence>
struct Accuracy final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Logits."};
  Gather<Label> label{this, "label", sentence};
  Metric share{this, "share", Better::Higher, "Fraction of right answers."};
  Choice fault{this, "fault", "What is wrong.", "none", faults};
  Choice counts{this, "counts", "What is summed.", "scores", {"scores", "hits"}};
  State<double> right{this, "right"};
  State<double> all{this, "all"};

  void process(Frame& frame) const override {
    if (fault == "input") at::Tensor(frame[logits]).detach().mul_(2);
    const Rows<Label> labels = frame[label];
    const RowList rows = frame.rows(logits);
    const at::Tensor scores = frame[logits].detach();
    for (int row = 0; row < labels.size(); ++row) {
      if (fault != "rows" && rows.weight(row) == 0) continue;
      (fault == "state" ? hidden_ : frame.state(all)) += 1;
      frame.state(right) += counts == "hits" ? (scores[row].argmax().item<int>() == labels[row].index ? 1 : 0)
                                             : scores[row][labels[row].index].item<double>();
    }
  }
  void finish(Frame& frame) const override { frame.metric(share, frame.state(right) / (fault == "state" ? hidden_ : frame.state(all))); }

 private:
  mutable double hidden_ = 0;
};
constexpr char one_of_c[] = "One of C. The class.";
constexpr char one_of_d[] = "One of D. The class.";

/// Mean score of each class, under the name of the class.
struct ByClass final : Node {
  Gather<Scores> scores{this, "scores", "C, float. Numbers of a class each."};
  Gather<Label> label{this, "label", "One of C. The class."};
  NamesOf names{this, "classes", "C", "Names of the classes."};
  Metric of_class{this, "score_{C}", Better::Higher, "Mean score of a class."};
  Choice fault{this, "fault", "What is wrong.", "none", faults};

  void process(Frame& frame) const override {
    const Rows<Scores> all = frame[scores];
    const Rows<Label> labels = frame[label];
    for (std::size_t k = 0; k < names->size(); ++k) {
      double sum = 0, weights = 0;
      for (int row = 0; row < all.size(); ++row) {
        const double weight = static_cast<double>(all.weight(row) * labels.weight(row));
        sum += weight * static_cast<double>(all[row].values[k]);
        weights += weight;
      }
      if (weights > 0) frame.metric(of_class.of(fault == "position" ? classes[k] : (*names)[k]), sum / weights);
    }
  }
};

struct Momentum final : Optimizer {
  Choice fault{this, "fault", "What is wrong.", "none", {"none", "state", "skipped", "sign", "still", "host"}};

  void open(const Opening& opening) override {
    Optimizer::open(opening);
    velocity_ = keep_tensors("velocity");
    hidden_.clear();
    for (const at::Tensor& weight : model->parameters()) hidden_.push_back(at::zeros_like(weight));
  }
  void update(const OptimizerStep& step) override {
    for (const std::size_t k : step.learning()) {
      const at::Tensor& velocity = fault == "state" ? hidden_[k] : velocity_[k];
      const at::Tensor& weight = model->parameters()[k];
      if (fault == "still") continue;
      if (fault == "host" && step.is_skipped.item<float>() > 0) continue;
      if (fault == "sign") {
        weight.sub_(step.rate * step.gradients[k].sign());
        continue;
      }
      if (fault == "skipped") {
        velocity.mul_(0.9).add_(step.gradients[k]);
        weight.sub_(step.rate * velocity);
        continue;
      }
      step.set(velocity, 0.9 * velocity + step.gradients[k]);
      step.set(weight, weight - step.rate * velocity);
    }
  }

 private:
  WeightState velocity_;
  std::vector<at::Tensor> hidden_;
};

constexpr const char* text = R"(
leat: 1
params: {source: none, noise: none, scale: none, scale_type: planted.scale, stack: none, center: none, loss: none, loss_type: planted.squared, metric: none,
  metric_type: planted.accuracy, optimizer: none}
resources:
  net: {uses: planted.net}
  momentum: {uses: planted.momentum, with: {model: net, lr: 0.01, fault: "${optimizer}"}}
phases:
  train:
    nodes:
      draws: {uses: planted.draws, with: {batch: 4, fault: "${source}"}}
      scale: {uses: "${scale_type}", in: {scores: draws.scores}, with: {fault: "${scale}"}}
      noise: {uses: planted.noise, in: {scores: draws.scores}, with: {fault: "${noise}"}}
      center: {uses: planted.center, in: {scores: draws.scores}, with: {fault: "${center}"}}
      belief: {uses: planted.scale, in: {scores: draws.belief}}
      stack: {uses: planted.stack, in: {scores: draws.scores}, with: {fault: "${stack}"}}
      net: {uses: model.forward, in: {batch: stack.rows}, with: {model: net}}
      squared: {uses: "${loss_type}", in: {logits: net.output, label: draws.label}, with: {fault: "${loss}"}}
      accuracy: {uses: "${metric_type}", in: {logits: net.output, label: draws.label}, with: {fault: "${metric}"}}
      loss: {uses: loss.total, in: {terms: {squared: squared}}}
      step: {uses: train.step, in: loss, with: {optimizer: momentum}}
plan: {train: {phase: train, steps: 40, checkpoint_every: 2}}
)";

/// The scaled numbers are judged in phases that evaluate.
constexpr const char* phases_text = R"(
leat: 1
params: {scale_type: planted.scale, metric: none, counts: scores, by_class: none, test: none}
resources:
  net: {uses: planted.net}
  momentum: {uses: planted.momentum, with: {model: net, lr: 0.01}}
phases:
  train:
    nodes:
      draws: {uses: planted.draws, with: {batch: 4}}
      stack: {uses: planted.stack, in: {scores: draws.scores}}
      net: {uses: model.forward, in: {batch: stack.rows}, with: {model: net}}
      squared: {uses: planted.squared, in: {logits: net.output, label: draws.label}}
      loss: {uses: loss.total, in: {terms: {squared: squared}}}
      step: {uses: train.step, in: loss, with: {optimizer: momentum}}
  validate:
    nodes:
      draws: {uses: planted.draws, with: {batch: 4, part: evaluated}}
      stack: {uses: planted.stack, in: {scores: draws.scores}}
      net: {uses: model.forward, in: {batch: stack.rows}, with: {model: net}}
      accuracy: {uses: planted.accuracy, in: {logits: net.output, label: draws.label}, with: {fault: "${metric}", counts: "${counts}"}}
  test:
    nodes:
      draws: {uses: planted.draws, with: {batch: 4, part: evaluated, fault: "${test}"}}
      scale: {uses: "${scale_type}", in: {scores: draws.scores}}
      by_class: {uses: planted.by_class, in: {scores: scale, label: draws.label}, with: {fault: "${by_class}"}}
plan: {train: {phase: train, steps: 40, checkpoint_every: 2, validate: {phase: validate, every: 20 steps}}, then: [test]}
)";

Registry registry_of_planted(bool has_trials = true) {
  Registry registry;
  register_nodes(registry);
  if (has_trials) leat_nodes_enter_trials(registry);
  leat::detail::register_type<Draws>(registry, "planted.draws", "Draws numbers.");
  leat::detail::register_type<Scale<same_word>>(registry, "planted.scale", "Scales numbers.");
  leat::detail::register_type<Scale<other_word>>(registry, "planted.scale_other", "Scales numbers.");
  leat::detail::register_type<Noise>(registry, "planted.noise", "Draws numbers.");
  leat::detail::register_type<Stack>(registry, "planted.stack", "Stacks rows.");
  leat::detail::register_type<Center>(registry, "planted.center", "Centers rows.");
  leat::detail::register_type<Net>(registry, "planted.net", "Is linear.");
  leat::detail::register_type<Squared<one_of_c>>(registry, "planted.squared", "Is a loss.", LaneKind::Device);
  leat::detail::register_type<Squared<one_of_d>>(registry, "planted.squared_other", "Is a loss.", LaneKind::Device);
  leat::detail::register_type<Accuracy<one_of_c>>(registry, "planted.accuracy", "Is a metric.");
  leat::detail::register_type<Accuracy<one_of_d>>(registry, "planted.accuracy_other", "Is a metric.");
  leat::detail::register_type<ByClass>(registry, "planted.by_class", "Is a metric of each class.");
  leat::detail::register_type<Momentum>(registry, "planted.momentum", "Is an optimizer.");
  return registry;
}

Conformance conformance_of(const char* graph_text, const Registry& registry, const std::vector<Setting>& settings,
                           const std::set<std::string>& types) {
  Diagnostics diagnostics;
  const GraphDescription graph = read_graph_text(graph_text, "g.yaml", std::filesystem::current_path(), settings, diagnostics);
  REQUIRE_MESSAGE(!diagnostics.has_errors(), diagnostics.str());
  ConformanceSettings how;
  how.steps = 2;
  how.types = types;
  return check_behaviour(graph, registry, how);
}

std::string lines_of(const std::vector<Finding>& all) {
  std::string out;
  for (const Finding& one : all) out += one.type + ": " + one.text + "\n";
  return out;
}

/// What is found of a type, a line each, with these parameters.
std::string found(const std::vector<Setting>& settings, const std::set<std::string>& types, const char* graph_text = text) {
  return lines_of(conformance_of(graph_text, registry_of_planted(), settings, types).findings);
}

/// The fault of one node, named with its type.
void check_found(const std::string& node, const std::string& type, const std::string& fault, const std::string& what,
                 const char* graph_text = text) {
  const std::string said = found({{node, fault, {}}}, {type}, graph_text);
  CAPTURE(node);
  CAPTURE(fault);
  CAPTURE(said);
  CHECK(said.find(type + ": ") != std::string::npos);
  CHECK(said.find(what) != std::string::npos);
}

}  // namespace

TEST_CASE("planted faults: nothing is found where nothing is planted") {
  CHECK(found({}, {"planted.draws", "planted.scale", "planted.noise", "planted.stack", "planted.center", "planted.net", "planted.squared",
                   "planted.accuracy", "planted.momentum"}) == "");
}

TEST_CASE("planted faults: rows that are ignored are named in a node of steps, a loss and a metric") {
  check_found("stack", "planted.stack", "rows", "ignores the weights of rows: its output `mean`");
  check_found("loss", "planted.squared", "rows", "ignores the weights of rows: its output `term`");
  check_found("metric", "planted.accuracy", "rows", "ignores the weights of rows: its metric `share`");
}

TEST_CASE("planted faults: a broken contract is named in a source, a node of samples and one of steps, and a loss that is no scalar") {
  check_found("source", "planted.draws", "contract", "it puts 4, float into `scores`, where 3 (a, b, c), float is promised");
  check_found("scale", "planted.scale", "contract", "it puts 2, float into `scaled`, where 3 (a, b, c), float is promised");
  check_found("stack", "planted.stack", "contract",
              "it puts 4 x 3, another element type into `rows`, where N x 3 (a, b, c), float for 4 rows is promised");
  const std::string said = found({{"loss", "contract", {}}}, {"planted.squared"});
  CAPTURE(said);
  CHECK(said.find("the term `squared` is not two scalars, but 4, float and 4, float") != std::string::npos);
}

TEST_CASE("planted faults: a state that a resume loses is named in nodes of all kinds and in an optimizer") {
  check_found("source", "planted.draws", "state", "gives other values");
  const std::string resumed = "gives other values after a resume";
  check_found("scale", "planted.scale", "state", resumed);
  check_found("stack", "planted.stack", "state", resumed);
  check_found("loss", "planted.squared", "state", resumed);
  check_found("metric", "planted.accuracy", "state", resumed);
  check_found("optimizer", "planted.momentum", "state", resumed);
}

TEST_CASE("planted faults: an input that is written is named in nodes of all kinds") {
  check_found("scale", "planted.scale", "input", "changes the scores that it reads, which other nodes can read too");
  check_found("stack", "planted.stack", "input", "changes the scores that it reads, which other nodes can read too");
  check_found("loss", "planted.squared", "input", "changes the tensor that it reads, which other nodes can read too");
  check_found("metric", "planted.accuracy", "input", "changes the tensor that it reads, which other nodes can read too");
}

TEST_CASE("planted faults: names that are lost are named, under another word or in another order") {
  const std::string moved = "loses names: its output `";
  check_found("scale", "planted.scale", "moved", moved + "scaled` says that its entries are a, b, c, but they come in another order");
  check_found("stack", "planted.stack", "moved", moved + "rows` says that its entries are a, b, c, but they come in another order");
  check_found("scale_type", "planted.scale_other", "planted.scale_other",
              "loses names: the entries of its output `scaled` are a, b, c, as in its input, but its sentence has the word `D` for them");
  const std::string words =
      "loses names: it reads a, b, c of `logits` as `C`, and of `label` as `D`: with the same word in both sentences, they would be "
      "compared";
  check_found("loss_type", "planted.squared_other", "planted.squared_other", words);
  check_found("metric_type", "planted.accuracy_other", "planted.accuracy_other", words);
}

TEST_CASE("planted faults: a number outside of the range of its sentence is named") {
  check_found("source", "planted.draws", "low", "planted.draws: puts -0.25 into `belief`, where 0..1 is promised");
}

TEST_CASE("planted faults: a source that finds a class by a fixed order is named, with a sample") {
  check_found("source", "planted.draws", "order", "planted.draws: loses names: `label` of `");
  check_found("source", "planted.draws", "order", " if the names in `names` come in another order: find the place of an entry in `names`");
}

TEST_CASE("planted faults: a node whose live rows depend on dropped ones is named") {
  check_found("center", "planted.center", "leak",
              "ignores the weights of rows: its output `centered` in live rows changes with what the row of a dropped sample repeats");
}

TEST_CASE("planted faults: a node that adds the number of one entry to another is named, with both numbers") {
  check_found("center", "planted.center", "mixed", "loses names: its output `centered` has ");
  check_found("center", "planted.center", "mixed",
              " if the entries a, b, c of its inputs come in another order: find an entry by its name");
}

TEST_CASE("planted faults: a node that draws, but says that it is deterministic, is named") {
  check_found("noise", "planted.noise", "claims", "gives different outputs for equal inputs, but says `shapes.is_deterministic()`");
}

TEST_CASE("planted faults: numbers that do not follow the seed are named") {
  check_found("noise", "planted.noise", "seed",
              "draws random numbers that do not depend on the seed: they must come from `frame.random()`");
}

TEST_CASE("planted faults: an optimizer that changes weights in a skipped step is named") {
  check_found("optimizer", "planted.momentum", "skipped",
              "ignores `is_skipped`: a step whose gradients are not finite changes its state and `net`: change them with `step.set` "
              "(leat/optimizer.h)");
}

TEST_CASE("planted faults: one single gradient that is not finite shows an optimizer that uses only signs") {
  check_found("optimizer", "planted.momentum", "sign",
              "ignores `is_skipped`: a step whose gradients are not finite changes `net`: change them with `step.set` (leat/optimizer.h)");
}

TEST_CASE("planted faults: a loss that refuses what is not finite hides no optimizer") {
  const std::vector<Setting> settings{{"optimizer", "skipped", {}}, {"loss", "finite", {}}};
  CHECK(found(settings, {"planted.momentum"}).starts_with("planted.momentum: ignores `is_skipped`"));
  // Without LibTorch's own node for it, all gradients are spoiled, and the loss is first.
  Registry registry = registry_of_planted(false);
  const Conformance all = conformance_of(text, registry, settings, {"planted.momentum"});
  CHECK(lines_of(all.findings) == "");
  CHECK(lines_of(all.not_judged) ==
        "planted.momentum: whether it changes nothing in a step whose gradients are not finite is not known: the run ended at `squared`: "
        "logits that are not finite\n");
}

TEST_CASE("planted faults: a loss that cuts the gradient is named, and not the node that misses it") {
  CHECK(found({{"loss", "detached", {}}}, {"planted.squared"}) ==
        "planted.squared: cuts the gradient: `logits` of `squared` has one, but its output `term` does not: compute it without `detach()`, "
        "`item()` and at::NoGradGuard\n");
}

TEST_CASE("planted faults: an optimizer that reads numbers from the device is named") {
  check_found("optimizer", "planted.momentum", "host", "reads numbers from the device in `update`");
}

TEST_CASE("planted faults: an optimizer that never steps is named") {
  check_found("optimizer", "planted.momentum", "still", "does not change `net` in 2 steps: change the weights in place");
}

TEST_CASE("planted faults: a source whose ids are not unique, or that identifies other samples than it lists, is named") {
  check_found("source", "planted.draws", "ids", "gives two samples the id `0`, in step ");
  check_found("source", "planted.draws", "patients", " with another patient than it lists: `trained");
  check_found("source", "planted.draws", "groups", "with another group than it lists: `g");
}

TEST_CASE("planted faults: a label out of range is a fault of its source, and the loss that reads it is only not judged") {
  const Conformance all = conformance_of(text, registry_of_planted(), {{"source", "range", {}}}, {"planted.draws", "planted.squared"});
  const std::string said = lines_of(all.findings), open = lines_of(all.not_judged);
  CAPTURE(said);
  CAPTURE(open);
  CHECK(said.starts_with("planted.draws: fails at step "));
  CHECK(said.ends_with(
      ": it puts entry 3 into `label`, where int, of 3 (a, b, c) is promised: an entry is 0..2, or -1 if it is not known\n"));
  CHECK(open.starts_with("planted.squared: it was not tried, because a run of the graph fails: `planted.draws` fails at step "));
}

TEST_CASE("planted faults: a run that fails is a fault of the node that its error names, and the other types are not judged") {
  const Conformance all =
      conformance_of(text, registry_of_planted(), {{"loss", "fails", {}}}, {"planted.draws", "planted.squared", "planted.momentum"});
  CHECK(lines_of(all.findings) == "planted.squared: fails at step 0 of `train`: a loss without reason\n");
  const std::string why =
      ": it was not tried, because a run of the graph fails: `planted.squared` fails at step 0 of `train`: a loss without reason\n";
  CHECK(lines_of(all.not_judged) == "planted.draws" + why + "planted.momentum" + why);
}

TEST_CASE("planted faults: nothing is found in phases that evaluate where nothing is planted") {
  const Conformance all = conformance_of(phases_text, registry_of_planted(), {},
                                         {"planted.draws", "planted.scale", "planted.accuracy", "planted.by_class", "planted.momentum"});
  CHECK(lines_of(all.findings) == "");
  CHECK(all.ran.contains("planted.accuracy"));
  CHECK(all.ran.contains("planted.by_class"));
}

TEST_CASE("planted faults: a metric in a validation or a test is tried there, with trained weights") {
  const std::string metric = "planted.accuracy: in `validate`: ";
  check_found("metric", "planted.accuracy", "rows", metric + "ignores the weights of rows: its metric `share`", phases_text);
  check_found("metric", "planted.accuracy", "state", metric + "gives other values after a resume", phases_text);
  check_found("metric", "planted.accuracy", "input", metric + "changes the tensor that it reads", phases_text);
  check_found("test", "planted.draws", "ids", "in `test`: gives two samples the id `0`", phases_text);
}

TEST_CASE("planted faults: a network that is always right hides no metric that counts dropped rows") {
  const std::string said = found({{"metric", "rows", {}}, {"counts", "hits", {}}}, {"planted.accuracy"}, phases_text);
  CAPTURE(said);
  CHECK(said.starts_with("planted.accuracy: in `validate`: ignores the weights of rows: its metric `share`"));
  CHECK(found({{"counts", "hits", {}}}, {"planted.accuracy"}, phases_text) == "");
}

TEST_CASE("planted faults: names that a reader gives hide no output that loses them") {
  check_found("scale_type", "planted.scale_other", "planted.scale_other",
              "loses names: the entries of its output `scaled` are a, b, c, as in its input, but its sentence has the word `D` for them",
              phases_text);
}

TEST_CASE("planted faults: a metric that finds classes by their position is named") {
  check_found("by_class", "planted.by_class", "position", "loses names: its metric `score_a` is ", phases_text);
  check_found("by_class", "planted.by_class", "position",
              " if the entries a, b, c of its inputs come in another order: find an entry by its name, which `NamesOf` has, not by its "
              "position",
              phases_text);
}
