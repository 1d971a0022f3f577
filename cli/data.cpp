#include <fstream>
#include <iostream>
#include <iterator>

#include "context.h"
#include "leat/data_look.h"
#include "leat/data_summary.h"
#include "leat/scratch_folder.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t most_images = 2000;

struct DataCommand {
  fs::path path;
  fs::path mosaic;
};

void print_settings(const NewData& data) {
  std::cout << "read with\n  {uses: " << data.uses << ", with: {" << settings_text(data.guess, fs::current_path()) << "}}\n";
  for (const std::string& remark : data.guess.remarks) std::cout << "guessed: " << remark << "\n";
}

void print_outliers(const fs::path& run_folder) {
  std::ifstream in(run_folder / "images" / "look.grays.csv", std::ios::binary);
  if (!in) return;
  const ImageTable grays = ImageTable::read(std::string{std::istreambuf_iterator<char>(in), {}});
  for (const auto& sentences : {near_copies_of(grays), outliers_of(grays)})
    for (const std::string& one : sentences) std::cout << one << "\n";
}

void look(const DataCommand& command, Context& context) {
  const NewData data = guess_data(command.path, context.registry());
  Diagnostics diagnostics;
  const GraphDescription graph = read_graph_text(look_graph(data, most_images), "leat data", fs::current_path(), {}, diagnostics);
  diagnostics.throw_if_errors();
  Program program = Program::build(graph, context.registry(), {0, "cpu"}, diagnostics);
  diagnostics.throw_if_errors();
  for (const ProgramResource& one : program.resources)
    if (const auto* summarizes = dynamic_cast<const SummarizesData*>(one.resource.get()))
      std::cout << data_summary_text(command.path.string(), summarizes->data_summary());
  print_settings(data);
  for (const std::string& warning : program.warnings) std::cout << "warning: " << warning << "\n";
  const ScratchFolder scratch;
  RunOptions options;
  options.folder = scratch / "run";
  options.stop_after_steps = most_images / 16;
  (void)Run(program, context.registry().make_lane()("cpu"), make_tbb_executor(0, context.registry().worker()), options).run();
  if (data.guess.images > most_images) std::cout << "only the first " << most_images << " images were compared with each other\n";
  print_outliers(options.folder);
  if (!command.mosaic.empty()) {
    fs::copy_file(options.folder / "mosaic.png", command.mosaic, fs::copy_options::overwrite_existing);
    const bool is_first_channel = data.guess.channels != 1 && data.guess.channels != 3;
    std::cout << "the first images are in " << command.mosaic.string() << (is_first_channel ? ", each by its first channel" : "") << "\n";
  }
}

}  // namespace

void add_data(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("data", "Looks at a folder or list of images, and says what it is");
  sub->footer(
      "Says how many images, classes, masks and patients there are, with which parameters `io.split` reads them, what was\n"
      "guessed, and which images are unlike the others. `leat new` writes a graph for the same folder.\n"
      "Example: leat data radiographs/ --mosaic first.png");
  auto command = std::make_shared<DataCommand>();
  sub->add_option("path", command->path, "A folder, a list (.csv, .tsv, .txt, .json) or an image")
      ->type_name("PATH")
      ->check(not_empty())
      ->required();
  sub->add_option("--mosaic", command->mosaic, "Draws the first 24 images into this file")->type_name("FILE.png");
  sub->callback([&context, command] { look(*command, context); });
}

}  // namespace leat::cli
