#include "io/split/headers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>

#include "image/decode_picture.h"
#include "io/disk_file.h"
#include "io/mask_picture.h"
#include "leat/file_contents.h"
#include "leat/picture_format.h"

namespace leat {

namespace {

/// Returns why an image cannot be read, or an empty string if it can. Decodes its files, because many intact files have bytes after the
/// image's last one.
std::string fault_of(const SplitEntry& entry) {
  const std::filesystem::path* file = &entry.file;
  try {
    (void)decode_picture(read_whole_file(*file), {.has_floats = true});
    for (const std::filesystem::path& channel : entry.channels)
      if (file = &channel; !find_picture_format(channel)) (void)decode_picture(read_whole_file(channel), {.has_floats = true});
    return {};
  } catch (const std::exception& error) {
    return (file == &entry.file ? "" : "`" + file->filename().string() + "`: ") + error.what();
  }
}

/// Takes what a file of a plugin's format says. Returns why it cannot be read; empty: it can.
std::string take_header(SplitEntry& entry, const PictureFormat& format) {
  PictureFormat::Header header = format.header(entry.file);
  entry.size = {header.width, header.height};
  entry.bits = header.bits;
  entry.planes = entry.channels.empty() ? header.channels : static_cast<int>(entry.channels.size()) + 1;
  entry.is_of_plugin = true;
  entry.header_patient = std::move(header.patient);
  entry.facts.merge(header.facts);
  return std::move(header.fault);
}

/// Gives the images the patients of their headers, if a list names none. One name for all of many images says nothing, as in files whose
/// patients were made anonymous.
void take_patients(SplitEntries& all) {
  std::set<std::string> names;
  std::size_t count = 0;
  for (const SplitEntry& entry : all.entries) {
    if (entry.header_patient.empty()) continue;
    names.insert(entry.header_patient);
    ++count;
  }
  const bool says_nothing = names.size() == 1 && count >= 10;
  if (says_nothing)
    all.warnings.push_back("the headers of " + some_of(count, all.entries.size(), "image") + " name the same patient, `" + *names.begin() +
                           "`, which is taken for none");
  for (SplitEntry& entry : all.entries) {
    if (says_nothing) entry.header_patient.clear();
    if (entry.patient.empty()) entry.patient = entry.header_patient;
  }
}

/// What the header of a further channel says.
struct ChannelHeader {
  PictureSize size;
  int bits = 0;
  bool is_whole = true;  ///< As in PictureHeader; false without a header.
  std::string fault;
};

ChannelHeader header_of(const std::filesystem::path& file) {
  if (const PictureFormat* format = find_picture_format(file)) {
    PictureFormat::Header header = format->header(file);
    return {{header.width, header.height}, header.bits, true, std::move(header.fault)};
  }
  const auto header = picture_header(file);
  return header ? ChannelHeader{header->size, header->bits, header->is_whole, {}} : ChannelHeader{{}, 0, false, {}};
}

std::string kind_words(PictureSize size, int bits) {
  return words(size) + (bits == 0 ? "" : bits == 32 ? ", floats" : ", " + std::to_string(bits) + " bit");
}

/// Compares the further files of an image with its first. Returns why the image cannot be read; empty: it can. Clears `are_whole` if one of
/// them may be truncated.
std::string fault_of_channels(const SplitEntry& entry, bool& are_whole) {
  for (const std::filesystem::path& file : entry.channels) {
    ChannelHeader header = header_of(file);
    are_whole = are_whole && header.is_whole;
    const std::string name = "`" + file.filename().string() + "`";
    if (!header.fault.empty()) return name + ": " + header.fault;
    if (header.size.pixels() == 0 || entry.size.pixels() == 0) continue;
    const bool has_other_bits = header.bits > 0 && entry.bits > 0 && header.bits != entry.bits;
    if (header.size == entry.size && !has_other_bits) continue;
    const int first_bits = has_other_bits ? entry.bits : 0, bits = has_other_bits ? header.bits : 0;
    return "the files of an image must have one size and depth, but `" + entry.file.filename().string() + "` has " +
           kind_words(entry.size, first_bits) + ", and " + name + " has " + kind_words(header.size, bits);
  }
  return {};
}

/// Counts entries with a property, and keeps the first.
struct Count {
  std::size_t count = 0;
  std::string first;
  std::string why;

  void add(const SplitEntry& entry, std::string reason = {}) {
    if (count++ > 0) return;
    first = entry.id;
    why = std::move(reason);
  }
};

}  // namespace

void read_headers(SplitEntries& all, std::chrono::steady_clock::duration longest) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::string> faults(all.entries.size());
  std::vector<std::size_t> doubtful;
  std::mutex lock;
  std::atomic<bool> is_complete{true};
  for_each_place(all.entries.size(), [&](std::size_t place, std::vector<char>&) {
    SplitEntry& entry = all.entries[place];
    bool are_whole = true;
    if (const PictureFormat* format = find_picture_format(entry.file)) {
      faults[place] = take_header(entry, *format);
    } else if (const auto header = picture_header(entry.file)) {
      entry.size = header->size, entry.orientation = header->orientation, entry.bits = header->bits;
      entry.planes = entry.channels.empty() ? header->channels : static_cast<int>(entry.channels.size()) + 1;
      are_whole = header->is_whole;
    } else {
      are_whole = false;
    }
    if (faults[place].empty()) faults[place] = fault_of_channels(entry, are_whole);
    if (are_whole || entry.is_of_plugin || !faults[place].empty()) return;
    const std::lock_guard guard(lock);
    doubtful.push_back(place);
  });
  std::sort(doubtful.begin(), doubtful.end());
  const Clock::time_point end = Clock::now() + longest;
  for_each_place(doubtful.size(), [&](std::size_t which, std::vector<char>&) {
    if (which == 0 || Clock::now() < end) faults[doubtful[which]] = fault_of(all.entries[doubtful[which]]);
    else is_complete = false;
  });
  take_patients(all);
  Count turned, unreadable;
  for (std::size_t k = 0; k < all.entries.size(); ++k) {
    if (all.entries[k].orientation != 1) turned.add(all.entries[k]);
    if (!faults[k].empty()) unreadable.add(all.entries[k], std::move(faults[k]));
  }
  if (turned.count > 0)
    all.warnings.push_back(some_of(turned.count, all.entries.size(), "image") +
                           (turned.count == 1 ? " states an orientation, and is" : " state an orientation, and are") +
                           " turned upright; the first is `" + turned.first + "`");
  if (unreadable.count > 0)
    all.warnings.push_back((is_complete ? "" : "at least ") + some_of(unreadable.count, all.entries.size(), "image") +
                           " cannot be read; the first is `" + unreadable.first + "`: " + unreadable.why);
}

}  // namespace leat
