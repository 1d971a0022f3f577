#include <fstream>
#include <iostream>
#include <optional>
#include <utility>

#include "context.h"
#include "leat/checkpoint.h"
#include "leat/folder_in_use.h"
#include "leat/headspace.h"
#include "leat/run_status.h"
#include "leat/trace.h"
#include "leat/verdict.h"

namespace leat::cli {

namespace {

struct ExplainCommand {
  std::filesystem::path run;
  std::string phase;
  std::filesystem::path trace;
  bool as_json = false;
  bool measures_headspace = false;
};

std::filesystem::path log_of(const std::filesystem::path& run) {
  std::error_code ignored;
  const std::filesystem::path log = run / "events.log";
  if (std::filesystem::is_regular_file(log, ignored)) return log;
  throw Refusal(run.string() +
                (std::filesystem::exists(run, ignored) ? " has no events.log; name the folder of a run" : " does not exist"));
}

bool has_results(const std::filesystem::path& run) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(run / "results.json", ignored);
}

void print(const std::vector<Verdict>& verdicts) {
  for (const Verdict& one : verdicts) {
    if (verdicts.size() > 1) std::cout << (&one == &verdicts.front() ? "" : "\n") << one.phase << ":\n";
    std::cout << one.sentence << "\n";
    for (const std::string& detail : one.details) std::cout << "  " << detail << "\n";
    if (const std::string ranks = ranks_text(one.ranks); !ranks.empty()) std::cout << "\n" << ranks;
  }
}

std::vector<Verdict> chosen(const ExplainCommand& command, std::vector<Verdict> all) {
  if (all.empty()) throw Refusal(command.run.string() + " has no events of steps");
  if (command.phase.empty()) return all;
  std::string names;
  for (const Verdict& one : all) names += (names.empty() ? "`" : ", `") + one.phase + "`";
  std::erase_if(all, [&](const Verdict& one) { return one.phase != command.phase; });
  if (all.empty()) throw Refusal("no phase `" + command.phase + "` ran in " + command.run.string() + "; these ran: " + names);
  return all;
}

void write_trace_file(const std::filesystem::path& log, const std::filesystem::path& file) {
  std::ofstream out(file, std::ios::binary);
  if (!out) throw std::runtime_error("cannot write " + file.string());
  write_trace(log, out);
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

/// Returns what runs the run's graph again, on as many workers and the same device. Throws if that cannot be measured.
RunMakers headspace_makers(const ExplainCommand& command, const Registry& registry, int workers) {
  const std::filesystem::path graph = command.run / "graph.yaml";
  if (!std::filesystem::is_regular_file(graph)) throw Refusal(command.run.string() + " has no graph.yaml, so it cannot be measured again");
  if (is_in_use(command.run))
    throw Refusal(command.run.string() + " is in progress, and would take the cores from the measurement; measure when it has ended");
  std::optional<RunBegin> begin = run_begin(command.run);
  if (!begin) begin.emplace(RunBegin{0, "cpu"});
  // The run has printed the graph's warnings.
  const auto build = [graph, &registry, begin](int turn) {
    Diagnostics found;
    const std::uint64_t seed = begin->seed + static_cast<std::uint64_t>(turn);
    Program program = Program::build(read_graph(graph, {}, found), registry, {seed, begin->device, {}, {}, begin->merges_passes}, found);
    found.throw_if_errors();
    return program;
  };
  RunMakers makers{build, [&registry, begin] { return make_lane(registry, begin->device); },
                   [&registry, workers] { return make_tbb_executor(workers, registry.worker()); }};
  check_headspace(makers);
  return makers;
}

/// Says of a run that waited for a disk what the measurement does not show.
void add_disk(Headspace& found, const std::vector<Verdict>& verdicts) {
  for (const Verdict& one : verdicts)
    if (one.phase == found.phase && one.limit == Limit::Disk)
      found.details.emplace_back(
          "The run waited for a disk. Files that were read before can be in memory now, so the measurement can show less than that.");
}

void print(const Headspace& found) {
  std::cout << "\n" << found.sentence << "\n";
  for (const std::string& detail : found.details) std::cout << "  " << detail << "\n";
}

}  // namespace

void add_explain(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("explain", "Names what holds up a run, and what a change would bring");
  command->footer(
      "It reads the run's events.log, also of a run in progress.\n"
      "Example: leat explain runs/demo\n"
      "         leat explain runs/demo --trace demo.json    # opens in ui.perfetto.dev\n"
      "         leat explain runs/demo --headspace          # runs the graph again, for half a minute or more");
  auto self = std::make_shared<ExplainCommand>();
  command->add_option("run", self->run, "Folder of a run")->type_name("RUN")->required()->check(not_empty());
  command->add_option("--phase", self->phase, "Explains this phase only")->type_name("PHASE");
  command->add_flag("--json", self->as_json, "Prints JSON");
  command->add_option("--trace", self->trace, "Also writes all events as a trace for Perfetto or Chrome")
      ->type_name("FILE.json")
      ->check(CLI::Validator(
          [](const std::string& text) { return text.ends_with(".json") ? std::string() : "must end with .json, found `" + text + "`"; },
          ""));
  command->add_flag("--headspace", self->measures_headspace,
                    "Also measures how much faster the run's first phase would be if its data cost nothing");
  command->callback([self, &context] {
    const std::filesystem::path log = log_of(self->run);
    if (!self->trace.empty() &&
        std::filesystem::weakly_canonical(self->trace).parent_path() == std::filesystem::weakly_canonical(self->run))
      throw Refusal("--trace names a file in the run's folder, which has the run's own files; name one elsewhere");
    if (!self->trace.empty()) write_trace_file(log, self->trace);
    const bool is_working = is_in_use(self->run);
    LogVerdicts read = verdicts(log, !is_working);  // A process that resumes the run has perhaps not written to its log yet.
    // A process that works on the run can be writing the end just now.
    if (!read.is_whole && !is_working)
      std::cerr << "warning: the end of " << log.string() << " cannot be read, and is left out: the file is cut or damaged\n";
    const std::string state =
        status_sentence(status_of(is_working, read.end, read.end.has_finished || has_results(self->run)), self->run, read.end);
    const auto say_state = [&] {
      // JSON has the verdicts alone.
      if (!state.empty()) (self->as_json ? std::cerr : std::cout) << state << "\n";
    };
    if (read.phases.empty()) say_state();
    const std::vector<Verdict> all = chosen(*self, std::move(read.phases));
    std::optional<RunMakers> makers;
    if (self->measures_headspace) makers = headspace_makers(*self, context.registry(), read.workers);
    say_state();
    if (!makers) {
      if (self->as_json) std::cout << verdicts_json(all);
      else print(all);
      return;
    }
    if (!self->as_json) print(all);
    HeadspaceSettings settings;
    settings.say = [](const std::string& sentence) { std::cerr << "measuring: " << sentence << std::endl; };
    Headspace found = measure_headspace(*makers, settings);
    add_disk(found, all);
    if (self->as_json) std::cout << "{\"verdicts\": " << verdicts_json(all) << ", \"headspace\": " << headspace_json(found) << "}\n";
    else print(found);
  });
}

}  // namespace leat::cli
