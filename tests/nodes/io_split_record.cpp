#include <chrono>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "support/doctest.h"
#include "support/small_data.h"
#include "support/temporary_folder.h"

// A run that goes on has the split that it drew, and says what of its files has changed.

using namespace leat;
using namespace leat::test;
using Part = Split::Part;
using Target = Split::Target;
namespace fs = std::filesystem;

namespace {

/// Image by image, what it is for.
using Parts = std::map<std::string, std::string>;

Parts parts_of(const Split& split) {
  Parts out;
  for (const Target target : {Target::Classes, Target::Masks})
    for (const auto& [part, name] :
         std::map<Part, std::string>{{Part::Labelled, "labelled"}, {Part::Unlabelled, "unlabelled"}, {Part::Validation, "validation"}})
      for (const int image : split.part(target, part))
        out[split.entries()[static_cast<std::size_t>(image)].id] += (target == Target::Classes ? "class " : "mask ") + name + ";";
  return out;
}

Archive record_of(const Split& split) {
  Archive out;
  split.record(out);
  return out;
}

/// What comes of a split in a run that goes on.
struct Resumed {
  std::unique_ptr<Split> split;
  std::string refusal;
  std::string said;
};

Resumed resumed(const fs::path& path, const std::string& with, const Archive& record, bool accepts = false) {
  Resumed out;
  out.split = unsurveyed_split(path, with);
  Opening opening;
  opening.name = "data";
  opening.recorded = &record;
  opening.accepts_changed_files = accepts;
  opening.warn = [&out](const std::string& sentence) { out.said += sentence + "\n"; };
  try {
    out.split->survey(opening);
    out.split->open(opening);
  } catch (const Refusal& refusal) {
    out.refusal = refusal.at() + ": " + refusal.what();
  }
  return out;
}

void put_classes(const fs::path& folder) {
  for (int k = 0; k < 20; ++k)
    put_picture(folder / (k % 2 == 0 ? "NORMAL" : "PNEUMONIA") / ("image" + std::to_string(100 + k) + ".png"), k);
}

const std::string drawn = "class_labels: 6, validation: 6";

void set_later(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) fs::last_write_time(entry.path(), entry.last_write_time() + std::chrono::hours(3));
}

}  // namespace

TEST_CASE("a resumed split: unchanged files, and a copy at another place with other times, give the split that was drawn") {
  const TemporaryFolder folder;
  put_classes(folder / "data");
  const auto split = made_split(folder / "data", drawn);
  const Archive record = record_of(*split);
  const Resumed same = resumed(folder / "data", drawn, record);
  CHECK(same.refusal == "");
  CHECK(same.said == "");
  CHECK(parts_of(*same.split) == parts_of(*split));
  CHECK(same.split->groups() == split->groups());
  fs::copy(folder / "data", folder / "copy", fs::copy_options::recursive);
  set_later(folder / "copy");
  const Resumed copy = resumed(folder / "copy", drawn, record);
  CHECK(copy.refusal == "");
  CHECK(copy.said == "");
  CHECK(parts_of(*copy.split) == parts_of(*split));
}

TEST_CASE("a resumed split: added, removed and replaced pictures are refused with their numbers and first names") {
  const TemporaryFolder folder;
  put_classes(folder / "data");
  const Archive record = record_of(*made_split(folder / "data", drawn));
  put_picture(folder / "data/NORMAL/a_new.png", 77);
  put_picture(folder / "data/PNEUMONIA/a_new.png", 78);
  fs::remove(folder / "data/NORMAL/image104.png");
  put_picture(folder / "data/PNEUMONIA/image103.png", 200);
  set_later(folder / "data");
  CHECK(resumed(folder / "data", drawn, record).refusal ==
        "path: the data set is not the one that the run drew its split from: 2 pictures are new (`NORMAL/a_new.png`, "
        "`PNEUMONIA/a_new.png`), 1 "
        "is gone (`NORMAL/image104.png`), 1 is replaced (`PNEUMONIA/image103.png`)");
}

