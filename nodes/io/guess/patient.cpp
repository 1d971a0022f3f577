#include "io/guess/patient.h"

#include <algorithm>
#include <map>
#include <regex>
#include <string_view>

namespace leat::guess {

namespace {

struct KnownRule {
  const char* pattern;
  const char* words;
};
constexpr KnownRule known_rules[] = {{"patient[0-9]+/", "in its folder `patient…`"},
                                     {"^[^_]+", "before the first `_`"},
                                     {"^[^-]+", "before the first `-`"},
                                     {"^[^ ]+", "before the first blank"}};

/// Returns the number of images of each patient.
std::map<std::string, std::size_t> groups_by(const KnownRule& rule, const std::vector<SplitEntry>& entries) {
  const std::regex pattern(rule.pattern);
  const bool is_of_path = std::string_view(rule.pattern).find('/') != std::string_view::npos;
  std::map<std::string, std::size_t> out;
  for (const SplitEntry& entry : entries) {
    const std::string name = entry.file.stem().string();
    const std::string where = is_of_path ? entry.id : name;
    std::smatch match;
    ++out[std::regex_search(where, match, pattern) ? match.str() : name];
  }
  return out;
}

}  // namespace

PatientRule find_patient_rule(const std::vector<SplitEntry>& entries) {
  for (const KnownRule& rule : known_rules) {
    const std::map<std::string, std::size_t> groups = groups_by(rule, entries);
    std::size_t together = 0, largest = 0;
    for (const auto& [name, count] : groups) {
      together += count > 1 ? count : 0;
      largest = std::max(largest, count);
    }
    if (5 * together >= entries.size() && 10 * largest <= entries.size()) return {rule.pattern, rule.words, groups.size()};
  }
  return {};
}

}  // namespace leat::guess
