#include "leat/merges_passes.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "leat/checkpoint.h"
#include "leat/program_summary.h"
#include "leat/upstream.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/text_file.h"
#include "support/toys.h"

using namespace leat;
namespace fs = std::filesystem;

namespace {

using Batch = std::vector<toys::Number>;

/// Rows of each call of `process_merged`, in their order.
std::vector<std::vector<std::size_t>> calls;

/// A resource that tells nodes apart.
struct Table final : Resource {
  static constexpr std::string_view kind = "table";
};

/// Adds a number and a random one to each row.
struct Shift final : Node, MergesPasses {
  Input<Batch> rows{this, "rows", "N x 1."};
  Output<Batch> shifted{this, "shifted", "N x 1."};
  Param<int> by{this, "by", "What is added.", 1};
  Param<int> fails_at{this, "fails_at", "The step in which it fails; -1: none.", -1};
  Param<std::string> alone{this, "alone", "Why it cannot be merged.", ""};
  Uses<Table> table{this, "table", "A table."};
  MetricGroup sums{this, Better::Neither, {{"sum", "The sum of all rows."}}};

  std::string why_alone() const override { return *alone; }
  void process(Frame& frame) const override { process_alone(frame); }

  void process_merged(std::span<Frame* const> frames) const override {
    std::vector<std::size_t>& counts = calls.emplace_back();
    for (Frame* frame : frames) {
      if (frame->key().step == *fails_at) throw std::runtime_error("it was told to fail");
      Batch out = (*frame)[rows];
      counts.push_back(out.size());
      std::int64_t sum = 0;
      for (std::size_t row = 0; row < out.size(); ++row) {
        out[row].value += *by + frame->random(static_cast<int>(row)).below(1000);
        sum += static_cast<std::int64_t>(frame->rows(rows).weight(static_cast<int>(row))) * out[row].value;
      }
      frame->metric("sum", static_cast<double>(sum));
      frame->put(shifted, std::move(out));
    }
  }
};

/// Runs a pass, but cannot merge it.
struct Lone final : Node, RunsPass {
  Input<Batch> rows{this, "rows", "N x 1."};
  Output<Batch> same{this, "same", "N x 1."};
  std::string why_alone() const override { return "its rows depend on each other"; }
  void process(Frame& frame) const override { frame.put(same, frame[rows]); }
};

Registry registry() {
  Registry out = toy_registry();
  detail::register_type<Table>(out, "test.table", "A table.");
  detail::register_type<Shift>(out, "test.shift", "Adds.", LaneKind::Device);
  detail::register_type<Lone>(out, "test.lone", "Gives what it gets.", LaneKind::Device);
  return out;
}

/// Returns a training of 12 steps with two sources and these nodes.
std::string training(const std::string& nodes) {
  return R"(leat: 1
resources:
  table: {uses: test.table}
  other: {uses: test.table}
phases:
  train:
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 4}}
      more: {uses: toy.count, with: {length: 50, batch: 3}}
      a: {uses: toy.batch, in: {numbers: count}}
      b: {uses: toy.batch, in: {numbers: more}}
)" + nodes +
         "plan: {train: {phase: train, steps: 12, checkpoint_every: 5}}\n";
}

const char* const two = R"(
      first: {uses: test.shift, in: {rows: a}, with: {table: table}}
      second: {uses: test.shift, in: {rows: b}, with: {table: table}}
)";

Program merged_program(const Registry& types, const std::string& yaml, bool merges = true) {
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(yaml, "g.yaml", fs::current_path(), {}, diagnostics);
  Program program = Program::build(description, types, {3, "cpu", {}, {}, merges}, diagnostics);
  diagnostics.throw_if_errors();
  return program;
}

/// Returns the names of the nodes of each merged pass.
std::vector<std::vector<std::string>> passes_of(const Program& program) {
  std::vector<std::vector<std::string>> out;
  for (const MergedPass& pass : program.phases[0].merged_passes) {
    std::vector<std::string>& names = out.emplace_back();
    for (const int node : pass.nodes) names.push_back(program.phases[0].nodes[static_cast<std::size_t>(node)].name);
  }
  return out;
}

std::map<std::string, std::string> reasons_of(const Program& program) {
  std::map<std::string, std::string> out;
  for (const LonePass& pass : program.phases[0].lone_passes)
    out[program.phases[0].nodes[static_cast<std::size_t>(pass.node)].name] = pass.why;
  return out;
}

using Passes = std::vector<std::vector<std::string>>;
using Reasons = std::map<std::string, std::string>;

RunResult run_it(const std::string& yaml, bool merges, RunOptions options = {}) {
  const Registry types = registry();
  Program program = merged_program(types, yaml, merges);
  calls.clear();
  Run run(program, make_thread_lane(), make_test_executor(2), std::move(options));
  return run.run();
}

}  // namespace

