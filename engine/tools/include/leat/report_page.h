#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace leat {

/// What a report for others can have.
struct PageChoice {
  bool has_names = false;     ///< Names of images, patients and folders, instead of numbers.
  bool has_pictures = false;  ///< Pictures that came from files. Drawn ones are always shown.
};

/// A report as data of the page (viewer/page/src/results_data.ts), and sentences on what is in it.
struct ReportPage {
  std::string json;
  std::vector<std::string> contents;
  std::vector<std::string> left_out;  ///< Lines on the runs below the folders that are left out, with their folders; empty: there are none.
};

/// Returns the reports of finished runs. Runs of one graph with different seeds are one report. A folder that is not a run stands for all
/// runs below it. Throws Refusal if a run is not finished or cannot be read, or if there is none.
[[nodiscard]] ReportPage report_page(std::span<const std::filesystem::path> folders, const PageChoice& choice);

/// Returns the differences between two groups of runs, `ours` minus `theirs`, with names, as data of the page (`ComparedRuns` in
/// viewer/page/src/results_data.ts).
[[nodiscard]] std::string compared_runs(std::span<const std::filesystem::path> ours, std::span<const std::filesystem::path> theirs);

}  // namespace leat
