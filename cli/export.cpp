#include <iostream>

#include "context.h"
#include "leat/prediction_model.h"

namespace leat::cli {

namespace {

struct ExportCommand {
  std::filesystem::path run;
  std::filesystem::path out;
};

void write(const ExportCommand& command, Context& context) {
  if (!std::filesystem::is_directory(command.run)) throw Refusal(command.run.string() + " is not a run's folder");
  const PredictionModel model = read_prediction_model(command.run);
  write_prediction_model(model, context.registry(), command.out);
  std::cout << "the weights after " << model.weights.steps << " training steps"
            << (model.weights.is_best ? ", selected by the plan's `keep`," : "") << " and the graph's `predict` phase are in "
            << command.out.string() << "\n";
}

}  // namespace

void add_export(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("export", "Writes what a run needs to predict into one file");
  sub->footer(
      "The file has the graph's `predict` phase, the weights of `leat predict`, and what the training images looked like.\n"
      "It needs no run's folder, and is a safetensors file: other programs can read its weights.\n"
      "Example: leat export runs/multimix --out lungs.safetensors\n"
      "         leat predict lungs.safetensors radiographs/ --out predictions");
  auto command = std::make_shared<ExportCommand>();
  sub->add_option("run", command->run, "Folder of a run")->type_name("RUN")->check(not_empty())->required();
  sub->add_option("--out", command->out, "The file to write")
      ->type_name("FILE.safetensors")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return text.ends_with(".safetensors") ? std::string() : "must end with .safetensors, found `" + text + "`";
          },
          ""))
      ->required();
  sub->callback([&context, command] { write(*command, context); });
}

}  // namespace leat::cli
