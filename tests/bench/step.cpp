#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "bench/process.h"
#include "cli/rank_environment.h"
#include "leat/image.h"
#include "leat/joined_ranks.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "leat/register_nodes.h"
#include "leat/run.h"
#include "model/multitask_unet.h"

extern "C" leat::JoinRanks leat_nodes_join_ranks;

// What a training step of graphs/multimix-paper.yaml or graphs/multimix.yaml takes: the whole graph in the engine, with a log and a run's
// folder, but for files and augmentation, in whose place constant pictures stand. So the device lane does all of its work, and the workers
// next to none.
namespace {

using namespace leat;

/// The same pictures, labels and masks in every step, drawn once.
struct Pictures final : Source {
  Output<Image> image{this, "image", "size x size, 8 bit. Noise."};
  Output<Image> second{this, "second", "size x size, 8 bit. Other noise."};
  Output<Image> mask{this, "mask", "size x size, 8 bit. 0 and 255 at random."};
  Output<Label> label{this, "label", "One of C. 0 or 1."};
  Output<Label> known_label{this, "known_label", "One of C. The same, to look at.", diagnostic};
  Param<int> size{this, "size", "Side of the pictures.", 64, {1, 16384}};

  std::int64_t length() const override { return *batch; }

  void open(const Opening& opening) override {
    Random random(opening.random_key("pictures"));
    for (int slot = 0; slot < *batch; ++slot) {
      firsts_.push_back(drawn(random, 1));
      seconds_.push_back(drawn(random, 1));
      masks_.push_back(drawn(random, 255));
      labels_.push_back({static_cast<int>(random.below(2)), {}});
    }
  }

  void process(Frame& frame) const override {
    const auto slot = static_cast<std::size_t>(frame.key().slot);
    frame.identify({"picture " + std::to_string(slot), "", "", {}});
    frame.put(image, firsts_[slot]);
    frame.put(second, seconds_[slot]);
    frame.put(mask, masks_[slot]);
    frame.put(label, labels_[slot]);
    frame.put(known_label, labels_[slot]);
  }

 private:
  [[nodiscard]] Image drawn(Random& random, int step) const {
    Image out{cv::Mat(*size, *size, CV_8UC1), {}};
    for (int y = 0; y < *size; ++y)
      for (int x = 0; x < *size; ++x) out.pixels.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(random.below(255 / step + 1) * step);
    return out;
  }

  std::vector<Image> firsts_;
  std::vector<Image> seconds_;
  std::vector<Image> masks_;
  std::vector<Label> labels_;
};

constexpr const char* paper_text = R"(leat: 1
extends: multimix-paper.yaml
params: {batch: 10, unlabelled_batch: "${batch}", mask_batch: "${batch}", checkpoint_every: 1000000}
resources: {chex: null, jsrt: null, chex_test: null, jsrt_test: null, nihx: null, mcu: null, inputs: null}
templates:
  learn_classes:
    nodes:
      images: {uses: bench.pictures, with: {split: null, part: null, balance: null, size: "${size}"}}
      picture: null
      grays: null
      view: null
      batch: {in: images.image}
  learn_pseudo_labels:
    nodes:
      images: {uses: bench.pictures, with: {split: null, part: null, size: "${size}"}}
      picture: null
      grays: null
      weak: null
      strong: null
      weak_batch: {in: images.image}
      strong_batch: {in: images.second}
  learn_masks:
    nodes:
      images: {uses: bench.pictures, with: {split: null, part: null, size: "${size}"}}
      picture: null
      grays: null
      resized: null
      batch: {in: images.image}
      masks: {in: images.mask}
  learn_consistency:
    nodes:
      images: {uses: bench.pictures, with: {split: null, part: null, size: "${size}"}}
      picture: null
      batch: {in: images.image}
)";

