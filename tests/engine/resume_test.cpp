#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "leat/checkpoint.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/text_file.h"
#include "support/toys.h"

using namespace leat;
namespace fs = std::filesystem;

namespace {

const char* const graph = R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    prefetch: 3
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 4}}
      noise: {uses: toy.noise, in: {number: count}}
      slow: {uses: toy.pass, in: {number: noise}, with: {busy_us: 500}}
      fold: {uses: toy.fold, in: {number: slow}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
      behind: {uses: toy.fold, in: {number: multiply}}
  validate:
    nodes:
      count: {uses: toy.count, with: {length: 10, batch: 4}}
      score: {uses: toy.score, in: {number: count}, with: {weight: weight}}
  test:
    nodes:
      count: {uses: toy.count, with: {length: 30, batch: 4}}
      score: {uses: toy.score, in: {number: count}, with: {weight: weight}}
plan:
  train: {phase: train, steps: 40, checkpoint_every: 3, validate: every 10 steps, keep: {best: [validate.score.score]}}
  then: [test]
)";

/// The first line in which two texts differ; empty: none.
std::string difference(const std::string& a, const std::string& b) {
  std::istringstream first(a), second(b);
  for (std::string one, other;;) {
    const bool has_one = static_cast<bool>(std::getline(first, one)), has_other = static_cast<bool>(std::getline(second, other));
    if (!has_one && !has_other) return {};
    if (has_one != has_other || one != other) return (has_one ? one : "(end)") + " | " + (has_other ? other : "(end)");
  }
}

RunResult run_in(const std::filesystem::path& folder, std::int64_t stop_at, bool resumes, const std::string& text = graph) {
  const Registry registry = toy_registry();
  Program program = build(registry, text, 5);
  RunOptions options;
  options.folder = folder;
  options.resumes = resumes;
  Run run(program, make_thread_lane(), make_test_executor(3), options);
  toys::Witness witness;
  witness.learning = [&](std::int64_t step) {
    if (step == stop_at) run.stop();
  };
  toys::watch(&witness);
  RunResult result;
  try {
    result = run.run();
  } catch (...) {
    toys::watch(nullptr);
    throw;
  }
  toys::watch(nullptr);
  return result;
}

}  // namespace

TEST_CASE("resume: a run stopped at any step ends with what one that was never stopped ends with") {
  TemporaryFolder whole;
  const RunResult wanted = run_in(whole.path() / "run", -1, false);
  CHECK(wanted.steps == 40);
  const std::string metrics = text_of(whole.path() / "run" / "metrics.jsonl");
  const std::string weight = text_of(whole.path() / "run" / "checkpoints" / "last" / "weight.safetensors");
  for (const std::int64_t stop_at : {1, 2, 7, 9, 10, 11, 20, 38}) {
    CAPTURE(stop_at);
    TemporaryFolder folder;
    const RunResult cut = run_in(folder.path() / "run", stop_at, false);
    CHECK(cut.was_interrupted);
    CHECK(cut.steps == stop_at + 1);
    const RunResult rest = run_in(folder.path() / "run", -1, true);
    CHECK(!rest.was_interrupted);
    CHECK(rest.phases == wanted.phases);
    CHECK(difference(text_of(folder.path() / "run" / "metrics.jsonl"), metrics) == "");
    CHECK(text_of(folder.path() / "run" / "checkpoints" / "last" / "weight.safetensors") == weight);
  }
}

