#include <algorithm>
#include <string>
#include <vector>

#include "io/split/entry.h"
#include "io/tar_set.h"
#include "io/tars/lacking_samples.h"
#include "leat/file_marks.h"

namespace leat {

void TarSet::warn_of_data(const Opening& opening) const {
  if (!opening.warn) return;
  const auto warn = [&](const std::string& sentence) {
    if (!sentence.empty()) opening.warn("`" + opening.name + "`: " + sentence);
  };
  warn_of_tars(warn);
  LackingSamples labels;
  std::vector<LackingSamples> masks(mask_endings_.endings.size());
  std::vector<char> occurs(classes->size(), 0);
  for_each([&](SampleInTar one) {
    const int label = label_of(one);
    if (label >= 0) occurs[static_cast<std::size_t>(label)] = 1;
    else if (!classes->empty()) labels.add([&] { return identity(one).id; });
    for (std::size_t k = 0; k < masks.size(); ++k)
      if (indexes_[one.tar].mask(one.sample, k).place == 0) masks[k].add([&] { return identity(one).id; });
  });
  warn(labels.words(all_, "no entry `" + *label + "`, so the class is not known"));
  for (std::size_t k = 0; k < masks.size(); ++k) warn(masks[k].words(all_, "no mask `" + mask_endings_.endings[k] + "`"));
  std::vector<std::string> absent;
  for (std::size_t k = 0; k < occurs.size(); ++k)
    if (!occurs[k]) absent.push_back((*classes)[k]);
  // If no sample has a class, this was said.
  if (absent.empty() || absent.size() == occurs.size()) return;
  warn("no sample is of " + (absent.size() == 1 ? std::string("the class ") : std::to_string(absent.size()) + " classes: ") +
       first_names(absent));
}

void TarSet::warn_of_tars(const std::function<void(const std::string&)>& warn) const {
  std::int64_t without = 0, left_out = 0, empty = 0;
  std::string first;
  for (std::size_t tar = 0; tar < indexes_.size(); ++tar) {
    const TarIndex& one = indexes_[tar];
    if (without == 0 && one.without_image() > 0) first = "in `" + tars_.names[tar] + "`, " + one.first_without_image();
    without += one.without_image();
    left_out += one.left_out();
    empty += one.size() == 0 ? 1 : 0;
  }
  const auto some = [](std::int64_t some, std::int64_t all, const std::string& what) {
    return some_of(static_cast<std::size_t>(some), static_cast<std::size_t>(all), what) + (some == 1 ? " has" : " have");
  };
  if (without > 0)
    warn(some(without, all_ + without, "sample") + " no image, and " + (without == 1 ? "is" : "are") + " left out; " + first);
  if (left_out > 0)
    warn(std::to_string(left_out) + (left_out == 1 ? " entry" : " entries") + " of the tars without a key, or with metadata, " +
         (left_out == 1 ? "is" : "are") + " not read");
  if (empty > 0) warn(some(empty, tars_.size(), "tar") + " no sample with an image");
}

/// Each image is a patient of its own.
std::vector<SampleCount> TarSet::sample_counts() const {
  std::vector<SampleCount> out;
  for (const std::string& name : *classes) out.push_back({"all", name});
  out.push_back({"all", ""});
  for_each([&](SampleInTar one) {
    const int label = label_of(one);
    SampleCount& count = label < 0 ? out.back() : out[static_cast<std::size_t>(label)];
    ++count.images;
    ++count.patients;
    count.labels += label < 0 ? 0 : 1;
    count.masks += mask_endings_.endings.empty() || !lacking_mask(one).empty() ? 0 : 1;
  });
  std::erase_if(out, [](const SampleCount& one) { return one.images == 0; });
  return out;
}

}  // namespace leat
