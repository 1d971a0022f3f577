#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/cat.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/features.h"
#include "leat/leat.h"
#include "leat/model.h"
#include "leat/register_nodes.h"
#include "leat/run.h"
#include "support/command.h"
#include "support/doctest.h"
#include "support/simulated_device.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include "support/two_tasks.h"
#include "tensor/accelerator_lane.h"

// Merged passes of real networks: what they compute, that they repeat and resume to the bit, on all lanes.
using namespace leat;
namespace fs = std::filesystem;

namespace {

/// Returns a graph with both tasks, dropout, and saliency as an input of the decoder. The streams have 8 and 6 rows.
std::string both_tasks(std::initializer_list<std::pair<std::string, std::string>> changes = {}) {
  std::string out = two_tasks({{"bias: false}", "bias: false, dropout: 0.2, bridge: {join: deepest, scale: max, resize: area}}"},
                               {"      lungs: {uses: model.segment, in: {features: encode, image: batch}",
                                "      map: {uses: model.saliency, in: batch, with: {model: net}}\n"
                                "      lungs: {uses: model.segment, in: {features: encode, image: batch, saliency: map}"},
                               {"      drawn: {uses: model.segment, in: {features: strong, image: more}",
                                "      other_map: {uses: model.saliency, in: more, with: {model: net}}\n"
                                "      drawn: {uses: model.segment, in: {features: strong, image: more, saliency: other_map}"},
                               {"      drawn: {uses: model.segment, in: {features: encode, image: batch}",
                                "      drawn: {uses: model.segment, in: {features: encode, image: batch, saliency: gradient}"}});
  for (const auto& [from, to] : changes) {
    REQUIRE(out.find(from) != std::string::npos);
    out.replace(out.find(from), from.size(), to);
  }
  return out;
}

struct Mode {
  bool merges = true;
  std::string lane = "cpu";  ///< Or the mode of the simulated device's lane.
  int threads = 2;
  int stop_after = 0;
  bool resumes = false;
  std::function<bool(std::string_view, std::int64_t, int)> drops = {};
};

struct Ran {
  std::string metrics;
  std::map<std::string, std::vector<double>> steps;  ///< Metrics of the training, by name, in the order of the steps.
  std::map<std::string, Archive> checkpoint;
  std::vector<std::string> warnings;
  std::map<std::string, at::Tensor> first;  ///< What nodes of the device lane output in the first step, by node and port.
  std::vector<at::Tensor> weights_before, weights;
};

Program built(const Registry& registry, const std::string& yaml, bool merges, const std::string& device = "cpu:2") {
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(yaml, "g.yaml", ".", {}, diagnostics);
  diagnostics.throw_if_errors();
  Program program = Program::build(description, registry, {0, device, {}, {}, merges}, diagnostics);
  diagnostics.throw_if_errors();
  return program;
}

Registry all_nodes() {
  Registry registry;
  register_nodes(registry);
  return registry;
}

std::vector<at::Tensor> weights_of(const Program& program) {
  std::vector<at::Tensor> out;
  for (const ProgramResource& one : program.resources)
    if (const auto* model = dynamic_cast<const Model*>(one.resource.get()))
      for (const at::Tensor& weight : model->parameters()) out.push_back(weight.detach().clone().flatten());
  return out;
}

/// Keeps metrics of steps, and stops a run as Ctrl-C does.
struct Steps final : Observer {
  explicit Steps(Ran& ran) : out(ran) {}
  void step_retired(const Progress& progress) override {
    if (progress.kind != PhaseKind::Train) return;
    for (const auto& [name, value] : progress.metrics) out.steps[name].push_back(value);
    if (progress.step == stop_after) run->stop();
  }
  Ran& out;
  std::int64_t stop_after = 0;
  Run* run = nullptr;
};

/// Keeps what the nodes output in the first step, and the weights before it.
struct FirstStep final : Observer {
  FirstStep(Ran& ran, const Program& program) : out(ran), of(program) {}
  void value_put(const PutValue& put) override {
    if (put.phase != "train" || put.step != 0 || put.slot >= 0) return;
    if (out.weights_before.empty()) out.weights_before = weights_of(of);
    const std::string name = std::string(put.node) + "." + std::string(put.port);
    if (put.value.is<at::Tensor>()) out.first[name] = put.value.as<at::Tensor>().detach().clone();
    if (!put.value.is<Features>()) return;
    std::vector<at::Tensor> flat{put.value.as<Features>().pooled.detach().flatten(1)};
    for (const at::Tensor& stage : put.value.as<Features>().stages) flat.push_back(stage.detach().flatten(1));
    out.first[name] = at::cat(flat, 1);
  }
  Ran& out;
  const Program& of;
};

Ran run_in(const fs::path& folder, const std::string& yaml, const Mode& mode, bool looks = false) {
  // The autograd engine counts the devices when it is first used.
  (void)simulated_device();
  const Registry registry = all_nodes();
  std::unique_ptr<Lane> lane = mode.lane == "cpu"
                                   ? registry.make_lane()("cpu:2")
                                   : make_accelerator_lane(simulated_device(), make_simulated_graph, prepare_simulated_dropout);
  if (mode.lane != "cpu") lane->set_mode(mode.lane);
  Program program = built(registry, yaml, mode.merges, lane->device());
  Ran out;
  Steps steps(out);
  FirstStep first(out, program);
  RunOptions options;
  options.folder = folder;
  options.resumes = mode.resumes;
  options.drops = mode.drops;
  options.observers = {{&steps, Hears::Steps}};
  if (looks) options.observers.emplace_back(&first, Hears::Values);
  Run run(program, std::move(lane), make_tbb_executor(mode.threads, registry.worker()), options);
  steps.run = &run;
  steps.stop_after = mode.stop_after;
  out.warnings = run.run().warnings;
  out.weights = weights_of(program);
  out.metrics = text_of(folder / "metrics.jsonl");
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints/last"))
    if (entry.path().extension() == ".safetensors") out.checkpoint[entry.path().stem()] = Archive::read(entry.path());
  return out;
}

void check_equal(const Ran& one, const Ran& other) {
  const bool has_equal_metrics = one.metrics == other.metrics && one.metrics.size() > 1000;
  CHECK(has_equal_metrics);
  CHECK(one.checkpoint.size() > 1);
  for (const auto& [name, archive] : one.checkpoint)
    for (const auto& [entry, values] : archive.entries()) {
      CAPTURE(name);
      CAPTURE(entry);
      const bool is_equal = values.bytes == other.checkpoint.at(name).entry(entry).bytes;
      CHECK(is_equal);
    }
}

double norm_of(const at::Tensor& tensor) { return tensor.to(at::kDouble).norm().item<double>(); }
/// Returns the norm of the difference, relative to the norm of the first.
double distance(const at::Tensor& one, const at::Tensor& other) {
  return norm_of(one.to(at::kDouble) - other.to(at::kDouble)) / std::max(norm_of(one), 1e-30);
}

/// Returns the largest relative difference of two metrics in any step.
double distance(const std::vector<double>& one, const std::vector<double>& other) {
  REQUIRE(one.size() == other.size());
  double largest = 0;
  for (std::size_t k = 0; k < one.size(); ++k)
    largest = std::max(largest, std::abs(one[k] - other[k]) / std::max({std::abs(one[k]), std::abs(other[k]), 1e-3}));
  return largest;
}

using Passes = std::vector<std::vector<std::string>>;

Passes passes_of(const ProgramPhase& phase) {
  Passes out;
  for (const MergedPass& pass : phase.merged_passes) {
    std::vector<std::string>& names = out.emplace_back();
    for (const int node : pass.nodes) names.push_back(phase.nodes[static_cast<std::size_t>(node)].name);
  }
  return out;
}

std::map<std::string, std::string> reasons_of(const ProgramPhase& phase) {
  std::map<std::string, std::string> out;
  for (const LonePass& pass : phase.lone_passes) out[phase.nodes[static_cast<std::size_t>(pass.node)].name] = pass.why;
  return out;
}

}  // namespace

