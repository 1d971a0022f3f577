#include "leat/check_behaviour.h"

#include <malloc.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/scratch_folder.h"
#include "conformance/cut_gradients.h"
#include "conformance/empty_step.h"
#include "conformance/kept_names.h"
#include "conformance/living_rows.h"
#include "conformance/other_images.h"
#include "conformance/phase_weights.h"
#include "conformance/ranges.h"
#include "conformance/skipped_step.h"
#include "conformance/sources.h"
#include "conformance/suspect.h"
#include "conformance/trial_graphs.h"
#include "conformance/trials.h"
#include "conformance/unseeded.h"
#include "conformance/watches.h"
#include "leat/tbb_executor.h"
#include "leat/thread_lane.h"

namespace leat {
namespace {

namespace fs = std::filesystem;
using namespace conformance;
using nlohmann::json;

/// The trials of the first phase of one graph. Each method whose name begins with `try_` runs in a child and returns JSON.
class Behaviour {
 public:
  /// `weights` are those of the resources at the begin of the phase. `tried` are types whose trials in other phases need no repetition.
  Behaviour(const GraphDescription& graph, const Registry& registry, const ConformanceSettings& settings, const Weights& weights,
            const std::set<std::string>& tried)
      : graph_(graph), registry_(registry), settings_(settings), weights_(weights), tried_(tried), device_(device_of(registry)) {}

  [[nodiscard]] Conformance check() {
    if (!trials_.run("check", [this] { return try_build(); })) {
      out_.why_not_resumed = out_.why_not_dropped = "its check failed";
      return ended();
    }
    (void)build(graph_);
    out_.why_not_resumed = out_.why_not_dropped = "its first run failed";
    const std::optional<json> same = trials_.run("values", [this] { return try_values(); });
    if (same) {
      for (const auto& type : same->at("ran")) out_.ran.insert(type.get<std::string>());
      const bool has_new = tried_.empty() || std::any_of(out_.ran.begin(), out_.ran.end(), [this](const std::string& type) {
                             return settings_.types.contains(type) && !tried_.contains(type);
                           });
      if (has_new) (void)trials_.run("stops", [this] { return try_stops(); });
      const std::optional<json> resumed = trials_.run("resumes", [this] { return try_resume(); });
      out_.why_not_resumed = resumed ? resumed->at("why_not").get<std::string>() : "its run failed";
      out_.why_not_dropped = "its values already differ, or do not match their contracts";
      if (same->at("findings").empty()) {
        const std::optional<json> dropped = trials_.run("dropped samples", [this] { return try_dropped(); });
        out_.why_not_dropped = dropped ? dropped->at("why_not").get<std::string>() : "its run failed";
        if (dropped && dropped->at("findings").empty() && out_.why_not_dropped.empty()) {
          (void)trials_.run("living rows alone", [this] { return try_alone(); });
          (void)trials_.run("a step without samples", [this] { return try_empty(); });
        }
      }
      (void)trials_.run("names", [this] { return try_names(); });
      (void)trials_.run("sources", [this] { return try_sources(); });
      if (has_new) {
        (void)trials_.run("seeds", [this] { return try_seeds(); });
        (void)trials_.run("optimizers", [this] { return try_optimizers(); });
        (void)trials_.run("late metrics", [this] { return try_late_metrics(); });
        (void)trials_.run("leaks", [this] { return try_leaks(); });
      }
      for (const std::string& type : out_.ran)
        if (settings_.types.contains(type) && !tried_.contains(type))
          (void)trials_.run("failures of " + type, [this, type] { return try_failures(type); });
    }
    return ended();
  }