namespace {

/// What a run that was stopped after step 24 says when it goes on with another graph, and how it ends.
struct Continued {
  RunResult result;
  std::string error;
  std::vector<std::string> said;
  [[nodiscard]] bool says(std::string_view text) const {
    return std::any_of(said.begin(), said.end(), [text](const std::string& one) { return one.find(text) != std::string::npos; });
  }
};

Continued continued(const std::string& text, std::uint64_t seed = 5, std::int64_t stop_at = 24) {
  TemporaryFolder folder;
  (void)run_in(folder.path() / "run", stop_at, false);
  const Registry registry = toy_registry();
  Program program = build(registry, text, seed);
  Continued out;
  OnMessage listen([&](const std::string& sentence) { out.said.push_back(sentence); });
  RunOptions options;
  options.folder = folder.path() / "run";
  options.resumes = true;
  options.accepts_changed_graph = true;
  options.observers = {{&listen, Hears::Messages}};
  try {
    out.result = Run(program, make_thread_lane(), make_test_executor(2), options).run();
  } catch (const std::exception& error) {
    out.error = error.what();
  }
  return out;
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = graph;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("a changed graph: the best weights stay the best where `keep` and the validation are the same, and begin anew elsewhere") {
  const std::string anew = "warning: the weights of step ",
                    why = " are no longer the best: this graph has another `keep` or another validation";
  const Continued longer = continued(changed("steps: 40", "steps: 60"));
  CHECK(longer.error == "");
  CHECK_FALSE(longer.says("no longer the best"));
  CHECK(longer.says("warning: the graph was changed after step 25: earlier steps ran with the previous graph, not with graph.yaml"));
  for (const std::string& text :
       {changed(", keep: {best: [validate.score.score]}", ""), changed("length: 10, batch: 4", "length: 12, batch: 4"),
        changed("score.score]}", "score.score], mode: first}")}) {
    const Continued other = continued(text);
    CHECK(other.error == "");
    CHECK(other.says(anew));
    CHECK(other.says(why));
  }
  const Continued none = continued(changed(", keep: {best: [validate.score.score]}", ""));
  CHECK_FALSE(none.says("after the training use the weights"));
  const Continued unchanged = continued(graph);
  CHECK(unchanged.error == "");
  CHECK_FALSE(unchanged.says("changed"));
}

TEST_CASE("a changed graph: a resource of another name begins anew, with a word, and so does what is best") {
  std::string text = changed("weight: weight", "weight: other");
  text.replace(text.find("  weight: {uses"), 8, "  other");
  const Continued renamed = continued(text);
  CHECK(renamed.error == "");
  CHECK(renamed.says("warning: the checkpoint has no `other`, which starts again"));
  CHECK(renamed.says("warning: `weight` of the checkpoint is not in this graph, and is not used"));
  CHECK(renamed.says("are no longer the best: "));
}

TEST_CASE("a changed graph: phases that follow the training are done by their names") {
  TemporaryFolder folder;
  const std::string two = changed("then: [test]", "then: [test, second]");
  const auto with_second = [](std::string text) {
    // So long that a stop comes in time.
    text.replace(text.find("plan:"), 0, "  second: {like: test, nodes: {count: {with: {length: 100000000}}}}\n");
    return text;
  };
  const fs::path run = folder.path() / "run";
  {
    const Registry registry = toy_registry();
    Program program = build(registry, with_second(two), 5);
    RunOptions options;
    options.folder = run;
    Run one(program, make_thread_lane(), make_test_executor(2), options);
    OnStep stops([&](const Progress& progress) {
      if (progress.phase == "second") one.stop();
    });
    one.attach(stops, Hears::Steps);
    REQUIRE(one.run().was_interrupted);
  }
  const Registry registry = toy_registry();
  Program program = build(registry, with_second(changed("then: [test]", "then: [second, test]")), 5);
  RunOptions options;
  options.folder = run;
  options.resumes = true;
  options.accepts_changed_graph = true;
  CHECK_THROWS_WITH((void)Run(program, make_thread_lane(), make_test_executor(2), options).run(),
                    ("the run in " + run.string() +
                     " has done the first 1 phases after its training, but `second` is not one of them: add "
                     "new phases of `then` after the finished ones")
                        .c_str());
}

TEST_CASE("resume: another seed is refused, by the engine too") {
  const Continued other = continued(graph, 6);
  CHECK(other.error.find("was begun with seed 5, but seed 6 would draw other numbers") != std::string::npos);
}

TEST_CASE("resume: what was dropped is counted from the step on where the run was resumed") {
  const std::string drops =
      changed("      fold: {uses: toy.fold, in: {number: slow}}",
              "      gate: {uses: toy.drop, in: {number: slow}, with: {every: 16}}\n      fold: {uses: toy.fold, in: {number: gate}}");
  TemporaryFolder folder;
  (void)run_in(folder.path() / "run", 9, false, drops);
  const RunResult rest = run_in(folder.path() / "run", -1, true, drops);
  REQUIRE(!rest.warnings.empty());
  CHECK(rest.warnings[0].find("`gate` dropped ") == 0);
  CHECK(rest.warnings[0].find(" of 120 samples since the run was resumed at step 10; the first: step ") != std::string::npos);
}

TEST_CASE("stop_after: says that the training ends early, and why") {
  std::vector<std::string> said;
  OnMessage listen([&](const std::string& sentence) { said.push_back(sentence); });
  RunOptions options;
  options.observers = {{&listen, Hears::Messages}};
  const RunResult result =
      run_graph(toy_registry(), changed("score.score]}", "score.score], mode: first}, stop_after: 1 validation"), 2, options);
  CHECK(result.steps == 20);
  CHECK(std::find(said.begin(), said.end(),
                  "the training ends at step 20 of 40: 1 validation without a better one, the limit of the plan's `stop_after`") !=
        said.end());
}

TEST_CASE("stop: a run that is stopped when nothing is left to do is finished") {
  TemporaryFolder folder;
  const Registry registry = toy_registry();
  Program program = build(registry, graph, 5);
  RunOptions options;
  options.folder = folder.path() / "run";
  Run run(program, make_thread_lane(), make_test_executor(2), options);
  bool is_stopped = false;
  OnStep stops([&](const Progress& progress) {
    if (progress.phase != "test" || progress.step != progress.steps) return;
    run.stop();
    is_stopped = true;
  });
  run.attach(stops, Hears::Steps);
  CHECK_FALSE(run.run().was_interrupted);
  CHECK(is_stopped);
  CHECK(fs::exists(options.folder / "results.json"));
}

TEST_CASE("then: each phase judges the best or the last weights, whichever it names, and checkpoints keep the last") {
  const auto planned = [](const std::string& plan) {
    std::string text = graph;
    text.replace(text.find("plan:"), std::string::npos, "  test_last: {like: test, weights: last}\nplan:\n" + plan);
    return text;
  };
  const std::string train = "  train: {phase: train, steps: 40, checkpoint_every: 3, validate: every 10 steps";
  const std::string keeps = train + ", keep: {best: [validate.score.score], mode: first}}\n";
  TemporaryFolder folder;
  const RunResult plain = run_in(folder.path() / "plain", -1, false, planned(train + "}\n  then: [test]\n"));
  const RunResult first = run_in(folder.path() / "first", -1, false, planned(keeps + "  then: [test, test_last]\n"));
  const RunResult later = run_in(folder.path() / "later", -1, false, planned(keeps + "  then: [test_last, test]\n"));
  CHECK(first.phases.at("test_last") == plain.phases.at("test"));
  CHECK(first.phases.at("test") != plain.phases.at("test"));
  CHECK(later.phases == first.phases);
  const auto weight = [&](const std::string& run) { return text_of(folder.path() / run / "checkpoints" / "last" / "weight.safetensors"); };
  CHECK(weight("first") == weight("plain"));
  CHECK(weight("later") == weight("plain"));
  CHECK(kept_weights(folder.path() / "first")->steps == 10);
  CHECK(kept_weights(folder.path() / "first", true)->steps == 40);
}

TEST_CASE("keep: the best mean, or the latest that is not much below it") {
  const auto scores_of = [](const std::filesystem::path& run) {
    std::vector<std::pair<std::int64_t, double>> out;
    std::istringstream lines(text_of(run / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);)
      if (const auto one = nlohmann::json::parse(line); one.at("phase") == "validate")
        out.emplace_back(one.at("step"), one.at("metrics").at("score.score"));
    return out;
  };
  TemporaryFolder folder;
  std::int64_t last_kept = 0;
  for (const double within : {0.0, 30.0, 1e6}) {
    std::string text = graph;
    text.replace(text.find("[validate.score.score]"), 22, "[validate.score.score], within: " + std::to_string(within));
    const std::filesystem::path run = folder.path() / std::to_string(within);
    (void)run_in(run, -1, false, text);
    const auto scores = scores_of(run);
    REQUIRE(scores.size() == 4);
    double best = scores[0].second;
    std::int64_t kept = scores[0].first;
    for (const auto& [step, score] : scores) {
      if (score > best || (within > 0 && score >= best - within)) kept = step;
      best = std::max(best, score);
    }
    CAPTURE(within);
    CHECK(kept_weights(run)->steps == kept);
    CHECK(kept >= last_kept);
    last_kept = kept;
  }
  CHECK(kept_weights(folder.path() / std::to_string(0.0))->steps < 40);
  CHECK(last_kept == 40);
}

TEST_CASE("keep: a validation whose metric is not a number does not count") {
  TemporaryFolder folder;
  std::string text = graph;
  const std::string score = "{uses: toy.score, in: {number: count}, with: {weight: weight}}";
  text.replace(text.find(score), score.size(), "{uses: toy.score, in: {number: count}, with: {weight: weight, undefined: 3}}");
  const RunResult late = run_in(folder.path() / "late", -1, false, text);
  CHECK(kept_weights(folder.path() / "late")->steps == 40);
  CHECK(late.warnings.size() == 3);
  CHECK(late.warnings.at(0) == "`validate.score.score` is NaN at step 10: this validation does not count");

  // Nothing is kept: what follows judges the last weights, as a run without `keep` does.
  text.replace(text.find("undefined: 3"), 12, "undefined: 4");
  const RunResult never = run_in(folder.path() / "never", -1, false, text);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "never/checkpoints/best"));
  CHECK(never.warnings.back() ==
        "no validation had a number for the plan's `keep`: the phases after the training use the weights of the last step, 40");
  std::string plain = text;
  plain.replace(plain.find(", keep: {best: [validate.score.score]}"), 38, "");
  CHECK(never.phases.at("test") == run_in(folder.path() / "plain", -1, false, plain).phases.at("test"));

