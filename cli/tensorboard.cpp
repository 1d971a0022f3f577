#include <iostream>

#include "context.h"
#include "leat/tensorboard.h"

namespace leat::cli {

void add_tensorboard(CLI::App& app, Context&) {
  auto* command = app.add_subcommand("tensorboard", "Writes the metrics of runs as event files for TensorBoard");
  command->footer(
      "Example: leat tensorboard runs/demo && tensorboard --logdir runs/demo\n"
      "`leat run --tensorboard` writes them during a run.");
  auto runs = std::make_shared<std::vector<std::filesystem::path>>();
  command->add_option("runs", *runs, "Runs' folders; each gets a folder tensorboard/")->type_name("RUN")->required();
  command->callback([runs] {
    for (const std::filesystem::path& run : *runs) {
      TensorboardFile(run, run / "tensorboard").update();
      std::cout << (run / "tensorboard").string() << "\n";
    }
  });
}

}  // namespace leat::cli