TEST_CASE("a resumed split: where changed files are accepted, what was drawn stays as it was, and what is new is used for nothing") {
  const TemporaryFolder folder;
  put_classes(folder / "data");
  const auto split = made_split(folder / "data", drawn);
  const Archive record = record_of(*split);
  Parts wanted = parts_of(*split);
  // A new class among them would renumber the others.
  put_picture(folder / "data/BACTERIA/a_new.png", 79);
  for (int k = 0; k < 30; ++k) put_picture(folder / "data/NORMAL" / ("a_new" + std::to_string(k) + ".png"), 100 + k);
  fs::remove(folder / "data/NORMAL/image104.png");
  wanted.erase("NORMAL/image104.png");
  const Resumed accepted = resumed(folder / "data", drawn, record, true);
  CHECK(accepted.refusal == "");
  CHECK(accepted.said ==
        "`data`: the run continues with the split that it drew, although 31 pictures are new (`BACTERIA/a_new.png`, `NORMAL/a_new0.png`, "
        "`NORMAL/a_new1.png`, …), 1 is gone (`NORMAL/image104.png`); new files are not used, and replaced files stay in their parts\n");
  CHECK(parts_of(*accepted.split) == wanted);
  CHECK(accepted.split->class_names() == std::vector<std::string>{"NORMAL", "PNEUMONIA"});
  CHECK(accepted.split->entries().size() == 19);

  // What was accepted once is known from then on, and nothing else.
  const Archive again = record_of(*accepted.split);
  const Resumed next = resumed(folder / "data", drawn, again);
  CHECK(next.refusal == "");
  CHECK(next.said == "");
  CHECK(parts_of(*next.split) == wanted);
  put_picture(folder / "data/NORMAL/a_newer.png", 201);
  CHECK(resumed(folder / "data", drawn, again).refusal.find("1 picture is new (`NORMAL/a_newer.png`)") != std::string::npos);
}

TEST_CASE("a resumed split: a list in another order is the same, one that says another class is not") {
  const TemporaryFolder folder;
  std::vector<std::string> rows;
  for (int k = 0; k < 20; ++k) {
    const std::string name = "image" + std::to_string(100 + k) + ".png";
    put_picture(folder / name, k);
    rows.push_back(name + "," + (k % 2 == 0 ? "NORMAL" : "PNEUMONIA") + "\n");
  }
  const auto put_list = [&] {
    std::string text = "image,class\n";
    for (const std::string& row : rows) text += row;
    put(folder / "split.csv", text);
  };
  put_list();
  const auto split = made_split(folder.path(), drawn);
  const Archive record = record_of(*split);
  std::reverse(rows.begin(), rows.end());
  put_list();
  const Resumed reversed = resumed(folder.path(), drawn, record);
  CHECK(reversed.refusal == "");
  CHECK(parts_of(*reversed.split) == parts_of(*split));
  // Images are picked by their places, so these stay too.
  CHECK(reversed.split->entries().front().id == "image100.png");
  rows.back() = "image100.png,PNEUMONIA\n";
  put_list();
  CHECK(resumed(folder.path(), drawn, record).refusal ==
        "path: the data set is not the one that the run drew its split from: 1 picture has another class (`image100.png`)");
  const Resumed accepted = resumed(folder.path(), drawn, record, true);
  CHECK(parts_of(*accepted.split) == parts_of(*split));
  CHECK(accepted.split->entries().front().label.index == 1);
}

