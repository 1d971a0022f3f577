#include "leat/preview.h"

#include "leat/diagnostics.h"
#include "leat/run.h"
#include "run/capture.h"

namespace leat {

namespace {

/// Watches the one step of a preview.
class SomeOutputs final : public Observer {
 public:
  SomeOutputs(const ProgramPhase& phase, const std::vector<OutputName>& names, Lane& lane, const std::function<bool()>& is_given_up)
      : outputs_(phase, names, lane), is_given_up_(is_given_up) {}
  void call_begins(const NodeCall&) override {
    if (is_given_up_ && is_given_up_()) throw Refusal("the preview was given up");
  }
  void value_put(const PutValue& put) override { outputs_.add(put); }
  [[nodiscard]] std::vector<PreviewedOutput> take(std::int64_t step) { return outputs_.take(step); }

 private:
  run::StepOutputs outputs_;
  const std::function<bool()>& is_given_up_;
};

}  // namespace

Preview preview(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, const std::vector<OutputName>& outputs,
                const PreviewSettings& settings) {
  const ProgramPhase& phase = program.phases.at(0);
  if (settings.step < 0 || (phase.steps > 0 && settings.step >= phase.steps))
    throw Refusal("`" + phase.name + "` has " + std::to_string(phase.steps) + " steps, so none with the number " +
                  std::to_string(settings.step));
  SomeOutputs seen(phase, outputs, *lane, settings.is_given_up);
  RunOptions options;
  options.only_step = settings.step;
  options.first_slots = settings.slots;
  options.weights = settings.weights;
  options.kept = settings.kept;
  options.observers = {{&seen, Hears::Values | Hears::Calls}};
  Preview out;
  out.warnings = Run(program, std::move(lane), std::move(executor), std::move(options)).run().warnings;
  out.outputs = seen.take(settings.step);
  // A node need not put a value into an output that nobody reads.
  if (out.outputs.empty())
    for (const OutputName& name : outputs) out.outputs.push_back({name, {}, {}, {}});
  return out;
}

}  // namespace leat
