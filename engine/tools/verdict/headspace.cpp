#include "leat/headspace.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "leat/diagnostics.h"
#include "leat/run.h"
#include "leat/scratch_folder.h"
#include "run/step_replay.h"

namespace leat {

namespace {

constexpr std::int64_t fewest_steps = 10;

/// Below this the cost of data is not worth a change, and hard to tell from chance.
constexpr double nothing = 1.03;

/// If a turn gave more than this, or less than its inverse, and the median says that there is nothing, the turns contradict each other.
constexpr double much = 1.1;

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

/// Returns the number of steps whose values fit, as far as their sizes are known.
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

/// The parts of a measurement.
class Measurement {
 public:
  Measurement(const RunMakers& makers, const HeadspaceSettings& settings, Headspace& out)
      : makers_(makers), settings_(settings), out_(out) {
    const Program program = makers_.program(0);
    const ProgramPhase& phase = first_phase(program);
    out_.phase = phase.name;
    if (phase.segments.empty()) throw Refusal("`" + phase.name + "` has no node on the device lane, so nothing waits there for data");
    const std::vector<char> loads = run::loading_nodes(phase);
    for (std::size_t k = 0; k < loads.size(); ++k)
      if (loads[k] != 0) out_.nodes.push_back(phase.nodes[k].name);
    if (out_.nodes.empty()) throw Refusal("the device lane of `" + phase.name + "` gets no values from the `cpu` lane");
    out_.replayed_steps = steps_that_fit(phase, settings_);
    // Steps in flight while the first ones are kept are computed too.
    first_steps_ = out_.replayed_steps + 2 * phase.credits;
  }

  /// Runs the phase. Returns the seconds of a step.
  double measured(int turn, bool is_replayed) {
    if (settings_.say)
      settings_.say("turn " + std::to_string(turn + 1) + " of " + std::to_string(settings_.turns) +
                    (is_replayed ? ", with data that are there" : ", as it is"));
    const ScratchFolder folder;
    Program program = makers_.program(turn);
    Turn timed(first_steps_, settings_.seconds);
    ReplayedSteps replayed;
    replayed.steps = out_.replayed_steps;
    replayed.from = first_steps_;
    replayed.most_bytes = settings_.most_bytes;
    RunOptions options;
    // Nodes behind the device lane write as ever.
    options.folder = folder / "run";
    options.keeps_checkpoints = false;
    options.stop_after_steps = std::numeric_limits<std::int64_t>::max();
    options.observers = {{&timed, Hears::Steps}};
    if (is_replayed) options.replayed = &replayed;
    Run run(program, makers_.lane(), makers_.executor(), options);
    timed.stops(run);
    (void)run.run();
    if (timed.measured() < fewest_steps)
      throw Refusal("`" + out_.phase + "` has " + std::to_string(timed.steps()) + " steps; " + std::to_string(first_steps_ + fewest_steps) +
                    " are needed to measure its headspace");
    if (replayed.missed > 0)
      throw Refusal("the results of " + std::to_string(out_.replayed_steps) + (out_.replayed_steps == 1 ? " step" : " steps") + " of `" +
                    out_.phase + "` cannot be replayed: they take more than " + std::to_string(settings_.most_bytes >> 20) +
                    " MiB, or samples of these steps fail");
    out_.steps += timed.measured();
    return timed.seconds_per_step();
  }

 private:
  const RunMakers& makers_;
  const HeadspaceSettings& settings_;
  Headspace& out_;
  std::int64_t first_steps_ = 0;
};

}  // namespace

std::string headspace_sentence(const Headspace& found) {
  const double seconds = median(found.plain), replayed_seconds = median(found.replayed);
  const std::string plain = time_text(seconds), replayed = time_text(replayed_seconds);
  const std::string takes = "A step of `" + found.phase + "` takes " + plain;
  const std::string begin = takes + ", and " + replayed + " if its data are there already: ";
  const std::string ratios = number(found.least) + " to " + number(found.most) + " times as fast";
  if (found.most <= 1 / much)
    return takes + ". With data that were there already, steps took longer in every turn (" + ratios +
           "), so something else has slowed them down. Try again while no other program computes.";
  const bool is_certain = found.speed < nothing ? found.most < much && found.least > 1 / much : found.least >= 1;
  if (!is_certain)
    return begin + "the turns differ too much to tell what its data cost (" + ratios + "). Try again while no other program computes.";
  // Data cannot cost less than nothing.
  if (found.speed < 1 && replayed_seconds >= seconds)
    return takes + ", and no less if its data are there already (" + replayed + "): its data cost next to nothing.";
  if (found.speed < nothing) return begin + "its data cost next to nothing.";
  return begin + "without any cost of data, `" + found.phase + "` would be " + number(found.speed) + " times as fast.";
}

namespace {

void add_details(Headspace& out) {
  std::string nodes;
  for (const std::string& one : out.nodes) nodes += (nodes.empty() ? "`" : ", `") + one + "`";
  out.details.push_back("Measured in turn, over " + std::to_string(out.steps) + " steps: " + list(out.plain) + " as it is; " +
                        list(out.replayed) + " with data that are there. The ratio was " + number(out.least) + " to " + number(out.most) +
                        ".");
  out.details.push_back((out.replayed_steps == 1 ? "The results of one step are given again and again"
                                                 : "The results of " + std::to_string(out.replayed_steps) + " steps are given in turn") +
                        " for " + nodes + ".");
}

}  // namespace

void check_headspace(const RunMakers& makers, const HeadspaceSettings& settings) {
  Headspace none;
  (void)Measurement(makers, settings, none);
}

Headspace measure_headspace(const RunMakers& makers, const HeadspaceSettings& settings) {
  Headspace out;
  Measurement measurement(makers, settings, out);
  std::vector<double> ratios;
  for (int turn = 0; turn < settings.turns; ++turn) {
    out.plain.push_back(measurement.measured(turn, false));
    out.replayed.push_back(measurement.measured(turn, true));
    ratios.push_back(out.plain.back() / out.replayed.back());
  }
  out.speed = median(ratios);
  out.least = *std::min_element(ratios.begin(), ratios.end());
  out.most = *std::max_element(ratios.begin(), ratios.end());
  out.sentence = headspace_sentence(out);
  add_details(out);
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
                                      {"steps", one.steps},
                                      {"nodes", one.nodes},
                                      {"sentence", one.sentence}};
  return out.dump(2) + "\n";
}

}  // namespace leat
