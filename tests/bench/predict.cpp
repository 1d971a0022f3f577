#include <ATen/TensorOperators.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/process.h"
#include "leat/leat.h"
#include "leat/register_nodes.h"
#include "leat/run.h"
#include "leat/tensor.h"

// JPEG files to class probabilities and masks, by the network of graphs/multimix.yaml. `--save` writes its weights, so that another program
// can compute with the same.
namespace {

using namespace leat;

struct Taken {
  std::vector<double> wall;  ///< By step.
  double first_batch_s = 0;
  double probability = 0, share = 0;
  std::int64_t steps_summed = 0;
};
Taken taken;

struct Take final : Node {
  Input<at::Tensor> classes{this, "classes", "N x C, float. Probabilities."};
  Input<at::Tensor> masks{this, "masks", "N x 1 x H x W, float. Probabilities."};
  Param<std::int64_t> steps{this, "steps", "Steps that are summed.", 1, {1, INT64_MAX}};

  void process(Frame& frame) const override {
    if (taken.wall.empty()) taken.first_batch_s = bench::age_s();
    if (taken.steps_summed < *steps) {
      taken.probability += frame[classes].select(1, 1).mean().item<double>();
      taken.share += (frame[masks] > 0.5).to(at::kFloat).mean().item<double>();
      ++taken.steps_summed;
    }
    taken.wall.push_back(bench::wall_s());
  }
};

constexpr const char* graph_text = R"(leat: 1
params:
  data: {value: data, doc: Folder with JPEG files.}
  size: {value: 128, doc: Side.}
  batch: {value: 16, doc: Images per step.}
  steps: {value: 40, doc: Steps.}
  summed: {value: 40, doc: Steps that are summed.}
  prefetch: {value: 4, doc: Steps in flight.}
resources:
  files: {uses: io.split, with: {path: "${data}"}}
  net:
    uses: model.multitask_unet
    with:
      channels: [16, 32, 64, 128, 256]
      norm: instance_affine
      standardized: true
      bias: false
      classes: [NORMAL, PNEUMONIA]
      masks: [lungs]
      bridge: {join: deepest, scale: max, resize: area}
phases:
  images:
    kind: train
    prefetch: "${prefetch}"
    nodes:
      images: {uses: io.images, with: {split: files, batch: "${batch}"}}
      decoded: {uses: image.decode, in: images.file}
      resized: {uses: image.resize, in: decoded, with: {size: "${size}"}}
      batch: {uses: tensor.normalize, in: resized, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, detached: true}}
      classes: {uses: model.classify, in: features, with: {model: net, detached: true}}
      saliency: {uses: model.saliency, in: batch, with: {model: net}}
      masks: {uses: model.segment, in: {features: features, image: batch, saliency: saliency}, with: {model: net, detached: true}}
      class_probabilities: {uses: tensor.probabilities, in: classes}
      mask_probabilities: {uses: tensor.probabilities, in: masks, with: {kind: sigmoid}}
      take: {uses: bench.take, in: {classes: class_probabilities, masks: mask_probabilities}, with: {steps: "${summed}"}}
plan: {train: {phase: images, steps: "${steps}"}, memory: 8GB}
)";

struct Settings {
  std::string data, weights, save;
  int size = 128;
  int batch = 16;
  int threads = 2;
  int prefetch = 4;
  int images = 640;
  int warmup = 64;
};

void save(const Program& program, const std::string& file) {
  for (const ProgramResource& one : program.resources)
    if (one.name == "net") {
      Archive archive;
      one.resource->save(archive);
      return archive.write(file);
    }
  throw std::logic_error("the graph has no `net`");
}

nlohmann::json measured(const Settings& settings) {
  Registry registry;
  register_nodes(registry);
  detail::register_type<Take>(registry, "bench.take", "Takes predictions.", LaneKind::Device);
  const int first = std::max(1, settings.warmup / settings.batch), steps = std::max(1, settings.images / settings.batch);
  Diagnostics diagnostics;
  const std::vector<Setting> set{{"data", settings.data},

                                 {"size", std::to_string(settings.size)},
                                 {"batch", std::to_string(settings.batch)},
                                 {"prefetch", std::to_string(settings.prefetch)},
                                 {"summed", std::to_string(first + steps)},
                                 {"steps", std::to_string(first + steps + 2 * settings.prefetch)}};
  std::string text = graph_text;
  if (!settings.weights.empty()) text.insert(text.find("      bridge:"), "      weights: \"" + settings.weights + "\"\n");
  const GraphDescription graph = read_graph_text(text, "predict.yaml", ".", set, diagnostics);
  diagnostics.throw_if_errors();
  Program program = Program::build(graph, registry, {0, "cpu:" + std::to_string(settings.threads)}, diagnostics);
  diagnostics.throw_if_errors();
  {
    Run run(program, registry.make_lane()(program.settings.device), make_tbb_executor(settings.threads, registry.worker()), {});
    (void)run.run();
  }
  if (!settings.save.empty()) save(program, settings.save);
  const double seconds = taken.wall.at(static_cast<std::size_t>(first + steps - 1)) - taken.wall.at(static_cast<std::size_t>(first - 1));
  const double images = static_cast<double>(steps) * settings.batch;
  return {{"images_per_s", bench::rounded(images / seconds, 10)},
          {"images", images},
          {"size", settings.size},
          {"batch", settings.batch},
          {"threads", settings.threads},
          {"prefetch", settings.prefetch},
          {"first_batch_s", bench::rounded(taken.first_batch_s, 1000)},
          {"peak_rss_mib", bench::rounded(bench::peak_rss_mib(), 10)},
          {"probability_mean", bench::rounded(taken.probability / static_cast<double>(taken.steps_summed), 1e4)},
          {"mask_share", bench::rounded(taken.share / static_cast<double>(taken.steps_summed), 1e4)}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Batch inference of JPEG files."};
  Settings settings;
  app.add_option("--data", settings.data, "Folder with JPEG files")->required();
  app.add_option("--weights", settings.weights, "Safetensors file with the network's weights; without one they are random");
  app.add_option("--save", settings.save, "Writes the network's weights to this file");
  app.add_option("--size", settings.size, "Side of the network's input")->capture_default_str();
  app.add_option("--batch", settings.batch, "Images per step")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--threads", settings.threads, "Threads of the device lane, and workers")->capture_default_str();
  app.add_option("--prefetch", settings.prefetch, "Steps in flight")->capture_default_str();
  app.add_option("--images", settings.images, "Images measured")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--warmup", settings.warmup, "Images before them")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    std::cout << measured(settings).dump() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
