#include "leat/preview.h"

#include <mutex>

#include "leat/diagnostics.h"
#include "leat/run.h"

namespace leat {

namespace {

/// Keeps the values of one output. The values are those of the host: a device's are fetched on its lane.
class OneOutput final : public Observer {
 public:
  OneOutput(std::string_view node, std::string_view port, Lane& lane, bool is_on_device)
      : node_(node), port_(port), lane_(lane), is_on_device_(is_on_device) {}

  void value_put(const PutValue& put) override {
    if (put.node != node_ || put.port != port_) return;
    Value value = is_on_device_ ? lane_.fetch(put.value) : put.value;
    const std::lock_guard guard(lock_);
    values_.insert_or_assign(put.slot, std::move(value));
  }
  [[nodiscard]] std::map<int, Value> take() { return std::move(values_); }

 private:
  const std::string_view node_, port_;
  Lane& lane_;
  const bool is_on_device_;
  std::mutex lock_;
  std::map<int, Value> values_;
};

const ProgramNode& last_node(const ProgramPhase& phase) { return phase.nodes[static_cast<std::size_t>(phase.order.back())]; }

}  // namespace

Preview preview(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, std::string_view port,
                const PreviewSettings& settings) {
  ProgramPhase& phase = program.phases.at(0);
  if (settings.step < 0 || (phase.steps > 0 && settings.step >= phase.steps))
    throw Refusal("`" + phase.name + "` has " + std::to_string(phase.steps) + " steps, so none with the number " +
                  std::to_string(settings.step));
  const ProgramNode& node = last_node(phase);
  const Wire* wire = nullptr;
  for (const int index : node.wires)
    if (phase.wires[static_cast<std::size_t>(index)].port->name() == port) wire = &phase.wires[static_cast<std::size_t>(index)];
  if (!wire) throw Refusal("`" + node.name + "` has no output `" + std::string(port) + "`");
  Preview out;
  out.contract = wire->contract;
  OneOutput values(node.name, port, *lane, node.segment >= 0);
  RunOptions options;
  options.only_step = settings.step;
  options.first_slots = settings.slots;
  options.weights = settings.weights;
  options.observers = {{&values, Hears::Values}};
  out.warnings = Run(program, std::move(lane), std::move(executor), std::move(options)).run().warnings;
  out.values = values.take();
  for (const Origin& origin : phase.origins) out.slots = std::max(out.slots, origin.rows);
  if (settings.slots > 0) out.slots = std::min(out.slots, settings.slots);
  return out;
}

}  // namespace leat