 private:
  [[nodiscard]] Conformance ended() {
    out_.findings = trials_.findings();
    out_.not_judged = trials_.not_judged();
    if (out_.ran.empty()) leave_types_open();
    return std::move(out_);
  }
  /// After a failed run, says of all types without a finding that they were not tried. The fault can be that of one node.
  void leave_types_open() {
    if (out_.findings.empty()) return;
    const Finding& first = out_.findings.front();
    std::set<std::string> types = types_in(graph_, phases_of(graph_).front(), settings_.types);
    for (const ComponentText& resource : graph_.resources)
      if (settings_.types.contains(resource.uses.text)) types.insert(resource.uses.text);
    for (const std::string& type : types)
      if (std::none_of(out_.findings.begin(), out_.findings.end(), [&type](const Finding& one) { return one.type == type; }))
        out_.not_judged.push_back({type, "it was not tried, because a run of the graph fails: " +
                                             (first.type.empty() ? "" : "`" + first.type + "` ") + first.text});
  }
  [[nodiscard]] Program build(const GraphDescription& graph) const { return build(graph, registry_); }
  [[nodiscard]] Program build(const GraphDescription& graph, const Registry& registry) const {
    Diagnostics diagnostics;
    Program program = Program::build(graph, registry, {0, device_}, diagnostics);
    diagnostics.throw_if_errors();
    return program;
  }
  [[nodiscard]] std::unique_ptr<Lane> lane() const { return make_lane(registry_, device_); }
  [[nodiscard]] std::unique_ptr<Executor> threads(int count) const { return make_tbb_executor(count, registry_.worker()); }
  [[nodiscard]] RunOptions options(Observer& observer) const { return options(observer, settings_.steps); }
  [[nodiscard]] RunOptions options(Observer& observer, std::int64_t steps) const {
    RunOptions out;
    out.stop_after_steps = steps;
    out.weights = weights_;
    out.observers = {{&observer, Hears::Calls | Hears::Requests}};
    return out;
  }
  [[nodiscard]] Outcome outcome(int thread_count, Observer& observer, const GraphDescription& graph) const {
    Program program = build(graph);
    return Outcome::of(program, lane(), threads(thread_count), options(observer));
  }

  static void add(json& findings, const Outcome::Difference& difference, const std::string& why) {
    if (!difference.text.empty()) findings.push_back({{"type", difference.type}, {"text", why + ": " + difference.text + " differs"}});
  }

  /// Tests that the functions of nodes and resources that a check calls return. The parent process reports mistakes in the graph.
  [[nodiscard]] json try_build() const {
    try {
      Diagnostics ignored;
      (void)Program::build(graph_, registry_, {0, device_}, ignored);
    } catch (...) {
      // The check in the parent process throws it too.
    }
    return {{"findings", json::array()}};
  }

  /// Tests that values are the same in a second run, with other numbers of threads and in another order, and that inputs do not change.
  [[nodiscard]] json try_values() const {
    json findings = json::array();
    Watcher first(page_), again(page_);
    again.hash_inputs();
    Program program = build(graph_);
    std::unique_ptr<Lane> on = lane();
    Ranges ranges(program, *on);
    RunOptions run_options = options(first);
    run_options.observers.emplace_back(&ranges, Hears::Values);
    std::optional<Outcome> run;
    try {
      run = Outcome::of(program, std::move(on), threads(1), std::move(run_options));
    } catch (const NodeError& error) {
      // The node that changes the weights fails if another one cuts their gradients.
      const std::vector<Finding> cut = changes_weights(first_phase(program), error.node) ? cut_gradients() : std::vector<Finding>();
      if (cut.empty()) throw;
      return {{"findings", json_of(cut)}, {"ended", true}};
    }
    const Outcome& one = *run;
    add(findings, one.difference(outcome(1, again, graph_)),
        "gives other values in a second run with the same seed (random numbers that are not from its frame, a clock, or data that it keeps "
        "between runs)");
    for (const Finding& broken : one.broken_contracts()) findings.push_back({{"type", broken.type}, {"text", broken.text}});
    for (const Finding& broken : ranges.broken(settings_.types)) findings.push_back({{"type", broken.type}, {"text", broken.text}});
    for (const auto& [type, value] : again.written())
      findings.push_back({{"type", type}, {"text", "changes the " + value + " that it reads, which other nodes can read too"}});
    if (findings.empty()) {
      for (const int count : {2, 8}) {
        Watcher plain(page_);
        add(findings, one.difference(outcome(count, plain, graph_)), "gives other values with " + std::to_string(count) + " threads");
      }
      for (const std::uint64_t seed : {1u, 2u}) {
        Watcher shaken(page_);
        shaken.shake_calls(seed);
        add(findings, one.difference(outcome(8, shaken, graph_)), "gives other values if slots come in another order");
      }
    }
    std::vector<Finding> constants = one.constants();
    std::erase_if(constants, [this](const Finding& constant) { return !settings_.types.contains(constant.type); });
    return {{"findings", findings}, {"ran", first.ran()}, {"not_judged", json_of(constants)}};
  }

