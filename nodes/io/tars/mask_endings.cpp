#include "io/tars/mask_endings.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <system_error>

#include "io/split/folder_files.h"
#include "leat/diagnostics.h"

namespace leat {

namespace {

struct Written {
  std::string name;
  std::string ending;
  std::vector<int> numbers;  ///< Empty: a mask.
};

[[noreturn]] void refuse(const std::string& text) {
  throw Refusal("`" + text + "` names no mask", "masks",
                "write NAME=ENDING, such as `lungs=mask.png`; `lungs=seg.png:1+2` has the numbers of a label map");
}

/// Returns the numbers of `1+2`; empty: the text is something else.
std::vector<int> numbers_in(const std::string& text) {
  constexpr int most = 65535;
  std::vector<int> out;
  const char *at = text.data(), *const end = at + text.size();
  while (at != end) {
    int number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || number < 0 || number > most || (next != end && (*next != '+' || next + 1 == end))) return {};
    out.push_back(number);
    at = next == end ? end : next + 1;
  }
  return out;
}

Written parsed(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) refuse(text);
  Written out{text.substr(0, equals), lower(text.substr(equals + 1)), {}};
  if (const std::size_t colon = out.ending.find(':'); colon != std::string::npos) {
    out.numbers = numbers_in(out.ending.substr(colon + 1));
    if (out.numbers.empty()) refuse(text);
    out.ending.resize(colon);
  }
  if (out.ending.starts_with('.')) out.ending.erase(0, 1);
  if (out.ending.empty() || out.name.find('/') != std::string::npos || out.ending.find('/') != std::string::npos) refuse(text);
  return out;
}

/// Throws Refusal if two structures have one entry, but not as numbers of a label map.
void check_shared(const std::vector<Written>& all) {
  for (std::size_t k = 0; k < all.size(); ++k)
    for (std::size_t before = 0; before < k; ++before) {
      if (all[before].name == all[k].name) throw Refusal("two masks are called `" + all[k].name + "`", "masks");
      if (all[before].ending != all[k].ending || (!all[before].numbers.empty() && !all[k].numbers.empty())) continue;
      throw Refusal("the masks of `" + all[before].name + "` and of `" + all[k].name + "` are both `" + all[k].ending + "`", "masks",
                    "a label map needs its numbers in each structure, as in `" + all[k].name + "=" + all[k].ending + ":2`");
    }
}

}  // namespace

MaskEndings read_mask_endings(const std::vector<std::string>& texts, int unknown) {
  std::vector<Written> all;
  for (const std::string& text : texts) all.push_back(parsed(text));
  check_shared(all);
  MaskEndings out;
  for (const Written& one : all) {
    std::set<int> named;
    for (const Written& other : all)
      if (other.ending == one.ending) named.insert(other.numbers.begin(), other.numbers.end());
    if (named.contains(unknown))
      throw Refusal("`void` is " + std::to_string(unknown) + ", which `masks` names as a structure of `" + one.ending + "`", "void");
    auto found = std::find(out.endings.begin(), out.endings.end(), one.ending);
    if (found == out.endings.end()) found = out.endings.insert(found, one.ending);
    out.names.push_back(one.name);
    out.ending_of.push_back(static_cast<std::size_t>(found - out.endings.begin()));
    out.maps.push_back({one.numbers.empty() ? LabelMap() : LabelMap{one.numbers, {named.begin(), named.end()}, unknown}});
  }
  const bool has_map = std::any_of(all.begin(), all.end(), [](const Written& one) { return !one.numbers.empty(); });
  if (unknown >= 0 && !has_map) throw Refusal("`void` is a number of label maps, but `masks` names none", "void");
  return out;
}

}  // namespace leat
