#include "leat/preview.h"

#include "leat/diagnostics.h"
#include "leat/run.h"
#include "run/capture.h"

namespace leat {

namespace {

/// Watches the one step of a preview.
class SomeOutputs final : public Observer {
 public:
  SomeOutputs(const ProgramPhase& phase, const std::vector<OutputName>& names, Lane& lane) : outputs_(phase, names, lane) {}
  void value_put(const PutValue& put) override { outputs_.add(put); }
  [[nodiscard]] std::vector<PreviewedOutput> take(std::int64_t step) { return outputs_.take(step); }

 private:
  run::StepOutputs outputs_;
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
  out.outputs = seen.take(settings.step);
  return out;
}

}  // namespace leat
