#include "io/guess/patient.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string_view>

namespace leat::guess {

namespace {

/// A rule by which names often state the patient.
struct KnownRule {
  const char* pattern;
  const char* strict;  ///< The same, without a match in names that lack the mark behind the patient.
  const char* words;
};
constexpr KnownRule known_rules[] = {{"patient[0-9]+/", "patient[0-9]+/", "in its folder `patient…`"},
                                     {"^[^_]+", "^[^_]+(?=_)", "before the first `_`"},
                                     {"^[^-]+", "^[^-]+(?=-)", "before the first `-`"},
                                     {"^[^ ]+", "^[^ ]+(?= )", "before the first blank"}};

/// The images of each patient by a rule. An image that the rule does not match has a patient of its own.
struct Grouped {
  std::map<std::string, std::size_t> counts;
  std::size_t others = 0;
  bool are_others_apart = true;  ///< The names of the others differ, also without their folders.
};

Grouped groups_by(const KnownRule& rule, const std::vector<SplitEntry>& entries) {
  const std::regex pattern(rule.strict);
  const bool is_of_path = std::string_view(rule.pattern).find('/') != std::string_view::npos;
  Grouped out;
  std::set<std::string> others;
  for (const SplitEntry& entry : entries) {
    const std::string name = entry.file.filename().string();
    const std::string where = is_of_path ? entry.id : name;
    std::smatch match;
    if (std::regex_search(where, match, pattern)) {
      ++out.counts[match.str()];
      continue;
    }
    ++out.others;
    out.are_others_apart = others.insert(name).second && out.are_others_apart;
  }
  return out;
}

}  // namespace

PatientRule find_patient_rule(const std::vector<SplitEntry>& entries) {
  for (const KnownRule& rule : known_rules) {
    const Grouped groups = groups_by(rule, entries);
    std::size_t together = 0, largest = 0;
    for (const auto& [name, count] : groups.counts) {
      together += count > 1 ? count : 0;
      largest = std::max(largest, count);
    }
    if (5 * together >= entries.size() && 10 * largest <= entries.size())
      return {groups.are_others_apart ? rule.pattern : rule.strict, rule.words, groups.counts.size() + groups.others};
  }
  return {};
}

}  // namespace leat::guess
