#include <fstream>
#include <iostream>

#include "context.h"
#include "leat/data_look.h"
#include "leat/program.h"
#include "leat/tries_files.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

struct NewCommand {
  fs::path graph;
  fs::path data;
  std::vector<fs::path> tests;
};

/// Throws Refusal, after the mistakes, if `leat check` would refuse the graph, as it does if a class has too few images.
void check(const std::string& text, const fs::path& file, const Registry& registry) {
  Diagnostics diagnostics;
  const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
  const GraphDescription graph = read_graph_text(text, file.string(), folder, {}, diagnostics);
  if (!diagnostics.has_errors()) {
    const Program program = Program::build(graph, registry, {0, "cpu"}, diagnostics);
    if (!diagnostics.has_errors()) try_files(program, diagnostics);
  }
  if (!diagnostics.has_errors()) return;
  std::cerr << diagnostics.str();
  throw Refusal("no graph is written, because `leat check` would refuse it");
}

void write(const NewCommand& command, Context& context) {
  if (fs::exists(command.graph)) throw Refusal(command.graph.string() + " exists already: name another file, or remove it");
  NewData data = guess_data(command.data, context.registry());
  order_classes(data.guess);
  std::vector<NewData> tests;
  for (const fs::path& test : command.tests) {
    tests.push_back(guess_data(test, context.registry()));
    for (std::size_t k = 0; k + 1 < tests.size(); ++k)
      if (tests[k].guess.paths == tests.back().guess.paths) throw Refusal("`" + test.string() + "` is named twice as test data");
    fit_test(data, tests.back());
  }
  const std::string text = new_graph(data, tests, command.graph);
  check(text, command.graph, context.registry());
  std::ofstream out(command.graph, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + command.graph.string());
  for (const std::string& remark : data.guess.remarks) std::cerr << "guessed: " << remark << "\n";
  for (std::size_t k = 0; k < tests.size(); ++k)
    for (const std::string& remark : tests[k].guess.remarks)
      std::cerr << "guessed of " << command.tests[k].string() << ": " << remark << "\n";
  if (tests.empty() && data.guess.test_rows.empty())
    std::cerr << "there is no test data: the figures will be those of validation images, which also select the weights (`--test FOLDER` "
                 "names others)\n";
  std::cout << command.graph.string() << " is written; next: leat check " << command.graph.string() << "\n";
}

}  // namespace

void add_new_graph(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("new", "Writes a graph for a folder or list of images");
  sub->footer(
      "The graph trains on the classes and masks that are there, with pseudo-labels where images have no class and with\n"
      "consistency where they have no masks. It passes `leat check`, and is meant to be read and changed.\n"
      "Example: leat new lungs.yaml --data radiographs/ --test other_hospital/");
  auto command = std::make_shared<NewCommand>();
  sub->add_option("graph", command->graph, "The file to write")->type_name("GRAPH.yaml")->check(not_empty())->required();
  sub->add_option("--data", command->data, "Images for the training: a folder or a list")
      ->type_name("PATH")
      ->check(not_empty())
      ->required();
  sub->add_option("--test", command->tests, "Labelled images for the test: a folder or a list; can be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  sub->callback([&context, command] { write(*command, context); });
}

}  // namespace leat::cli
