#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "report/finished_run.h"
#include "report/pseudonyms.h"

namespace leat::report {

/// Puts what a run has recorded (`plan.record`) into a page, as viewer/page/src/results_data.ts states it.
class RecordedOnPage {
 public:
  RecordedOnPage(Pseudonyms& names, bool has_names, bool has_pictures)
      : names_(names), has_names_(has_names), has_pictures_(has_pictures) {}

  /// Returns the recordings of a run; an empty list if it has none.
  [[nodiscard]] nlohmann::json of(const FinishedRun& run);
  [[nodiscard]] std::int64_t steps() const { return steps_; }        ///< Recordings that are on the page.
  [[nodiscard]] std::int64_t left_out() const { return left_out_; }  ///< Recordings for which there was no room, or that are damaged.
  [[nodiscard]] std::int64_t pictures_left_out() const { return hidden_; }  ///< Values that are pictures from files, without `--pictures`.
  [[nodiscard]] bool has_pictures_from_files() const { return has_shown_; }

 private:
  Pseudonyms& names_;
  const bool has_names_;
  const bool has_pictures_;
  std::int64_t bytes_ = 0;
  std::int64_t steps_ = 0;
  std::int64_t left_out_ = 0;
  std::int64_t hidden_ = 0;
  bool has_shown_ = false;
};

}  // namespace leat::report
