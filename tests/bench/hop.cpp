#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>

#include "bench/hop_tbb.h"
#include "bench/process.h"
#include "leat/leat.h"
#include "leat/run.h"
#include "support/graphs.h"

// What it costs to hand a value from one node to the next, in the engine with its event log on and in a oneTBB graph of the same topology.
// A hop is an edge and a key. Every turn measures both one after the other, so that what else the machine does falls on both.
namespace {

using namespace leat;

struct Token {
  std::int64_t key = 0;
  std::int64_t value = 0;
};

std::atomic<std::int64_t> out_sum{0};

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

struct Keys final : Source {
  Output<Token> token{this, "token", "Any shape."};
  Param<int> keys{this, "keys", "Keys in a pass.", 1, {1, 1 << 30}};

  std::int64_t length() const override { return *keys; }
  void process(Frame& frame) const override { frame.put(token, {frame.draw(), frame.draw()}); }
};

struct Pass final : Node {
  Input<Token> token{this, "token", "Any shape."};
  Output<Token> next{this, "next", "Any shape."};

  void process(Frame& frame) const override {
    const Token& in = frame[token];
    frame.put(next, {in.key, in.value + 1});
  }
};

struct Last final : Node {
  Input<Token> token{this, "token", "Any shape."};

  void process(Frame& frame) const override { out_sum.fetch_add(frame[token].value, std::memory_order_relaxed); }
};

struct Pair final : Node {
  Input<Token> first{this, "first", "Any shape."};
  Input<Token> second{this, "second", "Any shape."};

  void process(Frame& frame) const override { out_sum.fetch_add(frame[first].value + frame[second].value, std::memory_order_relaxed); }
};

struct Add final : Node {
  Gather<Token> tokens{this, "tokens", "Any shape."};

  void process(Frame& frame) const override {
    const auto rows = frame[tokens];
    std::int64_t all = 0;
    for (int row = 0; row < rows.size(); ++row) all += rows[row].value;
    out_sum.fetch_add(all, std::memory_order_relaxed);
  }
};

constexpr int rows = 64;
constexpr int steps_in_flight = 16;

struct Topology {
  std::string name;
  int hops;  ///< Edges that a key goes along.
  std::string nodes;
  std::function<std::int64_t(int threads, std::int64_t keys)> tbb;
};

std::vector<Topology> topologies(int chain_length) {
  std::string chain;
  for (int k = 1; k < chain_length; ++k)
    chain += "      pass" + std::to_string(k) + ": {uses: pass, in: {token: " + (k == 1 ? "keys" : "pass" + std::to_string(k - 1)) + "}}\n";
  chain += "      last: {uses: last, in: {token: pass" + std::to_string(chain_length - 1) + "}}\n";
  constexpr int in_flight = rows * steps_in_flight;
  return {
      {"chain", chain_length, chain,
       [chain_length](int threads, std::int64_t keys) { return bench::tbb_chain(threads, keys, in_flight, chain_length); }},
      {"diamond", 4,
       "      weak: {uses: pass, in: {token: keys}}\n      strong: {uses: pass, in: {token: keys}}\n      pair: {uses: pair, in: {first: "
       "weak, second: strong}}\n",
       [](int threads, std::int64_t keys) { return bench::tbb_diamond(threads, keys, in_flight); }},
      {"gather", 2, "      one: {uses: pass, in: {token: keys}}\n      add: {uses: add, in: {tokens: one}}\n",
       [](int threads, std::int64_t keys) { return bench::tbb_gather(threads, keys, in_flight, rows); }},
  };
}

std::int64_t engine(const Registry& registry, const Topology& topology, int threads, std::int64_t keys, const std::filesystem::path& folder,
                    bool is_logged) {
  Program program = build(registry, "leat: 1\nphases:\n  test:\n    prefetch: " + std::to_string(steps_in_flight) +
                                        "\n    nodes:\n      keys: {uses: keys, with: {keys: " + std::to_string(keys) +
                                        ", batch: " + std::to_string(rows) + "}}\n" + topology.nodes + "plan: {then: [test]}\n");
  RunOptions options;
  if (is_logged) options.folder = folder;
  options.keeps_checkpoints = false;
  out_sum = 0;
  Run run(program, make_thread_lane(), make_tbb_executor(threads), options);
  (void)run.run();
  return out_sum;
}

struct Times {
  std::vector<double> wall;
  std::vector<double> cpu;  ///< Of all threads.
};

template <class Work>
std::int64_t measure(Times& times, double hops, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  const double cpu = bench::cpu_s();
  const std::int64_t sum = work();
  times.cpu.push_back((bench::cpu_s() - cpu) * 1e9 / hops);
  times.wall.push_back(std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / hops);
  return sum;
}

using bench::median;
double rounded(double number) { return std::round(number * 100) / 100; }

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> thread_counts{1, 2};
  int turns = 9;
  int chain_length = 10;
  std::int64_t hops = 2'000'000;
  bool has_no_log = false;
  bool is_alone = false;
  std::string only;
  CLI::App app{"Nanoseconds of a hop, Leat beside oneTBB, one line of JSON"};
  app.add_option("--threads", thread_counts, "such as 1,2,8")->delimiter(',');
  app.add_option("--turns", turns, "turns of which the median is told");
  app.add_option("--hops", hops, "hops a turn");
  app.add_option("--only", only, "one topology: chain, diamond or gather");
  app.add_option("--length", chain_length, "nodes of the chain")->check(CLI::Range(2, 10000));
  app.add_flag("--no-log", has_no_log, "the engine without its event log");
  app.add_flag("--alone", is_alone, "the engine without the oneTBB graph, so that the memory is the engine's");
  CLI11_PARSE(app, argc, argv);

