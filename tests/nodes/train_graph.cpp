#include <atomic>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "leat/optimizer.h"
#include "leat/registry.h"
#include "leat/run.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/two_tasks.h"

void leat_register_leat_nodes_gate(leat::Registry& registry);
void leat_register_leat_nodes_io(leat::Registry& registry);
void leat_register_leat_nodes_loss(leat::Registry& registry);
void leat_register_leat_nodes_metric(leat::Registry& registry);
void leat_register_leat_nodes_model(leat::Registry& registry);
void leat_register_leat_nodes_optim(leat::Registry& registry);
void leat_register_leat_nodes_tensor(leat::Registry& registry);
void leat_register_leat_nodes_train(leat::Registry& registry);

using namespace leat;

namespace {

Registry all_nodes() {
  Registry out;
  leat_register_leat_nodes_gate(out);
  leat_register_leat_nodes_io(out);
  leat_register_leat_nodes_loss(out);
  leat_register_leat_nodes_metric(out);
  leat_register_leat_nodes_model(out);
  leat_register_leat_nodes_optim(out);
  leat_register_leat_nodes_tensor(out);
  leat_register_leat_nodes_train(out);
  return out;
}

/// A lane that says when it is given work.
class WatchedLane final : public Lane {
 public:
  WatchedLane(std::unique_ptr<Lane> lane, std::function<void(int)> given) : lane_(std::move(lane)), given_(std::move(given)) {}

  std::string name() const override { return lane_->name(); }
  std::string device() const override { return lane_->device(); }
  void submit(std::function<void()> work) override {
    given_(++count_);
    lane_->submit(std::move(work));
  }
  void enter(bool with_gradients) override { lane_->enter(with_gradients); }
  Value upload(Value value) override { return lane_->upload(std::move(value)); }
  Value fetch(Value value) override { return lane_->fetch(std::move(value)); }

 private:
  std::unique_ptr<Lane> lane_;
  std::function<void(int)> given_;
  std::atomic<int> count_{0};
};

/// A run that ends, or is stopped when the lane is given so many pieces of work.
struct Training {
  std::vector<Progress> steps;
  RunResult result;
};

/// Returns the metrics as text, in which undefined ones are equal.
std::map<std::string, std::string> numbers_of(const Training& training) {
  std::map<std::string, std::string> out;
  for (const auto& [phase, metrics] : training.result.phases)
    for (const auto& [name, value] : metrics)
      out[phase + "." + name] = std::isnan(value) ? "undefined" : std::to_string(std::bit_cast<std::uint64_t>(value));
  return out;
}

Training train(const std::string& text, const std::filesystem::path& folder = {}, int threads = 2, int stop_at = 0, bool resumes = false) {
  const Registry registry = all_nodes();
  Program program = build(registry, text);
  Training out;
  Run* running = nullptr;
  RunOptions options;
  options.folder = folder;
  options.resumes = resumes;
  OnStep keep([&](const Progress& progress) {
    if (progress.kind != PhaseKind::Train) return;
    out.steps.push_back(progress);
  });
  options.observers = {{&keep, Hears::Steps}};
  auto lane = std::make_unique<WatchedLane>(registry.make_lane()("cpu:1"), [&](int count) {
    if (count == stop_at) running->stop();
  });
  Run run(program, std::move(lane), make_test_executor(threads), options);
  running = &run;
  out.result = run.run();
  return out;
}

std::string failure(const std::string& text) {
  try {
    (void)train(text);
  } catch (const NodeError& failed) {
    return failed.where + ": " + failed.cause;
  }
  return {};
}

/// An optimizer that changes nothing and keeps what it is told.
std::vector<OptimizerStep> heard;
struct Listener final : Optimizer {
  void update(const OptimizerStep& step) override { heard.push_back(step); }
};

// Resources that use the words of Leat's, and are none of them.
struct NoOptimizer final : Resource {
  static constexpr std::string_view kind = "optimizer";
  Changes<Model> model{this, "model", "The network whose weights it changes."};
};
struct NoModel final : Resource {
  static constexpr std::string_view kind = "model";
};
/// The word is free for a parameter.
struct Sorted final : Resource {
  Choice kind{this, "kind", "One of two.", "one", {"one", "two"}};
};
struct NoForwardModel final : Resource {
  static constexpr std::string_view kind = "model with a forward pass";
};
/// What says that it lets gradients through, and does not.
struct Detaches final : Node {
  Input<at::Tensor> number{this, "number", "A scalar, float.", differentiable};
  Output<at::Tensor> same{this, "same", "A scalar, float. The same.", differentiable};
  void process(Frame& frame) const override { frame.put(same, frame[number].detach().clone()); }
};
/// A model of which it is only known that it has weights.
struct PlainModel final : Model {
  Normalization normalization() const override { return {}; }
};

}  // namespace

