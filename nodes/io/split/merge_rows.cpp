#include "io/split/merge_rows.h"

#include <algorithm>
#include <set>

#include "leat/diagnostics.h"
#include "leat/spelling.h"
#include "leat/wording.h"

namespace leat {

int finding_in(const std::string& field) {
  std::string text = trimmed(field);
  std::replace(text.begin(), text.end(), ',', '.');
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  if (text.empty() || text == "-1" || lower(text) == "ignore") return -1;
  return text == "1" ? 1 : text == "0" ? 0 : -2;
}

std::string fold_in(const std::string& field) {
  std::string text = field;
  if (text.ends_with(".0") || text.ends_with(",0")) text.resize(text.size() - 2);
  if (text == "-1") return {};
  const bool is_number = !text.empty() && text.size() < 9 && text.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? std::to_string(std::stoi(text)) : field;
}

void RowMerge::add(SplitEntry entry) {
  const auto [place, is_new] = places_.emplace(entry.id, all_.entries.size());
  if (is_new) {
    all_.entries.push_back(std::move(entry));
    return;
  }
  join(all_.entries[place->second], entry);
  if (joined_++ == 0)
    first_ = all_.place_of(entry) + " and line " + std::to_string(all_.entries[place->second].line) + " name `" + entry.id + "`";
}

void RowMerge::join_field(std::string& first, const std::string& other, const SplitEntry& one, const SplitEntry& two, const char* what) {
  if (first.empty()) first = other;
  if (other.empty() || other == first) return;
  throw Refusal(all_.place_of(two) + " gives `" + two.id + "` the " + what + " `" + other + "`, but line " + std::to_string(one.line) +
                    " gives it `" + first + "`",
                "path", std::string_view(what) == "class" ? "with `multi_label: true`, an image can have several" : "");
}

void RowMerge::join(SplitEntry& first, SplitEntry& other) {
  if (has_findings_ && !first.class_name.empty() && !other.class_name.empty()) first.class_name += '|' + other.class_name;
  else join_field(first.class_name, other.class_name, first, other, "class");
  join_field(first.patient, other.patient, first, other, "patient");
  join_field(first.group, other.group, first, other, "group");
  join_field(first.rows, other.rows, first, other, "part");
  join_field(first.fold, other.fold, first, other, "fold");
  if (first.channels != other.channels)
    throw Refusal(all_.place_of(other) + " gives `" + other.id + "` other channels than line " + std::to_string(first.line), "path");
  for (const auto& [name, field] : other.facts) {
    std::string& known = first.facts[name];
    const int one = finding_in(known), two = finding_in(field);
    const bool are_findings = one != -2 && two != -2;
    if (has_findings_ && are_findings && one >= 0 && two >= 0 && one != two)
      throw Refusal(all_.place_of(other) + " says `" + field + "` of `" + name + "` for `" + other.id + "`, but line " +
                        std::to_string(first.line) + " says `" + known + "`",
                    "path");
    if (known.empty() || (are_findings && one < 0)) known = field;
    else if (known != field && !(are_findings && two < 0)) known += " | " + field;
  }
}

void RowMerge::tell() {
  if (joined_ > 0)
    all_.taken.push_back(counted(joined_, "row") + " of images that other rows name are joined with them; the first: " + first_);
}

}  // namespace leat
