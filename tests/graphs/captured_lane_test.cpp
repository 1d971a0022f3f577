#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/leat.h"
#include "leat/register_nodes.h"
#include "leat/run.h"
#include "leat/tensor.h"
#include "support/doctest.h"
#include "support/simulated_device.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include "support/two_tasks.h"
#include "tensor/accelerator_lane.h"

// The captured lane on a simulated device: what is replayed has the bits of what is not.
using namespace leat;
namespace fs = std::filesystem;

namespace {

/// On the device: passes on what it gets, and gives the device other work from a step on, or reads from it.
struct Odd final : Node {
  Input<at::Tensor> in{this, "in", "N x C, float. Numbers.", differentiable};
  Output<at::Tensor> out{this, "out", "N x C, float. Numbers.", differentiable};
  Param<int> other_from{this, "other_from", "The first step with other work.", 1000000};
  Param<int> other_number_from{this, "other_number_from", "The first step in which a number of C++ is another one.", 1000000};
  Param<int> other_argument_from{this, "other_argument_from", "The first step in which it gives a tensor as another argument.", 1000000};
  Param<bool> reads{this, "reads", "Whether it reads from the device.", false};
  Param<bool> says_so{this, "says_so", "Whether it says that its steps are alike.", true};

  void shapes(Shapes& shapes) const override { shapes.set(out, shapes.of(in)); }
  bool has_equal_steps() const override { return *says_so; }
  void process(Frame& frame) const override {
    const std::int64_t step = frame.key().step;
    at::Tensor value = frame[in].mul(step >= *other_number_from ? 1.5 : 1.0);
    // A number that is allowed to change.
    value = value * at::full({}, 1.0 + 0.01 * static_cast<double>(step), value.options().requires_grad(false));
    if (step >= *other_from) value = value.neg().neg();
    if (*other_argument_from < 1000000) {
      const at::Tensor none = at::zeros_like(value.detach());
      value = step < *other_argument_from ? at::clamp(value, none, std::nullopt) : at::clamp(value, std::nullopt, none);
    }
    if (*reads && value.sum().item<double>() > 1e30) value = value * 2;
    frame.put(out, value);
  }
};

/// On a worker: passes on what it gets, so that nodes of the device behind it form a second segment.
struct Hop final : Node {
  Input<at::Tensor> in{this, "in", "N x C, float. Numbers."};
  Output<at::Tensor> out{this, "out", "N x C, float. Numbers."};
  void shapes(Shapes& shapes) const override { shapes.set(out, shapes.of(in)); }
  void process(Frame& frame) const override { frame.put(out, frame[in] * 2); }
};

/// On the device: joins a value of an earlier segment, which stayed on the device, with one that was on the host.
struct Join final : Node {
  Input<at::Tensor> near{this, "near", "N x C, float. Numbers."};
  Input<at::Tensor> far{this, "far", "N x C, float. Numbers."};
  Output<at::Tensor> out{this, "out", "N x C, float. Numbers."};
  Param<bool> in_place{this, "in_place", "Whether it changes what it gets.", false};
  void shapes(Shapes& shapes) const override { shapes.set(out, shapes.of(near)); }
  bool has_equal_steps() const override { return true; }
  void process(Frame& frame) const override {
    at::Tensor sum = frame[near];
    if (*in_place) sum.add_(frame[far]);
    else sum = sum + frame[far];
    frame.put(out, sum);
  }
};

/// Both tasks and evaluations, with dropout, states in each phase, and a second segment. `gate` and `odd` are more parameters of these
/// nodes.
std::string both_tasks(const std::string& gate = "", const std::string& odd = "", const std::string& in_place = "false") {
  return two_tasks({{"bias: false}", "bias: false, dropout: 0.2}"},
                    {"GATE", gate},
                    {"      class_loss:", "      odd: {uses: test.odd, in: guessed, with: {says_so: true" + odd + "}}\n      class_loss:"},
                    {"{logits: guessed, pseudo", "{logits: odd, pseudo"},
                    {"count: 6, batch: 5", "count: 22, batch: 5"},
                    {"      classes: {uses: metric.classification, in: {logits: scores,",
                     "      test_gate: {uses: gate.confidence, in: {logits: scores}, with: {threshold: 0.5, alignment: uniform}}\n"
                     "      hop: {uses: test.hop, in: scores}\n"
                     "      join: {uses: test.join, in: {near: scores, far: hop}, with: {in_place: " +
                         in_place +
                         "}}\n"
                         "      classes: {uses: metric.classification, in: {logits: join,"},
                    {"plan:\n", "  validate: {kind: validate, like: test, nodes: {chests: {with: {count: 11}}}}\nplan:\n"},
                    {"steps: 16, checkpoint_every: 5", "steps: 14, checkpoint_every: 5, validate: every 4 steps"}});
}

/// Stops a run as Ctrl-C does.
struct StopAt final : Observer {
  void step_retired(const Progress& progress) override {
    if (progress.kind == PhaseKind::Train && progress.step == step) run->stop();
  }
  std::int64_t step = 0;  ///< Training steps; 0: none.
  Run* run = nullptr;
};

struct Ran {
  std::string metrics;
  std::map<std::string, Archive> checkpoint;
  std::vector<std::string> warnings;
  std::int64_t operations = 0;  ///< Of the device, with those that came from graphs.
  std::int64_t replayed = 0;    ///< Those that came from graphs.
};

Ran run_on(const std::string& mode, const fs::path& folder, const std::function<GraphDescription(Diagnostics&)>& read, int stop_after = 0,
           bool resumes = false, PrepareDropout prepare_dropout = prepare_simulated_dropout) {
  Registry registry;
  register_nodes(registry);
  detail::register_type<Odd>(registry, "test.odd", "Passes on what it gets.", LaneKind::Device);
  detail::register_type<Hop>(registry, "test.hop", "Passes on what it gets.", LaneKind::Cpu);
  detail::register_type<Join>(registry, "test.join", "Adds.", LaneKind::Device);
  Diagnostics diagnostics;
  const GraphDescription description = read(diagnostics);
  diagnostics.throw_if_errors();
  auto lane = make_accelerator_lane(simulated_device(), make_simulated_graph, prepare_dropout);
  lane->set_mode(mode);
  Program program = Program::build(description, registry, {0, lane->device()}, diagnostics);
  diagnostics.throw_if_errors();
  RunOptions options;
  options.folder = folder;
  options.resumes = resumes;
  StopAt stop;
  stop.step = stop_after;
  options.observers = {{&stop, Hears::Steps}};
  const std::int64_t before = simulated_operations(), replayed_before = simulated_operations_of_graphs();
  Run run(program, std::move(lane), make_tbb_executor(2, registry.worker()), options);
  stop.run = &run;
  Ran out;
  out.warnings = run.run().warnings;
  out.replayed = simulated_operations_of_graphs() - replayed_before;
  out.operations = simulated_operations() - before + out.replayed;
  out.metrics = text_of(folder / "metrics.jsonl");
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints/last"))
    if (entry.path().extension() == ".safetensors") out.checkpoint[entry.path().stem()] = Archive::read(entry.path());
  return out;
}

Ran run_on(const std::string& mode, const fs::path& folder, const std::string& text, int stop_after = 0, bool resumes = false,
           PrepareDropout prepare_dropout = prepare_simulated_dropout) {
  const auto read = [&text](Diagnostics& diagnostics) { return read_graph_text(text, "g.yaml", ".", {}, diagnostics); };
  return run_on(mode, folder, read, stop_after, resumes, prepare_dropout);
}

void check_equal(const Ran& one, const Ran& other) {
  CHECK(one.metrics.size() > 1000);
  const bool has_equal_metrics = one.metrics == other.metrics;
  CHECK(has_equal_metrics);
  CHECK(one.checkpoint.size() > 1);
  CHECK(one.checkpoint.size() == other.checkpoint.size());
  for (const auto& [name, archive] : one.checkpoint) {
    CAPTURE(name);
    REQUIRE(other.checkpoint.contains(name));
    for (const auto& [entry, values] : archive.entries()) {
      CAPTURE(entry);
      const bool is_equal = values.bytes == other.checkpoint.at(name).entry(entry).bytes;
      CHECK(is_equal);
    }
  }
}

std::int64_t lane_warnings(const Ran& ran) {
  return std::count_if(ran.warnings.begin(), ran.warnings.end(),
                       [](const std::string& sentence) { return sentence.find("--lane") != std::string::npos; });
}

}  // namespace

