#include <leat/leat.h>
#include <leat/register_nodes.h>
#include <leat/run.h>

#include <iostream>

struct Progress final : leat::Observer {
  void step_retired(const leat::Progress& progress) override {
    std::cout << progress.phase << ": step " << progress.step << " of " << progress.steps << "\n";
  }
  void message(const std::string& sentence) override { std::cout << sentence << "\n"; }
};

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("name a graph, and a folder for the run");
  leat::Registry registry;
  leat::register_nodes(registry);

  leat::Diagnostics diagnostics;
  const leat::GraphDescription graph = leat::read_graph(argv[1], {}, diagnostics);
  leat::Program program = leat::Program::build(graph, registry, {}, diagnostics);
  diagnostics.throw_if_errors();

  Progress progress;
  leat::RunOptions options;
  options.folder = argv[2];
  options.observers = {{&progress, leat::Hears::Steps | leat::Hears::Messages}};
  leat::Run run(program, leat::make_lane(registry, "cpu:2"), leat::make_tbb_executor(2, registry.worker()), options);
  (void)run.ask("predict", "small", "resized",
                [](const leat::PutValue& put) { std::cout << put.node << ": " << put.value.describe() << "\n"; });
  const leat::RunResult result = run.run();
  std::cout << (result.was_interrupted ? "stopped" : "finished") << "\n";
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
