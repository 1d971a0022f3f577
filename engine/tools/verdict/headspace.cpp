#include "leat/headspace.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "leat/diagnostics.h"
#include "leat/run.h"
#include "run/step_replay.h"

namespace leat {

namespace {

constexpr std::int64_t fewest_steps = 10;

/// Below this the cost of data is not worth a change, and hard to tell from chance.
constexpr double nothing = 1.03;

/// Times the steps of a run's first phase, and stops the run when it has enough. On the observers' thread. [one thread]
class Turn final : public Observer {
 public:
  Turn(std::int64_t first_steps, double seconds) : first_steps_(first_steps), seconds_(seconds) {}
  void stops(Run& run) { run_ = &run; }

  void step_retired(const Progress& progress) override {
    if (phase_.empty()) phase_ = progress.phase;
    const auto now = std::chrono::steady_clock::now();
    if (progress.phase != phase_) return stop();
    if (++steps_ == first_steps_) begin_ = now;
    if (steps_ <= first_steps_) return;
    last_ = now;
    if (steps_ - first_steps_ >= fewest_steps && std::chrono::duration<double>(last_ - begin_).count() >= seconds_) stop();
  }
  [[nodiscard]] std::int64_t measured() const { return std::max<std::int64_t>(steps_ - first_steps_, 0); }
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] double seconds_per_step() const {
    return std::chrono::duration<double>(last_ - begin_).count() / static_cast<double>(measured());
  }

 private:
  void stop() { run_->stop(); }

  std::int64_t first_steps_;
  double seconds_;
  Run* run_ = nullptr;
  std::string phase_;
  std::int64_t steps_ = 0;
  std::chrono::steady_clock::time_point begin_, last_;
};

const ProgramPhase& first_phase(const Program& program) {
  const ProgramPlan& plan = program.plan;
  if (plan.train >= 0) return program.phases[static_cast<std::size_t>(plan.train)];
  if (plan.then.empty()) throw Refusal("the plan runs no phase");
  return program.phases[static_cast<std::size_t>(plan.then.front())];
}

/// Returns the number of steps whose values fit.
std::int64_t steps_that_fit(const ProgramPhase& phase, const HeadspaceSettings& settings) {
  if (phase.step_bytes <= 0) return settings.replayed_steps;
  return std::clamp<std::int64_t>(settings.most_bytes / phase.step_bytes, 1, settings.replayed_steps);
}

std::string time_text(double seconds) {
  char out[32];
  if (seconds < 1) std::snprintf(out, sizeof out, "%.3g ms", seconds * 1e3);
  else std::snprintf(out, sizeof out, "%.3g s", seconds);
  return out;
}

std::string number(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.2f", value);
  return out;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string list(const std::vector<double>& times) {
  std::string out;
  for (const double one : times) out += (out.empty() ? "" : ", ") + time_text(one);
  return out;
}

/// Runs one turn. Returns the seconds of a step.
double turn(const RunMakers& makers, const HeadspaceSettings& settings, std::int64_t replayed_steps, std::int64_t first_steps,
            const std::string& phase) {
  Program program = makers.program();
  Turn timed(first_steps, settings.seconds);
  KeptCalls kept(settings.most_bytes);
  RunOptions options;
  options.stop_after_steps = std::numeric_limits<std::int64_t>::max();
  options.observers = {{&timed, Hears::Steps}};
  if (replayed_steps > 0) options.kept = &kept;
  options.replayed_steps = replayed_steps;
  Run run(program, makers.lane(), makers.executor(), options);
  timed.stops(run);
  (void)run.run();
  if (timed.measured() < fewest_steps)
    throw Refusal("`" + phase + "` has " + std::to_string(timed.steps()) + " steps; " + std::to_string(first_steps + fewest_steps) +
                  " are needed to measure its headspace");
  if (replayed_steps > 0 && kept.reused() == 0)
    throw Refusal("the values of " + std::to_string(replayed_steps) + (replayed_steps == 1 ? " step" : " steps") + " of `" + phase +
                  "` take more than " + std::to_string(settings.most_bytes >> 20) + " MiB, so they cannot be replayed");
  return timed.seconds_per_step();
}

void add_words(Headspace& out, const HeadspaceSettings& settings) {
  const std::string plain = time_text(median(out.plain)), replayed = time_text(median(out.replayed));
  const std::string begin = "A step of `" + out.phase + "` takes " + plain + ", and " + replayed + " if its data are there already: ";
  if (out.speed < nothing) out.sentence = begin + "its data cost next to nothing.";
  else out.sentence = begin + "without any cost of data, `" + out.phase + "` would be " + number(out.speed) + " times as fast.";
  std::string nodes;
  for (const std::string& one : out.nodes) nodes += (nodes.empty() ? "`" : ", `") + one + "`";
  out.details.push_back("Measured in turn, " + std::to_string(out.plain.size()) + " times " + number(settings.seconds) +
                        " s each: " + list(out.plain) + " as it is; " + list(out.replayed) + " with data that are there. The ratio was " +
                        number(out.least) + " to " + number(out.most) + ".");
  out.details.push_back((out.replayed_steps == 1 ? "The results of one step are given again and again"
                                                 : "The results of " + std::to_string(out.replayed_steps) + " steps are given in turn") +
                        " for " + nodes + ".");
}

}  // namespace

Headspace measure_headspace(const RunMakers& makers, const HeadspaceSettings& settings) {
  Headspace out;
  std::int64_t first_steps = 0;
  {
    const Program program = makers.program();
    const ProgramPhase& phase = first_phase(program);
    out.phase = phase.name;
    if (phase.segments.empty()) throw Refusal("`" + phase.name + "` has no node on the device lane, so nothing waits there for data");
    const std::vector<char> loads = run::loading_nodes(phase);
    for (std::size_t k = 0; k < loads.size(); ++k)
      if (loads[k] != 0) out.nodes.push_back(phase.nodes[k].name);
    if (out.nodes.empty()) throw Refusal("the device lane of `" + phase.name + "` gets no values from the `cpu` lane");
    out.replayed_steps = steps_that_fit(phase, settings);
    // The steps in flight while the first ones are kept are computed too.
    first_steps = out.replayed_steps + 2 * phase.credits;
  }
  std::vector<double> ratios;
  for (int k = 0; k < settings.turns; ++k) {
    const std::string which = std::to_string(k + 1) + " of " + std::to_string(settings.turns);
    if (settings.say) settings.say("turn " + which + ", as it is");
    out.plain.push_back(turn(makers, settings, 0, first_steps, out.phase));
    if (settings.say) settings.say("turn " + which + ", with data that are there");
    out.replayed.push_back(turn(makers, settings, out.replayed_steps, first_steps, out.phase));
    ratios.push_back(out.plain.back() / out.replayed.back());
  }
  out.speed = median(ratios);
  out.least = *std::min_element(ratios.begin(), ratios.end());
  out.most = *std::max_element(ratios.begin(), ratios.end());
  add_words(out, settings);
  return out;
}

std::string headspace_json(const Headspace& one) {
  const nlohmann::ordered_json out = {{"phase", one.phase},
                                      {"speed", number_or_null(one.speed)},
                                      {"least", number_or_null(one.least)},
                                      {"most", number_or_null(one.most)},
                                      {"seconds_per_step", one.plain},
                                      {"replayed_seconds_per_step", one.replayed},
                                      {"replayed_steps", one.replayed_steps},
                                      {"nodes", one.nodes},
                                      {"sentence", one.sentence}};
  return out.dump(2) + "\n";
}

}  // namespace leat
