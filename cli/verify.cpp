#include <algorithm>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>

#include "context.h"

namespace leat::cli {

namespace {

/// Where a value was put. Sorted, the first is the one that was made of none of the others.
struct Put {
  std::int64_t step;
  std::size_t place;  ///< Of its node in the topological order of all phases.
  int slot;
  std::string port;
  auto operator<=>(const Put&) const = default;
};

/// What one run gave.
struct Outcome {
  std::map<Put, std::uint64_t> hashes;           ///< Of every value that was put.
  std::map<std::string, std::uint64_t> weights;  ///< Of what each resource kept.
  std::vector<std::string> nodes;                ///< In topological order, with their phases.
};

std::uint64_t hash_of(const Resource& resource) {
  Archive archive;
  resource.save(archive);
  std::uint64_t hash = 0;
  for (const auto& [name, entry] : archive.entries())
    hash = hash_bytes(entry.bytes.data(), entry.bytes.size(), hash ^ hash_bytes(name.data(), name.size()));
  return hash;
}

Outcome run_with(const GraphOptions& options, const Registry& registry, int threads, std::int64_t steps) {
  Program program = options.build(options.describe(), registry);
  Outcome outcome;
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> places;
  for (const ProgramPhase& phase : program.phases)
    for (const int index : phase.order) {
      const std::string& name = phase.nodes[static_cast<std::size_t>(index)].name;
      places[{phase.name, name}] = outcome.nodes.size();
      outcome.nodes.push_back("`" + name + "` of `" + phase.name + "`");
    }
  std::mutex lock;
  RunOptions run_options;
  run_options.stop_after_steps = steps;
  run_options.tap = [&](const Tapped& one) {
    const std::lock_guard guard(lock);
    outcome.hashes[{one.step, places.at({one.phase, one.node}), one.slot, std::string(one.port)}] = one.hash;
  };
  {
    Run run(program, make_lane(registry, options.device), make_tbb_executor(threads, registry.worker()), run_options);
    (void)run.run();
  }
  for (const ProgramResource& one : program.resources) outcome.weights[one.name] = hash_of(*one.resource);
  return outcome;
}

/// The first key whose value only one has, or that differs; null: none.
template <class Key>
const Key* first_difference(const std::map<Key, std::uint64_t>& a, const std::map<Key, std::uint64_t>& b) {
  const auto [one, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (one == a.end() && other == b.end()) return nullptr;
  if (one == a.end()) return &other->first;
  if (other == b.end()) return &one->first;
  return &std::min(one->first, other->first);
}

/// In words; empty where there is none.
std::string difference(const Outcome& a, const Outcome& b) {
  if (const Put* put = first_difference(a.hashes, b.hashes))
    return "output `" + put->port + "` of " + a.nodes.at(put->place) + " at step " + std::to_string(put->step) +
           (put->slot >= 0 ? ", slot " + std::to_string(put->slot) : std::string());
  if (const std::string* name = first_difference(a.weights, b.weights)) return "the resource `" + *name + "`";
  return {};
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
    std::optional<Outcome> first;
    for (const int count : *threads) {
      Outcome outcome = run_with(*options, context.registry, count, *steps);
      std::cout << count << (count == 1 ? " thread: " : " threads: ") << outcome.hashes.size() << " values" << std::endl;
      if (!first) {
        first = std::move(outcome);
        continue;
      }
      const std::string found = difference(*first, outcome);
      if (found.empty()) continue;
      std::cout << "differs: " << found << "\n";
      context.exit_code = 1;
      return;
    }
    std::cout << "the same bits on every edge\n";
  });
}

}  // namespace leat::cli
