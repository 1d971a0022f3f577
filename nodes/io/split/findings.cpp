#include "io/split/findings.h"

#include <algorithm>

#include "io/split/columns.h"
#include "io/split/merge_rows.h"
#include "leat/diagnostics.h"
#include "leat/unknown.h"

namespace leat {

namespace {

std::string field_of(const SplitEntry& entry, const std::string& column) {
  const auto found = entry.facts.find(column);
  return found == entry.facts.end() ? "" : found->second;
}

/// Returns the first entry whose field is no finding; null: there is none.
const SplitEntry* first_other(const SplitEntries& all, const std::string& column) {
  for (const SplitEntry& entry : all.entries)
    if (finding_in(field_of(entry, column)) == -2) return &entry;
  return nullptr;
}

/// Returns the columns of the wanted findings; none if the list has none of them.
std::vector<std::string> columns_of(const SplitEntries& all, const std::vector<std::string>& wanted) {
  std::vector<std::string> out;
  for (const std::string& name : wanted)
    if (const std::string column = column_named(all.columns, name); !column.empty()) out.push_back(column);
  if (out.empty() || out.size() == wanted.size()) return out;
  const auto lacking =
      std::find_if(wanted.begin(), wanted.end(), [&](const std::string& name) { return column_named(all.columns, name).empty(); });
  throw Refusal("`" + all.list_name + "` has no column `" + *lacking + "`, but columns of other classes", "classes",
                name_hint(*lacking, all.columns));
}

}  // namespace

std::vector<std::string> finding_columns(const SplitEntries& all) {
  std::vector<std::string> out;
  for (const std::string& column : all.columns) {
    const auto is_known = [&](const SplitEntry& entry) { return finding_in(field_of(entry, column)) >= 0; };
    const bool is_other = column == "image" || column == "fold" || column == "spacing_mm";
    if (!is_other && !first_other(all, column) && std::any_of(all.entries.begin(), all.entries.end(), is_known)) out.push_back(column);
  }
  return out;
}

std::vector<std::string> read_findings(SplitEntries& all, const std::vector<std::string>& wanted, std::vector<std::string>& absent) {
  const std::vector<std::string> columns = wanted.empty() ? finding_columns(all) : columns_of(all, wanted);
  if (columns.empty()) return {};
  all.used_columns.insert(columns.begin(), columns.end());
  for (const std::string& column : columns)
    if (const SplitEntry* other = first_other(all, column))
      throw Refusal(all.place_of(*other) + " has `" + field_of(*other, column) + "` in the column `" + column +
                        "`, which is not a finding: 1, 0, or -1 or nothing if it is unknown",
                    "classes");
  std::vector<char> occurs(columns.size(), 0);
  for (SplitEntry& entry : all.entries) {
    std::vector<std::uint8_t> several;
    for (const std::string& column : columns) {
      const int finding = finding_in(field_of(entry, column));
      several.push_back(finding < 0 ? unknown::finding : static_cast<std::uint8_t>(finding));
      occurs[several.size() - 1] |= static_cast<char>(finding == 1);
      entry.facts.erase(column);
    }
    // An image of which nothing is known has no label.
    if (std::any_of(several.begin(), several.end(), [](std::uint8_t one) { return one != unknown::finding; }))
      entry.label.several = std::move(several);
  }
  const std::vector<std::string>& names = wanted.empty() ? columns : wanted;
  for (std::size_t k = 0; k < names.size(); ++k)
    if (!occurs[k]) absent.push_back(names[k]);
  all.taken.push_back("the findings are the columns " + column_text(columns));
  return names;
}

}  // namespace leat
