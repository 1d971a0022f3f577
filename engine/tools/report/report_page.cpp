#include "leat/report_page.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json.h"
#include "leat/report.h"
#include "logs/rank_json.h"
#include "report/fingerprints.h"
#include "report/finished_run.h"
#include "report/intensities.h"
#include "report/learning_curves.h"
#include "report/page_comparison.h"
#include "report/page_missing.h"
#include "report/page_names.h"
#include "report/page_sources.h"
#include "report/page_tables.h"
#include "report/page_times.h"
#include "report/papers.h"
#include "report/pseudonyms.h"
#include "report/recorded_values.h"
#include "report/report_groups.h"
#include "report/report_words.h"

namespace leat {

namespace {

using namespace report;
using nlohmann::json;
namespace fs = std::filesystem;

/// With more runs than these, a page has the headline columns of images only, and no curves of losses.
constexpr std::size_t many_runs = 24;
constexpr std::size_t curve_points = 500;
/// With more titles than these, a page says only where they are.
constexpr std::size_t most_titles = 8;

json interval_of(const Interval& interval) {
  return {number_or_null(interval.value), number_or_null(interval.low), number_or_null(interval.high)};
}

json curves_of(const std::vector<LearningCurve>& curves) {
  const auto numbers = [](const std::vector<double>& all) {
    json out = json::array();
    for (const double number : all) out.push_back(short_number(number));
    return out;
  };
  json out = json::array();
  for (const LearningCurve& curve : curves) {
    json one{
        {"phase", curve.phase}, {"metric", curve.metric}, {"step", curve.step}, {"mean", numbers(curve.mean)}, {"values", curve.values}};
    if (curve.values > static_cast<std::int64_t>(curve.step.size())) {
      one["low"] = numbers(curve.low);
      one["high"] = numbers(curve.high);
    }
    out.push_back(std::move(one));
  }
  return out;
}

class PageData {
 public:
  PageData(const PageChoice& choice, std::size_t runs)
      : choice_(choice),
        has_many_(runs > many_runs),
        tables_(names_, {!has_many_, !has_many_, choice.has_pictures}),
        recorded_(names_, choice.has_names, choice.has_pictures) {}

  void add(const std::vector<fs::path>& folders) {
    const std::vector<FinishedRun> runs = read_runs_of_one_graph(folders);
    for (const FinishedRun& run : runs) learn_names(names_, run);
    json tables = json::array(), intensities = json::array();
    for (std::size_t k = 0; k < runs.size(); ++k) add_tables(tables, intensities, runs[k], k);
    json group = group_of(make_report(folders), runs);
    group["tables"] = std::move(tables);
    group["intensities"] = std::move(intensities);
    group["missing"] = missing_of(group, runs, has_many_, tables_.take_left_out());
    groups_.push_back(std::move(group));
    count_ += runs.size();
  }

  /// Adds the differences between two groups, the second minus the first.
  void compare(const std::vector<fs::path>& first, const std::vector<fs::path>& second) {
    compared_ = comparison_of(second, first, [this](const std::string& text) { return plain(text); });
  }

  /// Adds the runs that the page has nothing of.
  void leave_out(const std::vector<LeftOutRun>& runs) { left_out_ = runs; }

  [[nodiscard]] ReportPage page() {
    // A title can name an image of another graph, so all names must be known.
    if (!choice_.has_names)
      for (json& group : groups_) group["title"] = names_.written(group["title"]);
    json names = nullptr;
    if (choice_.has_names) names = {{"images", names_.image_names()}, {"patients", names_.patient_names()}};
    const json all{{"version", 1},          {"kind", "report"},      {"names", names},         {"row_sets", tables_.row_sets()},
                   {"groups", groups_},     {"compared", compared_}, {"contents", contents()}, {"use", use_words},
                   {"left_out", left_out()}};
    return {all.dump(-1, ' ', false, json::error_handler_t::replace), contents(), left_out_lines(left_out_)};
  }

 private:
  /// Returns the lines on runs without results. A file for others has no name of a folder, but the numbers of the
  /// lines that the command prints.
  [[nodiscard]] std::vector<std::string> left_out() const {
    if (choice_.has_names || left_out_.empty()) return left_out_lines(left_out_);
    std::vector<std::string> out{left_out_lines(left_out_).front()};
    for (std::size_t k = 0; k < left_out_.size(); ++k) {
      const LeftOutRun& run = left_out_[k];
      out.push_back("Run " + std::to_string(k + 1) + (run.seed ? ", seed " + std::to_string(*run.seed) : "") + ": " + run.state +
                    (run.error.empty() ? "" : ": " + plain(run.error)));
    }
    return out;
  }