  /// Returns the nodes that cut gradients in the first step of a training, which fails.
  [[nodiscard]] std::vector<Finding> cut_gradients() const {
    Program program = build(graph_);
    Gradients gradients(first_phase(program));
    Watcher watcher(page_);
    RunOptions run_options = options(watcher, 1);
    run_options.observers.emplace_back(&gradients, Hears::Values);
    try {
      (void)Run(program, lane(), threads(1), std::move(run_options)).run();
    } catch (const NodeError&) {
      // As in the run before.
    }
    return gradients.cut(settings_.types);
  }

  /// Tests that an exception of a frame leaves the node unchanged.
  [[nodiscard]] json try_failures(const std::string& type) const {
    json findings = json::array();
    Failing count(page_, type, 0);
    (void)outcome(1, count, graph_);
    constexpr int most = 6;
    for (int nth = 1; nth <= std::min(count.most_asked(), most); ++nth) {
      Failing failing(page_, type, nth);
      try {
        (void)outcome(1, failing, graph_);
        if (failing.has_failed())
          findings.push_back({{"type", type}, {"text", "continues if its frame throws: the exception must leave `process`"}});
      } catch (const NodeError& error) {
        if (error.type != type || error.cause != Failing::words)
          findings.push_back({{"type", type}, {"text", "replaces an exception of its frame with another one: " + error.cause}});
      }
      if (!findings.empty()) break;
    }
    return {{"findings", findings}};
  }

  /// Tests that a metric given as a function has the same value if it is read later.
  [[nodiscard]] json try_late_metrics() const {
    LateMetrics late(page_);
    RunOptions run_options = options(late);
    run_options.stop_after_steps = std::max<std::int64_t>(settings_.steps, 6);
    run_options.observers = {{&late, Hears::Calls | Hears::Metrics | Hears::Steps}};
    Program program = build(graph_);
    (void)Run(program, lane(), threads(2), std::move(run_options)).run();
    json findings = json::array();
    for (const LateMetrics::Changed& one : late.changed()) findings.push_back({{"type", type_of(program, one.node)}, {"text", one.text}});
    return {{"findings", findings}};
  }
  [[nodiscard]] static std::string type_of(const Program& program, const std::string& node) {
    for (const ProgramPhase& phase : program.phases)
      if (const int index = phase.find(node); index >= 0) return phase.nodes[static_cast<std::size_t>(index)].type->id;
    return {};
  }

  void run_stopped(const GraphDescription& graph, Stopping& stopping, RunOptions run_options) const {
    Program program = build(graph);
    Run run(program, lane(), threads(2), std::move(run_options));
    stopping.run = &run;
    (void)run.run();
  }

  /// Tests that a run that is stopped at any call ends.
  [[nodiscard]] json try_stops() const {
    for (const std::int64_t calls : {1, 2, 5, 11}) {
      Stopping stopping(page_, calls, -1);
      run_stopped(graph_, stopping, options(stopping));
    }
    return {{"findings", json::array()}};
  }

