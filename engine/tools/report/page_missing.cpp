#include "report/page_missing.h"

#include <algorithm>
#include <filesystem>
#include <string>

namespace leat::report {

namespace {

using nlohmann::json;

void add_tables(std::vector<std::string>& missing, const std::vector<FinishedRun>& runs) {
  std::string without;
  for (const MeasuredPhase& phase : runs[0].phases) {
    const bool has_table =
        std::any_of(runs[0].images.begin(), runs[0].images.end(), [&](const auto& one) { return one.first.starts_with(phase.name + "."); });
    if (phase.kind != PhaseKind::Train && !has_table) without += (without.empty() ? "" : ", ") + phase.name;
  }
  if (!without.empty())
    missing.push_back("Curves and values by image of " + without +
                      ": its nodes measure no single images, or images/ in the run's folder was not copied with it.");
}

void add_files(std::vector<std::string>& missing, const std::vector<FinishedRun>& runs, bool has_many) {
  const auto lacks = [&](const char* file) {
    return std::any_of(runs.begin(), runs.end(), [&](const FinishedRun& run) { return !std::filesystem::exists(run.facts.folder / file); });
  };
  if (has_many) missing.emplace_back("Learning curves and times of nodes, because there are many runs: report the runs of one graph.");
  else if (lacks("metrics.jsonl")) missing.emplace_back("Learning curves: the run's folder has no metrics.jsonl. Copy it with the run.");
  if (!has_many && runs.size() > 1) missing.emplace_back("Times of nodes, because there are several runs: report a single run.");
  else if (!has_many && lacks("events.log"))
    missing.emplace_back("Times of nodes: the run's folder has no events.log. Copy it with the run.");
}

void add_pictures(std::vector<std::string>& missing, const json& group, bool has_many, bool has_left_out) {
  if (has_many) {
    missing.emplace_back("Outlines of masks, saliency and intensities, because there are many runs: report the runs of one graph.");
    return;
  }
  const json& tables = group["tables"];
  const auto keeps = [&](const char* what) {
    return std::any_of(tables.begin(), tables.end(), [&](const json& one) { return one.contains("kept") && one["kept"].contains(what); });
  };
  if (has_left_out)
    missing.emplace_back(
        "Masks, saliency maps and pictures of images that came from files: `--pictures` shows them. Look at each before you pass it on.");
  if (!has_left_out && !keeps("masks"))
    missing.emplace_back(
        "Outlines of masks on the worst images: the run keeps none. Set `keep_results: 10MB` in the plan, and connect `picture` of "
        "`metric.segmentation`, as in graphs/demo.yaml.");
  if (!has_left_out && !keeps("saliency"))
    missing.emplace_back(
        "Saliency: the run keeps none. Add `metric.saliency` to the test phase, with the map of `model.saliency`, and set `keep_results: "
        "10MB` "
        "in the plan, as in graphs/demo.yaml.");
  if (!has_left_out &&
      std::any_of(group["intensities"].begin(), group["intensities"].end(), [](const json& one) { return one.value("is_hidden", false); }))
    missing.emplace_back("The sample pictures of data sets that came from files: `--pictures` shows them.");
  if (group["intensities"].empty())
    missing.emplace_back(
        "Distributions of intensities: the run did not measure them. Connect `metric.intensities` to the image of each source, as in "
        "graphs/demo.yaml.");
}

}  // namespace

std::vector<std::string> missing_of(const json& group, const std::vector<FinishedRun>& runs, bool has_many, bool has_left_out) {
  std::vector<std::string> missing;
  add_tables(missing, runs);
  add_files(missing, runs, has_many);
  add_pictures(missing, group, has_many, has_left_out);
  if (std::any_of(runs.begin(), runs.end(), [](const FinishedRun& run) { return run.facts.versions.empty(); }))
    missing.emplace_back(
        "Versions of the software and fingerprints of the data: the version of Leat that ran it did not record them. Run it again to have "
        "them.");
  return missing;
}

}  // namespace leat::report