  [[nodiscard]] std::string plain(const std::string& text) const { return choice_.has_names ? text : names_.plain(text); }
  [[nodiscard]] json plain(const std::vector<std::string>& texts) const {
    json out = json::array();
    for (const std::string& text : texts) out.push_back(plain(text));
    return out;
  }

  void add_tables(json& out, json& intensities, const FinishedRun& run, std::size_t place) {
    ImageOrigins origins(run);
    const auto length = [&](const std::string& phase, const std::string& node) -> json {
      const std::vector<std::string> sources = origins.of(phase, node).nodes;
      const auto found = sources.size() == 1 ? run.lengths.find(phase + "." + sources[0]) : run.lengths.end();
      return found == run.lengths.end() ? json() : json(found->second);
    };
    for (const MeasuredPhase& phase : run.phases) {
      std::set<std::string> seen;
      tables_.begin(run, phase);
      for (const Measured& one : phase.figures) {
        const ImageRows* rows = seen.insert(one.node).second ? run.find_images(phase.name, one.node) : nullptr;
        if (!rows || rows->count() == 0) continue;
        if (intensities_of(rows->table())) {
          json grays = tables_.intensities(*rows);
          if (!grays.is_null())
            grays.update({{"phase", phase.name}, {"node", one.node}, {"run", place}, {"of", length(phase.name, one.node)}});
          if (!grays.is_null()) intensities.push_back(std::move(grays));
          continue;
        }
        out.push_back(tables_.table(run, phase, one.node, *rows));
        out.back()["run"] = place;
      }
    }
  }

  [[nodiscard]] std::vector<LearningCurve> curves(const FinishedRun& run) {
    std::vector<LearningCurve> out = read_learning_curves(run.facts.folder, curve_points);
    std::map<std::string, std::set<std::string>> metrics;
    const auto split = [](const std::string& name) { return std::pair(name.substr(0, name.rfind('.')), name.substr(name.rfind('.') + 1)); };
    for (const LearningCurve& one : out) metrics[split(one.metric).first].insert(split(one.metric).second);
    for (LearningCurve& one : out) {
      const auto [node, name] = split(one.metric);
      one.metric = node + "." + metric(metrics, node, name);
    }
    return out;
  }

  [[nodiscard]] json run_of(const ReportRun& run, const FinishedRun& read) {
    json activities = json::array(), params = json::array(), samples = json::array();
    for (const CountedSamples& one : read.samples)
      samples.push_back({{"data", one.data},
                         {"part", plain(one.part)},
                         {"class", plain(one.class_name)},
                         {"images", one.images},
                         {"labels", one.labels},
                         {"masks", one.masks},
                         {"patients", one.patients}});
    for (const PhaseActivity& phase : run.phases)
      if (phase.seconds > 0) activities.push_back(page_activity(phase));
    for (const auto& [name, value] : read.params) params.push_back({name, plain(value)});
    json out{{"seed", std::to_string(run.seed)},
             {"device", plain(run.device)},
             {"ranks", run.ranks},
             {"steps", run.steps},
             {"seconds", run.seconds},
             {"peak_bytes", run.peak_bytes},
             {"bound_bytes", run.bound_bytes},
             {"resources", run.resources},
             {"versions", run.versions},
             {"sources", sources_of(read)},
             {"samples", samples},
             {"warnings", plain(run.warnings)},
             {"disclosures", plain(run.disclosures)},
             {"params", params},
             {"activity", activities},
             {"rank_times", json_of(choice_.has_names ? run.rank_times : with_plain_names(run.rank_times))},
             {"curves", has_many_ ? json::array() : curves_of(curves(read))}};
    if (!has_many_) out["recorded"] = recorded_.of(read);
    if (read.kept) out["kept_step"] = read.kept->step;
    if (choice_.has_names) out["folder"] = run.folder.string();
    return out;
  }

  [[nodiscard]] std::string metric(const std::map<std::string, std::set<std::string>>& metrics, const std::string& node,
                                   const std::string& name) {
    const auto found = metrics.find(node);
    return choice_.has_names || found == metrics.end() ? name : names_.metric(name, found->second);
  }

