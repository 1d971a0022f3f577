#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/loop_by_hand.h"
#include "bench/process.h"
#include "leat/leat.h"
#include "leat/register_nodes.h"
#include "leat/run.h"

// A whole training, from the start of the process to the last file: a classifier on weak views of JPEG files. `--by engine` runs a graph,
// with its log and its run's folder. `--by hand` calls the same functions in a loop that is written for them.
namespace {

using namespace leat;
using bench::LoopResult;
using bench::LoopSettings;

constexpr const char* graph_text = R"(leat: 1
params:
  data: {value: data, doc: Folder with a folder of JPEG files per class.}
  size: {value: 64, doc: Side.}
  batch: {value: 10, doc: Images per step.}
  steps: {value: 100, doc: Steps.}
  prefetch: {value: 4, doc: Steps in flight.}
  classes: [NORMAL, PNEUMONIA]
resources:
  files: {uses: io.split, with: {path: "${data}", classes: "${classes}"}}
  net: {uses: model.multitask_unet, with: {norm: instance, slope: 0.2, pool_before_head: true, classes: "${classes}"}}
  adam: {uses: optim.adam, with: {model: net, lr: 1.0e-3}}
phases:
  train:
    prefetch: "${prefetch}"
    nodes:
      images: {uses: io.images, with: {split: files, batch: "${batch}"}}
      decoded: {uses: image.decode, in: images.file}
      resized: {uses: image.resize, in: decoded, with: {size: "${size}"}}
      view: {uses: augment.weak, in: resized}
      batch: {uses: tensor.normalize, in: view, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      classes: {uses: model.classify, in: features, with: {model: net}}
      loss: {uses: loss.cross_entropy, in: {logits: classes, label: images.label}}
      total: {uses: loss.total, in: {terms: {classes: loss}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
plan: {train: {phase: train, steps: "${steps}", checkpoint_every: 1000000}}
)";

/// Keeps the losses, and when each step was retired. On the observers' thread. [one thread]
class Steps final : public Observer {
 public:
  explicit Steps(LoopResult& out) : out_(out) {}
  void step_retired(const Progress& progress) override {
    out_.losses.push_back(progress.metrics.at("total.loss"));
    out_.wall.push_back(bench::wall_s());
  }

 private:
  LoopResult& out_;
};

LoopResult by_engine(const LoopSettings& settings) {
  Registry registry;
  register_nodes(registry);
  Diagnostics diagnostics;
  const std::vector<Setting> set{{"data", settings.data.string()},
                                 {"size", std::to_string(settings.size)},
                                 {"batch", std::to_string(settings.batch)},
                                 {"prefetch", std::to_string(settings.prefetch)},
                                 {"steps", std::to_string(settings.steps)}};
  const GraphDescription graph = read_graph_text(graph_text, "loop.yaml", ".", set, diagnostics);
  diagnostics.throw_if_errors();
  Program program = Program::build(graph, registry, {0, "cpu:" + std::to_string(settings.threads)}, diagnostics);
  diagnostics.throw_if_errors();
  LoopResult out;
  Steps steps(out);
  RunOptions options;
  options.folder = settings.folder / "run";
  options.observers = {{&steps, Hears::Steps}};
  Run run(program, registry.make_lane()(program.settings.device), make_tbb_executor(settings.threads, registry.worker()), options);
  (void)run.run();
  return out;
}

nlohmann::json measured(const std::string& by, const LoopSettings& settings) {
  const LoopResult result = by == "hand" ? bench::loop_by_hand(settings) : by_engine(settings);
  const double seconds = bench::age_s();
  const std::size_t first = result.wall.size() / 10, last = result.wall.size() - 1;
  double loss = 0;
  for (const double one : result.losses) loss += one / static_cast<double>(result.losses.size());
  return {{"by", by},
          {"seconds", bench::rounded(seconds, 1000)},
          {"ms_per_step", bench::rounded(1e3 * (result.wall[last] - result.wall[first]) / static_cast<double>(last - first), 1000)},
          {"cpu_s", bench::rounded(bench::cpu_s(), 1000)},
          {"peak_rss_mib", bench::rounded(bench::peak_rss_mib(), 10)},
          {"loss", bench::rounded(loss, 1e4)},
          {"size", settings.size},
          {"batch", settings.batch},
          {"threads", settings.threads},
          {"steps", result.losses.size()}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A whole training by the engine or by a hand-written loop of the same functions."};
  LoopSettings settings;
  std::string by = "engine";
  app.add_option("--by", by, "engine or hand")->capture_default_str()->check(CLI::IsMember({"engine", "hand"}));
  app.add_option("--data", settings.data, "Folder with the folders NORMAL and PNEUMONIA of JPEG files")->required();
  app.add_option("--size", settings.size, "Side of the images")->capture_default_str();
  app.add_option("--batch", settings.batch, "Images per step")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--threads", settings.threads, "Threads of the network, and workers")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--prefetch", settings.prefetch, "Steps in flight")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--steps", settings.steps, "Steps of the training")->capture_default_str()->check(CLI::Range(20, 1'000'000));
  CLI11_PARSE(app, argc, argv);
  settings.folder = std::filesystem::temp_directory_path() / ("leat-bench-loop-" + std::to_string(::getpid()));
  int status = 0;
  try {
    std::filesystem::create_directories(settings.folder);
    std::cout << measured(by, settings).dump() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    status = 1;
  }
  std::filesystem::remove_all(settings.folder);
  return status;
}
