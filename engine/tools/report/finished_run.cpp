#include "report/finished_run.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/json.h"
#include "leat/resolved_text.h"
#include "report/fingerprints.h"

namespace leat::report {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read_results(const fs::path& folder) {
  const fs::path file = folder / "results.json";
  if (!fs::is_directory(folder)) throw Refusal(folder.string() + " is not a run's folder");
  if (!fs::exists(file))
    throw Refusal(folder.string() + (fs::exists(folder / "graph.yaml") ? " holds a run that has not finished: it has no results.json"
                                                                       : " is not a run's folder: it has no results.json"));
  json results = json::parse(text_in(file), nullptr, false);
  if (!results.is_object()) throw Refusal(file.string() + " is not JSON");
  if (results.value("version", json()) != 1) throw Refusal(file.string() + " was written by another version of Leat");
  return results;
}

GraphDescription read_order(const fs::path& file) {
  Diagnostics ignored;
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  GraphDescription graph = read_graph(file, {}, ignored);
  return ignored.has_errors() ? GraphDescription() : graph;
}

/// Returns the index of a name in a list of named things; the size of the list if it is not there.
template <class Named>
std::size_t place_in(const std::vector<Named>& all, const std::string& name) {
  return static_cast<std::size_t>(std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; }) - all.begin());
}

/// Metrics that come first in summaries, before those of plugins.
constexpr std::array headlines{"accuracy", "auc", "dice", "share", "pseudo_accuracy"};

/// Returns true if a metric of Leat's nodes was a fraction, for runs that did not record it. A name can have a class or a channel
/// (`dice_lungs`).
bool was_share(const std::string& metric) {
  static constexpr std::array<std::string_view, 18> names{
      "accuracy",    "area",   "auc",         "balanced_accuracy", "calibration_error", "confidence",      "dice",
      "f1",          "inside", "jaccard",     "positive_share",    "precision",         "pseudo_accuracy", "recall",
      "sensitivity", "share",  "specificity", "trivial_dice"};
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return metric.starts_with(name) && (metric.size() == name.size() || metric[name.size()] == '_');
  });
}

/// Sets what the node declared about a metric. For runs of earlier versions, which have no declarations, the name decides.
void add_declared(Measured& measured, const json& declared) {
  const auto found = std::find(headlines.begin(), headlines.end(), measured.metric);
  const bool is_known = found != headlines.end();
  const auto place = static_cast<int>(found - headlines.begin());
  if (declared.is_null()) {
    if (was_share(measured.metric)) measured.bounds = {0, 1};
    measured.headline = is_known ? place : -1;
    return;
  }
  if (declared.value("is_headline", false)) measured.headline = place;
  measured.sentence = declared.value("sentence", "");
  if (const double low = number_or_nan(declared.value("low", json())); !std::isnan(low)) measured.bounds.low = low;
  if (const double high = number_or_nan(declared.value("high", json())); !std::isnan(high)) measured.bounds.high = high;
}

MeasuredPhase read_phase(const std::string& name, const json& metrics, const json& declared, const PhaseText* text) {
  MeasuredPhase phase{name, text ? text->kind : name == "train" ? PhaseKind::Train : PhaseKind::Test, {}};
  for (const auto& [key, value] : metrics.items()) {
    const std::size_t dot = key.find('.');
    if (dot == std::string::npos) continue;
    phase.figures.push_back({key.substr(0, dot),
                             key.substr(dot + 1),
                             value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN(),
                             {},
                             -1});
    add_declared(phase.figures.back(), declared.is_null() ? declared : declared.value(name + "." + key, json::object()));
  }
  const auto place = [&](const Measured& one) {
    return std::tuple(text ? place_in(text->nodes, one.node) : 0, one.node, headline_order(one.headline, one.metric));
  };
  std::sort(phase.figures.begin(), phase.figures.end(), [&](const Measured& a, const Measured& b) { return place(a) < place(b); });
  return phase;
}

void read_images(FinishedRun& run) {
  for (const MeasuredPhase& phase : run.phases)
    for (const Measured& one : phase.figures) {
      const std::string name = phase.name + "." + one.node;
      // Whoever wrote results.json names no file outside of the folder.
      const fs::path below = fs::path(name + ".csv").lexically_normal();
      if (below.is_absolute() || *below.begin() == "..") continue;
      const fs::path file = run.facts.folder / "images" / below;
      if (run.images.contains(name) || !fs::exists(file)) continue;
      try {
        const fs::path figures = run.facts.folder / "images" / (name + ".json");
        run.images.emplace(name, ImageRows::parse(text_in(file), fs::exists(figures) ? std::optional(text_in(figures)) : std::nullopt));
      } catch (const std::runtime_error& error) {
        throw Refusal(file.string() + " cannot be read: " + error.what());
      }
    }
}

}  // namespace

