#include "io/split/headers.h"

#include <chrono>
#include <stdexcept>

#include "image/decode_picture.h"
#include "io/disk_file.h"

namespace leat {

namespace {

/// Returns why an image cannot be read, or an empty string if it can. Many intact files have other bytes behind their end.
std::string fault_of(const std::filesystem::path& file) {
  try {
    (void)decode_picture(read_whole_file(file));
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
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
  std::chrono::steady_clock::duration spent{};
  Count turned, unreadable;
  bool is_complete = true;
  for (SplitEntry& entry : all.entries) {
    const auto header = picture_header(entry.file);
    if (header) entry.size = header->size, entry.orientation = header->orientation;
    if (entry.orientation != 1) turned.add(entry);
    if (header && header->is_whole) continue;
    if (spent >= longest) {
      is_complete = false;
      continue;
    }
    const auto begin = std::chrono::steady_clock::now();
    if (std::string why = fault_of(entry.file); !why.empty()) unreadable.add(entry, std::move(why));
    spent += std::chrono::steady_clock::now() - begin;
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
