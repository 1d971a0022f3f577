#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "leat/program_summary.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/temporary_folder.h"
#include "support/toys.h"

// The plan: at which steps a training ends, is validated and gets checkpoints.
using namespace leat;

namespace {

std::string graph(int length, int batch, const std::string& train, const std::string& more = "") {
  return "leat: 1\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: {length: " + std::to_string(length) +
         ", batch: " + std::to_string(batch) + "}}\n" + more +
         "      fold: {uses: toy.fold, in: count}\n"
         "  validate:\n    nodes:\n      count: {uses: toy.count, with: {length: 3, batch: 2}}\n      fold: {uses: toy.fold, in: count}\n"
         "plan: {train: {phase: train, " +
         train + "}}\n";
}

/// Records its step, also over all steps at its end; and a metric that is undefined in every second step.
struct Recording final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  MetricGroup metrics{this, Better::Higher, {{"step", "The step."}, {"odd", "The step, if it is odd."}, {"all", "The number of steps."}}};
  State<std::int64_t> seen{this, "seen", 0};

  void process(Frame& frame) const override {
    std::int64_t& now = ++frame.state(seen);
    frame.metric("step", static_cast<double>(now));
    frame.metric("odd", now % 2 == 1 ? static_cast<double>(now) : std::numeric_limits<double>::quiet_NaN());
  }
  void finish(Frame& frame) const override {
    frame.metric("step", -1);
    frame.metric("all", static_cast<double>(frame.state(seen)));
  }
};

std::vector<std::int64_t> validations(const ProgramPlan& plan) {
  std::vector<std::int64_t> steps;
  for (std::int64_t step = 1; step <= plan.steps; ++step)
    if (plan.is_validation_due(step)) steps.push_back(step);
  return steps;
}

std::vector<std::int64_t> validations(const std::string& text) { return validations(build(toy_registry(), text).plan); }

}  // namespace

TEST_CASE("a plan: every epoch is an epoch, whatever the batch") {
  const Program program = build(toy_registry(), graph(16, 6, "epochs: 12 of count, validate: every epoch"));
  CHECK(program.plan.steps == 32);
  CHECK(validations(program.plan) == std::vector<std::int64_t>{3, 5, 8, 11, 13, 16, 19, 21, 24, 27, 29, 32});
  for (int length = 1; length < 40; ++length)
    for (int batch = 1; batch <= length; ++batch) {
      CAPTURE(length);
      CAPTURE(batch);
      const ProgramPlan plan = build(toy_registry(), graph(length, batch, "epochs: 12 of count, validate: every epoch")).plan;
      CHECK(validations(plan).size() == 12);
      CHECK(plan.steps == std::llround(12.0 * length / batch));
    }
}

