#include "leat/sweep.h"
#include "leat/pooled_text.h"
#include "leat/shell_word.h"
#include "leat/sweep_tables.h"

#include <iostream>

#include "context.h"
#include "interrupts.h"
#include "leat/crashes.h"
#include "sweep_runs.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

struct SweepCommand {
  fs::path file;
  fs::path out;
  std::vector<std::string> set;
  std::string device = "cpu";
  int jobs = 1;
  bool is_dry = false;
};

Sweep read_and_check(const SweepCommand& command, const Registry& registry) {
  name_crashing_nodes();
  Diagnostics diagnostics;
  Sweep sweep = read_sweep(command.file, settings_of(command.set), diagnostics);
  check_sweep(sweep, registry, command.device, diagnostics);
  diagnostics.throw_if_errors();
  std::cerr << diagnostics.str();
  return sweep;
}

fs::path copy_in(const fs::path& folder) { return folder / "sweep.yaml"; }

/// Copies the sweep's file into its folder. Invariant: the copy is complete or missing.
void keep_copy(const SweepCommand& command) {
  const fs::path copy = copy_in(command.out), beside = copy.string() + ".new";
  fs::copy_file(command.file, beside, fs::copy_options::overwrite_existing);
  fs::rename(beside, copy);
}

void print_plan(const SweepCommand& command, const Sweep& sweep) {
  std::vector<StoredRun> runs;
  if (fs::exists(command.out)) {
    RunStore store = RunStore::view(command.out);
    store.update();
    runs = store.runs();
    refuse_other_graphs(sweep, runs, command.out);
  }
  std::cout << sweep_plan_text(sweep, runs);
}

/// Returns the command that continues this sweep.
std::string words_of(const SweepCommand& command, const Context& context) {
  std::string out = "leat sweep " + shell_word(command.file.string()) + " --out " + shell_word(command.out.string());
  if (command.jobs != 1) out += " --jobs " + std::to_string(command.jobs);
  if (command.device != "cpu") out += " --device " + command.device;
  for (const fs::path& plugin : context.plugins) out += " --plugin " + shell_word(plugin.string());
  for (const std::string& one : command.set) out += " --set " + shell_word(one);
  return out;
}

void run(SweepCommand& command, Context& context) {
  SweepRuns::hold_signals();
  Interrupts interrupts;
  const Registry& registry = context.registry();
  if (command.out.empty()) command.out = fs::path("runs") / command.file.stem();
  const Sweep sweep = read_and_check(command, registry);
  if (command.is_dry) return print_plan(command, sweep);
  fs::create_directories(command.out);
  const SweepLock lock(command.out);
  RunStore store = RunStore::open(command.out);
  store.update();
  SweepRuns runs(sweep, store, {command.out, command.device, command.jobs, context.plugins});
  keep_copy(command);
  {
    const Interrupts::Stop stop(
        interrupts, "after each run's step", [&] { runs.stop(); }, [&](const std::string& said) { runs.say(said); });
    runs.run();
  }
  store.update();
  if (runs.was_stopped()) {
    std::cerr << "interrupted, " << runs.finished() << " of " << runs.count()
              << " runs have finished; continue with: " << words_of(command, context) << "\n";
    context.exit_code = 130;
    return;
  }
  const std::vector<StoredRun> all = store.runs();
  std::cout << sweep_results_text(sweep, all);
  if (const std::string pooled = sweep_pooled_text(sweep, all, command.out); !pooled.empty()) std::cout << "\n" << pooled;
  if (const std::string differences = sweep_comparison_text(sweep, all, command.out); !differences.empty())
    std::cout << "\n" << differences;
  std::cout << "\nthe runs are in " << command.out.string() << "\n";
  if (runs.failed() == 0) return;
  std::cout << runs.finished() << " of " << runs.count() << " runs have finished; " << runs.failed()
            << " failed, in two tries each; to try again: " << words_of(command, context) << "\n";
  context.exit_code = 1;
}

}  // namespace

void add_sweep(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("sweep", "Runs systems under budgets and over seeds, and prints one table");
  sub->footer(
      "You can stop or kill it at any point and start it again: finished runs stay, interrupted runs continue.\n"
      "A run that fails is tried once more, after the others: what it lacked, such as memory, can be there then.\n"
      "Example: leat sweep graphs/paper-table.yaml --dry-run\n"
      "         leat sweep graphs/paper-table.yaml --set data=DATA --device cuda:0 --jobs 2");
  auto command = std::make_shared<SweepCommand>();
  sub->add_option("file", command->file, "The sweep's file")->type_name("FILE")->required();
  sub->add_option("--out", command->out, "The sweep's folder (default: runs/FILE)")->type_name("DIR")->check(not_empty());
  sub->add_option("--jobs", command->jobs, "Runs at the same time, each with its share of the cores")
      ->type_name("N")
      ->capture_default_str()
      ->check(whole_in(1, 1024));
  sub->add_option("--set", command->set, "Sets a parameter of all graphs that have it; can be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  sub->add_option("--device", command->device, "Device of the device lane: cpu, cpu:N (N threads) or cuda:N")
      ->type_name("DEVICE")
      ->capture_default_str();
  sub->add_flag("--dry-run", command->is_dry, "Checks all graphs, lists the rows and what they will take, and runs nothing");
  sub->callback([&context, command] { run(*command, context); });
}

}  // namespace leat::cli