  /// Tests that a resumed run has the same values as a run without a stop.
  [[nodiscard]] json try_resume() const {
    json findings = json::array();
    const GraphDescription graph = trained(graph_, settings_.steps);
    Diagnostics diagnostics;
    (void)Program::build(graph, registry_, {0, device_}, diagnostics);
    if (diagnostics.has_errors()) return {{"findings", findings}, {"why_not", "it is not valid as a train phase: " + diagnostics.str()}};
    const ScratchFolder place;
    Watcher watcher(page_);
    const auto run_in = [&](const fs::path& folder, bool resumes) {
      Program program = build(graph);
      RunOptions run_options = options(watcher, resumed_steps(graph_, settings_.steps));
      run_options.folder = folder;
      run_options.resumes = resumes;
      return Outcome::of(program, lane(), threads(1), std::move(run_options));
    };
    const Outcome whole = run_in(place / "whole", false);
    Stopping stopping(page_, 0, stopped_step(graph_));
    RunOptions stopped = options(stopping, resumed_steps(graph_, settings_.steps));
    stopped.folder = place / "parts";
    run_stopped(graph, stopping, std::move(stopped));
    const std::optional<CheckpointSummary> checkpoint = last_checkpoint(place / "parts");
    if (!checkpoint || checkpoint->is_trained)
      return {{"findings", findings}, {"why_not", checkpoint ? "it ended before it could be stopped" : "it has no checkpoint"}};
    const Outcome rest = run_in(place / "parts", true);
    const Outcome::Difference difference = whole.difference_from(rest, checkpoint->steps);
    if (!difference.text.empty()) {
      const Suspect one = suspect_of(build(graph), whole, difference, checkpoint->steps, settings_.types);
      findings.push_back(
          {{"type", one.type},
           {"text", "gives other values after a resume (what it remembers must be in a State or be saved by its resource): " +
                        difference.text + " differs" + one.how}});
    }
    return {{"findings", findings}, {"why_not", ""}};
  }

  /// Returns the answer of a trial. A network that is always right can make metrics the same whatever their inputs are. Then the trial is
  /// repeated with a worse one.
  [[nodiscard]] json seen(json (Behaviour::*trial)() const) const {
    json out = (this->*trial)();
    if (!out.value("is_blind", false) || weights_.empty()) return out;
    constexpr int attempts = 5;
    for (int attempt = 1; attempt <= attempts; ++attempt) {
      const Weights worse = shuffled(weights_, static_cast<std::uint64_t>(attempt));
      Behaviour other(graph_, registry_, settings_, worse, tried_);
      other.attempt_ = attempt;
      json again = (other.*trial)();
      if (!again.at("findings").empty()) return again;
      // A worse network still need not show everything, so that all attempts are made.
      if (!again.value("is_blind", true)) out = std::move(again);
    }
    return out;
  }

  /// Runs the program and adds its results to `rows`.
  void run_rows(Program& program, LivingRows& rows, RunOptions run_options, Watcher& watcher) const {
    run_options.observers = {{&watcher, Hears::Calls | Hears::Requests}, {&rows, Hears::Values | Hears::Steps}};
    rows.add(Run(program, lane(), threads(1), std::move(run_options)).run());
  }
  /// Tests that the rows of dropped samples do not count.
  [[nodiscard]] json try_dropped() const { return seen(&Behaviour::judge_dropped); }
  [[nodiscard]] json judge_dropped() const {
    Program first = build(graph_), second = build(graph_), third = build(graph_);
    const ProgramPhase& phase = first_phase(first);
    // A network whose last weights start at zero gives the same output for all rows until it has learnt.
    const std::int64_t learnt = phase.kind == PhaseKind::Train ? std::min(settings_.steps, phase.steps) / 2 : 0;
    Watcher watcher(page_);
    RunOptions run_options = options(watcher);
    // Drop single rows and pairs, other ones in each step. So live rows on both sides differ, also if the classes of samples alternate.
    run_options.drops = [learnt, attempt = attempt_](std::string_view, std::int64_t step, int slot) {
      const std::int64_t place = (slot + step - learnt + attempt) % 6;
      return step >= learnt && (place == 1 || place == 3 || place == 4);
    };
    LivingRows before(phase, learnt), after(phase, learnt), plain(phase, learnt);
    try {
      run_rows(third, plain, options(watcher), watcher);
      run_rows(first, before, run_options, watcher);
      run_options.repeats_next = [learnt](std::string_view, std::int64_t step) { return step >= learnt; };
      run_rows(second, after, run_options, watcher);
    } catch (const NodeError& error) {
      json findings = json::array();
      if (!settings_.types.contains(error.type)) return {{"findings", findings}, {"why_not", error.what()}};
      findings.push_back({{"type", error.type}, {"text", "fails if samples are dropped, at " + error.where + ": " + error.cause}});
      return {{"findings", findings}, {"why_not", ""}};
    }
    return json_of(LivingRows::of_weights(first, before, after, plain, settings_.types));
  }