  /// Returns the metrics; `meaning` is the place of a metric's sentence in `meanings`.
  [[nodiscard]] json figures_of(const std::vector<ReportFigure>& figures, const std::vector<FinishedRun>& runs, json& meanings) {
    const std::map<std::string, std::set<std::string>> metrics = metrics_of_nodes(runs[0]);
    json out = json::array();
    for (const ReportFigure& one : figures) {
      const std::string name = metric(metrics, one.node, one.metric);
      json figure{{"phase", one.phase},
                  {"node", one.node},
                  {"metric", name},
                  {"words", metric_words(name)},
                  {"interval", interval_of(one.interval)}};
      if (one.patients > 0) figure["patients"] = one.patients;
      if (!one.system.empty()) figure.update({{"system", one.system}, {"task", one.task}});
      if (one.headline >= 0) figure["headline"] = one.headline;
      if (const Measured* measured = runs[0].find(one.phase, one.node, one.metric); measured && !measured->sentence.empty()) {
        const auto found = std::find(meanings.begin(), meanings.end(), measured->sentence);
        figure["meaning"] = found - meanings.begin();
        if (found == meanings.end()) meanings.push_back(measured->sentence);
      }
      if (one.is_wilson) figure["is_wilson"] = true;
      if (one.is_kept) figure["is_kept"] = true;
      if (one.is_training) figure["is_training"] = true;
      if (runs.size() > 1 && one.headline >= 0 && !one.is_kept)
        for (const FinishedRun& run : runs) figure["by_seed"].push_back(number_or_null(run.value(one.phase, one.node, one.metric)));
      out.push_back(std::move(figure));
    }
    return out;
  }

  /// Returns the values of a predictor that has learnt nothing, for headline metrics that have such a value in all runs.
  [[nodiscard]] static json trivial_of(const std::vector<FinishedRun>& runs) {
    json out = json::array();
    for (const MeasuredPhase& phase : runs[0].phases)
      for (const Measured& one : phase.figures) {
        if (one.headline < 0 || phase.kind == PhaseKind::Train) continue;
        std::vector<double> found;
        for (const FinishedRun& run : runs) {
          const ImageRows* rows = run.find_images(phase.name, one.node);
          const auto share = rows ? rows->majority_share() : std::nullopt;
          if (share && one.metric == "accuracy") found.push_back(*share);
          else if (share && one.metric == "auc") found.push_back(0.5);
          else if (const double value = run.value(phase.name, one.node, "trivial_" + one.metric); std::isfinite(value))
            found.push_back(value);
        }
        if (found.size() == runs.size())
          out.push_back({{"phase", phase.name}, {"node", one.node}, {"metric", one.metric}, {"value", mean_interval(found).value}});
      }
    return out;
  }

  [[nodiscard]] static json papers_of(const FinishedRun& run) {
    const auto row = paper_row(run);
    if (!row) return nullptr;
    json figures = json::array();
    for (const PaperFigure& one : row->figures)
      figures.push_back({{"phase", one.phase},
                         {"node", one.node},
                         {"metric", one.metric},
                         {"value", one.value},
                         {"printed", one.printed ? json(*one.printed) : json()},
                         {"data", one.data},
                         {"images", one.images},
                         {"is_other_subset", one.is_other_subset}});
    return {{"model", row->model}, {"class_labels", row->class_labels}, {"mask_labels", row->mask_labels}, {"figures", figures}};
  }

  [[nodiscard]] json group_of(const Report& report, const std::vector<FinishedRun>& runs) {
    json weights = json::array(), differences = json::array(), phases = json::array(), all = json::array(), meanings = json::array();
    for (const JudgedWeights& one : report.weights)
      weights.push_back({{"phase", one.phase}, {"is_kept", one.is_kept}, {"words", one.words}});
    for (const ReportDifference& one : report.differences)
      differences.push_back({{"phase", one.phase},
                             {"task", one.task},
                             {"metric", one.metric},
                             {"words", metric_words(one.metric)},
                             {"ours", one.ours},
                             {"theirs", one.theirs},
                             {"interval", interval_of(one.interval)}});
    for (const MeasuredPhase& phase : runs[0].phases)
      phases.push_back({{"name", phase.name},
                        {"kind", phase.kind == PhaseKind::Train      ? "train"
                                 : phase.kind == PhaseKind::Validate ? "validate"
                                                                     : "test"}});
    for (std::size_t k = 0; k < runs.size(); ++k) all.push_back(run_of(report.runs[k], runs[k]));
    const json figures = figures_of(report.figures, runs, meanings);
    return {{"title", report.title},
            {"graph_hash", report.graph_hash},
            {"method", method_words(report)},
            {"few", few_words(report)},
            {"by", report.is_by_patient ? "patients" : "images"},
            {"wilson", wilson_words(report)},
            {"phases", phases},
            {"systems", report.systems},
            {"runs", all},
            {"figures", figures},
            {"meanings", meanings},
            {"weights", weights},
            {"trivial", trivial_of(runs)},
            {"differences", differences},
            {"sentences", plain(report.sentences)},
            {"about", report.about},
            {"chance", report.chance},
            {"notes", plain(report.notes)},
            {"saliency_masks", saliency_masks(runs[0].graph)},
            {"papers", papers_of(runs[0])}};
  }

