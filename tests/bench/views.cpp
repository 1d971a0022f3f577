#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/process.h"
#include "leat/leat.h"
#include "leat/register_nodes.h"
#include "leat/run.h"
#include "leat/tensor.h"

// JPEG files to weak and strong views, as float batches: what a training on views asks of the workers. The views are those that
// other tools make for MultiMix: a pair counts as one image.
namespace {

using namespace leat;

/// What the batches of a run were, and when they came.
struct Taken {
  std::int64_t first_step = 0;  ///< Steps before it are warm-up.
  double first_batch_s = 0;
  std::vector<double> wall, cpu;  ///< By step.
  double sums[2] = {0, 0}, squares[2] = {0, 0};
  double values = 0;
};
Taken taken;

/// Where a network would be.
struct Take final : Node {
  Input<at::Tensor> weak{this, "weak", "N x 1 x H x W, float. A batch."};
  Input<at::Tensor> strong{this, "strong", "N x 1 x H x W, float. A batch."};

  void process(Frame& frame) const override {
    if (taken.wall.empty()) taken.first_batch_s = bench::age_s();
    const at::Tensor* both[] = {&frame[weak], &frame[strong]};
    if (frame.key().step < taken.first_step) {
      for (int k = 0; k < 2; ++k) {
        taken.sums[k] += both[k]->sum().item<double>();
        taken.squares[k] += both[k]->square().sum().item<double>();
      }
      taken.values += static_cast<double>(both[0]->numel());
    }
    taken.wall.push_back(bench::wall_s());
    taken.cpu.push_back(bench::cpu_s());
  }
};

constexpr const char* graph_text = R"(leat: 1
params:
  data: {value: data, doc: Folder with a folder of images per class.}
  size: {value: 256, doc: Side.}
  batch: {value: 10, doc: Images per step.}
  steps: {value: 100, doc: Steps.}
  interpolation: {value: nearest, doc: Sampling of moved pixels.}
  prefetch: {value: 4, doc: Steps in flight.}
resources:
  files: {uses: io.split, with: {path: "${data}"}}
  net: {uses: model.multitask_unet, with: {channels: [2, 2], classes: [no, yes], masks: [lungs]}}
phases:
  views:
    kind: train
    prefetch: "${prefetch}"
    nodes:
      images: {uses: io.images, with: {split: files, batch: "${batch}"}}
      decoded: {uses: image.decode, in: images.file}
      resized: {uses: image.resize, in: decoded, with: {size: "${size}"}}
      weak: {uses: augment.weak, in: resized}
      strong:
        uses: augment.strong
        in: resized
        with:
          pad: 0.125
          operations: [2, 2]
          p: 0.5
          brightness: [0.14, 0.86]
          contrast: [0.14, 0.86]
          sharpness: [0.14, 0.86]
          posterize_bits: [4, 7]
          solarize_from: 26
          rotate_deg: 27
          shear: 0.27
          translate: 0.27
          interpolation: "${interpolation}"
          border: black
          cutout: 0.25
      weak_batch: {uses: tensor.normalize, in: weak, with: {model: net, constants: [0.5, 0.5]}}
      strong_batch: {uses: tensor.normalize, in: strong, with: {model: net, constants: [0.5, 0.5]}}
      take: {uses: bench.take, in: {weak: weak_batch, strong: strong_batch}}
plan: {train: {phase: views, steps: "${steps}"}, memory: 8GB)";

struct Settings {
  std::string data;
  std::string interpolation = "nearest";
  int size = 256;
  int batch = 10;
  int threads = 2;
  int prefetch = 4;
  int images = 1500;
  int warmup = 200;
  bool is_cached = false;
};

/// Returns the number of images in an epoch.
std::int64_t length_of(const Program& program) {
  for (const ProgramNode& node : program.phases.at(0).nodes)
    if (node.source) return node.length;
  return 0;
}

nlohmann::json measured(const Settings& settings) {
  Registry registry;
  register_nodes(registry);
  detail::register_type<Take>(registry, "bench.take", "Takes batches.", LaneKind::Device);
  taken.first_step = std::max(1, settings.warmup / settings.batch);
  const std::int64_t measured_steps = std::max(1, settings.images / settings.batch);
  const auto built = [&](std::int64_t steps) {
    Diagnostics diagnostics;
    const std::vector<Setting> set{{"data", settings.data},
                                   {"size", std::to_string(settings.size)},
                                   {"batch", std::to_string(settings.batch)},
                                   {"prefetch", std::to_string(settings.prefetch)},
                                   {"interpolation", settings.interpolation},
                                   {"steps", std::to_string(steps)}};
    const std::string text = std::string(graph_text) + (settings.is_cached ? ", cache: 4GB}\n" : "}\n");
    const GraphDescription graph = read_graph_text(text, "views.yaml", ".", set, diagnostics);
    diagnostics.throw_if_errors();
    Program program = Program::build(graph, registry, {0, "cpu:1"}, diagnostics);
    diagnostics.throw_if_errors();
    return program;
  };
  // A cache is full after one epoch.
  if (settings.is_cached) taken.first_step = std::max(taken.first_step, length_of(built(1)) / settings.batch + 1);
  // The queue is never empty in the part that is measured.
  Program program = built(taken.first_step + measured_steps + 2 * settings.prefetch);
  {
    Run run(program, registry.make_lane()("cpu:1"), make_tbb_executor(settings.threads, registry.worker()), {});
    (void)run.run();
  }
  const auto first = static_cast<std::size_t>(taken.first_step) - 1, last = first + static_cast<std::size_t>(measured_steps);
  const double images = static_cast<double>(measured_steps * settings.batch);
  using bench::rounded;
  const auto mean = [](int k) { return taken.sums[k] / taken.values; };
  const auto deviation = [&](int k) { return std::sqrt(taken.squares[k] / taken.values - mean(k) * mean(k)); };
  return {{"images_per_s", rounded(images / (taken.wall.at(last) - taken.wall.at(first)), 10)},
          {"cpu_ms_per_image", rounded(1e3 * (taken.cpu.at(last) - taken.cpu.at(first)) / images, 1000)},
          {"first_batch_s", rounded(taken.first_batch_s, 1000)},
          {"peak_rss_mib", rounded(bench::peak_rss_mib(), 10)},
          {"size", settings.size},
          {"batch", settings.batch},
          {"threads", settings.threads},
          {"is_cached", settings.is_cached},
          {"images", images},
          {"weak_mean", rounded(mean(0), 1000)},
          {"weak_std", rounded(deviation(0), 1000)},
          {"strong_mean", rounded(mean(1), 1000)},
          {"strong_std", rounded(deviation(1), 1000)}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Weak and strong views of JPEG files, as float batches."};
  Settings settings;
  app.add_option("--data", settings.data, "Folder with a folder of JPEG files per class")->required();
  app.add_option("--size", settings.size, "Side of the views")->capture_default_str();
  app.add_option("--batch", settings.batch, "Images per step")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--threads", settings.threads, "Workers; the lane that takes the batches has a thread of its own")->capture_default_str();
  app.add_option("--prefetch", settings.prefetch, "Steps in flight")->capture_default_str();
  app.add_option("--images", settings.images, "Images measured")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--warmup", settings.warmup, "Images before them")->capture_default_str();
  app.add_option("--interpolation", settings.interpolation, "nearest or bilinear")->capture_default_str();
  app.add_flag("--cache", settings.is_cached, "Keep resized images, and measure from the second epoch on");
  CLI11_PARSE(app, argc, argv);
  try {
    std::cout << measured(settings).dump() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
