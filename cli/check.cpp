#include <iostream>

#include "context.h"
#include "leat/drawing.h"
#include "leat/program_summary.h"
#include "leat/tries_files.h"

namespace leat::cli {

void add_check(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("check", "Reports everything about a graph that can be known before it runs");
  command->footer("Example: leat check graphs/demo.yaml --set steps=100");
  auto options = std::make_shared<GraphOptions>();
  auto as_json = std::make_shared<bool>(false);
  auto edges = std::make_shared<bool>(false);
  options->add_to(*command);
  options->add_merge_passes_option(*command);
  auto* json = command->add_flag("--json", *as_json, "Prints JSON");
  command->add_option("--ranks", options->share.ranks, "Also reports what a training on several ranks would refuse; rank 0 is shown")
      ->type_name("N")
      ->capture_default_str()
      ->check(whole_in(1, most_ranks));
  command->add_flag("--edges", *edges, "Prints every edge: type, shape, rate, lane")->excludes(json);
  command->callback([&context, options, as_json, edges] {
    const Program program = options->build(context.registry());
    Diagnostics found;
    try_files(program, found);
    found.throw_if_errors();
    std::cerr << found.str();
    // Where a run lies without `--out`.
    if (const std::string note = cache_disk_note(program, "runs"); !note.empty()) std::cerr << "warning: " << note << "\n";
    if (!*as_json && !*edges) std::cout << data_text(program);
    std::cout << (*as_json ? program_json(program) : *edges ? edge_table(program) : program_table(program));
  });
}

}  // namespace leat::cli
