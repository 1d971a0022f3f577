#include "io/split/headers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>

#include "image/decode_picture.h"
#include "io/disk_file.h"
#include "leat/file_contents.h"
#include "leat/picture_format.h"

namespace leat {

namespace {

/// Returns why an image cannot be read, or an empty string if it can. Decodes the file, because many intact files have bytes after the
/// image's last one.
std::string fault_of(const std::filesystem::path& file) {
  try {
    (void)decode_picture(read_whole_file(file), {.has_floats = true});
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// Takes what a file of a plugin's format says. Returns why it cannot be read; empty: it can.
std::string take_header(SplitEntry& entry, const PictureFormat& format) {
  PictureFormat::Header header = format.header(entry.file);
  entry.size = {header.width, header.height};
  entry.bits = header.bits;
  entry.planes = entry.channels.empty() ? header.channels : static_cast<int>(entry.channels.size()) + 1;
  entry.is_of_plugin = true;
  if (entry.patient.empty()) entry.patient = std::move(header.patient);
  entry.facts.merge(header.facts);
  return std::move(header.fault);
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
    if (const PictureFormat* format = find_picture_format(entry.file)) {
      faults[place] = take_header(entry, *format);
      return;
    }
    const auto header = picture_header(entry.file);
    if (header) entry.size = header->size, entry.orientation = header->orientation, entry.bits = header->bits;
    if (header) entry.planes = entry.channels.empty() ? header->channels : static_cast<int>(entry.channels.size()) + 1;
    if (header && header->is_whole) return;
    const std::lock_guard guard(lock);
    doubtful.push_back(place);
  });
  std::sort(doubtful.begin(), doubtful.end());
  const Clock::time_point end = Clock::now() + longest;
  for_each_place(doubtful.size(), [&](std::size_t which, std::vector<char>&) {
    if (which == 0 || Clock::now() < end) faults[doubtful[which]] = fault_of(all.entries[doubtful[which]].file);
    else is_complete = false;
  });
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
