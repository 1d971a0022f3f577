#include "leat/check_behaviour.h"

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "conformance/interruption_trials.h"
#include "conformance/optimizer_trials.h"
#include "conformance/other_images.h"
#include "conformance/phase_weights.h"
#include "conformance/sample_trials.h"
#include "conformance/trial_graphs.h"
#include "conformance/trials.h"
#include "conformance/tried_graph.h"
#include "conformance/value_trials.h"

namespace leat {
namespace {

using namespace conformance;
using nlohmann::json;

/// The trials of the first phase of one graph.
class Behaviour {
 public:
  /// `weights` are those of the resources at the begin of the phase. `tried_types` are types whose trials in other phases need no
  /// repetition.
  Behaviour(const GraphDescription& graph, const Registry& registry, const ConformanceSettings& settings, const Weights& weights,
            const std::set<std::string>& tried_types)
      : settings_(settings), trials_(settings), tried_{graph, registry, settings, weights, trials_.page()}, tried_types_(tried_types) {}

  [[nodiscard]] Conformance check() {
    if (!trials_.run("check", [this] { return try_build(); })) {
      out_.why_not_resumed = out_.why_not_dropped = "its check failed";
      return ended();
    }
    (void)tried_.build();
    out_.why_not_resumed = out_.why_not_dropped = "its first run failed";
    const std::optional<json> same = trials_.run("values", [this] { return try_values(tried_); });
    if (same) {
      for (const auto& type : same->at("ran")) out_.ran.insert(type.get<std::string>());
      const bool has_new = tried_types_.empty() || std::any_of(out_.ran.begin(), out_.ran.end(), [this](const std::string& type) {
                             return settings_.types.contains(type) && !tried_types_.contains(type);
                           });
      if (has_new) (void)trials_.run("stops", [this] { return try_stops(tried_); });
      const std::optional<json> resumed = trials_.run("resumes", [this] { return try_resume(tried_); });
      out_.why_not_resumed = resumed ? resumed->at("why_not").get<std::string>() : "its run failed";
      out_.why_not_dropped = "its values already differ, or do not match their contracts";
      if (same->at("findings").empty()) {
        const std::optional<json> dropped = trials_.run("dropped samples", [this] { return try_dropped(tried_); });
        out_.why_not_dropped = dropped ? dropped->at("why_not").get<std::string>() : "its run failed";
        if (dropped && dropped->at("findings").empty() && out_.why_not_dropped.empty()) {
          (void)trials_.run("living rows alone", [this] { return try_alone(tried_, trials_.not_judged()); });
          (void)trials_.run("a step without samples", [this] { return try_empty(tried_); });
        }
      }
      (void)trials_.run("names", [this] { return try_names(tried_); });
      (void)trials_.run("sources", [this] { return try_sources(tried_); });
      if (has_new) {
        (void)trials_.run("seeds", [this] { return try_seeds(tried_); });
        (void)trials_.run("optimizers", [this] { return try_optimizers(tried_); });
        (void)trials_.run("late metrics", [this] { return try_late_metrics(tried_); });
        (void)trials_.run("leaks", [this] { return try_leaks(); });
      }
      for (const std::string& type : out_.ran)
        if (settings_.types.contains(type) && !tried_types_.contains(type))
          (void)trials_.run("failures of " + type, [this, type] { return try_failures(tried_, type); });
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
    std::set<std::string> types = types_in(tried_.graph, phases_of(tried_.graph).front(), settings_.types);
    for (const ComponentText& resource : tried_.graph.resources)
      if (settings_.types.contains(resource.uses.text)) types.insert(resource.uses.text);
    for (const std::string& type : types)
      if (std::none_of(out_.findings.begin(), out_.findings.end(), [&type](const Finding& one) { return one.type == type; }))
        out_.not_judged.push_back({type, "it was not tried, because a run of the graph fails: " +
                                             (first.type.empty() ? "" : "`" + first.type + "` ") + first.text});
  }

  /// Tests that the functions of nodes and resources that a check calls return. The parent process reports mistakes in the graph.
  [[nodiscard]] json try_build() const {
    try {
      Diagnostics ignored;
      (void)Program::build(tried_.graph, tried_.registry, {0, tried_.device}, ignored);
    } catch (...) {
      // The check in the parent process throws it too.
    }
    return {{"findings", json::array()}};
  }

  /// Tests that memory in use does not grow over equal runs.
  [[nodiscard]] json try_leaks() const {
    constexpr int runs = 7, judged = 4;
    // Threads and libraries of a run keep about a kilobyte. More steps reveal smaller leaks.
    constexpr std::int64_t few = 4096;
    std::vector<std::int64_t> used;
    for (int k = 0; k < runs; ++k) {
      Watcher watcher(tried_.page);
      (void)tried_.outcome(1, watcher);
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

  const ConformanceSettings& settings_;
  Trials trials_;
  TriedGraph tried_;
  const std::set<std::string>& tried_types_;
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
