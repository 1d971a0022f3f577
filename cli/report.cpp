#include "leat/report.h"

#include <iostream>

#include "context.h"

namespace leat::cli {

void add_report(CLI::App& app, Context&) {
  auto* command = app.add_subcommand("report", "Says what finished runs measured, with 95 % intervals");
  command->footer("One run: intervals by image. Several runs of one graph: means and intervals over their seeds.\n"
                  "Example: leat report runs/demo\n         leat report runs/demo-seed-* --markdown");
  auto runs = std::make_shared<std::vector<std::filesystem::path>>();
  auto as_json = std::make_shared<bool>(false);
  auto as_markdown = std::make_shared<bool>(false);
  command->add_option("runs", *runs, "Folders of finished runs")->type_name("RUN")->required();
  auto* json = command->add_flag("--json", *as_json, "Prints JSON, with every figure");
  command->add_flag("--markdown", *as_markdown, "Prints the tables as Markdown")->excludes(json);
  command->callback([runs, as_json, as_markdown] {
    const Report report = make_report(*runs);
    std::cout << (*as_json ? report_json(report) : *as_markdown ? report_markdown(report) : report_text(report));
  });
}

}  // namespace leat::cli
