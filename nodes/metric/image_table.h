#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace leat {

/// A table with one row an image, kept in the run's folder as `images/PHASE.NODE.csv` for intervals and figures that are made later.
class ImageTable {
 public:
  explicit ImageTable(std::vector<std::string> columns);

  void add(const std::vector<std::string>& fields);
  /// As CSV (RFC 4180, lines end with \n); a later occurrence of the phase replaces it. Throws std::runtime_error.
  void write(const std::filesystem::path& run_folder, const std::string& phase, const std::string& node) const;
  [[nodiscard]] const std::string& str() const { return text_; }

 private:
  std::string text_;
};

/// The shortest text that reads back as the same number.
[[nodiscard]] std::string csv_number(double number);

}  // namespace leat
