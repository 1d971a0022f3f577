#include "io/tars/tar_samples.h"

#include <algorithm>
#include <utility>

#include "io/split/folder_files.h"

namespace leat {

namespace {

constexpr std::size_t most_picture_bytes = std::size_t{1} << 30;

}  // namespace

bool ImageEndings::is_image(const std::string& ending) const {
  const std::string lowered = lower(ending);
  if (!image.empty()) return lowered == image;
  return has_picture_ending("x." + ending) && std::find(others.begin(), others.end(), lowered) == others.end();
}

std::optional<TarSample> TarSamples::next() {
  while (std::optional<KeyedEntries::Keyed> one = entries_.next()) {
    std::optional<Group> before;
    if (one->begins) {
      before = std::exchange(group_, std::nullopt);
      group_.emplace();
      group_->sample.key = one->key;
    }
    add(std::move(*one));
    if (before) return finished(std::move(*before));
  }
  if (!group_) return {};
  std::optional<Group> last = std::exchange(group_, std::nullopt);
  return finished(std::move(*last));
}

void TarSamples::add(KeyedEntries::Keyed one) {
  const bool is_picture = images_.is_image(one.ending);
  if (is_picture) group_->pictures.push_back(one.ending);
  group_->endings.push_back(std::move(one.ending));
  if (!is_picture) return;
  if (group_->pictures.size() > 1) {
    group_->sample.picture = {};
  } else if (!one.entry.is_file) {
    group_->sample.problem = "its picture is a link in the tar, or no file";
  } else if (auto bytes = reader_.bytes(most_picture_bytes)) {
    group_->sample.picture = std::move(*bytes);
  } else {
    group_->sample.problem = "its picture has more than " + std::to_string(most_picture_bytes) + " bytes";
  }
}

TarSample TarSamples::finished(Group group) const {
  TarSample out = std::move(group.sample);
  const std::size_t count = group.pictures.size();
  if (count == 0)
    out.problem = "the sample has no " + (images_.image.empty() ? "picture" : "entry `" + images_.image + "`") + ", only " +
                  some_endings(std::move(group.endings));
  if (count > 1) out.problem = "the sample has " + std::to_string(count) + " pictures: " + some_endings(std::move(group.pictures));
  return out;
}

}  // namespace leat
