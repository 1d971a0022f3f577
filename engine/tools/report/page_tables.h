#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/finished_run.h"
#include "report/pseudonyms.h"

namespace leat::report {

/// Rounds to the digits that a page needs of an image's number.
[[nodiscard]] nlohmann::json short_number(double number);

/// The tables of images of a page. Tables of the same images and labels share their rows.
class PageTables {
 public:
  /// `has_all_columns`: tables have all their columns of numbers, otherwise only those of headline metrics.
  PageTables(Pseudonyms& names, bool has_all_columns) : names_(names), has_all_columns_(has_all_columns) {}

  /// Returns the table of a node of a run: values image by image, and curves of its classes (`ImageData` in results_data.ts).
  [[nodiscard]] nlohmann::json table(const FinishedRun& run, const MeasuredPhase& phase, const std::string& node, const ImageRows& rows);
  /// Returns the rows that the tables refer to by their position (`RowSet` in results_data.ts).
  [[nodiscard]] const nlohmann::json& row_sets() const { return row_sets_; }

 private:
  [[nodiscard]] std::size_t row_set(const ImageRows& rows);
  void add_numbers(nlohmann::json& out, const FinishedRun& run, const std::string& phase, const std::string& node,
                   const ImageRows& rows) const;

  Pseudonyms& names_;
  bool has_all_columns_;
  nlohmann::json row_sets_ = nlohmann::json::array();
  std::map<std::string, std::size_t> known_;
};

}  // namespace leat::report