  // Nor does it count for `stop_after`.
  text.insert(text.find("}\n  then:"), ", stop_after: 1 validation");
  CHECK(run_in(folder.path() / "waiting", -1, false, text).steps == 40);
}

TEST_CASE("keep: a warning at the end of a training in which all validations tie, also of a resumed one") {
  TemporaryFolder folder;
  std::string text = graph;
  const std::string score = "{uses: toy.score, in: {number: count}, with: {weight: weight}}";
  const auto ties = [](const RunResult& result) {
    std::vector<std::string> out;
    for (const std::string& warning : result.warnings)
      if (warning.find("validations have the same") != std::string::npos) out.push_back(warning);
    return out;
  };
  CHECK(ties(run_in(folder.path() / "other", -1, false, text)).empty());
  text.replace(text.find(score), score.size(), "{uses: toy.score, in: {number: count}, with: {weight: weight, modulus: 1}}");
  const std::vector<std::string> said = ties(run_in(folder.path() / "whole", -1, false, text));
  REQUIRE(said.size() == 1);
  CHECK(said[0].starts_with(
      "all 4 validations have the same `validate.score.score`, 0: `keep` has no information, and the weights of step 10 are kept without"));
  CHECK(run_in(folder.path() / "parts", 25, false, text).was_interrupted);
  CHECK(ties(run_in(folder.path() / "parts", -1, true, text)) == said);
}

