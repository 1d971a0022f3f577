#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "leat/model.h"
#include "leat/registry.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/network.h"
#include "support/optimizer.h"
#include "support/temporary_folder.h"

// tests/data/forward/make_models.py wrote the files with PyTorch. Where LEAT_TEST_MODELS names a folder that it has just written, those are
// read in their place, and a compiled package with them.

void leat_register_leat_nodes_model(leat::Registry& registry);

using namespace leat;
namespace fs = std::filesystem;

namespace {

const char* made_now() { return std::getenv("LEAT_TEST_MODELS"); }
fs::path folder() { return made_now() ? fs::path(made_now()) : fs::path(LEAT_TEST_DATA) / "forward"; }

class References {
 public:
  [[nodiscard]] at::Tensor operator()(const std::string& name) const { return from_entry(archive_.entry(name)); }
  [[nodiscard]] const Archive& archive() const { return archive_; }

 private:
  Archive archive_ = Archive::read(folder() / "references.safetensors");
};

double difference(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return a.sub(b).abs().max().item<double>();
}

/// Where the source below takes its batch from, and where the sink leaves what arrives.
at::Tensor given;
std::vector<at::Tensor> arrived;

struct Given final : Source {
  Output<at::Tensor> row{this, "row", "C x H x W, float. A sample."};
  std::int64_t length() const override { return given.size(0); }
  void process(Frame& frame) const override {
    frame.identify({.id = std::to_string(frame.draw())});
    frame.put(row, given[frame.draw()]);
  }
};

struct Stack final : Node {
  Gather<at::Tensor> row{this, "row", "C x H x W, float. Samples."};
  Output<at::Tensor> batch{this, "batch", "N x C x H x W, float. All of a step."};
  Param<int> C{this, "C", "Channels.", 1};
  Param<int> H{this, "H", "Pixels.", 16};
  Param<int> W{this, "W", "Pixels.", 16};
  void process(Frame& frame) const override {
    std::vector<at::Tensor> rows;
    for (int k = 0; k < frame[row].size(); ++k) rows.push_back(frame[row][k]);
    frame.put(batch, at::stack(rows));
  }
};

struct Arrives final : Node {
  Input<at::Tensor> output{this, "output", "N x ..., float. What a network gives."};
  OptionalInput<at::Tensor> second{this, "second", "N x ..., float. What it gives besides."};
  void process(Frame& frame) const override {
    arrived = {frame[output].clone()};
    if (const at::Tensor* more = frame[second]) arrived.push_back(more->clone());
  }
};

Registry nodes() {
  Registry out;
  leat_register_leat_nodes_model(out);
  detail::register_type<Given>(out, "test.given", "Samples.");
  detail::register_type<Stack>(out, "test.stack", "A batch.", LaneKind::Device);
  detail::register_type<Arrives>(out, "test.arrives", "A sink.", LaneKind::Device);
  return out;
}

std::string graph(const std::string& type, const fs::path& file, const std::string& more = "", const std::string& forward = "{model: net}",
                  const std::string& arrives = "{output: net.output, second: net.second}", const std::string& stack = "{}") {
  return "leat: 1\nresources:\n  net: {uses: " + type + ", with: {file: " + file.string() + more + "}}\nphases:\n  predict:\n    nodes:\n" +
         "      rows: {uses: test.given, with: {batch: 3}}\n      batch: {uses: test.stack, in: rows, with: " + stack + "}\n" +
         "      net: {uses: model.forward, in: batch, with: " + forward + "}\n      end: {uses: test.arrives, in: " + arrives +
         "}\nplan: {then: [predict]}\n";
}

void check_outputs(const std::string& type, const std::string& file) {
  const References references;
  given = references("input");
  arrived.clear();
  (void)run_graph(nodes(), graph(type, folder() / file));
  REQUIRE(arrived.size() == 2);
  CHECK(difference(arrived[0], references("output")) < 1e-5);
  CHECK(difference(arrived[1], references("second")) < 1e-5);
}

std::string failure(const std::string& text) {
  try {
    (void)run_graph(nodes(), text);
  } catch (const NodeError& failed) {
    return failed.cause;
  }
  return {};
}

std::unique_ptr<ForwardModel> open_model(const std::string& file, bool averages = false) {
  const Registry registry = nodes();
  std::unique_ptr<Resource> resource = registry.find_resource("model.torchscript")->make();
  std::unique_ptr<ForwardModel> out(dynamic_cast<ForwardModel*>(resource.release()));
  set(*out, "{file: " + (folder() / file).string() + "}");
  Opening opening;
  opening.device = "cpu";
  out->open(opening);
  if (averages) out->start_averages();
  return out;
}

ForwardPass training(std::uint32_t step) {
  ForwardPass out;
  out.is_training = true;
  out.key.step = step;
  return out;
}

void train(ForwardModel& model, const at::Tensor& input) {
  const auto adam = open_optimizer("optim.adam", "{}", model);
  for (std::uint32_t k = 0; k < 5; ++k) {
    at::Tensor loss = at::zeros({});
    for (const at::Tensor& one : model.forward(input, training(k))) loss = loss + one.square().mean();
    update(*adam, torch::autograd::grad({loss}, model.parameters()), 0.01);
  }
}

}  // namespace