constexpr const char* multimix_text = R"(leat: 1
extends: multimix.yaml
params: {batch: 10, mask_batch: "${batch}", checkpoint_every: 1000000}
resources: {chex: null, jsrt: null, chex_test: null, jsrt_test: null, nihx: null, mcu: null, inputs: null}
templates:
  learn_classes:
    nodes:
      images: {uses: bench.pictures, with: {split: null, part: null, balance: null, size: "${size}"}}
      picture: null
      grays: null
      view: null
      toned: null
      batch: {in: images.image}
  learn_pseudo_labels:
    nodes:
      images: {uses: bench.pictures, with: {split: null, part: null, size: "${size}"}}
      picture: null
      grays: null
      weak: null
      strong: null
      toned: null
      weak_batch: {in: images.image}
      strong_batch: {in: images.second}
  learn_masks:
    nodes:
      images: {uses: bench.pictures, with: {split: null, part: null, size: "${size}"}}
      picture: null
      grays: null
      resized: null
      moved: null
      view: null
      toned: null
      batch: {in: images.image}
      masks: {in: images.mask}
  learn_consistency:
    nodes:
      images: {uses: bench.pictures, with: {split: null, part: null, size: "${size}"}}
      picture: null
      plain: null
      toned: null
      plain_batch: {in: images.image}
      batch: {in: images.second}
)";

constexpr const char* phases_text = R"(phases:
  validate: null
  test: null
  test_cross: null
  test_last: null
  test_cross_last: null
  saliency: null
  predict: null
plan: {train: {validate: null, keep: null}, then: null, keep_results: null}
)";

/// A lane that keeps when each piece of work was done.
class TimedLane final : public Lane {
 public:
  struct Border {
    double wall;
    double cpu;  ///< Of all threads.
  };

  TimedLane(std::unique_ptr<Lane> lane, std::vector<Border>& borders) : lane_(std::move(lane)), borders_(borders) {}

  std::string name() const override { return lane_->name(); }
  std::string device() const override { return lane_->device(); }
  void submit(std::function<void()> work) override { lane_->submit(std::move(work)); }
  void when_done(std::function<void(std::exception_ptr)> done) override {
    lane_->when_done([this, done = std::move(done)](const std::exception_ptr& error) {
      done(error);
      borders_.push_back({bench::wall_s(), bench::cpu_s()});
    });
  }
  bool is_async() const override { return lane_->is_async(); }
  bool captures() const override { return lane_->captures(); }
  void begin_phase() override { lane_->begin_phase(); }
  void run(const SegmentWork& work, const std::function<void()>& nodes) override { lane_->run(work, nodes); }
  std::string take_note() override { return lane_->take_note(); }
  Value keep(Value value) override { return lane_->keep(std::move(value)); }
  void read(const std::function<void()>& work) override { lane_->read(work); }
  bool is_device_fault(const std::exception_ptr& error) const override { return lane_->is_device_fault(error); }
  void enter(bool with_gradients) override { lane_->enter(with_gradients); }
  Value upload(Value value) override { return lane_->upload(std::move(value)); }
  Value fetch(Value value) override { return lane_->fetch(std::move(value)); }

 private:
  std::unique_ptr<Lane> lane_;
  std::vector<Border>& borders_;
};

/// Asks for the next value of one wire after every second step, as a page that shows it does, and describes it.
class Looker final : public Observer {
 public:
  Looker(Run& run, const std::string& wire) : run_(run) {
    const std::size_t first = wire.find('.'), last = wire.rfind('.');
    if (first == last) throw std::runtime_error("`--ask` is PHASE.NODE.PORT");
    phase_ = wire.substr(0, first), node_ = wire.substr(first + 1, last - first - 1), port_ = wire.substr(last + 1);
    run_.withdraw(run_.ask(phase_, node_, port_, [](const PutValue&) {}));  // Refuses what is not there.
  }
  void step_retired(const Progress& progress) override { is_due_ = progress.step % 2 == 0; }
  void look(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (is_due_.exchange(false))
        run_.ask(phase_, node_, port_, [this](const PutValue& put) {
          kept_ = put.value.describe();
          asked_.push_back(put.step);
        });
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  [[nodiscard]] const std::vector<std::int64_t>& asked() const { return asked_; }

 private:
  Run& run_;
  std::string phase_, node_, port_;
  std::atomic<bool> is_due_{true};
  std::vector<std::int64_t> asked_;  ///< Steps.
  std::string kept_;
};

/// Sums the losses of all steps. On the observers' thread. [one thread]
class Losses final : public Observer {
 public:
  void step_retired(const Progress& progress) override {
    sum_ += progress.metrics.at("total.loss");
    ++steps_;
  }
  [[nodiscard]] double mean() const { return sum_ / static_cast<double>(steps_); }

