#include "leat/report.h"
#include "leat/comparison_text.h"
#include "leat/report_json.h"
#include "leat/report_text.h"

#include <iostream>

#include "context.h"
#include "report_file.h"

namespace leat::cli {

namespace {

struct ReportCommand {
  std::vector<std::filesystem::path> runs, against;
  std::vector<std::string> metrics;
  bool as_json = false, as_markdown = false;
  ReportFile file;
};

}  // namespace

void add_report(CLI::App& app, Context&) {
  auto* sub = app.add_subcommand("report", "Prints the metrics of finished runs, with 95 % confidence intervals");
  sub->footer(
      "One run: intervals by image. Several runs of one graph: means and intervals over their seeds.\n"
      "Example: leat report runs/demo\n         leat report runs/demo-seed-* --markdown\n"
      "         leat report runs/a-seed-* --against runs/b-seed-* --metric test.lungs.dice\n"
      "         leat report runs/demo --out demo.html");
  auto command = std::make_shared<ReportCommand>();
  sub->add_option("runs", command->runs, "Folders of finished runs; with --out also folders of such folders, and runs of several graphs")
      ->type_name("RUN")
      ->required();
  auto* json = sub->add_flag("--json", command->as_json, "Prints JSON, with all results");
  auto* markdown = sub->add_flag("--markdown", command->as_markdown, "Prints the tables as Markdown")->excludes(json);
  auto* other = sub->add_option("--against", command->against, "Compares with these runs, of another graph and the same seeds")
                    ->type_name("RUN")
                    ->excludes(markdown);
  sub->add_option("--metric", command->metrics, "Metric to compare; can be repeated (default: the headline metrics of the tests)")
      ->type_name("PHASE.NODE.METRIC")
      ->allow_extra_args(false)
      ->needs(other);
  auto* out = command->file.add_to(*sub, "--out");
  out->excludes(json)->excludes(markdown)->excludes(other);
  sub->callback([command] {
    if (!command->file.path.empty()) {
      command->file.write(command->runs);
      return;
    }
    if (!command->against.empty()) {
      const Comparison comparison = compare_runs(command->runs, command->against, command->metrics);
      std::cout << (command->as_json ? comparison_json(comparison) : comparison_text(comparison));
      return;
    }
    const Report report = make_report(command->runs);
    std::cout << (command->as_json ? report_json(report) : command->as_markdown ? report_markdown(report) : report_text(report));
  });
}

}  // namespace leat::cli
