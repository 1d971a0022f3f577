#include "io/tars/keyed_entries.h"

#include <algorithm>
#include <stdexcept>

#include "leat/wording.h"

namespace leat {

namespace {

/// Returns true for `__a__`.
bool is_of_metadata(const std::string& name) { return name.size() >= 4 && name.starts_with("__") && name.ends_with("__"); }

/// Returns the length of the key in an entry's name; 0: it has none. `__a__/b` and `__a__.json` are metadata.
std::size_t key_in(const std::string& name) {
  const std::size_t slash = name.rfind('/'), file = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t dot = name.find('.', file);
  if (dot == std::string::npos || dot == file) return 0;
  return is_of_metadata(name.substr(0, name.find('/'))) || is_of_metadata(name.substr(file, dot - file)) ? 0 : dot;
}

}  // namespace

std::string some_endings(std::vector<std::string> endings) {
  constexpr std::size_t most = 5;
  const std::size_t more = endings.size() > most ? endings.size() - most : 0;
  endings.resize(std::min(endings.size(), most));
  return joined(endings) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

std::string dotted_name(const std::string& ending) {
  const bool is_dotted = std::count(ending.begin(), ending.end(), '.') > 1 ||
                         std::any_of(ending.begin(), ending.begin() + static_cast<std::ptrdiff_t>(ending.rfind('.') + 1),
                                     [](char one) { return one >= '0' && one <= '9'; });
  return is_dotted ? "a key ends at the first dot of the file name, so names with several dots need others in their place" : "";
}

std::optional<KeyedEntries::Keyed> KeyedEntries::next() {
  while (std::optional<ArchiveReader::Entry> entry = entries_.next()) {
    ++count_;
    if (entry->is_folder) continue;
    const std::size_t length = key_in(entry->name);
    if (length == 0) {
      ++left_out_;
      continue;
    }
    Keyed out;
    out.key = entry->name.substr(0, length);
    out.ending = entry->name.substr(length + 1);
    out.begins = seen_.empty() || out.key != key_;
    if (out.begins) {
      if (const auto [found, is_new] = seen_.try_emplace(out.key, count_); !is_new) {
        const std::string why = dotted_name(out.ending);
        throw std::runtime_error("the key `" + out.key + "` is there twice: entry " + std::to_string(count_) + ", `" + entry->name +
                                 "`, does not follow the sample that begins with entry " + std::to_string(found->second) +
                                 (why.empty() ? "" : "; " + why));
      }
      key_ = out.key;
    }
    out.entry = std::move(*entry);
    return out;
  }
  return {};
}

}  // namespace leat
