#include "leat/trained_images.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>

#include "leat/image_table.h"
#include "report/finished_run.h"

namespace leat {

namespace {

namespace fs = std::filesystem;

/// The polarity of a source's images can be told if 98 of 100 look at least so much like the mean of the others.
constexpr double clear_likeness = 0.2;

std::vector<int> grays_of(const std::string& digits) {
  std::vector<int> out;
  for (std::size_t k = 0; k + 1 < digits.size(); k += 2) {
    int gray = 0;
    std::from_chars(digits.data() + k, digits.data() + k + 2, gray, 16);
    out.push_back(gray);
  }
  return out;
}

std::string text_of(const fs::path& file) {
  std::ifstream in = report::open_to_read(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Returns the tables in the run's folder that a phase wrote, by their place, as `train.labelled/grays`.
std::vector<std::pair<std::string, fs::path>> tables_of(const fs::path& run_folder, const std::string& phase) {
  const fs::path images = run_folder / "images";
  std::vector<std::pair<std::string, fs::path>> out;
  std::error_code error;
  for (fs::recursive_directory_iterator one(images, error), end; !error && one != end; one.increment(error)) {
    const std::string name = one->path().lexically_relative(images).generic_string();
    if (name.starts_with(phase + ".") && name.ends_with(".csv")) out.emplace_back(name.substr(0, name.size() - 4), one->path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::optional<TrainedImages> trained_images(const fs::path& run_folder, const GraphDescription& graph) {
  TrainedImages out;
  std::vector<double> means, deviations;
  for (const PhaseText& phase : graph.phases) {
    if (phase.kind != PhaseKind::Train) continue;
    for (const auto& [place, file] : tables_of(run_folder, phase.name)) {
      const ImageTable table = ImageTable::read(text_of(file));
      const std::vector<double>*mean = table.find_numbers("mean"), *deviation = table.find_numbers("deviation"),
            *likeness = table.find_numbers("likeness");
      if (!mean || !deviation || !likeness || mean->empty()) continue;
      means.insert(means.end(), mean->begin(), mean->end());
      deviations.insert(deviations.end(), deviation->begin(), deviation->end());
      std::vector<double> sorted = *likeness;
      std::sort(sorted.begin(), sorted.end());
      const double usual = sorted[sorted.size() / 50];
      std::vector<int> picture = grays_of(table.texts("mean_picture")[0]);
      if (sorted.size() > 1 && usual >= clear_likeness && picture.size() == 256)
        out.sources.push_back({place, std::move(picture), usual / 4});
    }
  }
  if (means.empty()) return {};
  const auto [low, high] = std::minmax_element(means.begin(), means.end());
  // Half of the span of the training on each side, at least 20 of 255 grays.
  const double margin = std::max(20.0, (*high - *low) / 2);
  out.means = {*low - margin, *high + margin};
  out.least_deviation = *std::min_element(deviations.begin(), deviations.end()) / 2;
  out.images = static_cast<std::int64_t>(means.size());
  return out;
}

}  // namespace leat
