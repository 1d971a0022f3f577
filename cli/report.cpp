#include "leat/report.h"
#include "leat/comparison.h"
#include "leat/report_json.h"
#include "leat/report_text.h"

#include <iostream>

#include "context.h"

namespace leat::cli {

void add_report(CLI::App& app, Context&) {
  auto* command = app.add_subcommand("report", "Prints the metrics of finished runs, with 95 % confidence intervals");
  command->footer(
      "One run: intervals by image. Several runs of one graph: means and intervals over their seeds.\n"
      "Example: leat report runs/demo\n         leat report runs/demo-seed-* --markdown\n"
      "         leat report runs/a-seed-* --against runs/b-seed-* --metric test.lungs.dice");
  auto runs = std::make_shared<std::vector<std::filesystem::path>>();
  auto against = std::make_shared<std::vector<std::filesystem::path>>();
  auto metrics = std::make_shared<std::vector<std::string>>();
  auto as_json = std::make_shared<bool>(false);
  auto as_markdown = std::make_shared<bool>(false);
  command->add_option("runs", *runs, "Folders of finished runs")->type_name("RUN")->required();
  auto* json = command->add_flag("--json", *as_json, "Prints JSON, with all results");
  auto* markdown = command->add_flag("--markdown", *as_markdown, "Prints the tables as Markdown")->excludes(json);
  auto* other = command->add_option("--against", *against, "Compares with these runs, of another graph and the same seeds")
                    ->type_name("RUN")
                    ->excludes(markdown);
  command->add_option("--metric", *metrics, "Metric to compare; can be repeated (default: the headline metrics of the tests)")
      ->type_name("PHASE.NODE.METRIC")
      ->allow_extra_args(false)
      ->needs(other);
  command->callback([runs, against, metrics, as_json, as_markdown] {
    if (!against->empty()) {
      const Comparison comparison = compare_runs(*runs, *against, *metrics);
      std::cout << (*as_json ? comparison_json(comparison) : comparison_text(comparison));
      return;
    }
    const Report report = make_report(*runs);
    std::cout << (*as_json ? report_json(report) : *as_markdown ? report_markdown(report) : report_text(report));
  });
}

}  // namespace leat::cli
