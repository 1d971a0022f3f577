#include "io/split/spelling.h"

#include <map>

#include "io/split/folder_files.h"

namespace leat {

std::pair<std::string, std::string> similar_names(const std::vector<std::string>& names) {
  std::map<std::string, std::string> first;
  for (const std::string& name : names) {
    const auto [found, is_new] = first.emplace(lower(plain_spelling(name)), name);
    if (is_new) continue;
    const bool is_case = lower(found->second) == lower(name);
    return {"`" + spelled_out(found->second) + "` and `" + spelled_out(name) + "`",
            is_case ? "case only" : "case, blanks or Unicode form only"};
  }
  return {};
}

}  // namespace leat