  static std::string_view reason_of(std::string_view text) { return text.substr(std::min(text.find(" is not known: "), text.size())); }

  /// Tests that the number of dropped samples does not count. Runs every second sample alone, as one of two processes would, then the same
  /// samples together with dropped ones.
  [[nodiscard]] json try_alone() const {
    Diagnostics diagnostics;
    ProgramSettings half{0, device_};
    half.share = {0, 2};
    Program alone = Program::build(graph_, registry_, half, diagnostics), beside = build(graph_);
    std::string why_not = diagnostics.has_errors() ? diagnostics.all().front().text : std::string();
    if (!diagnostics.has_errors()) {
      LivingRows few(first_phase(alone), 0, 2), many(first_phase(beside), 0);
      Watcher watcher(page_);
      RunOptions run_options = options(watcher);
      try {
        run_rows(alone, few, run_options, watcher);
        run_options.drops = [](std::string_view, std::int64_t, int slot) { return slot % 2 == 1; };
        run_rows(beside, many, run_options, watcher);
        Judgement judgement = LivingRows::of_counts(beside, few, many, settings_.types);
        // Do not repeat the reasons of the previous trial.
        std::erase_if(judgement.not_judged, [this](const Finding& one) {
          const std::vector<Finding> all = trials_.not_judged();
          return std::any_of(all.begin(), all.end(),
                             [&one](const Finding& said) { return said.type == one.type && reason_of(said.text) == reason_of(one.text); });
        });
        return json_of(judgement);
      } catch (const NodeError& error) {
        why_not = error.what();
      }
    }
    Judgement none;
    for (const std::string& type : row_readers(first_phase(beside), settings_.types))
      none.not_judged.push_back({type, "whether it counts the rows of dropped samples is not known: " + why_not});
    return json_of(none);
  }

  /// Tests that no metric is NaN because all samples of a step were dropped.
  [[nodiscard]] json try_empty() const {
    Program plain = build(graph_), empty = build(graph_);
    const ProgramPhase& phase = first_phase(plain);
    const std::int64_t step = std::min(settings_.steps, phase.steps) > 1 ? 1 : 0;
    StepMetrics full(phase.name, step), none(phase.name, step);
    Watcher watcher(page_);
    const auto run = [&](Program& program, StepMetrics& metrics, bool drops) {
      RunOptions run_options = options(watcher, step + 1);
      run_options.observers.emplace_back(&metrics, Hears::Steps);
      if (drops) run_options.drops = [step](std::string_view, std::int64_t of, int) { return of == step; };
      (void)Run(program, lane(), threads(1), std::move(run_options)).run();
    };
    json findings = json::array();
    try {
      run(plain, full, false);
      run(empty, none, true);
    } catch (const NodeError& error) {
      if (settings_.types.contains(error.type))
        findings.push_back(
            {{"type", error.type}, {"text", "fails if all samples of a step are dropped, at " + error.where + ": " + error.cause}});
      return {{"findings", findings}};
    }
    for (const std::string& name : none.undefined_beside(full)) {
      const std::size_t dot = name.rfind('.');
      const std::string node = name.substr(0, dot), type = type_of(plain, node);
      if (settings_.types.contains(type))
        findings.push_back({{"type", type},
                            {"text", "gives NaN for the metric `" + name.substr(dot + 1) + "` of `" + node +
                                         "` if all samples of a step are dropped, which makes its mean NaN: leave such a step out"}});
    }
    return {{"findings", findings}};
  }

  /// Tests that nodes keep the names of entries.
  [[nodiscard]] json try_names() const { return seen(&Behaviour::judge_kept_names); }
  [[nodiscard]] json judge_kept_names() const {
    Watcher watcher(page_);
    const auto built = [this](const GraphDescription& graph, const Registry& registry) { return build(graph, registry); };
    const auto run = [&](Program& program, Observer& observer) {
      RunOptions run_options = options(watcher, 1);
      run_options.observers.emplace_back(&observer, Hears::Values);
      const RunResult result = Run(program, lane(), threads(1), std::move(run_options)).run();
      const auto metrics = result.phases.find(first_phase(program).name);
      return metrics == result.phases.end() ? Metrics() : metrics->second;
    };
    return json_of(judge_names(graph_, registry_, built, run, settings_.types));
  }

