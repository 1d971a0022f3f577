#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "leat/leat.h"
#include "leat/run.h"
#include "support/graphs.h"
#include "support/temporary_folder.h"

// How well loading overlaps with the device: sleeping bodies, so that the cores have nothing to do and only the engine's hand-overs count.
// A step takes at least max(loading · batch / threads, device, metric).
namespace {

using namespace leat;

void sleep_ms(double ms) {
  if (ms > 0) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
}

struct Token {
  std::int64_t key = 0;
};

}  // namespace

template <>
struct leat::ValueTraits<Token> {
  static constexpr std::string_view name = "token";
  static std::size_t bytes(const Token&) { return sizeof(Token); }
  static std::uint64_t hash(const Token& token) { return hash_bytes(&token, sizeof token); }
  static std::string describe(const Token& token) { return std::to_string(token.key); }
  static Contract contract(const Token&) { return {}; }
  static Token blank(const Contract&) { return {}; }
};

namespace {

struct Load final : Source {
  Output<Token> out{this, "out", "Any shape. A token."};
  Param<double> ms{this, "ms", "Milliseconds that it takes.", 0};

  [[nodiscard]] std::int64_t length() const override { return 0; }
  void process(Frame& frame) const override {
    frame.identify({.id = std::to_string(frame.draw())});
    sleep_ms(*ms);
    frame.put(out, {frame.draw()});
  }
};

struct Pass final : Node {
  Input<Token> in{this, "in", "Any shape. A token."};
  Output<Token> out{this, "out", "Any shape. The token."};
  Param<double> ms{this, "ms", "Milliseconds that it takes.", 0};

  void process(Frame& frame) const override {
    sleep_ms(*ms);
    frame.put(out, frame[in]);
  }
};

struct Join final : Node {
  Input<Token> first{this, "first", "Any shape. A token."};
  Input<Token> second{this, "second", "Any shape. The same token."};
  Output<Token> out{this, "out", "Any shape. The token."};

  void process(Frame& frame) const override { frame.put(out, frame[first]); }
};

struct Learn final : Node {
  Gather<Token> in{this, "in", "Any shape. Tokens."};
  Param<double> ms{this, "ms", "Milliseconds that it takes.", 0};
  Param<double> metric{this, "metric", "Milliseconds that reading its metric takes; 0: it has none.", 0};

  void process(Frame& frame) const override {
    sleep_ms(*ms);
    if (*metric > 0)
      frame.metric("loss", [ms = *metric] {
        sleep_ms(ms);
        return 1.0;
      });
  }
};

struct Settings {
  int threads = 2;
  int batch = 1;
  double loading = 60;
  double device = 40;
  double metric = 0;
  int prefetch = 4;
  bool fan_out = false;
  int steps = 120;
};

std::string graph_of(const Settings& settings) {
  const auto text = [](double number) { return std::to_string(number); };
  std::string nodes =
      "      load: {uses: bench.load, with: {batch: " + std::to_string(settings.batch) + ", ms: " + text(settings.loading) + "}}\n";
  if (settings.fan_out)
    nodes +=
        "      weak: {uses: bench.pass, in: load, with: {ms: 5}}\n"
        "      strong: {uses: bench.pass, in: load, with: {ms: 5}}\n"
        "      join: {uses: bench.join, in: {first: weak, second: strong}}\n";
  nodes += std::string("      learn: {uses: bench.learn, in: ") + (settings.fan_out ? "join" : "load") +
           ", with: {ms: " + text(settings.device) + ", metric: " + text(settings.metric) + "}}\n";
  return "leat: 1\nphases:\n  train:\n    prefetch: " + std::to_string(settings.prefetch) + "\n    nodes:\n" + nodes +
         "plan: {train: {phase: train, steps: " + std::to_string(settings.steps) + "}}\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Milliseconds of a step whose loading and device sleep, one line of JSON"};
  Settings settings;
  app.add_option("--threads", settings.threads, "Workers of the cpu lane")->capture_default_str();
  app.add_option("--batch", settings.batch, "Samples per step")->capture_default_str();
  app.add_option("--loading", settings.loading, "Milliseconds to load a sample")->capture_default_str();
  app.add_option("--device", settings.device, "Milliseconds of a step on the device")->capture_default_str();
  app.add_option("--metric", settings.metric, "Milliseconds to read a step's metric; 0: none")->capture_default_str();
  app.add_option("--prefetch", settings.prefetch, "Steps in flight")->capture_default_str();
  app.add_flag("--fan-out", settings.fan_out, "Two views of each sample, 5 ms each");
  app.add_option("--steps", settings.steps, "Steps")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  Registry registry;
  detail::register_type<Load>(registry, "bench.load", "Sleeps, and gives a token.");
  detail::register_type<Pass>(registry, "bench.pass", "Sleeps.");
  detail::register_type<Join>(registry, "bench.join", "Takes two tokens.");
  detail::register_type<Learn>(registry, "bench.learn", "Sleeps on the device lane.", LaneKind::Device);
  Program program = build(registry, graph_of(settings));
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  options.keeps_checkpoints = false;
  const auto begin = std::chrono::steady_clock::now();
  {
    Run run(program, make_thread_lane(), make_tbb_executor(settings.threads), options);
    (void)run.run();
  }
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count() / settings.steps;
  const double loading =
      settings.loading * settings.batch / settings.threads + (settings.fan_out ? 10.0 * settings.batch / settings.threads : 0);
  const nlohmann::ordered_json result{{"bench", "overlap"},
                                      {"ms_per_step", std::round(ms * 100) / 100},
                                      {"bound_ms", std::max({loading, settings.device, settings.metric})},
                                      {"threads", settings.threads},
                                      {"batch", settings.batch},
                                      {"loading_ms", settings.loading},
                                      {"device_ms", settings.device},
                                      {"metric_ms", settings.metric},
                                      {"prefetch", settings.prefetch},
                                      {"fan_out", settings.fan_out},
                                      {"steps", settings.steps}};
  std::cout << result.dump() << std::endl;
}