std::ifstream open_to_read(const fs::path& file) {
  // A pipe would wait for a writer without end, and a larger file is none of a run.
  constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 28;
  std::error_code error;
  if (const fs::file_status status = fs::status(file, error); fs::exists(status)) {
    if (!fs::is_regular_file(status) && !fs::is_directory(status)) throw Refusal("cannot read " + file.string() + ": it is not a file");
    if (fs::is_regular_file(status) && fs::file_size(file, error) > most_bytes)
      throw Refusal("cannot read " + file.string() + ": it has more than 256 MiB");
  }
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  // A folder can be opened but not read.
  if (in) (void)in.peek();
  if (!in.is_open() || in.bad()) throw Refusal("cannot read " + file.string() + ": " + std::strerror(errno));
  in.clear();
  return in;
}

std::string text_in(const fs::path& file) {
  std::ifstream in = open_to_read(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const MeasuredPhase* FinishedRun::find_phase(const std::string& name) const {
  const std::size_t place = place_in(phases, name);
  return place < phases.size() ? &phases[place] : nullptr;
}

const Measured* FinishedRun::find(const std::string& phase, const std::string& node, const std::string& metric) const {
  if (const MeasuredPhase* found = find_phase(phase))
    for (const Measured& one : found->figures)
      if (one.node == node && one.metric == metric) return &one;
  return nullptr;
}

double FinishedRun::value(const std::string& phase, const std::string& node, const std::string& metric) const {
  const Measured* found = find(phase, node, metric);
  return found ? found->value : std::numeric_limits<double>::quiet_NaN();
}

std::optional<Statistic> FinishedRun::statistic(const std::string& phase, const std::string& node, const std::string& metric) const {
  const ImageRows* rows = find_images(phase, node);
  const auto recomputed = rows ? rows->value(metric) : std::nullopt;
  return recomputed && std::abs(*recomputed - value(phase, node, metric)) < 1e-6 ? rows->statistic(metric) : std::nullopt;
}

std::optional<double> FinishedRun::contradiction(const std::string& phase, const std::string& node, const std::string& metric) const {
  const ImageRows* rows = find_images(phase, node);
  // A definition from names only is a guess.
  const auto recomputed = rows && rows->has_figures() ? rows->value(metric) : std::nullopt;
  return recomputed && !(std::abs(*recomputed - value(phase, node, metric)) < 1e-6) ? recomputed : std::nullopt;
}

std::string FinishedRun::selecting_phase() const {
  if (kept) return kept->phase;
  const auto& train = graph.plan.train;
  if (!train || train->keep.metrics.empty()) return {};
  // A run that records its weights, but none that were kept, kept none: its metrics were undefined.
  const std::string& phase = train->validate_phase.text;
  return find_phase(phase) && !weights_of.contains(phase) ? phase : "";
}

bool FinishedRun::has_kept() const {
  if (!kept) return false;
  const auto last = weights_of.find(kept->phase);
  return replaced_kept(kept->phase) || (last != weights_of.end() && last->second == kept->step);
}

bool FinishedRun::replaced_kept(const std::string& phase) const {
  const auto last = weights_of.find(phase);
  return kept && !kept->figures.empty() && kept->phase == phase && last != weights_of.end() && last->second != kept->step;
}

double FinishedRun::chosen_value(const std::string& phase, const std::string& node, const std::string& metric) const {
  if (!replaced_kept(phase)) return value(phase, node, metric);
  const auto found = kept->figures.find(node + "." + metric);
  return found == kept->figures.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

Bounds FinishedRun::bounds(const std::string& phase, const std::string& node, const std::string& metric) const {
  const Measured* measured = find(phase, node, metric);
  Bounds out = measured ? measured->bounds : Bounds();
  const ImageRows* rows = find_images(phase, node);
  if (const auto figure = rows ? rows->figure(metric) : std::nullopt) {
    out.low = std::max(out.low, figure->bounds().low);
    out.high = std::min(out.high, figure->bounds().high);
  }
  return out;
}

const ImageRows* FinishedRun::find_images(const std::string& phase, const std::string& node) const {
  const auto found = images.find(phase + "." + node);
  return found == images.end() ? nullptr : &found->second;
}

std::map<std::string, std::vector<std::string>> positive_classes(std::span<const FinishedRun> runs) {
  std::map<std::string, std::vector<std::string>> out;
  for (const FinishedRun& run : runs)
    for (const auto& [place, rows] : run.images) {
      const std::string name = rows.positive_class();
      if (name.empty()) continue;
      std::vector<std::string>& places = out[name];
      if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
    }
  return out;
}

bool is_of_data(const GraphDescription& graph, const std::string& phase, const std::string& node) {
  const PhaseText* text = graph.find_phase(phase);
  return text && std::any_of(text->nodes.begin(), text->nodes.end(),
                             [&node](const NodeText& one) { return one.name == node && one.uses.text == "metric.intensities"; });
}

std::pair<int, std::string> headline_order(int headline, const std::string& metric) {
  if (headline >= 0) return {2 * headline, metric};
  for (std::size_t k = 0; k < headlines.size(); ++k) {
    const std::string begin = std::string(headlines[k]) + "_";
    if (metric.starts_with(begin) && !metric.substr(begin.size()).starts_with("pooled")) return {2 * static_cast<int>(k) + 1, metric};
  }
  return {std::numeric_limits<int>::max(), metric};
}

bool cut(Interval& interval, Bounds bounds) {
  const Interval whole = interval;
  // NaN stays NaN.
  if (interval.low < bounds.low) interval.low = bounds.low;
  if (interval.high > bounds.high) interval.high = bounds.high;
  return interval.low > whole.low || interval.high < whole.high;
}

FinishedRun read_finished_run(const fs::path& folder) {
  FinishedRun run = read_figures(folder);
  read_images(run);
  return run;
}

FinishedRun read_figures(const fs::path& folder) {
  FinishedRun run;
  run.facts.folder = folder;
  const json results = read_results(folder);
  try {
    run.title = results.at("title");
    run.graph_hash = graph_hash_in(folder, results.at("graph_hash"));
    run.facts.seed = results.at("seed");
    run.facts.device = results.at("device");
    run.facts.steps = results.at("steps");
    run.facts.seconds = results.at("seconds");
    run.facts.peak_bytes = results.at("peak_bytes");
    run.facts.bound_bytes = results.at("bound_bytes");
    run.facts.warnings = results.at("warnings").get<std::vector<std::string>>();
    for (const auto& [name, value] : results.at("parameters").items())
      run.params.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    // Runs of earlier versions have none.
    run.facts.ranks = std::max(results.value("ranks", 1), 1);
    run.facts.disclosures = results.value("disclosures", std::vector<std::string>());
    run.facts.versions = results.value("versions", run.facts.versions);
    const json data = results.value("data", json::object());
    for (const auto& [name, files] : data.items()) {
      const json& print = files.at("fingerprint");
      run.facts.data[name] = {files.at("files"), print.is_string() ? print.get<std::string>() : "", files.at("is_whole")};
    }
    run.facts.resources = results.value("resources", decltype(run.facts.resources)());
    for (const json& one : results.value("samples", json::array()))
      run.samples.push_back(
          {one.at("data"), one.at("part"), one.at("class"), one.at("images"), one.at("labels"), one.at("masks"), one.at("patients")});
    run.lengths = results.value("lengths", decltype(run.lengths)());
    run.graph = read_order(folder / "graph.yaml");
    // Runs of 0.1.0 have neither this nor what is known of kept weights.
    const json declared = results.value("metrics", json());
    for (const auto& [name, metrics] : results.at("phases").items())
      run.phases.push_back(read_phase(name, metrics, declared, run.graph.find_phase(name)));
    run.weights_of = results.value("weights_of", decltype(run.weights_of)());
    if (const json kept = results.value("kept", json()); !kept.is_null()) {
      run.kept = KeptValidation{kept.at("phase"), kept.at("step"), {}};
      for (const auto& [name, value] : kept.at("metrics").items()) run.kept->figures[name] = number_or_nan(value);
    }
  } catch (const json::exception& error) {
    throw Refusal((folder / "results.json").string() + " is not whole: " + json_words(error));
  }
  std::stable_sort(run.phases.begin(), run.phases.end(), [&](const MeasuredPhase& a, const MeasuredPhase& b) {
    return place_in(run.graph.phases, a.name) < place_in(run.graph.phases, b.name);
  });
  return run;
}

/// Returns the first parameters that both runs have with other values, as the end of a sentence; empty if there are none.
static std::string other_params(const FinishedRun& one, const FinishedRun& other) {
  constexpr int most_named = 3;
  std::string out;
  int count = 0;
  for (const auto& [name, value] : one.params) {
    const auto found = std::find_if(other.params.begin(), other.params.end(), [&name](const auto& param) { return param.first == name; });
    if (found == other.params.end() || found->second == value || ++count > most_named) continue;
    out += (count == 1 ? ": `" : ", `") + name + "` is " + value + " and " + found->second;
  }
  return out + (count > most_named ? ", and others" : "");
}

std::vector<FinishedRun> read_runs_of_one_graph(std::span<const std::filesystem::path> folders) {
  std::vector<FinishedRun> runs;
  for (const std::filesystem::path& folder : folders) {
    runs.push_back(read_finished_run(folder));
    add_fingerprints(runs.back());
  }
  if (runs.empty()) throw Refusal("a report needs a run");
  std::stable_sort(runs.begin(), runs.end(), [](const FinishedRun& a, const FinishedRun& b) { return a.facts.seed < b.facts.seed; });
  for (const FinishedRun& run : runs)
    if (run.graph_hash != runs[0].graph_hash)
      throw Refusal(runs[0].facts.folder.string() + " and " + run.facts.folder.string() +
                    " are runs of different graphs, or of one with different parameters" + other_params(runs[0], run));
  for (std::size_t k = 1; k < runs.size(); ++k)
    if (runs[k].facts.seed == runs[k - 1].facts.seed)
      throw Refusal(runs[k - 1].facts.folder.string() + " and " + runs[k].facts.folder.string() + " both have the seed " +
                    std::to_string(runs[k].facts.seed));
  return runs;
}

}  // namespace leat::report