  /// Tests the samples of sources.
  [[nodiscard]] json try_sources() const {
    Watcher watcher(page_);
    const auto built = [this](const GraphDescription& graph, const Registry& registry) { return build(graph, registry); };
    const auto run = [&](Program& program, Observer& observer, std::int64_t steps) {
      RunOptions run_options = options(watcher, steps);
      run_options.weights.clear();
      run_options.observers.emplace_back(&observer, Hears::Values);
      (void)Run(program, lane(), threads(1), std::move(run_options)).run();
    };
    return json_of(judge_sources(graph_, registry_, built, run, settings_.types));
  }

  /// Tests that random numbers depend on the seed.
  [[nodiscard]] json try_seeds() const {
    constexpr std::uint64_t seeds = 6;
    Judgement judgement;
    const std::optional<GraphDescription> graph = doubled(trained(graph_, settings_.steps), registry_, device_);
    std::vector<std::unique_ptr<FirstCalls>> calls;
    std::vector<const FirstCalls*> all;
    Watcher watcher(page_);
    for (std::uint64_t seed = 0; graph && seed < seeds; ++seed) {
      Diagnostics diagnostics;
      Program program = Program::build(*graph, registry_, {seed, device_}, diagnostics);
      // The source can refuse such a batch.
      if (diagnostics.has_errors()) break;
      calls.push_back(std::make_unique<FirstCalls>(first_phase(program).name));
      all.push_back(calls.back().get());
      RunOptions run_options = options(watcher, 1);
      run_options.observers.emplace_back(calls.back().get(), Hears::Calls | Hears::Values);
      try {
        (void)Run(program, lane(), threads(1), std::move(run_options)).run();
      } catch (const NodeError&) {
        // The graph fails with a larger batch, which is not a fault of the nodes that draw.
        break;
      }
      if (seed + 1 == seeds) judgement = judge_seeds(first_phase(program), all, settings_.types);
    }
    return json_of(judgement);
  }

  /// Tests that an optimizer changes its network, and that a step with a gradient that is not finite changes nothing.
  [[nodiscard]] json try_optimizers() const {
    Judgement judgement;
    const Program plain = build(graph_);
    const NumbersRead numbers;
    for (const Changer& changer : changers(plain, settings_.types)) {
      try_step(changer, judgement);
      // Another optimizer of the graph could have read them.
      if (numbers.count() > 0 && is_only_changer(plain))
        judgement.broken.push_back({plain.resources[changer.resource].type->id,
                                    "reads numbers from the device in `update`, so that the device waits, and a replayed step has old "
                                    "numbers: compute with the tensors of the step, without `item()`"});
      try_skipped(plain, changer, judgement);
    }
    return json_of(judgement);
  }
  /// Returns true if one resource of the program changes others.
  [[nodiscard]] static bool is_only_changer(const Program& program) {
    return std::count_if(program.resources.begin(), program.resources.end(), [](const ProgramResource& one) {
             return std::any_of(one.uses.begin(), one.uses.end(), [](const auto& use) { return use.second == UsePort::Access::Write; });
           }) == 1;
  }
  void try_step(const Changer& changer, Judgement& judgement) const {
    Program program = build(graph_);
    StepResources resources(program, 0);
    Watcher watcher(page_);
    RunOptions run_options = options(watcher);
    run_options.observers.emplace_back(&resources, Hears::Segments);
    (void)Run(program, lane(), threads(1), std::move(run_options)).run();
    if (!resources.has_begun()) return;
    for (const std::size_t weights : changer.weights)
      if (!resources.has_changed(weights))
        judgement.broken.push_back({program.resources[changer.resource].type->id,
                                    "does not change `" + program.resources[weights].name + "` in " + std::to_string(settings_.steps) +
                                        " steps: change the weights in place, with `step.set` (leat/optimizer.h); if it steps less often, "
                                        "give `--steps`"});
  }
  void try_skipped(const Program& plain, const Changer& changer, Judgement& judgement) const {
    constexpr std::int64_t skipped = 1;
    const std::optional<GraphDescription> graph = with_infinite_gradient(graph_, plain, registry_, changer, skipped);
    Diagnostics diagnostics;
    std::optional<Program> program;
    if (graph) program.emplace(Program::build(*graph, registry_, {0, device_}, diagnostics));
    const bool has_gradient = program && !diagnostics.has_errors();
    if (!has_gradient) program.emplace(build(graph_));
    // Otherwise all gradients are spoiled, by weights that are not finite. Then a node before the optimizer can fail.
    StepResources resources(
        *program, skipped, has_gradient ? std::function<void()>() : [&program] { poison_weights(*program); });
    Watcher watcher(page_);
    RunOptions run_options = options(watcher, skipped + 1);
    run_options.observers.emplace_back(&resources, Hears::Segments);
    const std::string type = plain.resources[changer.resource].type->id;
    std::string why_not = "no node refused the step";
    bool has_ended = false;
    try {
      (void)Run(*program, lane(), threads(1), std::move(run_options)).run();
    } catch (const NodeError& error) {
      has_ended = true;
      why_not = error.node == step_node(*program, changer) ? std::string() : "the run ended at `" + error.node + "`: " + error.cause;
    }
    const std::string changed = has_ended ? changed_words(*program, resources, changer) : std::string();
    if (!changed.empty())
      judgement.broken.push_back({type, "ignores `is_skipped`: a step whose gradients are not finite changes " + changed +
                                            ": change them with `step.set` (leat/optimizer.h)"});
    else if (!why_not.empty() || !resources.has_begun())
      judgement.not_judged.push_back(
          {type, "whether it changes nothing in a step whose gradients are not finite is not known: " + why_not});
  }