TEST_CASE("model.torchscript: a traced network gives what PyTorch gives") { check_outputs("model.torchscript", "traced.pt"); }

TEST_CASE("model.torchscript: a scripted network gives what PyTorch gives") {
  check_outputs("model.torchscript", "scripted.pt");
  check_outputs("model.torchscript", "dropout.pt");
}

TEST_CASE("model.aoti: a compiled package gives what PyTorch gives" * doctest::skip(!made_now())) {
  check_outputs("model.aoti", "compiled.pt2");
}

TEST_CASE("model.aoti: a batch of one gives what it gives among others" * doctest::skip(!made_now())) {
  const References references;
  given = references("input").slice(0, 0, 1);
  (void)run_graph(nodes(), graph("model.aoti", folder() / "compiled.pt2"));
  CHECK(difference(arrived[0], references("output").slice(0, 0, 1)) < 1e-5);
  CHECK(difference(arrived[1], references("second").slice(0, 0, 1)) < 1e-5);
}

TEST_CASE("model.aoti: a batch that the package was not compiled for is refused" * doctest::skip(!made_now())) {
  given = at::zeros({3, 1, 16, 8});
  const std::string said = failure(graph("model.aoti", folder() / "compiled.pt2", "", "{model: net}", "{output: net.output}", "{W: 8}"));
  CAPTURE(said);
  CHECK(said.find("fails on 3 x 1 x 16 x 8, float: ") != std::string::npos);
  CHECK(said.find("unmatched dim value at 3, expected: 16, but got: 8") != std::string::npos);
}

TEST_CASE("model.torchscript: five steps of Adam in training mode equal PyTorch's, with the running means of its norm") {
  const References references;
  const auto model = open_model("scripted.pt");
  train(*model, references("input"));
  Archive saved;
  model->save(saved);
  CHECK(saved.entries().size() == 10);
  for (const auto& [name, entry] : saved.entries()) {
    INFO(name);
    CHECK(difference(from_entry(entry), references("trained." + name)) < 1e-5);
  }

  // Another that loads it goes on from there; its averages are the weights that it loaded.
  const auto other = open_model("scripted.pt", true);
  other->load(saved);
  const at::NoGradGuard no_gradients;
  const at::Tensor expected = model->forward(references("input"), {})[0];
  CHECK(other->forward(references("input"), {})[0].equal(expected));
  CHECK(other->forward(references("input"), {Weights::Averaged, false, {}})[0].equal(expected));
}

TEST_CASE("model.torchscript: a run that goes on refuses another network in the file, and takes it where that is accepted") {
  const TemporaryFolder place;
  const fs::path file = place / "net.pt";
  fs::copy_file(folder() / "scripted.pt", file);
  const auto made = [&] {
    std::unique_ptr<Resource> out = nodes().find_resource("model.torchscript")->make();
    set(*out, "{file: " + file.string() + "}");
    return out;
  };
  Opening opening;
  opening.name = "net";
  opening.device = "cpu";
  std::string said;
  opening.warn = [&said](const std::string& sentence) { said += sentence; };
  const auto first = made();
  first->open(opening);
  Archive record;
  first->record(record);
  opening.recorded = &record;
  // A copy with another time is the same.
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::hours(1));
  made()->open(opening);
  CHECK(said == "");
  fs::copy_file(folder() / "dropout.pt", file, fs::copy_options::overwrite_existing);
  CHECK_THROWS_WITH_AS(made()->survey(opening), doctest::Contains("has changed since the run began"), Refusal);
  opening.accepts_changed_files = true;
  made()->open(opening);
  CHECK(said.find("`" + file.string() + "` has changed since the run began; the run's weights are loaded into the changed network") !=
        std::string::npos);
}

TEST_CASE("model.torchscript: averaged weights are used where they are asked for, and only there") {
  const References references;
  const auto model = open_model("scripted.pt", true);
  train(*model, references("input"));
  const at::NoGradGuard no_gradients;
  const auto live = model->forward(references("input"), {})[0];
  const auto averaged = model->forward(references("input"), {Weights::Averaged, false, {}})[0];
  CHECK(difference(live, averaged) > 1e-3);
  CHECK(model->forward(references("input"), {})[0].equal(live));
}

