#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "report/finished_run.h"
#include "report/pseudonyms.h"

namespace leat::report {

/// Rounds to the digits that a page needs of an image's number.
[[nodiscard]] nlohmann::json short_number(double number);

/// The tables of images of a page. Tables of the same images and labels share their rows.
class PageTables {
 public:
  /// What tables have: all columns of numbers, or those of headline metrics only; masks, saliency maps and
  /// pictures of the worst images or none; those of images from files or only of drawn ones.
  struct Choice {
    bool has_all_columns = true;
    bool has_masks = true;
    bool has_pictures = false;
  };
  PageTables(Pseudonyms& names, Choice choice) : names_(names), choice_(choice) {}

  /// Begins the tables of a phase of a run: chooses the images whose masks, maps and pictures the tables have, the worst of each table.
  void begin(const FinishedRun& run, const MeasuredPhase& phase);
  /// Returns the table of a node of a run, after `begin` with its phase: values image by image, and curves of its classes (`ImageData` in
  /// results_data.ts).
  [[nodiscard]] nlohmann::json table(const FinishedRun& run, const MeasuredPhase& phase, const std::string& node, const ImageRows& rows);
  /// Returns the rows that the tables refer to by their position (`RowSet` in results_data.ts).
  [[nodiscard]] const nlohmann::json& row_sets() const { return row_sets_; }
  [[nodiscard]] std::size_t pictures_from_files() const { return pictures_from_files_; }
  [[nodiscard]] std::size_t drawn_pictures() const { return drawn_pictures_; }
  [[nodiscard]] std::size_t kept_masks() const { return kept_masks_; }  ///< Of predicted masks that are drawn.
  [[nodiscard]] std::size_t saliency_maps() const { return saliency_maps_; }
  /// Returns true if something of an image that came from a file was left out since the last call.
  [[nodiscard]] bool take_left_out() { return std::exchange(has_left_out_, false); }
  /// Returns true if nothing but names of images and data sets tells some images apart.
  [[nodiscard]] bool has_unidentified() const { return has_unidentified_; }
  /// Returns the distribution of intensities that a table has as `Intensities` in results_data.ts; null if it has none.
  [[nodiscard]] nlohmann::json intensities(const ImageRows& rows);

 private:
  [[nodiscard]] std::size_t row_set(const ImageRows& rows);
  void add_numbers(nlohmann::json& out, const FinishedRun& run, const std::string& phase, const std::string& node,
                   const ImageRows& rows) const;

  void add_kept(nlohmann::json& out, const ImageRows& rows);

  Pseudonyms& names_;
  Choice choice_;
  std::size_t pictures_from_files_ = 0, drawn_pictures_ = 0, kept_masks_ = 0, saliency_maps_ = 0;
  bool has_left_out_ = false, has_unidentified_ = false;
  nlohmann::json row_sets_ = nlohmann::json::array();
  std::map<std::string, std::size_t> known_;
  std::set<std::string> shown_;     ///< Images of the current phase whose masks and pictures the tables have.
  std::set<std::string> pictured_;  ///< Those whose picture a table has already.
};

}  // namespace leat::report
