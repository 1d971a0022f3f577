#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace leat::viewer {

/// What a run leaves in its folder: results and the last checkpoint. results.json is read again when it changes. [one thread]
class RunEnd {
 public:
  explicit RunEnd(std::filesystem::path run_folder) : folder_(std::move(run_folder)) {}

  /// Returns true if there are results that can be read.
  [[nodiscard]] bool has_results();
  /// Returns the seconds that the run took; 0 if it has no results, or if they do not say it.
  [[nodiscard]] double seconds();
  /// Returns the step of the weights that were kept, and the phase that judged them; null if none were.
  [[nodiscard]] nlohmann::json kept();
  /// Returns the steps done at the last checkpoint of a run that is over; null if there is none.
  [[nodiscard]] nlohmann::json checkpoint();
  /// The run works: there can be another checkpoint.
  void goes_on() { checkpoint_.reset(); }

 private:
  void look();

  std::filesystem::path folder_;
  std::optional<std::pair<std::filesystem::file_time_type, std::uintmax_t>> mark_;  ///< Of the results.json that was read.
  bool has_results_ = false;
  double seconds_ = 0;
  nlohmann::json kept_;
  std::optional<nlohmann::json> checkpoint_;
};

}  // namespace leat::viewer
