#include "io/split/columns.h"

#include <algorithm>
#include <array>
#include <set>

#include "io/split/folder_files.h"
#include "io/split/spelling.h"
#include "leat/diagnostics.h"

namespace leat {

namespace {

constexpr std::array<std::string_view, 8> known{"image", "class", "label", "group", "patient", "split", "mask", "spacing_mm"};

/// Column names in lists from elsewhere that mean a column of Leat, without `_`, `-` and spaces.
struct Synonyms {
  std::vector<std::string_view> names;  ///< Leat's names of the column.
  std::string_view so;                  ///< The consequence if no such column exists.
  std::vector<std::string_view> words;
};

const std::array<Synonyms, 3>& synonyms() {
  static const std::array<Synonyms, 3> all{
      Synonyms{{"class", "label"},
               "no image has a class",
               {"diagnosis", "diagnoses", "finding", "findings", "findinglabels", "category", "target", "labels", "classes", "classname",
                "classid", "classlabel", "labelname", "disease", "dx"}},
      Synonyms{{"patient"},
               "each image is a patient of its own",
               {"patientid", "patients", "patientname", "subject", "subjectid", "caseid", "person", "personid"}},
      Synonyms{{"split"}, "all rows are one set", {"set", "subset", "partition", "fold", "usage"}}};
  return all;
}

std::string letters_of(const std::string& column) {
  std::string out = lower(column);
  std::erase_if(out, [](char letter) { return letter == '_' || letter == '-' || letter == ' '; });
  return out;
}

bool has(const std::vector<std::string>& columns, std::string_view name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

}  // namespace

std::vector<std::string> read_columns(const std::vector<std::string>& header, const std::string& list_name) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < header.size(); ++k) {
    std::string name = trimmed(header[k]);
    if (std::find(known.begin(), known.end(), lower(name)) != known.end()) name = lower(name);
    const auto first = name.empty() ? out.end() : std::find(out.begin(), out.end(), name);
    if (first != out.end())
      throw Refusal("`" + list_name + "` has two columns `" + name + "`: numbers " + std::to_string(first - out.begin() + 1) + " and " +
                        std::to_string(k + 1),
                    "path");
    out.push_back(std::move(name));
  }
  if (has(out, "class") && has(out, "label"))
    throw Refusal("`" + list_name + "` has a column `class` and a column `label`, but only one of them can hold the classes", "path",
                  "rename one of them");
  return out;
}

std::string column_named(const std::vector<std::string>& columns, std::string_view name) {
  if (has(columns, name)) return std::string(name);
  const std::string wanted = lower(std::string(name));
  std::string found;
  for (const std::string& column : columns) {
    if (lower(column) != wanted) continue;
    if (!found.empty()) return {};
    found = column;
  }
  return found;
}

std::string doubtful_columns(const std::vector<std::string>& columns, const std::string& list_name, bool asks_for_patients) {
  std::string out;
  for (const Synonyms& one : synonyms()) {
    if (!asks_for_patients && one.names[0] == "patient") continue;
    if (std::any_of(one.names.begin(), one.names.end(), [&](std::string_view name) { return has(columns, name); })) continue;
    for (const std::string& column : columns) {
      if (std::find(one.words.begin(), one.words.end(), letters_of(column)) == one.words.end()) continue;
      out += (out.empty() ? "`" + list_name + "` has a column `" : "; it has a column `") + column + "`, but none called `";
      out.append(one.names[0]).append(one.names.size() > 1 ? "` or `" + std::string(one.names[1]) : "").append("`: ").append(one.so);
      break;
    }
  }
  return out;
}

std::string column_text(const std::vector<std::string>& columns) {
  std::string out;
  const std::size_t shown = std::min<std::size_t>(columns.size(), 12);
  for (std::size_t k = 0; k < shown; ++k) out += (k == 0 ? "`" : k + 1 == columns.size() ? " and `" : ", `") + columns[k] + "`";
  return shown < columns.size() ? out + " and " + std::to_string(columns.size() - shown) + " others" : out;
}

}  // namespace leat
