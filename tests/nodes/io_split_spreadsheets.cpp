#include <algorithm>

#include "support/graphs.h"
#include "support/small_data.h"

#include "support/doctest.h"

// Lists as a spreadsheet saves them: what of them is used, and what is not.

using namespace leat;
using namespace leat::test;
namespace fs = std::filesystem;

namespace {

using Sentences = std::vector<std::string>;

std::string fact(const Split& split, const std::string& what) {
  for (const auto& [name, text] : split.data_summary().facts)
    if (name == what) return text;
  return {};
}

/// Returns the surprises that contain a text.
Sentences surprises(const Split& split, const std::string& with) {
  Sentences out;
  for (const std::string& one : split.data_summary().surprises)
    if (one.find(with) != std::string::npos) out.push_back(one);
  return out;
}

/// Returns "images=PATH, unlisted=read" of a guess.
std::string settings(const DataGuess& guess) {
  std::string out;
  for (const auto& [name, path] : guess.paths)
    if (name != "path") out += name + "=" + path.string() + " ";
  for (const auto& [name, value] : guess.settings) out += name + "=" + value.scalar + " ";
  return out;
}

const std::string trained = "class_labels: 0, validation: 2", by_patient = "class_labels: 0, validation: 4";

}  // namespace

TEST_CASE("io.split: the patient of a list is known by its usual names, and a column that may be it is told") {
  const TemporaryFolder folder;
  for (int k = 0; k < 8; ++k) put_bytes(folder.path() / (std::to_string(k) + ".png"), k);
  const fs::path list = folder.path() / "l.csv";
  const auto split_with = [&](const std::string& column, const std::string& with = by_patient) {
    std::string text = "Datei;Befund;" + column +
                       ";Gr\xC3\xB6\xC3\x9F"
                       "e\n";
    for (int k = 0; k < 8; ++k) text += std::to_string(k) + ".png;" + (k / 2 % 2 ? "a" : "b") + ";p" + std::to_string(k / 2) + ";170\n";
    put(list, text);
    return made_split(list, with);
  };
  for (const char* name : {"PatID", "Pat.-Nr.", "Pat-ID", "PID", "Pat #", "MRN", "Fall-Nr.", "Patient/ID", "Patienten-Nr.", "subject_no"}) {
    CAPTURE(name);
    const auto split = split_with(name);
    CHECK(fact(*split, "patients") == "4");
    CHECK(read_as(*split).find("`" + std::string(name) + "` is the patient") != std::string::npos);
    CHECK(fact(*split, "not used") ==
          "`Gr\xC3\xB6\xC3\x9F"
          "e`");
    CHECK(fact(*split, "held out") == "4 images for the classes (drawn by patient)");
    CHECK(surprises(*split, "patient").empty());
  }
  for (const char* name : {"StudyPatCode", "pat_key_2", "Person (Code)", "Subject key"}) {
    CAPTURE(name);
    const auto split = split_with(name);
    CHECK(fact(*split, "not used") == "`" + std::string(name) +
                                          "` and `Gr\xC3\xB6\xC3\x9F"
                                          "e`");
    CHECK(fact(*split, "held out") == "4 images for the classes (drawn by image)");
    CHECK(split->data_summary().surprises.at(0) ==
          "`" + std::string(name) + "` may be the patient, and is not used: `columns: [patient=" + name + "]`");
    CHECK(surprises(*split_with(name, by_patient + ", columns: [patient=]"), "may be the patient").empty());
    CHECK(surprises(*split_with(name, by_patient + ", columns: ['patient=" + std::string(name) + "']"), "may be").empty());
  }
  for (const char* name : {"Patient Age", "PatientSex", "pathology", "Pattern", "Patella"})
    CHECK(surprises(*split_with(name), "may be the patient").empty());
}