  /// Tests that memory in use does not grow over equal runs.
  [[nodiscard]] json try_leaks() const {
    constexpr int runs = 7, judged = 4;
    // Threads and libraries of a run keep about a kilobyte. More steps reveal smaller leaks.
    constexpr std::int64_t few = 4096;
    std::vector<std::int64_t> used;
    for (int k = 0; k < runs; ++k) {
      Watcher watcher(page_);
      (void)outcome(1, watcher, graph_);
      used.push_back(static_cast<std::int64_t>(::mallinfo2().uordblks + ::mallinfo2().hblkhd));
    }
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (std::size_t k = runs - judged; k < used.size(); ++k) least = std::min(least, used[k] - used[k - 1]);
    json findings = json::array();
    if (least > few) {
      std::vector<std::string> types;
      std::set_intersection(settings_.types.begin(), settings_.types.end(), out_.ran.begin(), out_.ran.end(), std::back_inserter(types));
      findings.push_back({{"type", types.size() == 1 ? types.front() : std::string()},
                          {"text", "leaves at least " + std::to_string(least) + " bytes behind in each run of " +
                                       std::to_string(settings_.steps) + " steps"}});
    }
    return {{"findings", findings}};
  }

  const GraphDescription& graph_;
  const Registry& registry_;
  const ConformanceSettings& settings_;
  const Weights& weights_;
  const std::set<std::string>& tried_;
  int attempt_ = 0;  ///< Other samples are dropped in each.
  std::string device_;
  Trials trials_{settings_};
  Page& page_ = trials_.page();
  Conformance out_;
};

/// The kind of a promise that a finding names, and its type. One fault can break it in several phases.
std::pair<std::string, std::string> kind_of(const Finding& finding) {
  // The number that a value has outside of its range is another one in each phase.
  if (const std::size_t into = finding.text.find(" into `"); finding.text.starts_with("puts ") && into != std::string::npos)
    return {finding.type, finding.text.substr(into, finding.text.find('`', into + 7) - into)};
  return {finding.type, finding.text.substr(0, std::min(finding.text.find(':'), finding.text.find('`')))};
}

/// Tries the other phases of a plan with the weights that its training gives them. Each phase has a type that no phase of its kind had
/// before.
class LaterPhases {
 public:
  LaterPhases(const GraphDescription& graph, const Registry& registry, const ConformanceSettings& settings, Conformance& out)
      : graph_(graph), registry_(registry), settings_(settings), out_(out) {}