TEST_CASE("model.torchscript: dropout depends on the pass's key and on nothing else") {
  const References references;
  const auto model = open_model("dropout.pt");
  const at::NoGradGuard no_gradients;
  const auto first = model->forward(references("input"), training(1))[1], second = model->forward(references("input"), training(2))[1];
  CHECK(difference(first, second) > 0.01);
  // The running means have moved, the batch's own are used: the same key gives the same values again.
  CHECK(model->forward(references("input"), training(1))[1].equal(first));
}

TEST_CASE("model.torchscript: a weight in two places is one, and one that requires no gradient stays") {
  const References references;
  const auto model = open_model("tied.pt");
  CHECK(model->names() == std::vector<std::string>{"a.weight", "c.bias"});
  train(*model, references("small"));
  Archive saved;
  model->save(saved);
  CHECK(saved.entries().size() == 4);
  CHECK(from_entry(saved.entry("b.weight")).equal(from_entry(saved.entry("a.weight"))));
  for (const char* name : {"a.weight", "c.weight", "c.bias"}) {
    INFO(name);
    CHECK(difference(from_entry(saved.entry(name)), references(std::string("tied.") + name)) < 1e-5);
  }
}

TEST_CASE("model.torchscript: a gray picture is repeated for a network of colours, which may write into it") {
  const References references;
  given = references("input");
  for (const char* file : {"colours.pt", "frozen.pt"}) {
    (void)run_graph(nodes(), graph("model.torchscript", folder() / file, ", channels: 3", "{model: net}", "{output: net.output}"));
    CHECK(difference(arrived[0], references("colours")) < 1e-5);
  }
  CHECK(given.equal(references("input")));
  const std::string said = mistakes(nodes(), graph("model.torchscript", folder() / "colours.pt"));
  CAPTURE(said);
  CHECK(said.find("to have 3 channels, but got 1 channels") != std::string::npos);
  CHECK(said.find("set `channels: 3` next to its `file`") != std::string::npos);
  CHECK(mistakes(nodes(), graph("model.torchscript", folder() / "traced.pt", ", channels: 3"))
            .find("to have 1 channels, but got 3 channels") != std::string::npos);
}

TEST_CASE("model.forward: what the file says is known before the run") {
  given = at::zeros({3, 1, 16, 16});
  const Registry registry = nodes();
  const Program program = build(registry, graph("model.torchscript", folder() / "traced.pt"));
  std::string text;
  for (const Wire& wire : program.phases.at(0).wires) text += std::string(wire.port->name()) + ": " + wire.contract.str() + "\n";
  CAPTURE(text);
  CHECK(text.find("output: N x 2, float\n") != std::string::npos);
  CHECK(text.find("second: N x 1 x 16 x 16, float\n") != std::string::npos);
}

TEST_CASE("model.forward: files and settings that cannot work are refused where they stand") {
  const TemporaryFolder scratch;
  std::ofstream(scratch.path() / "words.pt") << "no network";
  const auto said = [&](const std::string& text) { return mistakes(nodes(), text); };
  CHECK(said(graph("model.torchscript", scratch.path() / "words.pt")).find("words.pt` is not a readable TorchScript file: ") !=
        std::string::npos);
  CHECK(said(graph("model.aoti", folder() / "compiled.pt2", "", "{model: net, mode: train}"))
            .find(made_now() ? "this network is compiled, so it has no `mode: train`" : "not a readable AOTInductor package") !=
        std::string::npos);
  CHECK(said(graph("model.torchscript", scratch.path() / "gone.pt")).find("g.yaml:3:") != std::string::npos);
  CHECK(said(graph("model.aoti", scratch.path() / "words.pt")).find("words.pt` is not a readable AOTInductor package: ") !=
        std::string::npos);
  CHECK(said(graph("model.aoti", scratch.path() / "gone.pt2")).find("gone.pt2` is not a readable AOTInductor package: ") !=
        std::string::npos);
  const std::string third = said(graph("model.torchscript", folder() / "traced.pt", "", "{model: net}", "{output: net.third}"));
  CAPTURE(third);
  CHECK(third.find("g.yaml:10:46: error: `net`: ") != std::string::npos);
  CHECK(third.find("the network returns only 2 tensors") != std::string::npos);
  CHECK(
      said(graph("model.torchscript", folder() / "scripted.pt", "", "{model: net, mode: train}")).find("which only a train phase can do") !=
      std::string::npos);
  CHECK(failure(graph("model.torchscript", folder() / "scripted.pt", "", "{model: net, weights: ema}")).find("no averaged weights") !=
        std::string::npos);
}