namespace {

/// A list of 12 pictures with a column `group`. The class of those numbered `swapped` is the other one.
void put_grouped_list(const fs::path& folder, const std::set<int>& swapped, const std::string& group_of_last = "b") {
  std::string list = "image,class,group,patient,age\n";
  for (int k = 0; k < 12; ++k) {
    const bool is_normal = (k % 2 == 0) != swapped.contains(k);
    list += std::to_string(100 + k) + ".png," + (is_normal ? "NORMAL," : "SICK,") + (k < 11 ? "a" : group_of_last) + ",p" +
            std::to_string(k) + "," + std::to_string(50 + k) + "\n";
    put_picture(folder / (std::to_string(100 + k) + ".png"), k);
  }
  put(folder / "split.csv", list);
}

/// The record as versions of Leat wrote it that had one hash for each picture.
Archive earlier_record(const Split& split) {
  Archive out;
  const Archive record = record_of(split);
  for (const auto& [name, entry] : record.entries())
    if (!name.starts_with("columns.")) out.put(name, entry);
  std::vector<std::int64_t> hashes;
  for (const SplitEntry& entry : split.entries()) {
    std::uint64_t hash = 0;
    const auto add = [&hash](const std::string& text) { hash = hash_bytes(text.data(), text.size(), hash); };
    for (const std::string* text : {&entry.class_name, &entry.group, &entry.patient, &entry.rows}) add(*text);
    for (const auto& [name, value] : entry.facts) {
      add(name);
      add(value);
    }
    hashes.push_back(static_cast<std::int64_t>(hash));
  }
  out.put("columns", hashes);
  return out;
}

}  // namespace

TEST_CASE("a resumed split: changed labels are told apart from changed groups, patients and other columns") {
  const TemporaryFolder folder;
  put_grouped_list(folder.path(), {});
  const std::string with = "class_labels: 4, validation: 4";
  const Archive record = record_of(*made_split(folder.path(), with));
  const std::string begin = "path: the data set is not the one that the run drew its split from: ";
  put_grouped_list(folder.path(), {2, 3}, "c");
  CHECK(resumed(folder.path(), with, record).refusal ==
        begin + "2 pictures have another class (`102.png`, `103.png`), 1 has another group (`111.png`)");
  // Groups that are not used can be anything.
  CHECK(resumed(folder.path(), with + ", group: none", record).refusal == begin + "2 pictures have another class (`102.png`, `103.png`)");
  std::string list = text_of(folder / "split.csv");
  put_grouped_list(folder.path(), {});
  list = std::regex_replace(text_of(folder / "split.csv"), std::regex("p5,55"), "p5,56");
  put(folder / "split.csv", std::regex_replace(list, std::regex("p7,"), "p8,"));
  CHECK(resumed(folder.path(), with, record).refusal ==
        begin + "1 picture has another patient (`107.png`), 1 has another value in other columns (`105.png`)");
}

TEST_CASE("a resumed split: other groups, or another order of classes, do not hide changed labels") {
  const TemporaryFolder folder;
  put_grouped_list(folder.path(), {});
  const std::string with = "class_labels: 4, validation: 4";
  const auto split = made_split(folder.path(), with);
  for (const Archive& record : {record_of(*split), earlier_record(*split)}) {
    put_grouped_list(folder.path(), {});
    for (const std::string more : {"", ", group: none", ", classes: [SICK, NORMAL]", ", classes: [NORMAL, SICK]"}) {
      INFO(more);
      CHECK(resumed(folder.path(), with + more, record).refusal == "");
    }
    put_grouped_list(folder.path(), {2, 3});
    for (const std::string more : {"", ", group: none", ", classes: [SICK, NORMAL]", ", classes: [NORMAL, SICK]"}) {
      INFO(more);
      const std::string refusal = resumed(folder.path(), with + more, record).refusal;
      CAPTURE(refusal);
      CHECK(refusal.find("2 pictures have another class") != std::string::npos);
      CHECK(refusal.find("(`102.png`, `103.png`)") != std::string::npos);
      const Resumed accepted = resumed(folder.path(), with + more, record, true);
      CHECK(accepted.refusal == "");
      CHECK(accepted.said.find("2 pictures have another class") != std::string::npos);
    }
  }
}

