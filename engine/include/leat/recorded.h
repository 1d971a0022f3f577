#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/preview.h"
#include "leat/upstream.h"
#include "leat/value.h"

namespace leat {

/// A value as numbers, without its type: what a page shows, and what a run records.
struct ShownValue {
  int slot = -1;                 ///< -1: of the whole step.
  std::string type;              ///< Name of its type.
  std::string text;              ///< `64 x 64, 8 bit`
  std::string hash;              ///< Of the whole value, also if only its first rows are here.
  bool has_parts = false;        ///< `numbers` are those of its parts.
  std::vector<Numbers> numbers;  ///< One, those of the parts, or none if the type has none.
};

/// Values of one output in one step, as numbers.
struct ShownOutput {
  struct Identity {
    std::string id;
    std::string group;
    bool is_drawn = false;  ///< It came from no file.
  };
  using Names = std::optional<std::vector<std::string>>;  ///< Names of a dimension's entries, if it has names.

  OutputName name;
  std::string contract;
  std::optional<std::pair<double, double>> range;
  std::vector<Names> dims;
  Names entries;                   ///< Of the value's numbers or channels.
  std::vector<ShownValue> values;  ///< By slot. Without those of dropped samples.
  std::vector<Identity> samples;   ///< Indexed by slot, or by row of the whole step.
  std::vector<float> weights;      ///< As those of `PreviewedOutput`.
};

/// Returns the values as numbers. Of a value for a whole step, only the first `rows` rows are taken; 0: all.
[[nodiscard]] ShownOutput shown_output(const PreviewedOutput& output, int rows);

/// The values that a run has recorded in one step (`plan.record`).
struct Recording {
  std::string phase;
  std::int64_t trained = 0;  ///< Training steps done when the step ended.
  std::int64_t step = 0;     ///< Number of the step in its phase.
  std::vector<ShownOutput> outputs;
};

/// Names one recording of a run.
struct RecordedStep {
  std::string phase;
  std::int64_t trained = 0;
  std::int64_t bytes = 0;  ///< Size of its file.
};

/// Returns the recordings of a run: by phase, then by training step. Files of other names are passed over.
[[nodiscard]] std::vector<RecordedStep> recorded_steps(const std::filesystem::path& run_folder);
/// Throws std::runtime_error if there is no such recording, or if its file is damaged.
[[nodiscard]] Recording read_recording(const std::filesystem::path& run_folder, const std::string& phase, std::int64_t trained);

}  // namespace leat
