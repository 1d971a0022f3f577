#include <algorithm>
#include <iostream>

#include "context.h"
#include "leat/log_so_far.h"
#include "leat/run_table.h"

namespace leat::cli {

namespace {

struct RunsCommand {
  std::filesystem::path folder = "runs";
  RunQuery query;
  bool as_csv = false, as_markdown = false;
};

void list(RunsCommand& command) {
  RunStore store = RunStore::view(command.folder);
  store.update();
  if (!store.why_not_kept().empty())
    std::cerr << "warning: " << (command.folder / "runs.sqlite").string() << " cannot be written (" << store.why_not_kept()
              << "), so every run is read again each time\n";
  std::vector<StoredRun> runs = store.runs();
  for (StoredRun& run : runs)
    if (run.status == RunStatus::Running || run.status == RunStatus::Paused)
      run.seconds = std::max(run.seconds, LogSoFar(command.folder / run.folder / "events.log").read());
  // The table has these lines below it. CSV has no place for them.
  if (command.as_csv) std::cerr << run_table_remarks(runs, command.query);
  const TableFormat format = command.as_markdown ? TableFormat::Markdown : TableFormat::Text;
  std::cout << (command.as_csv ? run_table_csv(runs, command.query) : run_table_text(runs, command.query, format));
}

}  // namespace

void add_runs(CLI::App& app, Context&) {
  auto* sub = app.add_subcommand("runs", "Lists the runs below a folder, with their parameters and metrics");
  sub->footer(
      "Shows the parameters that differ. Stores what it has read in the folder's runs.sqlite.\n"
      "Example: leat runs --where mask_labels=10 --show test.lungs.dice\n         leat runs --where \"lr<0.01\" --where status!=failed "
      "--where \"time<2min\"\n         leat runs runs/paper-table --mean --csv");
  auto command = std::make_shared<RunsCommand>();
  sub->add_option("folder", command->folder, "The folder that holds the runs")->type_name("FOLDER")->capture_default_str();
  sub->add_option("--where", command->query.where,
                  "Only runs for which this holds: a status, seed, title, device, run, time, done (steps), parameter or metric, and one of "
                  "= != < <= > >=; can be repeated")
      ->type_name("COMPARISON")
      ->allow_extra_args(false);
  sub->add_option("--show", command->query.show, "A metric to show instead of accuracy, AUC and Dice of the tests; can be repeated")
      ->type_name("PHASE.NODE.METRIC")
      ->allow_extra_args(false);
  sub->add_flag("--mean", command->query.takes_means, "Means of runs that differ only in their seed, with 95 % intervals over seeds");
  auto* csv = sub->add_flag("--csv", command->as_csv, "Prints CSV, with numbers in full");
  sub->add_flag("--markdown", command->as_markdown, "Prints the table for a document")->excludes(csv);
  sub->callback([command] { list(*command); });
}

}  // namespace leat::cli