TEST_CASE("merged passes: nodes of equal settings run in one call, and each outputs, draws and measures what it does alone") {
  const RunResult alone = run_it(training(two), false);
  CHECK(calls.size() == 24);
  const RunResult merged = run_it(training(two), true);
  REQUIRE(calls.size() == 12);
  CHECK(calls.front() == std::vector<std::size_t>{4, 3});
  CHECK(merged.phases == alone.phases);
  CHECK(merged.phases.at("train").contains("second.sum"));
}

TEST_CASE("merged passes: without the mode no pass is merged, and the nodes keep their order") {
  const Registry types = registry();
  const std::string yaml = training(R"(
      first: {uses: test.shift, in: {rows: a}, with: {table: table}}
      lone: {uses: test.lone, in: {rows: first}}
      second: {uses: test.shift, in: {rows: b}, with: {table: table}}
)");
  const Program plain = merged_program(types, yaml, false), merged = merged_program(types, yaml);
  CHECK(passes_of(plain).empty());
  CHECK(reasons_of(plain).empty());
  CHECK(merged_passes_text(plain, plain.phases[0]).empty());
  const int lone = plain.phases[0].find("lone"), first = plain.phases[0].find("first"), second = plain.phases[0].find("second");
  CHECK(plain.phases[0].segments.at(0).nodes == std::vector<int>{first, lone, second});
  const std::vector<int>& nodes = merged.phases[0].segments.at(0).nodes;
  CHECK(std::find(nodes.begin(), nodes.end(), second) - std::find(nodes.begin(), nodes.end(), first) == 1);
}

TEST_CASE("merged passes: dropped samples drop the same rows of the same nodes") {
  RunOptions options;
  options.drops = [](std::string_view, std::int64_t step, int slot) { return step % 3 == 1 && (slot != 2 || step == 4); };
  const RunResult alone = run_it(training(two), false, options), merged = run_it(training(two), true, options);
  CHECK(calls.size() == 12);
  CHECK(merged.phases == alone.phases);
}

TEST_CASE("merged passes: a node that depends on another is not merged with it, also through a pass that is merged") {
  const std::string yaml = training(R"(
      first: {uses: test.shift, in: {rows: a}, with: {table: table}}
      after: {uses: test.shift, in: {rows: first}, with: {table: table, by: 7}}
      before: {uses: test.shift, in: {rows: b}, with: {table: table, by: 7}}
      last: {uses: test.shift, in: {rows: before}, with: {table: table}}
)");
  const Registry types = registry();
  const Program program = merged_program(types, yaml);
  CHECK(passes_of(program) == Passes{{"after", "before"}});
  CHECK(reasons_of(program) == Reasons{{"first", "as `last` depends on it, or it on `last`, perhaps through merged passes"},
                                       {"last", "as `first` depends on it, or it on `first`, perhaps through merged passes"}});
  CHECK(run_it(yaml, true).phases == run_it(yaml, false).phases);
}