  void check() {
    const std::vector<std::string> phases = phases_of(graph_);
    std::set<std::pair<PhaseKind, std::string>> seen;
    for (std::size_t k = 0; k < phases.size(); ++k) {
      const PhaseText* phase = graph_.find_phase(phases[k]);
      if (!phase) continue;
      bool has_new = false;
      for (const NodeText& node : phase->nodes)
        if (settings_.types.contains(node.uses.text)) has_new |= seen.emplace(phase->kind, node.uses.text).second;
      if (k > 0 && has_new) check(phases[k]);
    }
  }

 private:
  void check(const std::string& phase) {
    const GraphDescription graph = only_phase(graph_, phase);
    const std::set<std::string> types = types_in(graph, phase, settings_.types);
    if (graph_.plan.train && !weights_ && !has_failed_) weights_ = weights_after(graph_, registry_, settings_);
    has_failed_ = graph_.plan.train && !weights_;
    if (has_failed_) return leave_open(types, phase, "the training before it fails");
    ConformanceSettings settings = settings_;
    if (settings_.progress) settings.progress = [&](const std::string& what) { settings_.progress("`" + phase + "`: " + what); };
    const Weights none;
    try {
      add(Behaviour(graph, registry_, settings, weights_ ? *weights_ : none, out_.ran).check(), types, phase);
    } catch (const GraphError& error) {
      leave_open(types, phase, error.diagnostics().all().front().text);
    }
  }

  void add(Conformance found, const std::set<std::string>& types, const std::string& phase) {
    std::set<std::pair<std::string, std::string>> known;
    for (const Finding& one : out_.findings) known.insert(kind_of(one));
    for (const Finding& one : found.findings)
      if (!known.contains(kind_of(one))) out_.findings.push_back({one.type, "in `" + phase + "`: " + one.text});
    for (const Finding& one : found.not_judged) out_.not_judged.push_back({one.type, "in `" + phase + "`: " + one.text});
    if (found.findings.empty() && !found.why_not_resumed.empty())
      leave_open(types, phase, found.why_not_resumed + ", so it was not resumed");
    if (found.findings.empty() && !found.why_not_dropped.empty())
      leave_open(types, phase, found.why_not_dropped + ", so no sample was dropped");
    out_.ran.merge(found.ran);
  }
  void leave_open(const std::set<std::string>& types, const std::string& phase, const std::string& why) {
    for (const std::string& type : types) out_.not_judged.push_back({type, "in `" + phase + "`: not all was tried, because " + why});
  }

  const GraphDescription& graph_;
  const Registry& registry_;
  const ConformanceSettings& settings_;
  Conformance& out_;
  std::optional<Weights> weights_;
  bool has_failed_ = false;
};

}  // namespace

namespace {

/// Tries the nodes of images on images in colour and of 16 bit, with the weights that resources begin with.
void check_other_images(const GraphDescription& graph, const Registry& registry, const ConformanceSettings& settings, Conformance& out) {
  // A graph whose run failed can crash this process.
  if (out.ran.empty()) return;
  std::set<std::pair<std::string, std::string>> known;
  for (const Finding& one : out.findings) known.insert(kind_of(one));
  for (const OtherImages& other : with_other_images(graph, registry, settings, device_of(registry))) {
    ConformanceSettings own = settings;
    if (own.progress) own.progress = [&](const std::string& what) { settings.progress(other.words + ": " + what); };
    try {
      for (const Finding& one : Behaviour(other.graph, registry, own, {}, {}).check().findings)
        if (known.insert(kind_of(one)).second) out.findings.push_back({one.type, other.words + ": " + one.text});
    } catch (const GraphError&) {
      // The node refuses such images in its `shapes`.
    }
  }
}

}  // namespace

Conformance check_behaviour(const GraphDescription& graph, const Registry& registry, const ConformanceSettings& settings) {
  Conformance out = Behaviour(graph, registry, settings, {}, {}).check();
  LaterPhases(graph, registry, settings, out).check();
  check_other_images(graph, registry, settings, out);
  std::sort(out.findings.begin(), out.findings.end());
  std::sort(out.not_judged.begin(), out.not_judged.end());
  return out;
}

}  // namespace leat