TEST_CASE("merged passes: encoders, heads and decoders of equal settings are merged; the teacher's weights are others") {
  const Registry registry = all_nodes();
  const Program program = built(registry, both_tasks(), true);
  CHECK(passes_of(program.phases[0]) == Passes{{"encode", "strong"}, {"classes", "guessed"}, {"map", "other_map"}, {"lungs", "drawn"}});
  const auto reasons = reasons_of(program.phases[0]);
  CHECK(reasons.size() == 2);
  CHECK(reasons.at("teacher") ==
        "unlike in `encode`, `weights` is ema, not live, and `detached` is true, not false, and `mode` is eval, not train");
  CHECK(reasons.at("judged") == "unlike in `classes`, `weights` is ema, not live");
  // Evaluations are never merged.
  CHECK(program.phases[1].merged_passes.empty());
}

TEST_CASE("merged passes: each node's output in the first step is that of its own pass to 1e-5 of its norm, with equal dropout") {
  const TemporaryFolder folder;
  const std::string yaml = both_tasks({{"steps: 16, checkpoint_every: 5", "steps: 1, checkpoint_every: 1"}});
  const Ran alone = run_in(folder / "alone", yaml, {.merges = false}, true),
            merged = run_in(folder / "merged", yaml, {.merges = true}, true);
  REQUIRE(alone.first.size() > 12);
  REQUIRE(alone.first.size() == merged.first.size());
  for (const auto& [port, value] : alone.first) {
    CAPTURE(port);
    CHECK(value.sizes() == merged.first.at(port).sizes());
    CHECK(distance(value, merged.first.at(port)) < 1e-5);
  }
}