TEST_CASE("a plan: several epochs, parts of one, and those of another source") {
  CHECK(validations(graph(16, 6, "epochs: 5 of count, validate: every 2 epochs")) == std::vector<std::int64_t>{5, 11, 13});
  CHECK(validations(graph(10, 2, "epochs: 2 of count, validate: {every: 0.5 epochs}")) == std::vector<std::int64_t>{3, 5, 8, 10});
  CHECK(validations(graph(10, 2, "epochs: 1 of count, validate: every 0.001 epochs")) == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  CHECK(validations(graph(2, 8, "epochs: 12 of count, validate: every epoch")) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(validations(graph(10, 2, "steps: 12, validate: every epoch")) == std::vector<std::int64_t>{5, 10, 12});
  CHECK(validations(graph(10, 2, "steps: 7, validate: every 3 steps")) == std::vector<std::int64_t>{3, 6, 7});
  const std::string two = "      other: {uses: toy.count, with: {length: 8, batch: 2}}\n      sink: {uses: toy.sink, in: other}\n";
  CHECK(validations(graph(10, 2, "epochs: 2 of count, validate: every epoch of other", two)) == std::vector<std::int64_t>{4, 8, 10});
  const std::string text = mistakes(toy_registry(), graph(10, 2, "steps: 12, validate: every epoch", two));
  CHECK(text.find("`validate` counts epochs, but `train` has 2 sources with an end") != std::string::npos);
  CHECK(text.find("name one: `every epoch of count`") != std::string::npos);
}

TEST_CASE("a plan: check says how often is validated") {
  const auto plan_line = [](const std::string& text) {
    const std::string table = program_table(build(toy_registry(), text));
    const std::size_t at = table.find("plan: ");
    return table.substr(at, table.find('\n', at) - at);
  };
  CHECK(plan_line(graph(16, 6, "epochs: 12 of count, validate: every epoch")).find("32 steps of train, validate every epoch (2.7 steps)") !=
        std::string::npos);
  CHECK(plan_line(graph(16, 4, "epochs: 12 of count, validate: every 1.5 epochs")).find("validate every 1.5 epochs (6 steps)") !=
        std::string::npos);
  CHECK(plan_line(graph(16, 4, "steps: 12, validate: every 5 steps")).find("validate every 5 steps") != std::string::npos);
  CHECK(plan_line(graph(16, 4, "steps: 12")).ends_with("12 steps of train, a checkpoint every 10 min"));
  CHECK(plan_line(graph(16, 4, "steps: 12, checkpoint_every: 90 s")).ends_with("a checkpoint every 90 s"));
  CHECK(plan_line(graph(16, 4, "steps: 12, checkpoint_every: 5")).ends_with("a checkpoint every 5 steps"));
}

TEST_CASE("a plan: a validation after less than a step is warned of") {
  const auto said = [](const std::string& train, int length = 10, int batch = 2) {
    Diagnostics diagnostics;
    const GraphDescription description = read_graph_text(graph(length, batch, train), "g.yaml", "/graphs", {}, diagnostics);
    (void)Program::build(description, toy_registry(), {}, diagnostics);
    CHECK_FALSE(diagnostics.has_errors());
    return diagnostics.str();
  };
  const std::string text = said("epochs: 2 of count, validate: every 0.1 epochs");
  CAPTURE(text);
  CHECK(text.starts_with(
      "g.yaml:11:60: warning: `validate` is due every 0.1 epochs of `count`, which is 0.5 steps: `train` is validated after every "
      "step, 10 times\n"));
  CHECK(text.find("^ an epoch of it has 5 steps\n") != std::string::npos);
  CHECK(said("epochs: 4 of count, validate: every epoch", 2, 8).find("`validate` is due every epoch of `count`, which is 0.25 steps") !=
        std::string::npos);
  CHECK(said("epochs: 2 of count, validate: every 0.2 epochs").empty());
  CHECK(said("epochs: 2 of count, validate: every 1 steps").empty());
}

TEST_CASE("a plan: a run of 12 epochs is validated 12 times, and `stop_after` counts these") {
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  (void)run_graph(toy_registry(), graph(16, 6, "epochs: 12 of count, validate: every epoch"), 2, options);
  std::vector<std::int64_t> steps;
  std::ifstream metrics(options.folder / "metrics.jsonl");
  for (std::string line; std::getline(metrics, line);)
    if (const auto one = nlohmann::json::parse(line); one["phase"] == "validate") steps.push_back(one["step"]);
  CHECK(steps == std::vector<std::int64_t>{3, 5, 8, 11, 13, 16, 19, 21, 24, 27, 29, 32});

  options.folder = folder.path() / "stopped";
  // The toy folds alike at every validation: no later one is better than the first.
  const std::string stopped =
      graph(16, 6, "epochs: 12 of count, validate: every epoch, keep: {best: validate.fold.last}, stop_after: 2 validations");
  CHECK(run_graph(toy_registry(), stopped, 2, options).steps == 8);
}

TEST_CASE("a plan: results say which weights were kept, what their validation measured and which weights each phase judged") {
  const TemporaryFolder folder;
  const std::string text =
      graph(16, 6, "epochs: 6 of count, validate: every epoch, keep: {best: validate.fold.last, mode: first}}, then: [test, late]");
  std::string whole = text;
  whole.insert(whole.find("plan:"),
               "  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 3, batch: 2}}\n      fold: {uses: toy.fold, in: count}\n"
               "  late:\n    kind: test\n    weights: last\n    nodes:\n      count: {uses: toy.count, with: {length: 3, batch: 2}}\n"
               "      fold: {uses: toy.fold, in: count}\n");
  whole.erase(whole.rfind("}}\n"));
  whole += "}\n";
  RunOptions options;
  options.folder = folder.path() / "run";
  const RunResult result = run_graph(toy_registry(), whole, 2, options);
  std::ifstream in(options.folder / "results.json");
  const nlohmann::json results = nlohmann::json::parse(in);
  const std::vector<std::int64_t> steps = validations(whole);
  REQUIRE(steps.size() == 6);
  CHECK(results.at("kept").at("step") == steps.front());
  CHECK(results.at("kept").at("phase") == "validate");
  CHECK(results.at("kept").at("metrics").contains("fold.last"));
  CHECK(results.at("weights_of") == nlohmann::json{{"validate", steps.back()}, {"test", steps.front()}, {"late", steps.back()}});
  CHECK(results.at("metrics").at("validate.fold.last").contains("better"));
}

TEST_CASE("a plan: checkpoints are taken every ten minutes where nothing is said") {
  const auto plan = [](const std::string& train) { return build(toy_registry(), graph(16, 4, train)).plan; };
  CHECK(plan("steps: 12").checkpoint_seconds == 600);
  CHECK(plan("steps: 12").checkpoint_every == 0);
  CHECK(plan("steps: 12, checkpoint_every: 5").checkpoint_seconds == 0);
  CHECK(plan("steps: 12, checkpoint_every: 5").checkpoint_every == 5);
  CHECK(plan("steps: 12, checkpoint_every: 1 h").checkpoint_seconds == 3600);
}

TEST_CASE("a plan: periods far shorter than a step validate after every step") {
  const ProgramPlan plan = build(toy_registry(), graph(8, 4, "steps: 60, validate: every 0.000000000000001 epochs")).plan;
  CHECK(validations(plan).size() == 60);
}

TEST_CASE("a plan: only the training and its validation share `memory`") {
  const auto credits = [](const std::string& text) {
    const Program program = build(toy_registry(), text);
    std::vector<int> out;
    for (const ProgramPhase& phase : program.phases) out.push_back(phase.credits);
    return out;
  };
  const std::string sized = "      count: {uses: toy.count, with: {is_sized: true, length: 100, batch: ";
  const auto phase = [&](const std::string& name, int batch) {
    return "  " + name + ":\n    prefetch: 10\n    nodes:\n" + sized + std::to_string(batch) +
           "}}\n      fold: {uses: toy.fold, in: count}\n";
  };
  const std::string phases = "leat: 1\nphases:\n" + phase("train", 10) + phase("validate", 5) + phase("test", 40);
  const std::int64_t row = build(toy_registry(), phases + "plan: {train: {phase: train, steps: 5}}\n").phases[0].step_bytes / 10;
  const auto plan = [&](const std::string& train, const std::string& then, std::int64_t rows) {
    return phases + "plan: {train: {phase: train, steps: 5" + train + "}, then: [" + then + "], memory: " + std::to_string(rows * row) +
           "B}\n";
  };
  // A validation that follows the training, or is not run, leaves the training all memory; a test never takes from it.
  CHECK(credits(plan("", "validate, test", 100)) == std::vector<int>{10, 10, 2});
  CHECK(credits(plan(", validate: every 5 steps", "test", 55)) == std::vector<int>{5, 1, 1});
}

TEST_CASE("a plan: more steps than the event log can count are refused") {
  const Registry registry = toy_registry();
  CHECK(mistakes(registry, graph(16, 4, "steps: 4294967295")).empty());
  CHECK(mistakes(registry, graph(16, 4, "steps: 4294967296")).find("`train` has 4294967296 steps; the maximum is 4294967295") !=
        std::string::npos);
}

TEST_CASE("a plan: a training's metrics of steps are means over its last 50, also if a node records them over all steps at its end") {
  Registry registry = toy_registry();
  detail::register_type<Recording>(registry, "test.recording", "Records its step.");
  const auto node = [](const char* steps) {
    return "{kind: " + std::string(steps) +
           ", nodes: {count: {uses: toy.count, with: {length: 80, batch: 1}}, record: {uses: test.recording, in: count}}}\n";
  };
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  const RunResult result = run_graph(registry,
                                     "leat: 1\nphases:\n  train: " + node("train") + "  test: " + node("test") +
                                         "plan: {train: {phase: train, epochs: 1 of count}, then: [test]}\n",
                                     2, options);
  const Metrics& train = result.phases.at("train");
  CHECK(train.at("record.step") == 55.5);
  CHECK(train.at("record.odd") == 55);
  CHECK(train.at("record.all") == 80);
  CHECK(result.phases.at("test").at("record.step") == -1);
  // The odd numbers to 79: steps in which it is undefined do not count.
  CHECK(result.phases.at("test").at("record.odd") == 40);
}
