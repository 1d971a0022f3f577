#include "leat/preview.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "leat/diagnostics.h"
#include "leat/run.h"

namespace leat {

namespace {

/// Keeps the values of some outputs. The values are those of the host: a device's are fetched on its lane.
class SomeOutputs final : public Observer {
 public:
  SomeOutputs(const ProgramPhase& phase, const std::vector<OutputName>& names, Lane& lane) : lane_(lane) {
    for (const Wire& wire : phase.wires) {
      const ProgramNode& node = phase.nodes[static_cast<std::size_t>(wire.node)];
      OutputName name{node.name, std::string(wire.port->name())};
      if (std::find(names.begin(), names.end(), name) == names.end()) continue;
      outputs_[name] = {name, wire.contract, {}, {}};
      if (node.segment >= 0) on_device_.insert(std::move(name));
    }
  }

  void value_put(const PutValue& put) override {
    const OutputName name{std::string(put.node), std::string(put.port)};
    const auto output = outputs_.find(name);
    if (output == outputs_.end()) return;
    Value value = on_device_.contains(name) ? lane_.fetch(put.value) : put.value;
    const std::lock_guard guard(lock_);
    output->second.values.insert_or_assign(put.slot, std::move(value));
    std::vector<Sample>& samples = output->second.samples;
    const auto first = static_cast<std::size_t>(std::max(put.slot, 0));
    if (samples.size() < first + put.samples.size()) samples.resize(first + put.samples.size());
    std::copy(put.samples.begin(), put.samples.end(), samples.begin() + static_cast<std::ptrdiff_t>(first));
  }
  [[nodiscard]] PreviewedOutput take(const OutputName& name) { return outputs_.at(name); }

 private:
  Lane& lane_;
  std::set<OutputName> on_device_;
  std::mutex lock_;
  std::map<OutputName, PreviewedOutput> outputs_;
};

}  // namespace

Preview preview(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, const std::vector<OutputName>& outputs,
                const PreviewSettings& settings) {
  const ProgramPhase& phase = program.phases.at(0);
  if (settings.step < 0 || (phase.steps > 0 && settings.step >= phase.steps))
    throw Refusal("`" + phase.name + "` has " + std::to_string(phase.steps) + " steps, so none with the number " +
                  std::to_string(settings.step));
  SomeOutputs seen(phase, outputs, *lane);
  RunOptions options;
  options.only_step = settings.step;
  options.first_slots = settings.slots;
  options.weights = settings.weights;
  options.observers = {{&seen, Hears::Values}};
  Preview out;
  out.warnings = Run(program, std::move(lane), std::move(executor), std::move(options)).run().warnings;
  for (const OutputName& name : outputs) out.outputs.push_back(seen.take(name));
  return out;
}

}  // namespace leat