TEST_CASE("a resumed split: replaced masks are refused, and accepted by name") {
  const TemporaryFolder folder;
  for (int k = 0; k < 8; ++k) {
    put_picture(folder / "images" / (std::to_string(k) + ".png"), k);
    put_picture(folder / "masks" / (std::to_string(k) + ".png"), 255);
  }
  const std::string with = "masks: [lungs=../masks], mask_labels: 4, validation: 2";
  const auto split = made_split(folder / "images", with);
  const Archive record = record_of(*split);
  set_later(folder.path());
  CHECK(resumed(folder / "images", with, record).refusal == "");
  put_picture(folder / "masks/3.png", 0);
  fs::last_write_time(folder / "masks/3.png", fs::last_write_time(folder / "masks/4.png") + std::chrono::hours(1));
  CHECK(resumed(folder / "images", with, record).refusal ==
        "masks: the masks are not those that the run began with: 1 mask is replaced (`../masks/3.png`)");
  const Resumed accepted = resumed(folder / "images", with, record, true);
  CHECK(accepted.refusal == "");
  CHECK(accepted.said.find("although 1 mask is replaced (`../masks/3.png`)") != std::string::npos);
  CHECK(parts_of(*accepted.split) == parts_of(*split));
}

TEST_CASE("a resumed split: other settings draw anew, and the pictures that change sides are told") {
  const TemporaryFolder folder;
  put_classes(folder / "data");
  const Archive record = record_of(*made_split(folder / "data", drawn));
  const Resumed more = resumed(folder / "data", "class_labels: 8, validation: 6", record);
  // With the same seed a larger budget moves no image.
  CHECK(more.refusal == "");
  CHECK(more.said == "");
  CHECK(more.split->part(Target::Classes, Part::Labelled).size() == 8);
  const Resumed other = resumed(folder / "data", "class_labels: 6, validation: 6, seed: 3", record);
  CHECK(other.said.find("`data`: the split is drawn again, because its settings have changed; of the earlier pictures, ") == 0);
  CHECK(other.said.find("of the validation images can be trained on now (`") != std::string::npos);
  put_picture(folder / "data/NORMAL/a_new.png", 77);
  CHECK(resumed(folder / "data", "class_labels: 8, validation: 6", record).refusal.find("1 picture is new") != std::string::npos);
}

TEST_CASE("a resumed split: pictures and columns that other settings leave out are not called changes of the files") {
  const TemporaryFolder folder;
  std::string list = "image,class,patient,split\n";
  for (int k = 0; k < 20; ++k) {
    const std::string name = "image" + std::to_string(100 + k) + ".png";
    put_picture(folder / "data" / name, k);
    list += name + (k % 2 == 0 ? ",A,p" : ",B,p") + std::to_string(k / 2) + (k < 14 ? ",train\n" : ",test\n");
  }
  std::ofstream(folder / "data/split.csv") << list;
  const Archive record = record_of(*made_split(folder / "data", "class_labels: 4, validation: 2, rows: train"));
  for (const char* settings : {"rows: train, group: none", "rows: train, patient: '[0-9]+'", "rows: train, classes: [B, A]"}) {
    INFO(std::string(settings));
    CHECK(resumed(folder / "data", std::string("class_labels: 4, validation: 2, ") + settings, record).refusal == "");
  }
  const Resumed rows = resumed(folder / "data", "class_labels: 4, validation: 2, rows: test", record);
  CHECK(rows.refusal == "");
  CHECK(rows.said == "`data`: it has none of the pictures that the run had before, so the split is drawn again\n");
  // What is gone from the disk is told, whatever the settings are.
  fs::rename(folder / "data/image101.png", folder / "data/x.png");
  std::ofstream(folder / "data/split.csv") << std::regex_replace(list, std::regex("image101"), "x");
  for (const char* settings :
       {"class_labels: 4, validation: 3, rows: train", "class_labels: 4, validation: 2, rows: train, patient: '[0-9]+'"}) {
    INFO(std::string(settings));
    CHECK(resumed(folder / "data", settings, record).refusal.find("1 picture is new (`x.png`), 1 is gone (`image101.png`)") !=
          std::string::npos);
  }
  CHECK(resumed(folder / "data", "class_labels: 4, validation: 2, rows: train, classes: [B, A]", record)
            .refusal.find("1 picture is gone (`image101.png`)") != std::string::npos);
  put_picture(folder / "data/image100.png", 500);
  set_later(folder / "data");
  CHECK(resumed(folder / "data", "class_labels: 4, validation: 2, rows: train, group: none", record)
            .refusal.find("1 is replaced (`image100.png`)") != std::string::npos);
}

