#include "leat/report.h"
#include "leat/comparison.h"
#include "leat/report_json.h"
#include "leat/report_page.h"
#include "leat/report_text.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>

#include "context.h"
#include "leat/exported_page.h"
#include "leat/thrown.h"

namespace leat::cli {

namespace {

struct ReportCommand {
  std::vector<std::filesystem::path> runs, against;
  std::vector<std::string> metrics;
  bool as_json = false, as_markdown = false;
  std::filesystem::path out;
  PageChoice choice;
};

/// Returns a check of an option: the name of a page, so that no file of a run is overwritten by mistake.
CLI::Validator html_file() {
  return CLI::Validator(
      [](const std::string& text) { return text.ends_with(".html") ? std::string() : "must end with .html, found `" + text + "`"; }, "");
}

/// Writes a page that needs no server, and prints what it contains.
void write_page(const ReportCommand& command) {
  const ReportPage page = report_page(command.runs, command.choice);
  const std::string text = viewer::exported_page(page.json);
  errno = 0;
  std::ofstream file(command.out, std::ios::binary);
  file << text << std::flush;
  if (!file) throw Refusal("cannot write " + command.out.string() + ": " + std::strerror(errno));
  char size[32];
  constexpr double megabyte = 1e6;
  std::snprintf(size, sizeof size, "%.1f MB", static_cast<double>(text.size()) / megabyte);
  std::cout << command.out.string() << " (" << size << ") opens in a browser, without a server or a network.\n";
  for (const std::string& sentence : page.contents) std::cout << sentence << "\n";
}

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
  auto* out = sub->add_option("--out", command->out,
                              "Writes a page with curves and values by image into this file. It opens without a server, and has numbers "
                              "instead of the names of images and patients")
                  ->type_name("FILE.html")
                  ->check(html_file())
                  ->excludes(json)
                  ->excludes(markdown)
                  ->excludes(other);
  sub->add_flag("--names", command->choice.has_names, "The page has the names of images, patients and folders")->needs(out);
  sub->add_flag("--pictures", command->choice.has_pictures,
                "The page has the pictures from files that the run kept. Text that is burnt into them stays")
      ->needs(out);
  sub->callback([command] {
    if (!command->out.empty()) {
      write_page(*command);
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
