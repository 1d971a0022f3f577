#include <iostream>
#include <map>
#include <mutex>

#include "context.h"

namespace leat::cli {

namespace {

/// (phase, node, port, step, slot) and its hash, of every value that was put.
using Hashes = std::map<std::tuple<std::string, std::string, std::string, std::int64_t, int>, std::uint64_t>;

Hashes run_with(const GraphOptions& options, const Registry& registry, int threads, std::int64_t steps, std::map<std::string, std::uint64_t>& weights) {
  Program program = options.build(options.describe(), registry);
  Hashes hashes;
  std::mutex lock;
  RunOptions run_options;
  run_options.stop_after_steps = steps;
  run_options.tap = [&](const Tapped& one) {
    const std::lock_guard guard(lock);
    hashes[{std::string(one.phase), std::string(one.node), std::string(one.port), one.step, one.slot}] = one.hash;
  };
  {
    Run run(program, make_lane(registry, options.device), make_tbb_executor(threads), run_options);
    (void)run.run();
  }
  for (const ProgramResource& one : program.resources) {
    Archive archive;
    one.resource->save(archive);
    std::uint64_t hash = 0;
    for (const auto& [name, entry] : archive.entries()) hash = hash_bytes(entry.bytes.data(), entry.bytes.size(), hash ^ hash_bytes(name.data(), name.size()));
    weights[one.name] = hash;
  }
  return hashes;
}

/// The first node in the run's order of (step, topological order of names in the log) whose value differs.
std::string first_difference(const Hashes& a, const Hashes& b) {
  const std::tuple<std::string, std::string, std::string, std::int64_t, int>* found = nullptr;
  for (const auto& [key, hash] : a) {
    const auto other = b.find(key);
    if (other != b.end() && other->second == hash) continue;
    if (!found || std::get<3>(key) < std::get<3>(*found)) found = &key;
  }
  if (!found) return {};
  return "`" + std::get<1>(*found) + "." + std::get<2>(*found) + "` of `" + std::get<0>(*found) + "` at step " + std::to_string(std::get<3>(*found)) +
         (std::get<4>(*found) >= 0 ? ", slot " + std::to_string(std::get<4>(*found)) : std::string());
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("verify", "Proves that a graph gives the same bits with any number of threads");
  command->footer("Example: leat verify graphs/demo.yaml --threads 1,2,8 --steps 20");
  auto options = std::make_shared<GraphOptions>();
  auto threads = std::make_shared<std::vector<int>>(std::vector<int>{1, 2, 8});
  auto steps = std::make_shared<std::int64_t>(20);
  options->add_to(*command);
  command->add_option("--threads", *threads, "Numbers of threads to compare")->delimiter(',')->capture_default_str();
  command->add_option("--steps", *steps, "Steps of the first phase")->capture_default_str()->check(CLI::PositiveNumber);
  command->callback([&context, options, threads, steps] {
    Hashes first;
    std::map<std::string, std::uint64_t> first_weights;
    for (const int count : *threads) {
      std::map<std::string, std::uint64_t> weights;
      Hashes hashes = run_with(*options, context.registry, count, *steps, weights);
      std::cout << count << (count == 1 ? " thread: " : " threads: ") << hashes.size() << " values\n";
      if (count == threads->front()) {
        first = std::move(hashes);
        first_weights = std::move(weights);
        continue;
      }
      std::string difference = first_difference(first, hashes);
      if (difference.empty()) difference = first_difference(hashes, first);
      for (const auto& [name, hash] : first_weights)
        if (difference.empty() && weights[name] != hash) difference = "the resource `" + name + "`";
      if (difference.empty()) continue;
      std::cout << "differs: " << difference << "\n";
      context.exit_code = 1;
      return;
    }
    std::cout << "the same bits on every edge\n";
  });
}

}  // namespace leat::cli