TEST_CASE("a resumed split: another data set, as a changed graph can name, is drawn anew and said to be") {
  const TemporaryFolder folder;
  put_classes(folder / "data");
  const Archive record = record_of(*made_split(folder / "data", drawn));
  for (int k = 0; k < 20; ++k)
    put_picture(folder / "other" / (k % 2 == 0 ? "NORMAL" : "PNEUMONIA") / ("other" + std::to_string(k) + ".png"), k);
  const Resumed other = resumed(folder / "other", drawn, record);
  CHECK(other.refusal == "");
  CHECK(other.said == "`data`: it has none of the pictures that the run had before, so the split is drawn again\n");
  // At the same path all of it was replaced.
  fs::remove_all(folder / "data");
  fs::rename(folder / "other", folder / "data");
  CHECK(resumed(folder / "data", drawn, record).refusal.find("20 pictures are new") != std::string::npos);
  CHECK(resumed(folder / "data", drawn, record, true).refusal == "path: none of the 20 pictures that the run drew its split from exists");
}

TEST_CASE("a resumed split: splits/NAME.csv says what the resumed run uses, and NAME.before.csv what the run used before") {
  const TemporaryFolder folder;
  put_classes(folder / "data");
  const auto split = made_split(folder / "data", drawn);
  Opening opening;
  opening.name = "data";
  opening.run_folder = folder / "run";
  split->open(opening);
  const std::string list = text_of(folder / "run/splits/data.csv");
  const Archive record = record_of(*split);
  put_picture(folder / "data/NORMAL/a_new.png", 77);
  fs::remove(folder / "data/NORMAL/image104.png");
  auto next = unsurveyed_split(folder / "data", drawn);
  opening.recorded = &record;
  opening.accepts_changed_files = true;
  next->survey(opening);
  next->open(opening);
  const std::string now = text_of(folder / "run/splits/data.csv");
  CHECK(now == std::regex_replace(list, std::regex("NORMAL/image104.png,.*\n"), ""));
  CHECK(text_of(folder / "run/splits/data.before.csv") == list);

  // Resumed again with the same files, both stay.
  const Archive again = record_of(*next);
  auto third = unsurveyed_split(folder / "data", drawn);
  opening.recorded = &again;
  third->survey(opening);
  third->open(opening);
  CHECK(text_of(folder / "run/splits/data.csv") == now);
  CHECK(text_of(folder / "run/splits/data.before.csv") == list);
}

TEST_CASE("a resumed split: the original draw stays in NAME.before.csv, whatever changes later") {
  const TemporaryFolder folder;
  put_classes(folder / "data");
  Opening opening;
  opening.name = "data";
  opening.run_folder = folder / "run";
  opening.accepts_changed_files = true;
  auto split = made_split(folder / "data", drawn);
  split->open(opening);
  std::vector<std::string> lists{text_of(folder / "run/splits/data.csv")};
  for (const char* gone : {"NORMAL/image104.png", "NORMAL/image106.png", "NORMAL/image108.png"}) {
    const Archive record = record_of(*split);
    fs::remove(folder / "data" / gone);
    split = unsurveyed_split(folder / "data", drawn);
    opening.recorded = &record;
    split->survey(opening);
    split->open(opening);
    lists.push_back(text_of(folder / "run/splits/data.csv"));
  }
  CHECK(text_of(folder / "run/splits/data.before.csv") == lists[0]);
  CHECK(text_of(folder / "run/splits/data.before.2.csv") == lists[1]);
  CHECK(text_of(folder / "run/splits/data.before.3.csv") == lists[2]);
}