TEST_CASE("training: losses, gate, optimizer and metrics work together in a graph") {
  const TemporaryFolder folder;
  const Training trained = train(two_tasks(), folder.path() / "run");
  REQUIRE(trained.steps.size() == 16);
  const auto& first = trained.steps.front().metrics;
  const auto& last = trained.steps.back().metrics;

  CHECK(last.at("loss.classes") + last.at("loss.lungs") < 0.9 * (first.at("loss.classes") + first.at("loss.lungs")));
  CHECK(first.at("loss.loss") == doctest::Approx(first.at("loss.classes") + first.at("loss.lungs") + 0.01 * first.at("loss.kl")));
  CHECK(last.at("loss.loss") ==
        doctest::Approx(last.at("loss.classes") + last.at("loss.pseudo") + last.at("loss.lungs") + 0.01 * last.at("loss.kl")));
  CHECK(first.at("lung_loss.value") == doctest::Approx(first.at("lung_loss.value_lungs")));
  CHECK(first.at("step.lr") == doctest::Approx(1e-2));
  CHECK(last.at("step.lr") == doctest::Approx(2e-2 * 0.5 * (1 + std::cos(3.14159265358979 * 15 / 16))));
  CHECK(first.at("step.gradient_norm") > 0);
  for (const char* name : {"gate.share", "gate.confidence", "gate.confidence_90", "gate.share_NORMAL", "gate.pseudo_PNEUMONIA",
                           "gate.pseudo_accuracy", "gate.share_A", "gate.share_B", "gate.pseudo_accuracy_A"})
    CHECK(trained.result.phases.at("train").contains(name));
  // Everything passes at a threshold of a half.
  CHECK(trained.result.phases.at("train").at("gate.share") == 1);

  const Metrics& test = trained.result.phases.at("test");
  CHECK(test.at("classes.images") == 6);
  CHECK(test.at("classes.dropped") == 0);
  for (const char* name : {"classes.accuracy", "classes.auc", "classes.f1_PNEUMONIA", "lungs.dice", "lungs.jaccard"}) {
    CHECK(test.at(name) >= 0);
    CHECK(test.at(name) <= 1);
  }
  CHECK(test.at("lungs.hd95") > 0);
  CHECK(test.at("focus.images") == 6);
  CHECK(test.at("focus.focus") > 0);
  CHECK(test.at("other_focus.area") == test.at("focus.area"));
  CHECK(test.at("other_focus.inside") != test.at("focus.inside"));
  CHECK(test.at("blank_focus.undefined") == 6);
  CHECK(test.at("lungs.hd95_mm") == doctest::Approx(1.4 * test.at("lungs.hd95")));
  for (const char* name : {"images/test.classes.csv", "images/test.lungs.csv"}) {
    std::ifstream in(folder.path() / "run" / name);
    int lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    CHECK(lines == 7);
  }
}

TEST_CASE("training: the number of workers changes no bit") {
  const Training one = train(two_tasks(), {}, 1), four = train(two_tasks(), {}, 4);
  REQUIRE(one.steps.size() == four.steps.size());
  for (std::size_t k = 0; k < one.steps.size(); ++k) CHECK(one.steps[k].metrics == four.steps[k].metrics);
  CHECK(numbers_of(one) == numbers_of(four));
}