TEST_CASE("io.split: columns that parameters name are used, and a list without a known class says so") {
  const TemporaryFolder folder;
  put_picture(folder.path() / "a.png", 1);
  put_picture(folder.path() / "m.png", 255);
  const fs::path list = folder.path() / "l.csv";
  put(list, "image,outline,x,y,spacing_mm\na.png,m.png,1,0,0.5\n");
  CHECK(fact(*made_split(list, ""), "not used") == "`outline`, `x` and `y`");
  CHECK(fact(*made_split(list, "masks: [lung=outline]"), "not used") == "`x` and `y`");
  CHECK(fact(*made_split(list, "multi_label: true"), "not used") == "`outline`");
  CHECK(
      fact(*made_split(list, ""), "classes") ==
      "none: `l.csv` has no column `class` or `label`, only `image`, `outline`, `x`, `y` and `spacing_mm`; `columns: [class=NAME]` chooses "
      "one; with `multi_label: true`, columns of 1, 0 and -1 are findings: `x` and `y`");
  put(list, "image,label\na.png,\n");
  CHECK(fact(*made_split(list, ""), "classes") == "none: the column `label` of `l.csv` is empty");
  put(list, "image\na.png\n");
  CHECK(fact(*made_split(list, ""), "classes").empty());
  CHECK(fact(*made_split(list, ""), "not used").empty());
}

TEST_CASE("guess: the folder of a list's images is found whatever it is called, with the pictures that the list does not name") {
  const TemporaryFolder folder;
  const fs::path images = folder.path() / "R\xC3\xB6ntgen Bilder", list = folder.path() / "Befunde.csv";
  for (int k = 0; k < 26; ++k) put_picture(images / (std::to_string(k) + ".png"), k);
  const auto put_list = [&](const std::string& before, const std::string& more = "") {
    std::string text = "Datei;Befund" + std::string(more.empty() ? "" : ";split") + "\n";
    for (int k = 0; k < 20; ++k) text += before + std::to_string(k) + ".png;" + (k % 2 ? "a" : "b") + more + "\n";
    put(list, text);
  };
  put_list("");
  DataGuess guess = Split().guess(folder.path());
  CHECK(settings(guess) == "images=" + images.string() + " unlisted=read ");
  CHECK(guess.images == 26);
  CHECK(guess.with_class == 20);
  // The names start above that folder.
  put_list("R\xC3\xB6ntgen Bilder/");
  guess = Split().guess(folder.path());
  CHECK(settings(guess) == "unlisted=read ");
  CHECK(guess.images == 26);
  // Pictures elsewhere are none of these images.
  put_picture(folder.path() / "Logos" / "x.png", 100);
  CHECK(settings(Split().guess(folder.path())).empty());
  put_list("");
  CHECK(Split().guess(folder.path()).images == 26);
  // Pictures without a row can be of any part.
  put_list("", ";train");
  guess = Split().guess(folder.path());
  CHECK(settings(guess) == "images=" + images.string() + " ");
  CHECK(guess.images == 20);
  fs::rename(images, folder.path() / "images");
  CHECK(Split().guess(folder.path()).images == 20);
}

TEST_CASE("io.split: pictures beside a list's images that no row names are counted") {
  const TemporaryFolder folder;
  for (int k = 0; k < 7; ++k) put_bytes(folder.path() / "p" / (std::to_string(k) + ".png"), k);
  put_bytes(folder.path() / "q" / "7.png", 7);
  const fs::path list = folder.path() / "l.csv";
  put(list, "image,class,outline\n0.png,a,p/6.png\n1.png,b,\n2.png,a,\n3.png,b,\n");
  const std::string text = "2 pictures that no row names are in the folders of the images of `l.csv`, the first is `" +
                           (folder.path() / "p" / "4.png").string() + "`";
  CHECK(fact(*made_split(list, ""), "not read") == text);
  CHECK(surprises(*made_split(list, trained), "no row") ==
        Sentences{text + "; they are not read, except with `unlisted: read`, as images without a class"});
  CHECK(surprises(*made_split(list, trained + ", unlisted: read"), "no row").empty());
}

