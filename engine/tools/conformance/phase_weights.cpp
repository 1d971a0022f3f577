#include "conformance/phase_weights.h"

#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/child_process.h"
#include "leat/random.h"
#include "leat/run.h"
#include "leat/scratch_folder.h"
#include "leat/tbb_executor.h"
#include "leat/thread_lane.h"

namespace leat::conformance {

namespace fs = std::filesystem;

std::string device_of(const Registry& registry) { return registry.make_lane() ? "cpu:1" : "cpu"; }

std::optional<Weights> weights_after(const GraphDescription& graph, const Registry& registry, const ConformanceSettings& settings) {
  const ScratchFolder folder;
  Diagnostics diagnostics;
  Program program = Program::build(graph, registry, {0, device_of(registry)}, diagnostics);
  if (diagnostics.has_errors()) return {};
  const auto file_of = [&folder](std::size_t resource) { return folder / (std::to_string(resource) + ".safetensors").c_str(); };
  const ChildWork work = in_child(
      [&] {
        RunOptions options;
        options.stop_after_steps = settings.steps;
        (void)Run(program, make_lane(registry, device_of(registry)), make_tbb_executor(1, registry.worker()), std::move(options)).run();
        for (std::size_t k = 0; k < program.resources.size(); ++k) {
          Archive archive;
          program.resources[k].resource->save(archive);
          if (!archive.entries().empty() || !archive.metadata.empty()) archive.write(file_of(k));
        }
        return std::string();
      },
      settings.most);
  if (!work.thrown.empty() || !work.failure.empty()) return {};
  Weights out;
  for (std::size_t k = 0; k < program.resources.size(); ++k)
    if (fs::exists(file_of(k))) out.emplace(program.resources[k].name, Archive::read(file_of(k)));
  return out;
}

Weights shuffled(const Weights& weights, std::uint64_t seed) {
  Weights out;
  for (const auto& [name, archive] : weights) {
    out[name].metadata = archive.metadata;
    for (const auto& [entry_name, entry] : archive.entries()) {
      Archive::Entry moved = entry;
      if (entry.dtype == "F32") {
        std::vector<float> numbers(entry.bytes.size() / sizeof(float));
        std::memcpy(numbers.data(), entry.bytes.data(), entry.bytes.size());
        RandomKey key;
        key.key = RandomKey::of(seed, name, entry_name);
        Random random(key);
        for (std::size_t k = numbers.size(); k > 1; --k)
          std::swap(numbers[k - 1], numbers[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(k)))]);
        std::memcpy(moved.bytes.data(), numbers.data(), entry.bytes.size());
      }
      out[name].put(entry_name, std::move(moved));
    }
  }
  return out;
}

}  // namespace leat::conformance
