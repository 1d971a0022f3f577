#include <memory>
#include <string>
#include <thread>
#include <tuple>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/rank_runs.h"
#include "support/text_file.h"
#include "support/toys.h"

// A training on several ranks, which are threads here: it has the values, metrics and weights of one process.
using namespace leat;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<Program> program_of(const std::string& text, const BatchShare& share, std::uint64_t seed = 7) {
  static const Registry registry = toy_registry();  // A program names its types.
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(text, "g.yaml", fs::current_path(), {}, diagnostics);
  diagnostics.throw_if_errors();
  auto program = std::make_unique<Program>(Program::build(description, registry, {seed, "cpu", share}, diagnostics));
  diagnostics.throw_if_errors();
  return program;
}

RankedRun started(const std::string& text, const fs::path& folder, std::uint64_t seed = 7) {
  RankedRun out;
  out.build = [text, seed](const BatchShare& share) { return program_of(text, share, seed); };
  out.folder = folder;
  out.make_executor = make_test_executor;
  return out;
}

std::uint64_t weight_in(const fs::path& run) { return Archive::read(run / "checkpoints" / "last" / "weight.safetensors").hash(); }

/// Rows that are independent, mixed, mixed again from own rows, with dropped samples, two sources, a state on the device lane and a
/// validation that chooses weights.
std::string graph(int steps, const std::string& more = "") {
  return "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n  train:\n    nodes:\n"
         "      count: {uses: toy.count, with: {length: 40, batch: 5}}\n"
         "      noise: {uses: toy.noise, in: count}\n      rest: {uses: toy.drop, in: noise, with: {every: 3}}\n"
         "      batch: {uses: toy.batch, in: rest, lane: device}\n      own: {uses: toy.add_rows, in: batch}\n"
         "      mix: {uses: toy.mix, in: own}\n      again: {uses: toy.add_rows, in: mix.mixed}\n      mixed: {uses: toy.mix, in: again}\n"
         "      other: {uses: toy.count, with: {batch: 4}}\n      others: {uses: toy.batch, in: other, lane: device}\n"
         "      both: {uses: toy.mix, in: others}\n"
         "      learn: {uses: toy.learn, in: mixed.total, with: {weight: weight}}\n" +
         more +
         "  validate:\n    nodes:\n      count: {uses: toy.count, with: {length: 9, batch: 4}}\n"
         "      score: {uses: toy.score, in: count, with: {weight: weight}}\n"
         "plan:\n  train: {phase: train, steps: " +
         std::to_string(steps) + ", checkpoint_every: 3, validate: every 4 steps, keep: {best: [validate.score.score]}}\n";
}

}  // namespace

TEST_CASE("ranks: values, metrics and weights of a training are those of one process, at any number of ranks") {
  const TemporaryFolder folder;
  const RankedRun alone = started(graph(13), folder.path() / "one");
  const std::vector<RankRun> one = run_all(alone, 1);
  REQUIRE(one[0].error == "");
  for (const int count : {2, 3, 4}) {
    CAPTURE(count);
    const RankedRun shared = started(graph(13), folder.path() / std::to_string(count));
    const std::vector<RankRun> all = run_all(shared, count);
    for (const RankRun& rank : all) REQUIRE(rank.error == "");
    CHECK(joined(all) == one[0].values);
    CHECK(text_of(shared.folder / "metrics.jsonl") == text_of(alone.folder / "metrics.jsonl"));
    CHECK(weight_in(shared.folder) == weight_in(alone.folder));
    CHECK(all[0].result.phases == one[0].result.phases);
    CHECK(all[0].result.kept->step == one[0].result.kept->step);
    CHECK(all[1].result.steps == 13);
  }
}

TEST_CASE("ranks: a stop of any rank ends all after one step, and another number of ranks goes on to the same end") {
  const TemporaryFolder folder;
  // The steps take long enough for a stop to come in between.
  std::string text = graph(60);
  text.replace(text.find("in: noise, with"), 9, "in: slow");
  text.insert(text.find("      rest:"), "      slow: {uses: toy.pass, in: noise, with: {busy_us: 2000}}\n");
  const RankedRun alone = started(text, folder.path() / "alone");
  REQUIRE(run_all(alone, 1)[0].error == "");
  for (const auto& [first, then, stopped] : {std::tuple{2, 3, 1}, {3, 1, 0}, {1, 2, 0}, {2, 2, 1}}) {
    CAPTURE(first);
    CAPTURE(then);
    RankedRun part = started(text, folder.path() / (std::to_string(first) + "-" + std::to_string(then)));
    part.at_step = [stopped = stopped](int rank, Run& run, const Progress& progress) {
      if (rank == stopped && progress.phase == "train" && progress.step == 6) run.stop();
    };
    const std::vector<RankRun> before = run_all(part, first);
    for (const RankRun& rank : before) {
      CHECK(rank.error == "");
      CHECK(rank.result.was_interrupted);
      CHECK(rank.result.steps == before[0].result.steps);
    }
    CHECK(before[0].result.steps < 60);
    part.at_step = [](int, Run&, const Progress&) {};
    part.resumes = true;
    for (const RankRun& rank : run_all(part, then)) CHECK(rank.error == "");
    CHECK(text_of(part.folder / "metrics.jsonl") == text_of(alone.folder / "metrics.jsonl"));
    CHECK(weight_in(part.folder) == weight_in(alone.folder));
  }
}