TEST_CASE("merged passes: what differs between two nodes is said") {
  const Registry types = registry();
  CHECK(reasons_of(merged_program(types, training(R"(
      first: {uses: test.shift, in: {rows: a}, with: {table: table, by: 2}}
      second: {uses: test.shift, in: {rows: b}, with: {table: other}}
)"))) == Reasons{{"first", "unlike in `second`, `table` is table, not other, and `by` is 2, not 1"},
                 {"second", "unlike in `first`, `table` is other, not table, and `by` is 1, not 2"}});
  CHECK(reasons_of(merged_program(types, training(R"(
      first: {uses: test.shift, in: {rows: a}, with: {table: table}}
      back: {uses: toy.unbatch, in: {batch: first}}
      again: {uses: toy.batch, in: {numbers: back}}
      second: {uses: test.shift, in: {rows: again}, with: {table: table}}
)"))) == Reasons{{"first", "unlike in `second`, a value goes to the cpu lane and comes back between them"},
                 {"second", "unlike in `first`, a value goes to the cpu lane and comes back between them"}});
}

TEST_CASE("merged passes: a node that cannot be merged says why, and a graph without any says that the mode changes nothing") {
  const Registry types = registry();
  const Program program = merged_program(types, training(R"(
      first: {uses: test.shift, in: {rows: a}, with: {table: table, alone: it is too large}}
      second: {uses: test.shift, in: {rows: b}, with: {table: table}}
      third: {uses: test.lone, in: {rows: b}}
)"));
  CHECK(reasons_of(program) == Reasons{{"first", "it is too large"},
                                       {"second", "`train` has no other test.shift that can be merged"},
                                       {"third", "its rows depend on each other"}});
  CHECK(merged_passes_text(program, program.phases[0]) ==
        "passes of a step, with --merge-passes:\n"
        "  not merged: `first`: it is too large\n"
        "  not merged: `second`: `train` has no other test.shift that can be merged\n"
        "  not merged: `third`: its rows depend on each other\n");
  CHECK(no_merged_passes_note(program) ==
        "--merge-passes changes nothing: no train phase has passes that can be merged; `leat check --merge-passes` says why");
  const Program merged = merged_program(types, training(two));
  CHECK(no_merged_passes_note(merged).empty());
  CHECK(merged_passes_text(merged, merged.phases[0]) ==
        "passes of a step, with --merge-passes:\n"
        "  one pass (test.shift): `first`, `second`\n");
  CHECK(nlohmann::json::parse(program_json(merged))["phases"][0]["merged_passes"][0] == nlohmann::json::array({"first", "second"}));
  CHECK(nlohmann::json::parse(program_json(program))["phases"][0]["lone_passes"][0] ==
        nlohmann::json{{"node", "first"}, {"why", "it is too large"}});
}

TEST_CASE("merged passes: phases that do not train are not merged") {
  const Registry types = registry();
  const std::string yaml = R"(leat: 1
resources:
  table: {uses: test.table}
phases:
  test:
    nodes:
      count: {uses: toy.count, with: {length: 9, batch: 4}}
      a: {uses: toy.batch, in: {numbers: count}}
      first: {uses: test.shift, in: {rows: a}, with: {table: table}}
      second: {uses: test.shift, in: {rows: a}, with: {table: table}}
plan: {then: [test]}
)";
  const Program program = merged_program(types, yaml);
  CHECK(passes_of(program).empty());
  CHECK(run_it(yaml, true).phases == run_it(yaml, false).phases);
}

TEST_CASE("merged passes: an error names all nodes of the pass") {
  const std::string failing = training(R"(
      first: {uses: test.shift, in: {rows: a}, with: {table: table, fails_at: 6}}
      second: {uses: test.shift, in: {rows: b}, with: {table: table, fails_at: 6}}
      third: {uses: test.shift, in: {rows: b}, with: {table: table, fails_at: 6}}
)");
  CHECK_THROWS_WITH_AS(
      (void)run_it(failing, true),
      "g.yaml:13:7: error: `first` (test.shift) failed at step 6 of `train`: in one pass with `second`, `third`: it was told "
      "to fail",
      NodeError);
}

TEST_CASE("merged passes: observers hear of each node's call and of its own rows") {
  struct Hearer final : Observer {
    void call_begins(const NodeCall& call) override {
      const std::lock_guard guard(lock);
      if (call.type == "test.shift") begun[std::string(call.node)] += call.inputs.at(0)->as<Batch>().size();
    }
    void call_ends(const NodeCall& call) override {
      const std::lock_guard guard(lock);
      ended[std::string(call.node)] += 1;
    }
    void value_put(const PutValue& put) override {
      if (put.port != "shifted") return;
      const std::lock_guard guard(lock);
      rows[std::string(put.node)] = put.value.as<Batch>().size();
      CHECK(put.samples.size() == rows[std::string(put.node)]);
    }
    void requested() override {
      const std::lock_guard guard(lock);
      ++requests;
    }
    std::mutex lock;  // Workers call it at the same time.
    std::map<std::string, std::size_t> begun, ended, rows;
    int requests = 0;
  } hearer;
  RunOptions options;
  options.observers = {{&hearer, Hears::Calls | Hears::Values | Hears::Requests}};
  (void)run_it(training(two), true, options);
  CHECK(hearer.begun == std::map<std::string, std::size_t>{{"first", 48}, {"second", 36}});
  CHECK(hearer.ended["second"] == 12);
  CHECK(hearer.rows == std::map<std::string, std::size_t>{{"first", 4}, {"second", 3}});
  CHECK(hearer.requests >= 12 * 7);
}

TEST_CASE("merged passes: a run says in its folder that it merges them, and is not resumed in the other mode") {
  for (const bool merges : {true, false}) {
    const TemporaryFolder folder;
    RunOptions options;
    options.folder = folder.path() / "run";
    (void)run_it(training(two), merges, options);
    CHECK(run_begin(options.folder)->merges_passes == merges);
    CHECK(last_checkpoint(options.folder)->merges_passes == merges);
    const auto manifest = nlohmann::json::parse(text_of(options.folder / "checkpoints/last/manifest.json"));
    CHECK(manifest["merge_passes"] == merges);
    // Versions that know no merged passes refuse the number.
    CHECK(manifest["version"] == (merges ? 4 : 3));
    options.resumes = true;
    // As if it had been killed before its end.
    fs::remove(options.folder / "results.json");
    CHECK_THROWS_WITH_AS(
        (void)run_it(training(two), !merges, options),
        ("the run in " + options.folder.string() + " was begun " + (merges ? "with" : "without") +
         " --merge-passes, which adds numbers in another order, so it is resumed " + (merges ? "with it only" : "without it only"))
            .c_str(),
        std::runtime_error);
  }
}

TEST_CASE("merged passes: a preview refuses a program with them") {
  const Registry types = registry();
  Program program = merged_program(types, training(two));
  KeptCalls kept(1 << 20);
  RunOptions options;
  options.kept = &kept;
  CHECK_THROWS_AS(Run(program, make_thread_lane(), make_test_executor(1), options), std::invalid_argument);
  CHECK_THROWS_AS((void)keep_upstream(program, "train", {{"first", "shifted"}}), std::invalid_argument);
}