TEST_CASE("training: stopped and resumed, optimizer, averages and gate go on with the same bits") {
  const TemporaryFolder folder;
  const Training straight = train(two_tasks(), folder.path() / "straight");
  const Training stopped = train(two_tasks(), folder.path() / "stopped", 2, 7);
  REQUIRE(stopped.result.was_interrupted);
  CHECK(stopped.result.steps < straight.result.steps);
  const Training resumed = train(two_tasks(), folder.path() / "stopped", 2, 0, true);
  CHECK(resumed.steps.back().metrics == straight.steps.back().metrics);
  CHECK(numbers_of(resumed) == numbers_of(straight));
}

TEST_CASE("training: a network from a TorchScript file learns, and resumed it goes on with the same bits") {
  // Dropout and a batch norm: what is drawn and the running means have to be the same too.
  const std::string text = R"(leat: 1
resources:
  net: {uses: model.torchscript, with: {file: )" +
                           std::string(LEAT_TEST_DATA) + R"(/forward/dropout.pt, mean: 0.45, deviation: 0.25}}
  adam: {uses: optim.adam, with: {model: net, lr: 1.0e-2}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 8, batch: 8}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      masks: {uses: tensor.masks, in: chests.mask}
      net: {uses: model.forward, in: batch, with: {model: net, mode: train}}
      class_loss: {uses: loss.cross_entropy, in: {logits: net.output, label: chests.label}}
      lung_loss: {uses: loss.dice, in: {logits: net.second, mask: masks}, with: {masks: [lungs]}}
      loss: {uses: loss.total, in: {terms: {classes: class_loss, lungs: lung_loss}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam, ema: true}}
  test:
    nodes:
      chests: {uses: io.chest, with: {hospital: B, split: test, count: 6, batch: 6}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      net: {uses: model.forward, in: batch, with: {model: net, weights: ema}}
      lungs: {uses: metric.segmentation, in: {logits: net.second, mask: chests.mask}, with: {masks: [lungs]}}
plan: {train: {phase: train, steps: 16, checkpoint_every: 5}, then: [test]}
)";
  const TemporaryFolder folder;
  const Training straight = train(text, folder.path() / "straight");
  REQUIRE(straight.steps.size() == 16);
  CHECK(straight.steps.back().metrics.at("loss.loss") < 0.95 * straight.steps.front().metrics.at("loss.loss"));
  const Training stopped = train(text, folder.path() / "stopped", 2, 7);
  REQUIRE(stopped.result.was_interrupted);
  const Training resumed = train(text, folder.path() / "stopped", 2, 0, true);
  CHECK(resumed.steps.back().metrics == straight.steps.back().metrics);
  CHECK(numbers_of(resumed) == numbers_of(straight));
}

TEST_CASE("optim.adam: a network without weights to train is refused") {
  const std::string text = R"(leat: 1
resources:
  net: {uses: model.torchscript, with: {file: )" +
                           std::string(LEAT_TEST_DATA) + R"(/forward/frozen.pt, channels: 3}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 8, batch: 8}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      net: {uses: model.forward, in: batch, with: {model: net}}
      classes: {uses: loss.cross_entropy, in: {logits: net.output, label: chests.label}}
      loss: {uses: loss.total, in: {terms: {classes: classes}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam}}
plan: {train: {phase: train, steps: 2}}
)";
  CHECK_THROWS_WITH((void)train(text), doctest::Contains("the network has no trainable weights"));
}

TEST_CASE("training: with momentum it learns, and stopped and resumed it goes on with the same bits") {
  const std::string text =
      two_tasks({{"uses: optim.adam, with: {model: net, lr: 2.0e-2, decoupled: true, weight_decay: 1.0e-4,",
                  "uses: optim.sgd, with: {model: net, lr: 0.3, momentum: 0.9, nesterov: true, weight_decay: 1.0e-4,"}});
  const TemporaryFolder folder;
  const Training straight = train(text, folder.path() / "straight");
  REQUIRE(straight.steps.size() == 16);
  CHECK(straight.steps.back().metrics.at("loss.lungs") < 0.95 * straight.steps.front().metrics.at("loss.lungs"));
  const Training stopped = train(text, folder.path() / "stopped", 2, 7);
  REQUIRE(stopped.result.was_interrupted);
  const Training resumed = train(text, folder.path() / "stopped", 2, 0, true);
  CHECK(resumed.steps.back().metrics == straight.steps.back().metrics);
  CHECK(numbers_of(resumed) == numbers_of(straight));
}

TEST_CASE("train.step: an optimizer gets rate, number and whether the step is skipped as scalars on the weights' device") {
  Registry registry = all_nodes();
  leat::detail::register_type<Listener>(registry, "test.listener", "Keeps what it is told.");
  Program program = build(registry, two_tasks({{"optim.adam", "test.listener"}, {"decoupled: true, weight_decay: 1.0e-4, ", ""}}));
  heard.clear();
  Run run(program, registry.make_lane()("cpu:1"), make_test_executor(2), {});
  (void)run.run();
  REQUIRE(heard.size() == 16);
  for (std::size_t k = 0; k < heard.size(); ++k) {
    CHECK(heard[k].number.item<double>() == static_cast<double>(k));
    CHECK(heard[k].is_skipped.item<double>() == 0);
    for (const at::Tensor& scalar : {heard[k].rate, heard[k].number, heard[k].is_skipped}) {
      CHECK(scalar.dim() == 0);
      const bool is_float = scalar.scalar_type() == at::kFloat;
      CHECK(is_float);
    }
    CHECK(heard[k].gradients.size() == heard[0].gradients.size());
  }
  CHECK(heard[0].rate.item<double>() == doctest::Approx(0.01));
  CHECK(heard[1].rate.item<double>() == doctest::Approx(0.02 * 0.5 * (1 + std::cos(std::acos(-1.0) / 16))));
}

TEST_CASE("resources: one that calls itself what it is not is told which class is wanted, without contradiction") {
  Registry registry = all_nodes();
  leat::detail::register_type<NoOptimizer>(registry, "author.sgd", "Stochastic gradient descent.");
  leat::detail::register_type<NoModel>(registry, "author.net", "A network.");
  leat::detail::register_type<NoForwardModel>(registry, "author.forward", "A network.");
  leat::detail::register_type<PlainModel>(registry, "author.plain", "A network.");
  leat::detail::register_type<Sorted>(registry, "author.sorted", "Something else.");
  CHECK(registry.find_resource("author.sorted")->kind == "");
  CHECK(registry.find_resource("author.plain")->kind == "model");
  const auto said = [&](const std::string& net, const std::string& adam, const std::string& node) {
    return mistakes(registry, R"(leat: 1
resources:
  net: {uses: )" + net + R"(}
  adam: {uses: )" + adam + R"(, with: {model: net}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 8, batch: 8}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      )" + node + R"(
      classes: {uses: loss.cross_entropy, in: {logits: logits.output, label: chests.label}}
      loss: {uses: loss.total, in: {terms: {classes: classes}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam}}
plan: {train: {phase: train, steps: 2}}
)");
  };
  const std::string forward = "logits: {uses: model.forward, in: batch, with: {model: net}}";
  const std::string encode = "logits: {uses: model.encode, in: batch, with: {model: net}}";
  const std::string optimizer = said("author.plain", "author.sgd", encode);
  CHECK(optimizer.find("`adam` (`author.sgd`) calls itself an optimizer, but is not a `leat::Optimizer` (leat/optimizer.h)") !=
        std::string::npos);
  CHECK(optimizer.find("must be an optimizer") == std::string::npos);
  const std::string model = said("author.net", "optim.adam", forward);
  CHECK(model.find("`net` (`author.net`) calls itself a model, but is not a `leat::Model` (leat/model.h)") != std::string::npos);
  CHECK(model.find("must be a model,") == std::string::npos);
  const std::string forward_model = said("author.forward", "optim.adam", forward);
  CHECK(forward_model.find("`net` (`author.forward`) calls itself a model with a forward pass, but is not a `leat::ForwardModel` "
                           "(leat/model.h)") != std::string::npos);
  CHECK(said("author.plain", "optim.adam", forward).find("must be a model with a forward pass, but `net` is of type `author.plain`") !=
        std::string::npos);
  CHECK(said("author.plain", "optim.adam", encode).find("must be a multi-task U-Net, but `net` is of type `author.plain`") !=
        std::string::npos);
}

TEST_CASE("train.step: a loss that no weight can learn from ends the run in its first step") {
  Registry registry = all_nodes();
  leat::detail::register_type<Detaches>(registry, "test.detaches", "Forgets gradients.", LaneKind::Device);
  const auto said = [&](const std::string& learns, const std::string& loss) {
    Program program = build(registry, R"(leat: 1
resources:
  net: {uses: model.multitask_unet, with: {channels: [4], classes: [NORMAL, PNEUMONIA]}}
  other: {uses: model.multitask_unet, with: {channels: [4], classes: [NORMAL, PNEUMONIA]}}
  first: {uses: optim.sgd, with: {model: net}}
  second: {uses: optim.sgd, with: {model: other}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 8, batch: 4}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      classes: {uses: loss.cross_entropy, in: {logits: logits, label: chests.label}}
      loss: {uses: loss.total, in: {terms: {classes: classes}}}
      forgets: {uses: test.detaches, in: loss}
      others: {uses: model.encode, in: batch, with: {model: other}}
      step: {uses: train.step, in: )" + loss +
                                          ", with: {optimizer: " + learns + R"(}}
plan: {train: {phase: train, steps: 3}}
)");
    try {
      (void)Run(program, registry.make_lane()("cpu:1"), make_test_executor(2), {}).run();
    } catch (const NodeError& failed) {
      return failed.node + ", " + failed.where + ": " + failed.cause;
    }
    return std::string();
  };
  CHECK(said("first", "loss") == "");
  CHECK(
      said("first", "forgets") ==
      "step, step 0 of `train`: no weight that `first` changes has a gradient, because the loss has no gradient: its inputs were detached, "
      "or computed with gradients off (at::NoGradGuard)");
  CHECK(
      said("second", "loss") ==
      "step, step 0 of `train`: no weight that `second` changes has a gradient, because the loss depends on none of them: it uses another "
      "model, or the output of this model was detached");
}

TEST_CASE("train.step: a step whose samples are all dropped teaches nothing, and the run goes on") {
  const Registry registry = all_nodes();
  Program program = build(registry, two_tasks());
  RunOptions options;
  options.drops = [](std::string_view phase, std::int64_t step, int) { return phase == "train" && step == 1; };
  std::vector<Metrics> steps;
  OnStep keep([&](const Progress& progress) {
    if (progress.kind == PhaseKind::Train) steps.push_back(progress.metrics);
  });
  options.observers = {{&keep, Hears::Steps}};
  const RunResult result = Run(program, registry.make_lane()("cpu:1"), make_test_executor(2), options).run();
  CHECK(result.steps == 16);
  // A loss without a sample is undefined, and not 0, which would look like a perfect step.
  REQUIRE(steps.size() == 16);
  for (const char* loss : {"class_loss.value", "pseudo_loss.value", "lung_loss.value", "lung_loss.value_lungs", "kl.value", "loss.classes",
                           "loss.pseudo", "loss.lungs", "loss.kl"}) {
    CAPTURE(loss);
    CHECK(std::isnan(steps[1].at(loss)));
    CHECK(std::isfinite(steps[2].at(loss)));
  }
  CHECK(steps[1].at("loss.loss") == 0);
}

TEST_CASE("train.step: a loss that is not finite ends the run, and says at which step") {
  CHECK(failure(two_tasks({{"WEIGHTS", ", lungs: 1.0e+39"}}))
            .find("step 0 of `train`: the loss is not finite; this step changed no weight") != std::string::npos);
}

TEST_CASE("train.step: a gradient that is not finite ends the run, and its step changes neither weights nor averages") {
  // From step 1 on the loss is finite, and its gradient is not. The run that ends before is what has to be left.
  const auto left = [](const char* steps) {
    const Registry registry = all_nodes();
    Program program = build(
        registry,
        two_tasks({{"WEIGHTS", ", lungs: 1.0e+37"}, {"RAMP", "0.5, lungs: 0.5"}, {"steps: 16", steps}, {"then: [test]", "then: []"}}));
    Run run(program, registry.make_lane()("cpu:1"), make_test_executor(2), {});
    std::string said;
    try {
      (void)run.run();
    } catch (const NodeError& failed) {
      said = failed.where + ": " + failed.cause;
    }
    Archive out;
    for (const ProgramResource& resource : program.resources)
      if (resource.name == "net") resource.resource->save(out);
    return std::pair(said, out);
  };
  const auto [said_nothing, before] = left("steps: 1");
  const auto [said, after] = left("steps: 16");
  CHECK(said_nothing == "");
  CHECK(said == "step 1 of `train`: the loss is finite, but its gradient is not; this step changed no weight");
  REQUIRE_FALSE(before.entries().empty());
  for (const auto& [name, entry] : before.entries()) {
    CAPTURE(name);
    CHECK((entry.bytes == after.entry(name).bytes));
  }
}

TEST_CASE("gate.confidence: more groups than it may tell apart are refused by name") {
  const std::string said = failure(two_tasks({{"GATE", ", groups: 1"}}));
  CAPTURE(said);
  CHECK(said.find("step 0 of `train`: the sample `") == 0);
  CHECK(said.find("`, but `groups` is 1") != std::string::npos);
}

TEST_CASE("training: settings that cannot work are refused where they stand") {
  const auto said = [](std::initializer_list<std::pair<std::string, std::string>> changes) {
    return mistakes(all_nodes(), two_tasks(changes));
  };
  CHECK(said({}) == "");
  CHECK(said({{"WEIGHTS", ", lung: 2"}}).find("`weights` names `lung`, which is not a term") != std::string::npos);
  CHECK(said({{"WEIGHTS", ", lung: 2"}}).find("did you mean `lungs`?") != std::string::npos);
  CHECK(said({{"RAMP", "1.5"}}).find("the range is 0..1") != std::string::npos);
  CHECK(said({{"MASKS", ", heart"}}).find("takes lungs and heart (`masks` of ") != std::string::npos);
  CHECK(said({{"GATE", ", prior: [0.5, 0.5]"}}).find("`prior` is given, but `alignment` is uniform") != std::string::npos);
  CHECK(said({{"alignment: uniform", "alignment: prior"}}).find("`prior` must give each class a share above 0") != std::string::npos);
  CHECK(said({{"[NORMAL, PNEUMONIA]GATE", "[NORMAL]"}}).find("takes NORMAL (`classes` of ") != std::string::npos);
  CHECK(said({{"kind: cosine", "kind: steps"}}).find("`kind: steps` needs `every`") != std::string::npos);
  CHECK(said({{"kind: cosine", "every: 10"}}).find("`every` is given, but `kind` is constant") != std::string::npos);
  CHECK(said({{"decoupled: true", "betas: [0.9, 1.0]"}}).find("`betas` must be two numbers") != std::string::npos);
}

TEST_CASE("gate.confidence: the classes that are only for looking do not reach a loss") {
  CHECK(mistakes(all_nodes(), two_tasks({{"label: chests.label", "label: others.known_label"}})).find("known_label") != std::string::npos);
}