TEST_CASE("ranks: a rank that fails ends the others") {
  const TemporaryFolder folder;
  std::string text = graph(13);
  text.replace(text.find("in: rest, lane"), 8, "in: fails");
  text.insert(text.find("      batch:"), "      fails: {uses: toy.fail, in: rest, with: {at: 17}}\n");
  const std::vector<RankRun> all = run_all(started(text, folder.path() / "run"), 3);
  // Number 17 is in slot 2.
  CHECK(all[2].error.find("it was told to fail") != std::string::npos);
  CHECK(all[0].error == "rank 2 has ended");
  CHECK(all[1].error == "rank 2 has ended");
}

TEST_CASE("ranks: ranks with another graph, seed or folder are refused by name") {
  const TemporaryFolder folder;
  const auto errors = [&](const RankedRun& other) {
    ThreadRanks ranks(2);
    const RankedRun first = started(graph(13), folder.path() / "run");
    RankRun one, two;
    {
      const std::jthread a([&] { one = run_rank(first, ranks, 0); }), b([&] { two = run_rank(other, ranks, 1); });
    }
    fs::remove_all(first.folder);
    return std::pair(one.error, two.error);
  };
  const auto check = [&](const RankedRun& other, const std::string& said) {
    const auto [first, second] = errors(other);
    CHECK_MESSAGE(first.find("rank 1 " + said) == 0, first);
    CHECK(second == first);
  };
  check(started(graph(12), folder.path() / "run"), "has another graph than rank 0: line ");
  check(started(graph(13), folder.path() / "run", 8), "differs from rank 0 in the seed: 8, not 7");
  check(started(graph(13), folder.path() / "elsewhere"), "differs from rank 0 in the run's folder: a folder that it does not see, not ");
}

TEST_CASE("ranks: nodes whose results would be those of one rank are refused at their place") {
  const auto mistakes_of = [](const std::string& nodes, BatchShare share = {0, 2}) {
    Diagnostics diagnostics;
    std::string text = graph(13);
    text.insert(text.find("  validate:"), nodes);
    const GraphDescription description = read_graph_text(text, "g.yaml", fs::current_path(), {}, diagnostics);
    diagnostics.throw_if_errors();
    static const Registry registry = toy_registry();
    ProgramSettings settings{7, "cpu", share};
    const Program program = Program::build(description, registry, settings, diagnostics);
    return diagnostics.str();
  };
  const auto check = [&](const std::string& node, const std::string& said) {
    CAPTURE(node);
    CHECK(mistakes_of(node, {}) == "");
    CHECK(mistakes_of(node).find(said) != std::string::npos);
  };
  CHECK(mistakes_of("") == "");
  check("      fold: {uses: toy.fold, in: count}\n",
        "g.yaml:19:7: error: `fold` (toy.fold) has a state over all samples of the training, but each rank has a part of them");
  check("      sum: {uses: toy.sum, in: count}\n", "`sum` (toy.sum) takes all samples of a step on the cpu lane");
  check("      product: {uses: toy.multiply, in: count, with: {weight: weight}}\n",
        "`product` (toy.multiply) uses `weight`, which is trained, and does not say that its rows are independent");
}

TEST_CASE("ranks: a process has room for its part of a training, and for all of other phases") {
  const auto program = program_of(graph(13), {1, 2});
  CHECK(program->phases[0].origins.at(0).rows == 2);
  CHECK(program->phases[1].origins.at(0).rows == 4);
}

TEST_CASE("ranks: a rank that there cannot be is refused, and so is a Program of another rank") {
  for (const BatchShare share : {BatchShare{0, 0}, {-1, 2}, {2, 2}, {5, 2}, {0, -1}}) {
    const std::string said = "`share` has rank " + std::to_string(share.rank) + " of " + std::to_string(share.ranks) +
                             " ranks; ranks count from 0, and there is at least one";
    CHECK_THROWS_WITH_AS((void)program_of(graph(13), share), said.c_str(), std::invalid_argument);
  }
  const auto program = program_of(graph(13), {1, 2});
  CHECK_THROWS_WITH_AS(Run(*program, make_thread_lane(), make_test_executor(1), {}),
                       "the Program is that of rank 1 of 2, but this process is rank 0 of 1", std::invalid_argument);
}

TEST_CASE("ranks: a batch that is smaller than the number of ranks is refused at its source") {
  try {
    (void)program_of(graph(13), {0, 5});
    FAIL("it was not refused");
  } catch (const std::exception& error) {
    const std::string said = error.what();
    CHECK(said.find("error: `batch` of `other` is 4, but 5 ranks share each batch") != std::string::npos);
    CHECK(said.find("set it to 5 or more") != std::string::npos);
  }
}