TEST_CASE("a captured lane has the bits of a plain one: two tasks, states, dropout, validations, a shorter last step") {
  const TemporaryFolder folder;
  for (const std::string gate : {", thresholds: soft", ", thresholds: free"}) {
    CAPTURE(gate);
    const Ran plain = run_on("plain", folder / ("plain" + gate), both_tasks(gate));
    const Ran captured = run_on("captured", folder / ("captured" + gate), both_tasks(gate));
    check_equal(plain, captured);
    CHECK(plain.replayed == 0);
    CHECK(captured.replayed > 1000);
    CHECK(lane_warnings(captured) == 0);
  }
}

TEST_CASE("a captured lane has the bits of a plain one: the demo") {
  const TemporaryFolder folder;
  const auto read = [](Diagnostics& diagnostics) {
    return read_graph(std::string(LEAT_SOURCE "/graphs/demo.yaml"),
                      {{"unlabelled", "40"}, {"tests", "4"}, {"steps", "6"}, {"checkpoint_every", "3"}}, diagnostics);
  };
  const Ran captured = run_on("captured", folder / "captured", read);
  check_equal(run_on("plain", folder / "plain", read), captured);
  CHECK(captured.replayed > 1000);
  CHECK(lane_warnings(captured) == 0);
}

TEST_CASE("a device without the kernel of dropout has the same bits with more operations, and its run says so once") {
  const TemporaryFolder folder;
  const PrepareDropout missing = [](at::Device) { return std::string("there is no NVRTC in this test"); };
  const auto notes = [](const Ran& ran) {
    return std::count_if(ran.warnings.begin(), ran.warnings.end(),
                         [](const std::string& sentence) { return sentence.find("NVRTC") != std::string::npos; });
  };
  for (const std::string mode : {"plain", "captured"}) {
    CAPTURE(mode);
    const Ran with = run_on(mode, folder / ("with" + mode), both_tasks());
    const Ran without = run_on(mode, folder / ("without" + mode), both_tasks(), 0, false, missing);
    check_equal(with, without);
    CHECK(notes(with) == 0);
    CHECK(notes(without) == 1);
    CHECK(with.operations + 1000 < without.operations);
    CHECK(lane_warnings(without) == 0);
  }
}