 private:
  double sum_ = 0;
  std::int64_t steps_ = 0;
};

struct Settings {
  std::string ask;
  int size = 64;
  int batch = 10;
  int threads = 2;
  std::string device;
  std::string mode = "plain";
  std::string graph = "paper";
  bool merges_passes = false;
  int steps = 10;
  int warmup = 2;
  std::uint64_t seed = 0;
  std::filesystem::path folder;
  JoinedRanks* ranks = nullptr;  ///< Null: one process.
};

BatchShare share_of(const JoinedRanks* ranks) { return ranks ? BatchShare{ranks->rank(), ranks->size()} : BatchShare(); }

Program build(const Settings& settings, const Registry& registry) {
  Diagnostics diagnostics;
  const std::vector<Setting> set{{"size", std::to_string(settings.size)},
                                 {"batch", std::to_string(settings.batch)},
                                 {"steps", std::to_string(settings.warmup + settings.steps)}};
  const std::string text = std::string(settings.graph == "paper" ? paper_text : multimix_text) + phases_text;
  const GraphDescription graph = read_graph_text(text, "step.yaml", LEAT_SOURCE "/graphs", set, diagnostics);
  diagnostics.throw_if_errors();
  Program program =
      Program::build(graph, registry, {settings.seed, settings.device, share_of(settings.ranks), {}, settings.merges_passes}, diagnostics);
  diagnostics.throw_if_errors();
  return program;
}

std::int64_t parameters_of(const Program& program) {
  for (const ProgramResource& one : program.resources)
    if (const auto* network = dynamic_cast<const MultitaskUnet*>(one.resource.get())) return network->count();
  return 0;
}

std::set<std::int64_t> run_looked_at(Run& run, const std::string& wire) {
  Looker looker(run, wire);
  run.attach(looker, Hears::Steps);
  {
    const std::jthread thread([&looker](const std::stop_token& stop) { looker.look(stop); });
    (void)run.run();
  }
  run.detach(looker);
  return {looker.asked().begin(), looker.asked().end()};
}

using bench::median;

nlohmann::json measured(const Settings& settings) {
  Registry registry;
  register_nodes(registry);
  detail::register_type<Pictures>(registry, "bench.pictures", "Constant pictures.");
  Program program = build(settings, registry);
  const ProgramPhase& phase = program.phases[static_cast<std::size_t>(program.plan.train)];
  std::vector<TimedLane::Border> borders;
  std::set<std::int64_t> asked;
  RunOptions options;
  options.folder = settings.folder;
  options.ranks = settings.ranks;
  Losses losses;
  options.observers = {{&losses, Hears::Steps}};
  {
    std::unique_ptr<Lane> driven = registry.make_lane()(program.settings.device);
    driven->set_mode(settings.mode);
    auto lane = std::make_unique<TimedLane>(std::move(driven), borders);
    Run run(program, std::move(lane), make_tbb_executor(settings.threads, registry.worker()), options);
    if (settings.ask.empty()) (void)run.run();
    else asked = run_looked_at(run, settings.ask);
  }
  // The end of step k is that of its last segment.
  const auto end_of = [&](int step) { return borders.at(static_cast<std::size_t>(step + 1) * phase.segments.size() - 1); };
  std::vector<double> ms, cpu_ms, asked_ms, asked_cpu_ms;
  for (int step = settings.warmup; step < settings.warmup + settings.steps; ++step) {
    const bool is_asked = asked.contains(step);
    (is_asked ? asked_ms : ms).push_back(1e3 * (end_of(step).wall - end_of(step - 1).wall));
    (is_asked ? asked_cpu_ms : cpu_ms).push_back(1e3 * (end_of(step).cpu - end_of(step - 1).cpu));
  }
  const double cpu = end_of(settings.warmup + settings.steps - 1).cpu - end_of(settings.warmup - 1).cpu;
  const auto rounded = [](double number) { return std::round(number * 10) / 10; };
  nlohmann::json out{{"ms_per_step", rounded(median(ms))},
                     {"ms_min", rounded(*std::min_element(ms.begin(), ms.end()))},
                     {"cpu_ms_per_step", rounded(1e3 * cpu / settings.steps)},
                     {"size", settings.size},
                     {"batch", settings.batch},
                     {"ranks", share_of(settings.ranks).ranks},
                     {"device", settings.device},
                     {"lane", settings.mode},
                     {"graph", settings.graph},
                     {"merged", phase.merged_passes.size()},
                     {"threads", settings.threads},
                     {"steps", settings.steps},
                     {"loss", std::round(1e4 * losses.mean()) / 1e4},
                     {"parameters", parameters_of(program)},
                     {"peak_rss_mib", rounded(bench::peak_rss_mib())}};
  if (!asked_ms.empty()) {
    out["asked_steps"] = asked_ms.size();
    out["asked_to_other_wall"] = std::round(1e4 * median(asked_ms) / median(ms)) / 1e4;
    out["asked_to_other_cpu"] = std::round(1e4 * median(asked_cpu_ms) / median(cpu_ms)) / 1e4;
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"One training step of MultiMix in the engine."};
  Settings settings;
  app.add_option("--size", settings.size, "Side of the pictures")->capture_default_str();
  app.add_option("--batch", settings.batch, "Pictures of each stream; multimix.yaml has 30 unlabelled and 4 without masks")
      ->capture_default_str();
  app.add_option("--threads", settings.threads, "Threads of the device lane, and workers")->capture_default_str();
  app.add_option("--device", settings.device, "Where the device lane computes; cpu:THREADS where none is given");
  app.add_option("--lane", settings.mode, "How a GPU is driven: plain or async")->capture_default_str();
  app.add_option("--graph", settings.graph, "paper: multimix-paper.yaml; multimix: multimix.yaml")
      ->capture_default_str()
      ->check(CLI::IsMember({"paper", "multimix"}));
  app.add_flag("--merge-passes", settings.merges_passes, "Runs passes of one network as one");
  app.add_option("--steps", settings.steps, "Steps measured")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seed", settings.seed, "Seed of the weights and the dropout")->capture_default_str();
  app.add_option("--warmup", settings.warmup, "Steps before them")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--ask", settings.ask,
                 "PHASE.NODE.PORT: asks for the next value of this wire in every second step, and compares those steps with the others");
  app.add_option("--folder", settings.folder, "Keeps the run's folder here, with its log");
  CLI11_PARSE(app, argc, argv);
  // Under torchrun, the ranks share the batch, and rank 0 prints.
  std::unique_ptr<JoinedRanks> ranks;
  if (const auto place = cli::place_from_environment()) {
    leat_nodes_join_ranks(*place, std::chrono::seconds(60), ranks);
    settings.ranks = ranks.get();
  }
  if (settings.device.empty()) settings.device = "cpu:" + std::to_string(settings.threads);
  const bool is_kept = !settings.folder.empty(), is_first = !ranks || ranks->rank() == 0;
  if (!is_kept) settings.folder = std::filesystem::temp_directory_path() / ("leat-bench-step-" + std::to_string(::getpid()));
  if (ranks) settings.folder = ranks->from_first(settings.folder.string());
  try {
    const nlohmann::json found = measured(settings);
    if (is_first) std::cout << found.dump() << std::endl;
    if (ranks) ranks->leave("");
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  if (!is_kept && is_first) std::filesystem::remove_all(settings.folder);
}
