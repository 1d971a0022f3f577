#include "io/tars/copied_tars.h"

#include <map>
#include <string_view>
#include <utility>

#include "leat/diagnostics.h"
#include "leat/file_contents.h"

namespace leat {

void check_copies(const TarList& tars, const std::vector<TarIndex>& indexes) {
  std::map<std::pair<std::int64_t, std::string_view>, std::vector<std::size_t>> alike;
  for (std::size_t k = 0; k < indexes.size(); ++k)
    if (indexes[k].size() > 0) alike[indexes[k].size_and_keys()].push_back(k);
  std::vector<char> buffer;
  for (const auto& [size_and_keys, places] : alike) {
    if (places.size() < 2) continue;
    std::map<std::uint64_t, std::size_t> first;
    for (const std::size_t k : places) {
      const std::uint64_t hash = hash_of_file(tars.files[k], size_and_keys.first, Extent::Whole, buffer);
      const auto [other, is_new] = first.try_emplace(hash, k);
      if (hash == 0 || is_new) continue;
      throw Refusal("`" + tars.files[other->second].string() + "` and `" + tars.files[k].string() + "` have the same bytes", "path",
                    "leave one of them out; otherwise, its samples come twice in each epoch");
    }
  }
}

}  // namespace leat
