#include "io/tars/tar_samples.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "io/split/folder_files.h"
#include "leat/wording.h"

namespace leat {

namespace {

constexpr std::size_t most_picture_bytes = std::size_t{1} << 30;

/// Returns the length of the key in an entry's name; 0: it has none. `__a__/b` is metadata.
std::size_t key_in(const std::string& name) {
  const std::size_t slash = name.rfind('/'), file = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t dot = name.find('.', file);
  const std::string first = name.substr(0, name.find('/'));
  const bool is_metadata = first.size() >= 4 && first.starts_with("__") && first.ends_with("__");
  return is_metadata || dot == std::string::npos || dot == file ? 0 : dot;
}

/// Returns endings as a status has them, with the first of many.
std::string some_endings(std::vector<std::string> endings) {
  constexpr std::size_t most = 5;
  const std::size_t more = endings.size() > most ? endings.size() - most : 0;
  endings.resize(std::min(endings.size(), most));
  return joined(endings) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

}  // namespace

std::optional<TarSample> TarSamples::next() {
  while (const std::optional<ArchiveReader::Entry> entry = entries_.next()) {
    ++count_;
    if (entry->is_folder) continue;
    const std::size_t length = key_in(entry->name);
    if (length == 0) {
      ++left_out_;
      continue;
    }
    const std::string key = entry->name.substr(0, length);
    std::optional<Group> before;
    if (!group_ || group_->sample.key != key) {
      before = std::move(group_);
      begin(key, entry->name);
    }
    add(*entry);
    if (before) return finished(std::move(*before));
  }
  if (!group_) return {};
  std::optional<Group> last = std::exchange(group_, std::nullopt);
  return finished(std::move(*last));
}

void TarSamples::begin(const std::string& key, const std::string& name) {
  if (const auto [found, is_new] = seen_.try_emplace(key, count_); !is_new)
    throw std::runtime_error("the key `" + key + "` is there twice: entry " + std::to_string(count_) + ", `" + name +
                             "`, does not follow the sample that begins with entry " + std::to_string(found->second));
  group_.emplace();
  group_->sample.key = key;
}

void TarSamples::add(const ArchiveReader::Entry& entry) {
  const std::string ending = entry.name.substr(group_->sample.key.size() + 1);
  group_->endings.push_back(ending);
  if (!has_picture_ending(entry.name)) return;
  group_->pictures.push_back(ending);
  if (group_->pictures.size() > 1) {
    group_->sample.picture = {};
  } else if (!entry.is_file) {
    group_->sample.problem = "its picture is a link in the tar, or no file";
  } else if (auto bytes = entries_.bytes(most_picture_bytes)) {
    group_->sample.picture = std::move(*bytes);
  } else {
    group_->sample.problem = "its picture has more than " + std::to_string(most_picture_bytes) + " bytes";
  }
}

TarSample TarSamples::finished(Group group) {
  TarSample out = std::move(group.sample);
  const std::size_t count = group.pictures.size();
  if (count == 0) out.problem = "the sample has no picture, only " + some_endings(std::move(group.endings));
  if (count > 1) out.problem = "the sample has " + std::to_string(count) + " pictures: " + some_endings(std::move(group.pictures));
  return out;
}

}  // namespace leat
