#include "metric/image_table.h"

#include <charconv>
#include <fstream>
#include <stdexcept>

#include "leat/csv.h"

namespace leat {

ImageTable::ImageTable(std::vector<std::string> columns) { add(columns); }

void ImageTable::add(const std::vector<std::string>& fields) {
  for (std::size_t k = 0; k < fields.size(); ++k) text_ += (k ? "," : "") + csv_field(fields[k]);
  text_ += "\n";
}

void ImageTable::write(const std::filesystem::path& run_folder, const std::string& phase, const std::string& node) const {
  const std::filesystem::path file = run_folder / "images" / (phase + "." + node + ".csv");
  const std::filesystem::path beside = file.string() + ".part";
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(beside, std::ios::binary);
  out << text_;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + beside.string());
  std::filesystem::rename(beside, file);
}

std::string csv_number(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return std::string(text, end);
}

}  // namespace leat