TEST_CASE("a resumed split: a changed `left_out` changes which pictures there are, and is no change of files") {
  const TemporaryFolder folder;
  put_classes(folder / "data");
  for (int k = 0; k < 3; ++k) put_picture(folder / "data/OTHER" / (std::to_string(k) + ".png"), 50 + k);
  const std::string with = "class_labels: 6, validation: 6, classes: [NORMAL, PNEUMONIA, OTHER]";
  const std::string without = "class_labels: 6, validation: 6, classes: [NORMAL, PNEUMONIA], left_out: [OTHER]";
  const std::string without_some = with + ", left_out: [OTHER/some]";
  put_picture(folder / "data/OTHER/some/3.png", 60);
  const Archive all = record_of(*made_split(folder / "data", with)), some = record_of(*made_split(folder / "data", without_some));
  CHECK(resumed(folder / "data", without_some, all).refusal == "");
  CHECK(resumed(folder / "data", with + ", left_out: []", some).refusal == "");
  CHECK(resumed(folder / "data", without, all).refusal == "");
  // Other changes are told all the same.
  fs::remove(folder / "data/NORMAL/image104.png");
  CHECK(resumed(folder / "data", without_some, all).refusal.find("1 picture is gone (`NORMAL/image104.png`)") != std::string::npos);
}

TEST_CASE("a resumed split: splits/NAME.csv has the labels of a changed list") {
  const TemporaryFolder folder;
  put_grouped_list(folder.path(), {});
  const std::string with = "class_labels: 4, validation: 4";
  const auto split = made_split(folder.path(), with);
  Opening opening;
  opening.name = "data";
  opening.run_folder = folder / "run";
  split->open(opening);
  const std::string list = text_of(folder / "run/splits/data.csv");
  CHECK(list.find("102.png,NORMAL,") != std::string::npos);
  const Archive record = record_of(*split);
  put_grouped_list(folder.path(), {2});
  auto next = unsurveyed_split(folder.path(), with);
  opening.recorded = &record;
  opening.accepts_changed_files = true;
  next->survey(opening);
  next->open(opening);
  CHECK(text_of(folder / "run/splits/data.csv") == std::regex_replace(list, std::regex("102.png,NORMAL,"), "102.png,SICK,"));
  CHECK(text_of(folder / "run/splits/data.before.csv") == list);
}

TEST_CASE(
    "a resumed split: the list of a run that recorded nothing is kept where images are drawn otherwise, and those that move are told") {
  const TemporaryFolder folder;
  put_classes(folder / "data");
  const auto split = made_split(folder / "data", drawn);
  std::string said;
  Opening opening;
  opening.name = "data";
  opening.run_folder = folder / "run";
  opening.warn = [&said](const std::string& sentence) { said += sentence; };
  split->open(opening);
  split->open(opening);
  CHECK(said == "");
  const std::string list = text_of(folder / "run/splits/data.csv");
  for (int k = 0; k < 10; ++k) put_picture(folder / "data/NORMAL" / ("a_new" + std::to_string(k) + ".png"), 100 + k);
  const auto other = made_split(folder / "data", drawn);
  other->open(opening);
  CHECK(said.find("`data` is drawn differently from splits/data.csv, which is renamed to data.before.csv: of its pictures, ") == 0);
  CHECK(said.find("of the validation images can be trained on now (`") != std::string::npos);
  CHECK(text_of(folder / "run/splits/data.before.csv") == list);
  CHECK(text_of(folder / "run/splits/data.csv") != list);
}
