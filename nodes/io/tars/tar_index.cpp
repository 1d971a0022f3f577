#include "io/tars/tar_index.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "io/disk_file.h"
#include "io/split/folder_files.h"
#include "io/tars/keyed_entries.h"
#include "leat/diagnostics.h"
#include "leat/plain_file.h"
#include "leat/spelling.h"

namespace leat {

namespace {

constexpr std::int64_t most_bytes = std::int64_t{1} << 30;
constexpr std::size_t most_text = 256;
/// Small, so that the bytes of images are skipped.
constexpr std::size_t block = std::size_t{1} << 14;

}  // namespace

std::vector<std::uint8_t> TarIndex::bytes_of(const TarEntry& entry, const std::string& what) const {
  const std::string name = "`" + file_.string() + "`";
  const PlainFile file(file_);
  if (!file.is_open()) throw std::runtime_error("cannot read " + name + ": " + file.why());
  std::vector<std::uint8_t> out(entry.count);
  try {
    if (file.bytes() == file_bytes_ && file.time_ns() == file_time_ns_ && read_at(file, out, entry.place)) return out;
  } catch (const std::system_error& error) {
    throw std::runtime_error("cannot read " + what + " from " + name + ": " + error.code().message());
  }
  throw std::runtime_error(name + " has changed since its samples were listed, so " + what + " cannot be read");
}

/// The tar while its headers are read.
class TarIndex::Reading {
 public:
  Reading(const std::filesystem::path& path, const SampleEndings& endings) : endings_(endings), file_(path), reader_(path, block) {
    out_.file_ = path;
    out_.file_bytes_ = file_.bytes();
    out_.file_time_ns_ = file_.time_ns();
    out_.per_sample_ = endings.masks.size() + 1;
  }

  TarIndex all() {
    KeyedEntries entries(reader_);
    while (std::optional<KeyedEntries::Keyed> one = entries.next()) {
      if (one->begins) {
        finish();
        sample_.emplace();
        sample_->key = one->key;
        sample_->entries.resize(out_.per_sample_);
      }
      add(*one);
    }
    finish();
    out_.left_out_ = entries.left_out();
    out_.places_.shrink_to_fit();
    out_.byte_counts_.shrink_to_fit();
    out_.keys_.shrink_to_fit();
    return std::move(out_);
  }

 private:
  struct Sample {
    std::string key;
    std::vector<TarEntry> entries;
    int text = -1;
    std::vector<std::string> endings;  ///< Of all entries.
    std::vector<std::string> images;   ///< Endings of the images.
  };

  void add(const KeyedEntries::Keyed& one) {
    sample_->endings.push_back(one.ending);
    const std::string ending = lower(one.ending);
    const auto mask = std::find(endings_.masks.begin(), endings_.masks.end(), ending);
    if (ending == endings_.label) {
      if (sample_->text >= 0) throw_twice(one);
      sample_->text = number_of(text_of(one));
    } else if (mask != endings_.masks.end()) {
      TarEntry& entry = sample_->entries[static_cast<std::size_t>(mask - endings_.masks.begin()) + 1];
      if (entry.place > 0) throw_twice(one);
      entry = place_of(one);
    } else if (endings_.image.empty() ? has_picture_ending(one.entry.name) : ending == endings_.image) {
      sample_->images.push_back(one.ending);
      sample_->entries[0] = place_of(one);
    }
  }

  [[noreturn]] void throw_twice(const KeyedEntries::Keyed& one) const {
    throw std::runtime_error("the sample `" + one.key + "` has two entries `" + one.ending + "`");
  }

  TarEntry place_of(const KeyedEntries::Keyed& one) const {
    const ArchiveReader::Entry& entry = one.entry;
    const std::string name = "its entry `" + entry.name + "` ";
    if (!entry.is_file || entry.is_sparse) throw std::runtime_error(name + "is a link, sparse, or no file");
    if (entry.count > most_bytes) throw std::runtime_error(name + "has more than " + std::to_string(most_bytes) + " bytes");
    if (entry.place + entry.count > file_.bytes()) throw std::runtime_error("it is truncated in " + name.substr(4, name.size() - 5));
    return {entry.place, static_cast<std::uint32_t>(entry.count)};
  }

  std::string text_of(const KeyedEntries::Keyed& one) {
    const std::string name = "its entry `" + one.entry.name + "`";
    if (!one.entry.is_file) throw std::runtime_error(name + " is a link, or no file");
    const auto bytes = reader_.bytes(most_text);
    if (!bytes) throw std::runtime_error(name + " has more than " + std::to_string(most_text) + " bytes, so it is not a class");
    return trimmed(std::string(bytes->begin(), bytes->end()));
  }

  int number_of(std::string text) {
    const auto [found, is_new] = numbers_.try_emplace(std::move(text), static_cast<int>(out_.texts_.size()));
    if (is_new) out_.texts_.push_back(found->first);
    return found->second;
  }

  void finish() {
    if (!sample_) return;
    const Sample sample = *std::exchange(sample_, std::nullopt);
    if (sample.images.size() > 1) {
      const std::string why = dotted_name(sample.images[0]);
      throw Refusal(
          "the sample `" + sample.key + "` has " + std::to_string(sample.images.size()) + " images: " + some_endings(sample.images),
          why.empty() ? "image" : "path",
          why.empty() ? "`image: " + lower(sample.images[0]) + "` chooses one; `masks` names those that are masks" : why);
    }
    if (sample.images.empty()) {
      if (out_.without_image_++ == 0) out_.first_without_image_ = "`" + sample.key + "` has only " + some_endings(sample.endings);
      return;
    }
    out_.keys_ += sample.key;
    out_.ends_.push_back(out_.keys_.size());
    out_.text_of_.push_back(sample.text);
    for (const TarEntry& one : sample.entries) {
      out_.places_.push_back(one.place);
      out_.byte_counts_.push_back(one.count);
    }
  }

  const SampleEndings& endings_;
  PlainFile file_;
  ArchiveReader reader_;
  std::optional<Sample> sample_;
  std::unordered_map<std::string, int> numbers_;  ///< By text.
  TarIndex out_;
};

TarIndex TarIndex::read(const std::filesystem::path& file, const SampleEndings& endings) {
  // Opening a pipe would wait for its writer, so libarchive gets only plain files.
  if (const PlainFile plain(file); !plain.is_open()) throw Refusal("cannot read the tar `" + file.string() + "`: " + plain.why(), "path");
  {
    ArchiveReader first(file, block);
    (void)first.next();
    if (first.is_compressed())
      throw Refusal("the tar `" + file.string() + "` is compressed, so its samples cannot be read in any order", "path",
                    "decompress it, as `gunzip` and `unzstd` do; the images in it are compressed already");
  }
  return Reading(file, endings).all();
}

std::string_view TarIndex::key(std::int64_t sample) const {
  const auto at = static_cast<std::size_t>(sample);
  const std::size_t begin = at == 0 ? 0 : ends_[at - 1];
  return std::string_view(keys_).substr(begin, ends_[at] - begin);
}

}  // namespace leat
