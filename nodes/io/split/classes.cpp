#include "io/split/classes.h"

#include <algorithm>
#include <map>
#include <set>

#include "io/split/findings.h"
#include "io/split/folder_files.h"
#include "io/split/spelling.h"
#include "leat/diagnostics.h"
#include "leat/wording.h"

namespace leat {

namespace {

/// Returns true if a word means that an image has none of the classes: `none`, `No Finding`, `no_findings`, in German or in any case.
bool is_none(const std::string& name) {
  std::string letters = lower(name);
  std::erase_if(letters, [](char letter) { return letter == ' ' || letter == '_' || letter == '-'; });
  for (const char* word : {"none", "nofinding", "nofindings", "keine", "keinbefund", "ohnebefund"})
    if (letters == word) return true;
  return false;
}

/// Returns the words of an entry with several classes, written as `a;b` or `a|b`.
std::vector<std::string> words_of(const SplitEntry& entry) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= entry.class_name.size();) {
    const std::size_t end = std::min(entry.class_name.find_first_of(";|", at), entry.class_name.size());
    std::string name = trimmed(entry.class_name.substr(at, end - at));
    if (!name.empty()) out.push_back(std::move(name));
    at = end + 1;
  }
  return out;
}

bool is_class(const std::string& word, const std::vector<std::string>& wanted) {
  return std::find(wanted.begin(), wanted.end(), word) != wanted.end() || !is_none(word);
}

/// Returns the classes of an entry. Words such as `none` and `No Finding` are not classes of several, unless they are wanted.
std::vector<std::string> names_of(const SplitEntry& entry, bool is_multi_label, const std::vector<std::string>& wanted) {
  if (entry.class_name.empty()) return {};
  if (!is_multi_label) return {entry.class_name};
  std::vector<std::string> out = words_of(entry);
  std::erase_if(out, [&](const std::string& word) { return !is_class(word, wanted); });
  return out;
}

/// Says which words were read as no finding.
void tell_none(SplitEntries& all, const std::vector<std::string>& wanted) {
  std::map<std::string, std::size_t> counts;
  for (const SplitEntry& entry : all.entries)
    for (const std::string& word : words_of(entry))
      if (!is_class(word, wanted)) ++counts[word];
  for (const auto& [word, count] : counts) all.taken.push_back("`" + word + "` of " + counted(count, "image") + " means no finding");
}

[[noreturn]] void refuse_name(const SplitEntries& all, const SplitEntry& entry, const std::string& name,
                              const std::vector<std::string>& wanted) {
  const std::string subject = all.is_list ? all.place_of(entry) + " has the class `" + name + "`, which" : "the folder `" + name + "`";
  throw Refusal(subject + " is not one of the classes", "classes", name_hint(name, wanted));
}

/// The name of each class by its plain spelling: as wanted, else as it was found first in the alphabet.
class Spellings {
 public:
  Spellings(const SplitEntries& all, bool is_multi_label, const std::vector<std::string>& wanted) {
    std::set<std::string> found;
    for (const SplitEntry& entry : all.entries)
      for (std::string& name : names_of(entry, is_multi_label, wanted)) found.insert(std::move(name));
    for (const std::string& name : wanted) names_.emplace(plain_spelling(name), name);
    for (const std::string& name : found) {
      const auto [at, is_new] = names_.emplace(plain_spelling(name), name);
      if (is_new) found_.push_back(name);
      else if (at->second != name) others_.emplace_back(at->second, name);
    }
  }

  [[nodiscard]] const std::string& operator()(const std::string& name) const { return names_.at(plain_spelling(name)); }
  [[nodiscard]] const std::vector<std::string>& found() const { return found_; }  ///< Names that are not wanted, one per class, sorted.

  void tell(SplitEntries& all) const {
    for (const auto& [name, other] : others_)
      all.warnings.push_back("the classes `" + spelled_out(name) + "` and `" + spelled_out(other) +
                             "` differ in blanks or Unicode form only, and are read as one class, the first");
  }

 private:
  std::map<std::string, std::string> names_;
  std::vector<std::string> found_;
  std::vector<std::pair<std::string, std::string>> others_;
};

}  // namespace

std::vector<std::string> resolve_classes(SplitEntries& all, const std::vector<std::string>& wanted, bool is_multi_label,
                                         std::vector<std::string>& absent) {
  if (is_multi_label && !all.is_list)
    throw Refusal("`multi_label` needs a list, because folders give an image one class only", "multi_label");
  const bool has_names =
      std::any_of(all.entries.begin(), all.entries.end(), [](const SplitEntry& entry) { return !entry.class_name.empty(); });
  if (is_multi_label && !has_names)
    if (const std::vector<std::string> names = read_findings(all, wanted, absent); !names.empty()) return names;
  const Spellings spelling(all, is_multi_label, wanted);
  spelling.tell(all);
  if (is_multi_label) tell_none(all, wanted);
  const std::vector<std::string> names = wanted.empty() ? spelling.found() : wanted;
  std::set<std::string> plain;
  for (const std::string& name : names) plain.insert(plain_spelling(name));
  if (plain.size() < names.size()) throw Refusal("`classes` names a class twice", "classes");
  std::vector<std::size_t> counts(names.size(), 0);
  bool is_any_known = false;
  for (SplitEntry& entry : all.entries) {
    if (entry.class_name.empty()) continue;
    is_any_known = true;
    if (is_multi_label) entry.label.several.assign(names.size(), 0);
    for (const std::string& written : names_of(entry, is_multi_label, wanted)) {
      const std::string& name = spelling(written);
      if (!is_multi_label) entry.class_name = name;
      const auto at = std::find(names.begin(), names.end(), name);
      if (at == names.end()) refuse_name(all, entry, name, names);
      const auto index = static_cast<std::size_t>(at - names.begin());
      ++counts[index];
      if (is_multi_label) entry.label.several[index] = 1;
      else entry.label.index = static_cast<int>(index);
    }
  }
  if (!is_any_known) return {};
  for (std::size_t k = 0; k < names.size(); ++k)
    if (counts[k] == 0) absent.push_back(names[k]);
  return names;
}

std::string different_classes(const std::vector<SplitEntry>& entries, const std::vector<int>& twins) {
  std::size_t pairs = 0;
  std::string first;
  const auto words = [](const SplitEntry& entry) { return "`" + entry.id + "` (`" + entry.class_name + "`)"; };
  std::map<int, const SplitEntry*> known;  // The first with a class, by the first with these bytes.
  for (std::size_t k = 0; k < entries.size(); ++k) {
    const SplitEntry& other = entries[k];
    if (other.class_name.empty()) continue;
    const SplitEntry& one = *known.emplace(twins[k], &other).first->second;
    if (one.label.index == other.label.index && one.label.several == other.label.several) continue;
    if (pairs++ == 0) first = words(one) + " and " + words(other);
  }
  if (pairs == 0) return {};
  return first + " have the same bytes, but different classes" +
         (pairs > 1 ? "; this holds for " + std::to_string(pairs - 1) + (pairs == 2 ? " other pair too" : " other pairs too") : "");
}

std::pair<std::vector<int>, int> strata_of(const std::vector<SplitEntry>& entries, int classes) {
  std::vector<int> out;
  std::map<std::string, int> sets;
  for (const SplitEntry& entry : entries) {
    const Label& label = entry.label;
    out.push_back(label.several.empty()
                      ? label.index
                      : sets.emplace(std::string(label.several.begin(), label.several.end()), static_cast<int>(sets.size())).first->second);
  }
  return {std::move(out), std::max(1, sets.empty() ? classes : static_cast<int>(sets.size()))};
}

}  // namespace leat
