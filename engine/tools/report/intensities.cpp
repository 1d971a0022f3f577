#include "report/intensities.h"

#include <algorithm>
#include <numeric>

namespace leat::report {

std::optional<Intensities> intensities_of(const ImageTable& table) {
  constexpr int grays = 256;
  std::vector<const std::vector<double>*> bins;
  const std::vector<std::string> columns = table.columns();
  const auto count = std::count_if(columns.begin(), columns.end(), [](const std::string& one) { return one.starts_with("from_"); });
  for (std::ptrdiff_t k = 0; k < count; ++k) {
    const std::vector<double>* numbers = table.find_numbers("from_" + std::to_string(k * grays / count));
    if (!numbers) return {};
    bins.push_back(numbers);
  }
  if (bins.empty() || table.size() == 0) return {};
  Intensities out;
  out.images = table.size();
  const auto rows = static_cast<std::size_t>(table.size());
  for (const std::vector<double>* bin : bins) {
    std::vector<double> sorted = *bin;
    std::sort(sorted.begin(), sorted.end());
    out.mean.push_back(std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(rows));
    out.low.push_back(sorted[rows / 20]);
    out.high.push_back(sorted[rows - 1 - rows / 20]);
  }
  const auto has = [&](const char* column) { return std::find(columns.begin(), columns.end(), column) != columns.end(); };
  if (!has("picture") || !has("picture_from")) return out;
  const std::vector<std::string> pictures = table.texts("picture");
  const auto found = std::find_if(pictures.begin(), pictures.end(), [](const std::string& one) { return !one.empty(); });
  if (found == pictures.end()) return out;
  out.picture = *found;
  out.is_drawn = table.texts("picture_from")[static_cast<std::size_t>(found - pictures.begin())] == "drawn";
  return out;
}

}  // namespace leat::report