TEST_CASE("a captured lane: stopped and resumed, also on another lane, it goes on with the same bits") {
  const TemporaryFolder folder;
  const Ran whole = run_on("plain", folder / "whole", both_tasks());
  for (const int stop : {1, 4, 8})
    for (const std::string mode : {"captured", "plain"}) {
      CAPTURE(stop);
      CAPTURE(mode);
      const fs::path own = folder / (mode + std::to_string(stop));
      static_cast<void>(run_on("captured", own, both_tasks(), stop));
      check_equal(whole, run_on(mode, own, both_tasks(), 0, true));
    }
}

TEST_CASE("a captured lane: other work in a later step ends the run, with the node's name") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& odd) {
    try {
      static_cast<void>(run_on("captured", folder / ("run" + odd), both_tasks("", odd)));
    } catch (const std::exception& thrown) {
      return std::string(thrown.what());
    }
    return std::string();
  };
  const std::string other = error(", other_from: 9");
  CHECK(other.find("`odd` (test.odd)") != std::string::npos);
  CHECK(other.find("`aten::neg` instead of") != std::string::npos);
  CHECK(other.find("--lane async") != std::string::npos);
  const std::string number = error(", other_number_from: 9");
  CHECK(number.find("`odd` (test.odd)") != std::string::npos);
  CHECK(number.find("differs") != std::string::npos);
  const std::string argument = error(", other_argument_from: 9");
  CHECK(argument.find("argument 2 of `aten::clamp.Tensor` differs") != std::string::npos);
}

TEST_CASE("a captured lane: a node that changes what it gets") {
  const TemporaryFolder folder;
  const std::string text = both_tasks("", "", "true");
  const Ran captured = run_on("captured", folder / "captured", text);
  check_equal(run_on("plain", folder / "plain", text), captured);
  CHECK(lane_warnings(captured) > 0);
  CHECK(captured.replayed > 1000);
}

TEST_CASE("a captured lane runs a segment as an asynchronous one, and says so, if a node does not take part or reads from the device") {
  const TemporaryFolder folder;
  for (const auto& [odd, words] : {std::pair<std::string, std::string>(", reads: true", "reads from the device"),
                                   {", other_from: 0", ""},
                                   {"", "(test.odd) does not say"}}) {
    CAPTURE(odd);
    std::string text = both_tasks("", odd);
    if (odd.empty()) text.replace(text.find("says_so: true"), 13, "says_so: false");
    const Ran plain = run_on("plain", folder / ("plain" + odd), text), captured = run_on("captured", folder / ("captured" + odd), text);
    check_equal(plain, captured);
    CHECK(lane_warnings(captured) == (words.empty() ? 0 : 1));
    const bool is_said = std::any_of(captured.warnings.begin(), captured.warnings.end(),
                                     [&words = words](const std::string& sentence) { return sentence.find(words) != std::string::npos; });
    CHECK((words.empty() || is_said));
    // The evaluations are captured all the same.
    CHECK(captured.replayed > 100);
  }
}
