#include "io/split/columns.h"

#include <algorithm>
#include <array>

#include "io/split/folder_files.h"
#include "io/split/spelling.h"
#include "leat/diagnostics.h"

namespace leat {

namespace {

/// A meaning that a column can have.
struct Role {
  std::string_view name;                ///< Leat's name of the column, and its name in the parameter `columns`.
  std::string_view other;               ///< Another name of Leat; empty: none.
  std::string_view words;               ///< "the image".
  std::vector<std::string_view> names;  ///< In lists from elsewhere, as from `letters_of`. docs/graphs.md has them, too.
};

const std::vector<Role>& roles() {
  static const std::vector<Role> all{
      {"image", "", "the image", {"filename",  "file",          "filepath",      "path",    "imagepath", "imagefile", "imagefilename",
                                  "imagename", "imageindex",    "imageid",       "img",     "imgpath",   "imgname",   "picture",
                                  "dateiname", "datei",         "dateipfad",     "pfad",    "bild",      "bilddatei", "bildname",
                                  "bildpfad",  "bilddateiname", "imagefilepath", "imgfile", "imgid"}},
      {"class", "label", "the class", {"diagnosis", "diagnoses", "finding", "findings",  "findinglabel", "findinglabels", "category",
                                       "target",    "labels",    "classes", "classname", "classid",      "classlabel",    "labelname",
                                       "disease",   "dx",        "klasse",  "diagnose",  "befund",       "befunde",       "kategorie"}},
      {"patient",
       "",
       "the patient",
       {"patientid",
        "patients",
        "patientname",
        "patientnumber",
        "patientno",
        "patientnum",
        "patientcode",
        "patientkey",
        "pat",
        "patid",
        "patno",
        "patnr",
        "patnum",
        "patnumber",
        "patname",
        "patcode",
        "pid",
        "mrn",
        "medicalrecordnumber",
        "subject",
        "subjects",
        "subjectid",
        "subjectno",
        "subjectnumber",
        "subjectname",
        "subjid",
        "participant",
        "participantid",
        "caseid",
        "caseno",
        "casenumber",
        "person",
        "personid",
        "patientin",
        "patienten",
        "patientennummer",
        "patientennr",
        "patientnr",
        "patientnummer",
        "patnummer",
        "patientenid",
        "patientenname",
        "patientenkennung",
        "patientencode",
        "fall",
        "fallnummer",
        "fallnr",
        "fallid",
        "personennummer",
        "personennr",
        "proband",
        "probandid",
        "probandenid",
        "probandennr",
        "probandennummer"}},
      {"group", "", "the group", {"gruppe"}},
      {"split", "", "the part", {"set", "subset", "partition", "usage", "teil", "aufteilung"}},
      {"fold", "", "the fold", {"folds", "foldid"}},
      {"mask", "", "the mask", {"maskpath", "maskfile", "maskfilename", "maske", "maskendatei", "maskenpfad"}}};
  return all;
}

/// Returns a name in lower case, without `_`, `-`, `.`, `#`, `/` and spaces.
std::string letters_of(const std::string& column) {
  std::string out = lower(column);
  std::erase_if(out, [](char letter) { return std::string_view("_-.#/ ").find(letter) != std::string_view::npos; });
  return out;
}

/// Returns the words of a name, in lower case: `pat` and `code` of `PatCode`, `pat_code` and `Pat. Code`.
std::vector<std::string> words_of(const std::string& column) {
  std::vector<std::string> out;
  bool is_inside = false, was_small = false;
  for (const char letter : column) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool is_capital = byte >= 'A' && byte <= 'Z', is_small = (byte >= 'a' && byte <= 'z') || byte >= 0x80;
    if (!is_capital && !is_small) {
      is_inside = false;
      continue;
    }
    if (!is_inside || (is_capital && was_small)) out.emplace_back();
    out.back() += is_capital ? static_cast<char>(byte - 'A' + 'a') : letter;
    is_inside = true;
    was_small = is_small;
  }
  return out;
}

bool has(const std::vector<std::string>& columns, std::string_view name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

/// Returns the places of the columns for which `is_such`.
template <class Such>
std::vector<std::size_t> places(const std::vector<std::string>& columns, Such is_such) {
  std::vector<std::size_t> out;
  for (std::size_t k = 0; k < columns.size(); ++k)
    if (!columns[k].empty() && is_such(columns[k])) out.push_back(k);
  return out;
}

/// A choice of the parameter `columns`.
struct Chosen {
  const Role* role;
  std::string column;
};

std::vector<Chosen> choices_in(const std::vector<std::string>& texts) {
  std::vector<Chosen> out;
  std::vector<std::string> names;
  for (const Role& role : roles()) names.emplace_back(role.name);
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const auto role = std::find_if(roles().begin(), roles().end(), [&](const Role& one) { return one.name == name; });
    if (equals == std::string::npos || role == roles().end())
      throw Refusal("`" + text + "` does not say what a column is", "columns",
                    equals == std::string::npos ? "write MEANING=COLUMN, such as `class=diagnosis`" : name_hint(name, names));
    if (std::any_of(out.begin(), out.end(), [&](const Chosen& one) { return one.role == &*role; }))
      throw Refusal("`columns` chooses `" + name + "` twice", "columns");
    out.push_back({&*role, trimmed(text.substr(equals + 1))});
  }
  return out;
}

[[noreturn]] void refuse_two(const std::vector<std::string>& header, const std::string& list_name, const Role& role, std::size_t one,
                             std::size_t other) {
  const std::string name(role.name);
  throw Refusal(
      "`" + list_name + "` has the columns `" + header[one] + "` and `" + header[other] + "`, which both can be " + std::string(role.words),
      "columns", "choose one: `columns: [" + name + "=" + header[one] + "]`; `columns: [" + name + "=]` means none of them");
}

}  // namespace