TEST_CASE("keep: of a metric whose lower values are better the lowest is kept") {
  TemporaryFolder folder;
  std::string lower = graph;
  lower.replace(lower.find("validate.score.score"), 20, "validate.score.cost");
  (void)run_in(folder.path() / "highest", -1, false);
  (void)run_in(folder.path() / "lowest", -1, false, lower);
  const std::int64_t kept = kept_weights(folder.path() / "highest")->steps;
  CHECK(kept < 40);
  CHECK(kept_weights(folder.path() / "lowest")->steps == kept);
}

TEST_CASE("a run's folder: a second run in it is refused, and so is one that would overwrite") {
  TemporaryFolder folder;
  (void)run_in(folder.path() / "run", -1, false);
  CHECK_THROWS_WITH_AS((void)run_in(folder.path() / "run", -1, false),
                       ((folder.path() / "run").string() + " already holds a run: resume it with --resume, or name another folder").c_str(),
                       std::runtime_error);
}

TEST_CASE("resume: a changed graph does not go on from the end of a run or of its training, and changes nothing of it") {
  const TemporaryFolder folder;
  (void)run_in(folder.path() / "run", -1, false);
  const std::string graph_before = text_of(folder.path() / "run/graph.yaml"), results_before = text_of(folder.path() / "run/results.json");
  const Registry registry = toy_registry();
  const auto go_on = [&](const std::string& text, const std::string& name = "run") {
    Program program = build(registry, text, 5);
    RunOptions options;
    options.folder = folder.path() / name;
    options.resumes = true;
    options.accepts_changed_graph = true;
    return Run(program, make_thread_lane(), make_test_executor(3), options).run();
  };
  std::string longer = graph;
  longer.replace(longer.find("steps: 40"), 9, "steps: 60");
  CHECK_THROWS_WITH_AS((void)go_on(longer), doctest::Contains("is finished and cannot be resumed with a changed graph"),
                       std::runtime_error);
  const auto judged_twice = [](std::string text) {
    text.insert(text.find("plan:"), "  judge: {like: test}\n");
    return text.replace(text.find("[test]"), 6, "[test, judge]");
  };
  CHECK_THROWS_WITH_AS((void)go_on(judged_twice(longer)), doctest::Contains("has ended at step 40, but this graph trains for 60 steps"),
                       std::runtime_error);
  CHECK(text_of(folder.path() / "run/graph.yaml") == graph_before);
  CHECK(text_of(folder.path() / "run/results.json") == results_before);
  std::string early = graph;
  early.insert(early.find("}\n  then:"), ", stop_after: 1 validation");
  const RunResult stopped = run_in(folder.path() / "early", -1, false, early);
  CHECK(stopped.steps < 40);
  const RunResult judged = go_on(judged_twice(graph)), judged_early = go_on(judged_twice(early), "early");
  CHECK(judged.steps == 40);
  CHECK(judged.phases.at("judge") == judged.phases.at("test"));
  CHECK(judged_early.steps == stopped.steps);
  CHECK(judged_early.phases.at("judge") == judged_early.phases.at("test"));
}

TEST_CASE("resume: a finished run runs nothing again and says the same") {
  TemporaryFolder folder;
  const RunResult first = run_in(folder.path() / "run", -1, false);
  const RunResult again = run_in(folder.path() / "run", -1, true);
  CHECK(again.phases == first.phases);
}