  [[nodiscard]] std::vector<std::string> contents() const {
    const auto count = [](std::size_t number, const char* word) {
      return with_separators(static_cast<std::int64_t>(number)) + " " + word + (number == 1 ? "" : "s");
    };
    std::vector<std::string> out{"It has the results of " + count(count_, "run") + " and the values of " +
                                 count(names_.image_names().size(), "image") + "."};
    if (count_ > 1 && tables_.has_unidentified())
      out.emplace_back(
          "Some runs recorded no fingerprints of their images. There, equal names in equal data sets are taken for the same image.");
    out.push_back(choice_.has_names
                      ? "It has the names of images, patients and folders, and the paths in parameters and warnings."
                      : "Images and patients have numbers instead of names. It has no path. In warnings and parameters, words that "
                        "can be names are replaced by [name].");
    out.emplace_back(
        "It has the graph's title and the names of its nodes, phases, parameters and classes, as the author of the graph wrote them.");
    // A title is free text: only whole names that the run knows are replaced in it.
    std::set<std::string> titles;
    for (const json& group : groups_) titles.insert(group.value("title", ""));
    titles.erase("");
    if (!choice_.has_names && titles.size() > most_titles)
      out.push_back("Read the " + count(titles.size(), "title") + " in its first table before you pass the file on.");
    else if (!choice_.has_names)
      for (const std::string& title : titles) out.push_back("Read the title before you pass the file on: " + title);
    if (tables_.kept_masks() > 0)
      out.push_back("It has the outlines of " + count(tables_.kept_masks(), "predicted mask") + " and of the reference.");
    const auto values = [&](std::int64_t number) { return count(static_cast<std::size_t>(number), "recorded step"); };
    if (recorded_.steps() > 0)
      out.push_back("It has the values of " + values(recorded_.steps()) +
                    (recorded_.has_pictures_from_files()
                         ? ", with pictures that came from files. Text that is burnt into a picture stays in it: look at each."
                         : "."));
    if (recorded_.left_out() > 0) out.push_back("It lacks those of " + values(recorded_.left_out()) + ", which are too large or damaged.");
    if (recorded_.pictures_left_out() > 0)
      out.emplace_back("It lacks recorded values that can show pictures from files: `--pictures` shows them.");
    if (tables_.saliency_maps() > 0) out.push_back("It has " + count(tables_.saliency_maps(), "saliency map") + ".");
    const std::size_t files = tables_.pictures_from_files(), drawn = tables_.drawn_pictures();
    if (files > 0)
      out.push_back("It has " + count(files, "picture") +
                    " that came from files. Text that is burnt into a picture stays in it: look at each.");
    if (drawn > 0) out.push_back("It has " + count(drawn, "picture") + " that Leat drew.");
    if (files + drawn == 0 && recorded_.steps() == 0) out.emplace_back("It has no pictures.");
    return out;
  }

  PageChoice choice_;
  bool has_many_;
  Pseudonyms names_;
  PageTables tables_;
  RecordedOnPage recorded_;
  json groups_ = json::array();
  json compared_ = nullptr;
  std::vector<LeftOutRun> left_out_;
  std::size_t count_ = 0;
};

}  // namespace

std::string compared_runs(std::span<const fs::path> ours, std::span<const fs::path> theirs) {
  const json compared = comparison_of(ours, theirs, [](const std::string& text) { return text; });
  return compared.dump(-1, ' ', false, json::error_handler_t::replace);
}

ReportPage report_page(std::span<const fs::path> folders, const PageChoice& choice) {
  const auto [groups, left_out] = report_groups(folders);
  std::size_t runs = 0;
  for (const auto& group : groups) runs += group.size();
  PageData page(choice, runs);
  for (const auto& group : groups) page.add(group);
  page.leave_out(left_out);
  if (groups.size() == 2) page.compare(groups[0], groups[1]);
  return page.page();
}

}  // namespace leat
