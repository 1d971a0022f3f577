#include "leat/data_look.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "leat/diagnostics.h"
#include "leat/make_tree.h"
#include "leat/tar_list.h"
#include "leat/wording.h"

namespace leat {

namespace {

constexpr std::size_t most_names = 3;

/// Returns "3 images have …: `a.png`, `b.png`, `c.png`", or an empty string without names.
std::string sentence(const std::vector<std::string>& names, const std::string& of_one, const std::string& of_several) {
  if (names.empty()) return {};
  std::string out = counted(names.size(), "image") + " " + (names.size() == 1 ? of_one : of_several) + ": ";
  for (std::size_t k = 0; k < std::min(most_names, names.size()); ++k) out += (k == 0 ? "`" : ", `") + names[k] + "`";
  return out + (names.size() > most_names ? ", …" : "");
}

std::vector<std::string> names_where(const ImageTable& table, const std::vector<double>& numbers, double low, double high) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < numbers.size(); ++k)
    if (numbers[k] < low || numbers[k] > high) out.push_back(table.images()[k]);
  return out;
}

/// Returns the number below which a fraction of the numbers is.
double quantile(std::vector<double> numbers, double fraction) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[std::min(numbers.size() - 1, static_cast<std::size_t>(fraction * static_cast<double>(numbers.size())))];
}

}  // namespace

NewData guess_data(const std::filesystem::path& path, const Registry& registry) {
  if (TarList::names_tars(path.string()))
    throw Refusal("`" + path.string() + "` is of tars, which are read by a training with `io.tar_set`, and by `leat predict`", "",
                  "docs/scale.md has a graph to begin with (Training on tars)");
  std::string why, hint;
  for (const std::string& id : registry.resource_ids()) {
    const std::unique_ptr<Resource> made = registry.find_resource(id)->make();
    const auto* guesses = dynamic_cast<const GuessesData*>(made.get());
    if (!guesses) continue;
    try {
      return {id, guesses->guess(path)};
    } catch (const Refusal& refusal) {
      why += (why.empty() ? "" : "; ") + std::string(refusal.what());
      if (!refusal.hint().empty()) hint += (hint.empty() ? "" : "; ") + refusal.hint();
    }
  }
  throw Refusal(why.empty() ? "no type of data set that this leat knows can look at files" : why, "", hint);
}

std::string look_graph(const NewData& data, std::int64_t most) {
  return "leat: 1\nresources: {data: {uses: " + data.uses + ", with: {" + settings_text(data.guess, {}) +
         (data.guess.rows.empty() ? "" : ", rows: " + flow_text(text_tree(data.guess.rows))) +
         "}}}\nphases:\n  look:\n    kind: predict\n    nodes:\n"
         "      files: {uses: io.images, with: {split: data, batch: 16}}\n"
         "      decoded: {uses: image.decode, in: files.file, with: {" +
         std::string(data.guess.channels == 3  ? "channels: rgb, "
                     : data.guess.channels > 1 ? "channels: as_is, "
                                               : "") +
         "depth: " + (data.guess.depth_bits > 8 ? "as_is" : "8") + "}, on_error: skip}\n" +
         (data.guess.depth_bits > 8 ? "      seen: {uses: image.window, in: decoded}\n" : "") +
         "      small: {uses: image.resize, in: " + (data.guess.depth_bits > 8 ? "seen" : "decoded") +
         ", with: {size: 128}}\n"
         "      grays: {uses: metric.intensities, in: small, with: {thumbnails: true, images: " +
         std::to_string(most) + "}}\n" +
         "      mosaic: {uses: write.mosaic, in: {image: small}, with: {count: 24, columns: 6}}\n"
         "plan: {then: [look]}\n";
}

std::vector<std::string> outliers_of(const ImageTable& grays) {
  const std::vector<double>*mean = grays.find_numbers("mean"), *deviation = grays.find_numbers("deviation"),
        *likeness = grays.find_numbers("likeness");
  constexpr std::int64_t fewest = 10;
  if (!mean || !deviation || !likeness || grays.size() < fewest) return {};
  const double none = -1e300, all = 1e300;
  const double low = quantile(*mean, 0.05), high = quantile(*mean, 0.95), margin = std::max(20.0, (high - low) / 2);
  std::vector<std::string> out;
  const auto add = [&out](std::string text) {
    if (!text.empty()) out.push_back(std::move(text));
  };
  // If half of the images look like the mean of the others, their polarity can be told.
  constexpr double clear_likeness = 0.3;
  if (const double usual = quantile(*likeness, 0.5); usual >= clear_likeness)
    add(sentence(names_where(grays, *likeness, -usual / 4, all), "may be inverted beside the others", "may be inverted beside the others"));
  add(sentence(names_where(grays, *mean, low - margin, all), "is much darker than the others", "are much darker than the others"));
  add(sentence(names_where(grays, *mean, none, high + margin), "is much brighter than the others", "are much brighter than the others"));
  add(sentence(names_where(grays, *deviation, quantile(*deviation, 0.5) / 5, all), "has nearly one gray", "have nearly one gray"));
  return out;
}

namespace {

/// A small image with the mean 0 and the length 1; empty for one without contrast.
std::vector<float> direction_of(const std::string& digits) {
  std::vector<float> out;
  float mean = 0;
  for (std::size_t at = 0; at + 2 <= digits.size(); at += 2)
    out.push_back(static_cast<float>(std::stoi(digits.substr(at, 2), nullptr, 16)));
  for (const float one : out) mean += one / static_cast<float>(out.size());
  float length = 0;
  for (float& one : out) one -= mean, length += one * one;
  constexpr float least_deviation = 2;
  if (length < least_deviation * least_deviation * static_cast<float>(out.size())) return {};
  for (float& one : out) one /= std::sqrt(length);
  return out;
}

}  // namespace

std::vector<std::string> near_copies_of(const ImageTable& grays) {
  const std::vector<std::string> columns = grays.columns();
  if (std::find(columns.begin(), columns.end(), "thumbnail") == columns.end()) return {};
  std::vector<std::vector<float>> all;
  for (const std::string& one : grays.texts("thumbnail")) all.push_back(direction_of(one));
  // Of 1,500 different radiographs of one hospital, the most similar pair has 0.98.
  constexpr float similar = 0.995F;
  std::vector<std::string> equal, inverted;
  for (std::size_t a = 0; a < all.size(); ++a)
    for (std::size_t b = a + 1; b < all.size() && !all[a].empty(); ++b) {
      if (all[b].empty()) continue;
      const float likeness = std::inner_product(all[a].begin(), all[a].end(), all[b].begin(), 0.0F);
      if (std::abs(likeness) < similar) continue;
      (likeness > 0 ? equal : inverted).push_back("`" + grays.images()[a] + "` and `" + grays.images()[b] + "`");
    }
  std::vector<std::string> out;
  const auto add = [&out](const std::vector<std::string>& pairs, const std::string& what) {
    if (pairs.empty()) return;
    std::string words = counted(pairs.size(), "pair") + " of images " + what + ": ";
    for (std::size_t k = 0; k < std::min(most_names, pairs.size()); ++k) words += (k == 0 ? "" : "; ") + pairs[k];
    out.push_back(words + (pairs.size() > most_names ? "; …" : ""));
  };
  add(equal, "may be copies of one image");
  add(inverted, "may be one image, with and without inversion");
  return out;
}

}  // namespace leat
