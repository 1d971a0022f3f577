#include "metric/image_table.h"

#include <charconv>

#include "io/disk_file.h"
#include "leat/csv.h"

namespace leat {

ImageTable::ImageTable(std::vector<std::string> columns) { add(columns); }

void ImageTable::add(const std::vector<std::string>& fields) {
  for (std::size_t k = 0; k < fields.size(); ++k) text_ += (k ? "," : "") + csv_field(fields[k]);
  text_ += "\n";
}

void ImageTable::write(const std::filesystem::path& run_folder, const std::string& phase, const std::string& node) const {
  // No phase has a dot in its name, and no node has one: each table has a file of its own.
  write_whole_file(run_folder / "images" / (phase + "." + node + ".csv"), text_);
}

std::string csv_number(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return std::string(text, end);
}

}  // namespace leat