TEST_CASE("io.split: pictures that a list with patients does not name are no rows without a patient, but are told") {
  const TemporaryFolder folder;
  for (int k = 0; k < 7; ++k) put_bytes(folder.path() / (std::to_string(k) + ".png"), k);
  const fs::path list = folder.path() / "l.csv";
  put(list, "image,class,patient\n0.png,a,p\n1.png,b,p\n2.png,a,q\n3.png,b,\n");
  Sentences warnings;
  const auto split = made_split(list, trained + ", unlisted: read", 0, &warnings);
  CHECK(warnings ==
        Sentences{"`data`: 1 of 4 images of `l.csv` has an empty column `patient`, and counts as a patient of its own; the first "
                  "is `3.png`, line 5 of `l.csv`"});
  CHECK(surprises(*split, "does not name") ==
        Sentences{"3 pictures that `l.csv` does not name each count as a patient of their own, but can be of a patient of the validation"});
  CHECK(surprises(*made_split(list, "unlisted: read"), "does not name").empty());
  put(list, "image,class\n0.png,a\n1.png,b\n2.png,a\n3.png,b\n");
  CHECK(surprises(*made_split(list, trained + ", unlisted: read"), "does not name").empty());
}

TEST_CASE("io.split: rows with empty fields only are counted and not read; one that lacks its image only is refused") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png"}) put_bytes(folder.path() / name, name[0]);
  const fs::path list = folder.path() / "l.csv";
  put(list, "image;class;x\na.png;p;1\n;;\nb.png;q;2\n ; ;\n");
  const auto split = made_split(list, "");
  CHECK(split->entries().size() == 2);
  CHECK(split->entries()[1].line == 4);
  CHECK(read_as(*split).find("2 rows with empty fields only are not read") != std::string::npos);
  put(list, "image;class;x\na.png;p;1\n;;2\n");
  CHECK(refusal_of(list, "") == "path: line 3 of `l.csv` names no image");
  put(list, "image;class;x\n;;\n");
  CHECK(refusal_of(list, "") == "path: `l.csv` lists no image");
}

TEST_CASE("io.split: paths of Windows are read with `/`, without the drive and the folders that all share, and are said") {
  const TemporaryFolder folder;
  const fs::path list = folder.path() / "l.csv";
  for (const char* name : {"Bilder/A/x.png", "Bilder/B/x.png", "m/x.png"}) put_picture(folder.path() / name, name[7]);
  const auto ids = [&](const std::string& text) {
    put(list, text);
    Sentences out;
    const auto split = made_split(list, "");
    for (const SplitEntry& entry : split->entries()) out.push_back(entry.id);
    return out;
  };
  const Sentences both{"Bilder/A/x.png", "Bilder/B/x.png"};
  CHECK(ids("image\nBilder\\A\\x.png\nBilder\\B\\x.png\n") == both);
  CHECK(ids("image\nC:\\Studie\\Bilder\\A\\x.png\nC:\\Studie\\Bilder\\B\\x.png\n") == both);
  CHECK(ids("image\nD:\\Bilder\\A\\x.png\nD:\\Bilder\\B\\x.png\n") == both);
  CHECK(ids("image\n\\\\server\\share\\A\\x.png\n\\\\server\\share\\B\\x.png\n") == both);
  // Two paths are never one image: what they do not share stays.
  put(list, "image\nC:\\Studie\\A\\x.png\nC:\\Studie\\C\\x.png\n");
  CHECK(refusal_of(list, "").find("missing; the first is `" + (folder.path() / "C/x.png").string() + "`, line 3") != std::string::npos);
  put(list, "image,class,outline\nC:\\S\\Bilder\\A\\x.png,a\\b,C:\\S\\m\\x.png\n");
  const auto split = made_split(list, "masks: [lung=outline]");
  CHECK(split->class_names() == Sentences{"a\\b"});
  CHECK(split->entries()[0].masks.at(0) == std::vector<fs::path>{folder.path() / "m/x.png"});
  CHECK(read_as(*split) == "2 paths with `\\` are read with `/`; the first: `C:\\S\\Bilder\\A\\x.png` is `Bilder/A/x.png`");
  // A file of this name comes first.
  put_picture(folder.path() / "Bilder\\A\\x.png", 9);
  CHECK(ids("image\nBilder\\A\\x.png\n") == Sentences{"Bilder\\A\\x.png"});
}