TEST_CASE("merged passes: the gradient of the first step is that of separate passes to 1e-5 of its norm") {
  const TemporaryFolder folder;
  // The first change of plain gradient descent is the gradient.
  const std::string yaml =
      both_tasks({{"optim.adam, with: {model: net, lr: 2.0e-2, decoupled: true, weight_decay: 1.0e-4, schedule: {kind: "
                   "cosine, warm_up: 2}}",
                   "optim.sgd, with: {model: net, lr: 1.0}"},
                  {"clip: 2", "clip: 0"},
                  {"steps: 16, checkpoint_every: 5", "steps: 1, checkpoint_every: 1"}});
  const Ran alone = run_in(folder / "alone", yaml, {.merges = false}, true),
            merged = run_in(folder / "merged", yaml, {.merges = true}, true);
  const at::Tensor before = at::cat(alone.weights_before);
  CHECK(distance(before, at::cat(merged.weights_before)) == 0);
  const at::Tensor gradient = before - at::cat(alone.weights);
  CHECK(norm_of(gradient) > 0.1);
  CHECK(distance(gradient, before - at::cat(merged.weights)) < 1e-5);
}

TEST_CASE("merged passes: the losses of 20 steps are those of separate passes to 1e-3, also with dropped samples") {
  const TemporaryFolder folder;
  const std::string yaml = both_tasks({{"steps: 16, checkpoint_every: 5", "steps: 20, checkpoint_every: 5"}});
  const auto some = [](std::string_view phase, std::int64_t step, int slot) { return phase == "train" && step % 4 == 1 && slot % 3 != 1; };
  const auto all = [](std::string_view phase, std::int64_t step, int) { return phase == "train" && step == 2; };
  for (const auto& [name, drops] : std::map<std::string, decltype(Mode::drops)>{{"none", {}}, {"some", some}, {"all", all}}) {
    CAPTURE(name);
    const Ran alone = run_in(folder / (name + "alone"), yaml, {.merges = false, .drops = drops});
    const Ran merged = run_in(folder / (name + "merged"), yaml, {.merges = true, .drops = drops});
    CHECK(alone.steps.at("loss.loss").size() == 20);
    CHECK(distance(alone.steps.at("loss.loss"), merged.steps.at("loss.loss")) < 1e-3);
    CHECK(alone.metrics != merged.metrics);
  }
}

TEST_CASE("merged passes: a run that is stopped and resumed has the bits of one that is not, with any number of workers") {
  const TemporaryFolder folder;
  const Ran whole = run_in(folder / "whole", both_tasks(), {});
  for (const int stop : {1, 7, 12}) {
    CAPTURE(stop);
    const fs::path own = folder / ("stopped" + std::to_string(stop));
    (void)run_in(own, both_tasks(), {.threads = 8, .stop_after = stop});
    check_equal(whole, run_in(own, both_tasks(), {.threads = 1, .resumes = true}));
  }
}