std::optional<std::size_t> identity_column(const std::vector<std::string>& columns) {
  for (const std::string_view name : {"sopinstanceuid", "sopuid", "instanceuid", "seriesinstanceuid", "seriesuid", "studyinstanceuid",
                                      "studyuid", "accessionnumber", "accession", "patient"})
    for (std::size_t k = 0; k < columns.size(); ++k)
      if (letters_of(columns[k]) == name) return k;
  return {};
}

ListColumns read_columns(const std::vector<std::string>& header, const std::string& list_name, const std::vector<std::string>& chosen) {
  ListColumns out;
  for (const std::string& name : header) out.names.push_back(trimmed(name));
  std::vector<std::string>& names = out.names;
  const std::vector<std::string> written = names;
  const std::vector<Chosen> choices = choices_in(chosen);
  for (const Role& role : roles()) {
    const auto choice = std::find_if(choices.begin(), choices.end(), [&](const Chosen& one) { return one.role == &role; });
    const auto is_own = [&](const std::string& name) {
      return lower(name) == role.name || (!role.other.empty() && lower(name) == role.other);
    };
    // A chosen column has no other meaning.
    const auto is_chosen = [&](const std::string& name) {
      return std::any_of(choices.begin(), choices.end(), [&](const Chosen& one) { return column_named(written, one.column) == name; });
    };
    std::vector<std::size_t> found;
    bool is_by_leats_name = false;
    if (choice != choices.end()) {
      const std::string column = column_named(written, choice->column);
      if (!choice->column.empty() && column.empty())
        throw Refusal("`" + list_name + "` has no column `" + choice->column + "`", "columns", name_hint(choice->column, written));
      if (!column.empty()) found = places(written, [&](const std::string& name) { return name == column; });
    } else {
      found = places(written, [&](const std::string& name) { return is_own(name) && !is_chosen(name); });
      is_by_leats_name = !found.empty();
      const auto is_usual = [&](const std::string& name) {
        return !is_chosen(name) && std::find(role.names.begin(), role.names.end(), letters_of(name)) != role.names.end();
      };
      if (found.empty()) found = places(written, is_usual);
    }
    if (found.size() > 1 && written[found[0]] != written[found[1]] && lower(written[found[0]]) != lower(written[found[1]]))
      refuse_two(written, list_name, role, found[0], found[1]);
    // Another column keeps no name that would give it the meaning.
    if (choice != choices.end())
      for (std::size_t k = 0; k < names.size(); ++k)
        if (is_own(written[k]) && !is_chosen(written[k])) names[k] = "column " + written[k];
    for (const std::size_t place : found) {
      if (is_by_leats_name) {
        names[place] = lower(written[place]);
        continue;
      }
      names[place] = role.name;
      out.taken.push_back("`" + written[place] + "` is " + std::string(role.words));
    }
  }
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (lower(names[k]) == "spacing_mm") names[k] = "spacing_mm";
    const auto first = names[k].empty() ? names.begin() + static_cast<std::ptrdiff_t>(k) : std::find(names.begin(), names.end(), names[k]);
    if (first - names.begin() < static_cast<std::ptrdiff_t>(k))
      throw Refusal("`" + list_name + "` has two columns `" + names[k] + "`: numbers " + std::to_string(first - names.begin() + 1) +
                        " and " + std::to_string(k + 1),
                    "path");
  }
  return out;
}

bool has_meaning(std::string_view column) {
  // `image.window` reads the last three, and metrics in millimetres `spacing_mm`.
  constexpr std::array known{"image", "class",      "label",         "patient",      "group",          "split",
                             "fold",  "spacing_mm", "window_centre", "window_width", "window_function"};
  return std::find(known.begin(), known.end(), column) != known.end();
}

bool may_be_patient(const std::string& column) {
  constexpr std::array about{"age", "alter", "sex", "gender", "geschlecht", "position", "orientation", "birth", "weight", "height", "size"};
  constexpr std::array persons{"patient", "subject", "person", "proband"};
  const std::vector<std::string> words = words_of(column);
  const auto is_person = [&](const std::string& word) {
    return word == "pat" || word == "mrn" ||
           std::any_of(persons.begin(), persons.end(), [&](const char* one) { return word.starts_with(one); });
  };
  const auto is_about = [&](const std::string& word) { return std::find(about.begin(), about.end(), word) != about.end(); };
  return std::any_of(words.begin(), words.end(), is_person) && std::none_of(words.begin(), words.end(), is_about);
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

std::string column_text(const std::vector<std::string>& columns) {
  std::string out;
  const std::size_t shown = std::min<std::size_t>(columns.size(), 12);
  for (std::size_t k = 0; k < shown; ++k) out += (k == 0 ? "`" : k + 1 == columns.size() ? " and `" : ", `") + columns[k] + "`";
  return shown < columns.size() ? out + " and " + std::to_string(columns.size() - shown) + " others" : out;
}

}  // namespace leat
