#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "leat/program.h"

namespace leat {

/// Returns what `leat check` prints: parameters, resources, the nodes of each phase, the plan and the memory bound.
[[nodiscard]] std::string program_table(const Program& program);
/// Returns what the data sets of a program say that they found, as `leat check` and `leat run` print it; an empty text if there is none.
[[nodiscard]] std::string data_text(const Program& program);
/// Returns the samples of each data set, by part and class, as rows of texts. The first row has the headings; empty if there is no data
/// set.
[[nodiscard]] std::vector<std::vector<std::string>> data_rows(const Program& program);
/// Returns the sources of a phase with the steps of an epoch, as `data_rows`.
[[nodiscard]] std::vector<std::vector<std::string>> source_rows(const ProgramPhase& phase);
/// Returns its length, steps in flight, memory and lanes as one line: `train: 500 steps, at most 3 in flight, …`.
[[nodiscard]] std::string phase_text(const ProgramPhase& phase);
/// Returns lines about the sizes that the memory bound of a phase does not cover; an empty string if it holds for all values.
[[nodiscard]] std::string size_notes(const ProgramPhase& phase);
/// Returns `values in flight take up to 76.8 kB of the 2.0 GB allowed`.
[[nodiscard]] std::string memory_text(const Program& program);
/// Returns a sentence if the disk of a run's folder has no room for the file of the plan's cache; else an empty string.
[[nodiscard]] std::string cache_disk_note(const Program& program, const std::filesystem::path& folder);
/// Returns lines on the passes of a phase that run as one, and on those that do not, with the reasons; an empty text if passes are not
/// merged, or if the phase has none.
[[nodiscard]] std::string merged_passes_text(const Program& program, const ProgramPhase& phase);
/// Returns a sentence if passes are to be merged, but the graph has none that can be; else an empty text.
[[nodiscard]] std::string no_merged_passes_note(const Program& program);
/// Returns its plan as one line: `500 steps of train, validate every 50 steps, a checkpoint every 10 minutes, then test`.
[[nodiscard]] std::string plan_text(const Program& program);
/// Returns the same as JSON, `{"version": 1, …}`.
[[nodiscard]] std::string program_json(const Program& program);

}  // namespace leat