TEST_CASE("merged passes: asynchronous and captured lanes have the bits of a plain one, also resumed, with fewer operations") {
  const TemporaryFolder folder;
  const std::int64_t at_begin = simulated_operations();
  (void)run_in(folder / "alone", both_tasks(), {.merges = false, .lane = "plain"});
  const std::int64_t between = simulated_operations();
  const Ran plain = run_in(folder / "plain", both_tasks(), {.lane = "plain"});
  CHECK(static_cast<double>(simulated_operations() - between) < 0.95 * static_cast<double>(between - at_begin));
  check_equal(plain, run_in(folder / "async", both_tasks(), {.lane = "async"}));
  const std::int64_t before = simulated_operations_of_graphs();
  const Ran captured = run_in(folder / "captured", both_tasks(), {.lane = "captured"});
  check_equal(plain, captured);
  CHECK(simulated_operations_of_graphs() - before > 1000);
  CHECK(std::none_of(captured.warnings.begin(), captured.warnings.end(),
                     [](const std::string& sentence) { return sentence.find("--lane") != std::string::npos; }));
  (void)run_in(folder / "stopped", both_tasks(), {.lane = "captured", .stop_after = 4});
  check_equal(plain, run_in(folder / "stopped", both_tasks(), {.lane = "captured", .resumes = true}));
}

TEST_CASE("merged passes: a network from a file is not merged, and the reason is said") {
  const Registry registry = all_nodes();
  const Program program = built(registry, R"(leat: 1
resources:
  net: {uses: model.torchscript, with: {file: )" LEAT_TEST_DATA R"(/forward/traced.pt}}
  sgd: {uses: optim.sgd, with: {model: net, lr: 0.1}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 8, batch: 4}}
      others: {uses: io.chest, with: {hospital: B, split: labelled, count: 8, batch: 4}}
      small: {uses: image.resize, in: chests.image, with: {size: 16}}
      small_others: {uses: image.resize, in: others.image, with: {size: 16}}
      batch: {uses: tensor.normalize, in: small, with: {model: net}}
      more: {uses: tensor.normalize, in: small_others, with: {model: net}}
      first: {uses: model.forward, in: batch, with: {model: net}}
      second: {uses: model.forward, in: more, with: {model: net}}
      first_loss: {uses: loss.cross_entropy, in: {logits: first.output, label: chests.label}}
      second_loss: {uses: loss.cross_entropy, in: {logits: second.output, label: others.label}}
      loss: {uses: loss.total, in: {terms: {first: first_loss, second: second_loss}}}
      step: {uses: train.step, in: loss, with: {optimizer: sgd}}
plan: {train: {phase: train, steps: 1, checkpoint_every: 1}}
)",
                                true);
  const std::string why = "layers of a network from a file can mix rows, as a batch norm does in training";
  CHECK(program.phases[0].merged_passes.empty());
  CHECK(reasons_of(program.phases[0]) == std::map<std::string, std::string>{{"first", why}, {"second", why}});
}

TEST_CASE("leat: `--merge-passes` of check, run, verify and a resumed run") {
  using test::Finished;
  using test::run_leat;
  const TemporaryFolder folder;
  const auto run = [&](const std::vector<std::string>& arguments) { return run_leat(arguments, folder.path()); };
  std::ofstream(folder / "g.yaml") << both_tasks();
  const Finished check = run({"check", "g.yaml", "--merge-passes"});
  CHECK(check.code == 0);
  CHECK(check.out.find("passes of a step, with --merge-passes:\n  one pass (model.encode): `encode`, `strong`\n") != std::string::npos);
  CHECK(check.out.find("  not merged: `judged`: unlike in `classes`, `weights` is ema, not live\n") != std::string::npos);
  CHECK(run({"check", "g.yaml"}).out.find("passes of a step") == std::string::npos);

  CHECK(run({"run", "g.yaml", "--merge-passes", "--out", "whole"}).code == 0);
  CHECK(text_of(folder / "whole/results.json").find("\"merge_passes\": true") != std::string::npos);
  CHECK(run({"run", "g.yaml", "--out", "plain"}).code == 0);
  CHECK(text_of(folder / "whole/metrics.jsonl") != text_of(folder / "plain/metrics.jsonl"));
  // A resumed run takes the mode from its folder.
  fs::remove(folder / "whole/results.json");
  CHECK(run({"run", "--resume", "whole"}).code == 0);
  CHECK(text_of(folder / "whole/results.json").find("\"merge_passes\": true") != std::string::npos);
  const Finished refused = run({"run", "--resume", "plain", "--merge-passes"});
  CHECK(refused.code == 2);
  CHECK(refused.err.find("this run was begun without --merge-passes, which adds numbers in another order; leave it out") !=
        std::string::npos);
  CHECK(run({"verify", "g.yaml", "--merge-passes", "--threads", "1,3", "--steps", "3", "--device", "cpu:2"}).code == 0);
}