  Registry registry;
  detail::register_type<Keys>(registry, "keys", "Makes keys.");
  detail::register_type<Pass>(registry, "pass", "Passes on.");
  detail::register_type<Last>(registry, "last", "Takes.");
  detail::register_type<Pair>(registry, "pair", "Takes two.");
  detail::register_type<Add>(registry, "add", "Takes a step.");

  nlohmann::json result{{"bench", "hop"}, {"unit", "ns"}, {"hops", hops}, {"turns", turns}, {"length", chain_length}, {"log", !has_no_log}};
  for (const int threads : thread_counts)
    for (const Topology& topology : topologies(chain_length)) {
      if (!only.empty() && only != topology.name) continue;
      const std::int64_t keys = hops / topology.hops / rows * rows;
      const double made = static_cast<double>(keys) * topology.hops;
      Times leat_times, tbb_times;
      std::vector<double> ratios;
      for (int turn = 0; turn <= turns; ++turn) {
        Times ours, theirs;
        std::int64_t sum = 0;
        {
          TemporaryFolder folder;
          sum = measure(ours, made, [&] { return engine(registry, topology, threads, keys, folder.path() / "run", !has_no_log); });
        }
        if (!is_alone && measure(theirs, made, [&] { return topology.tbb(threads, keys); }) != sum) {
          std::fprintf(stderr, "%s: the sums differ\n", topology.name.c_str());
          return 1;
        }
        if (turn == 0) continue;  // the first one warms caches and pools
        leat_times.wall.push_back(ours.wall[0]);
        leat_times.cpu.push_back(ours.cpu[0]);
        if (is_alone) continue;
        tbb_times.wall.push_back(theirs.wall[0]);
        tbb_times.cpu.push_back(theirs.cpu[0]);
        ratios.push_back(ours.wall[0] / theirs.wall[0]);
      }
      nlohmann::json& told = result["threads"][std::to_string(threads)][topology.name];
      told = {{"leat", rounded(median(leat_times.wall))}, {"leat_cpu", rounded(median(leat_times.cpu))}};
      if (is_alone) continue;
      told["tbb"] = rounded(median(tbb_times.wall));
      told["ratio"] = rounded(median(ratios));
      told["tbb_cpu"] = rounded(median(tbb_times.cpu));
    }
  result["peak_rss_mib"] = rounded(bench::peak_rss_mib());
  std::printf("%s\n", result.dump().c_str());
  return 0;
}
