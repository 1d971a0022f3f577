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
  /// What tables have: all columns of numbers, or those of headline metrics only; masks and pictures of the worst images or none; pictures
  /// from files or only drawn ones.
  struct Choice {
    bool has_all_columns = true;
    bool has_masks = true;
    bool has_pictures = false;
  };
  PageTables(Pseudonyms& names, Choice choice) : names_(names), choice_(choice) {}

  /// Returns the table of a node of a run: values image by image, and curves of its classes (`ImageData` in results_data.ts).
  [[nodiscard]] nlohmann::json table(const FinishedRun& run, const MeasuredPhase& phase, const std::string& node, const ImageRows& rows);
  /// Returns the rows that the tables refer to by their position (`RowSet` in results_data.ts).
  [[nodiscard]] const nlohmann::json& row_sets() const { return row_sets_; }
  [[nodiscard]] std::size_t pictures_from_files() const { return pictures_from_files_; }
  [[nodiscard]] std::size_t drawn_pictures() const { return drawn_pictures_; }
  [[nodiscard]] std::size_t kept_masks() const { return kept_masks_; }  ///< Of predicted masks that are drawn.
  /// Returns true if some picture came from a file and was left out.
  [[nodiscard]] bool has_left_out() const { return has_left_out_; }

 private:
  [[nodiscard]] std::size_t row_set(const ImageRows& rows);
  void add_numbers(nlohmann::json& out, const FinishedRun& run, const std::string& phase, const std::string& node,
                   const ImageRows& rows) const;

  void add_masks(nlohmann::json& out, const ImageTable& table);
  [[nodiscard]] nlohmann::json picture(const std::string& text);

  Pseudonyms& names_;
  Choice choice_;
  std::size_t pictures_from_files_ = 0, drawn_pictures_ = 0, kept_masks_ = 0;
  bool has_left_out_ = false;
  nlohmann::json row_sets_ = nlohmann::json::array();
  std::map<std::string, std::size_t> known_;
};

}  // namespace leat::report
