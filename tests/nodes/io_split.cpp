#include <algorithm>
#include <map>
#include <set>

#include "support/graphs.h"
#include "support/small_data.h"

#include "support/doctest.h"

using namespace leat;
using namespace leat::test;
using Part = Split::Part;
using Target = Split::Target;

namespace {

/// 60 NORMAL and 140 PNEUMONIA: patients of one to six images, some bytes twice.
void put_chests(const std::filesystem::path& folder) {
  int value = 0;
  for (int patient = 0; patient < 30; ++patient)
    for (int image = 0; image < 2; ++image)
      put_bytes(folder / "NORMAL" / ("IM-" + std::to_string(patient) + "-" + std::to_string(image) + ".png"), value++);
  for (int k = 0; k < 140; ++k) {
    const int patient = k < 60 ? k / 6 : k;
    put_bytes(folder / "PNEUMONIA" / ("person" + std::to_string(patient) + "_virus_" + std::to_string(k) + ".png"),
              k % 20 == 7 ? 1000 : value++);
  }
}

const std::string patient = "patient: '(person[0-9]+_[a-z]+|IM-[0-9]+)'";

std::vector<int> classes_of(const Split& split, const std::vector<int>& images) {
  std::vector<int> out(split.class_names().size(), 0);
  for (const int image : images) ++out[static_cast<std::size_t>(split.entries()[static_cast<std::size_t>(image)].label.index)];
  return out;
}

std::set<int> groups_of(const Split& split, const std::vector<int>& images) {
  std::set<int> out;
  for (const int image : images) out.insert(split.groups()[static_cast<std::size_t>(image)]);
  return out;
}

bool is_disjoint(const std::set<int>& a, const std::set<int>& b) {
  return std::none_of(a.begin(), a.end(), [&](int group) { return b.contains(group); });
}

}  // namespace

TEST_CASE("io.split: budgets are exact and stratified, and no patient or bytes are in both training and validation") {
  const TemporaryFolder folder;
  put_chests(folder.path());
  std::set<std::vector<int>> lists;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto split = made_split(folder.path(), "class_labels: 40, validation: 20, " + patient, seed);
    const auto& labelled = split->part(Target::Classes, Part::Labelled);
    const auto& unlabelled = split->part(Target::Classes, Part::Unlabelled);
    const auto& validation = split->part(Target::Classes, Part::Validation);
    CHECK(validation.size() == 20);
    CHECK(classes_of(*split, validation) == std::vector<int>{6, 14});
    CHECK(labelled.size() == 40);
    CHECK(classes_of(*split, labelled) == std::vector<int>{12, 28});
    CHECK(labelled.size() + unlabelled.size() + validation.size() == 200);
    CHECK(is_disjoint(groups_of(*split, validation), groups_of(*split, labelled)));
    CHECK(is_disjoint(groups_of(*split, validation), groups_of(*split, unlabelled)));
    std::set<int> all(labelled.begin(), labelled.end());
    all.insert(unlabelled.begin(), unlabelled.end());
    all.insert(validation.begin(), validation.end());
    CHECK(all.size() == 200);
    lists.insert(labelled);
    const auto again = made_split(folder.path(), "class_labels: 40, validation: 20, " + patient, seed);
    CHECK(again->part(Target::Classes, Part::Labelled) == labelled);
    CHECK(again->part(Target::Classes, Part::Validation) == validation);
  }
  CHECK(lists.size() == 60);
}

TEST_CASE("io.split: images with the same bytes are one group, across patients") {
  const TemporaryFolder folder;
  put_chests(folder.path());
  const auto split = made_split(folder.path(), "class_labels: 40, " + patient);
  std::set<int> groups;
  for (std::size_t k = 0; k < split->entries().size(); ++k)
    if (split->entries()[k].id.find("_virus_") != std::string::npos &&
        std::stoi(split->entries()[k].id.substr(split->entries()[k].id.rfind('_') + 1)) % 20 == 7)
      groups.insert(split->groups()[k]);
  CHECK(groups.size() == 1);
  CHECK(split->entries()[0].whose == "IM-0");
}

TEST_CASE("io.split: validation is as large as the budget, at most a tenth; none where nothing is trained") {
  const TemporaryFolder folder;
  put_chests(folder.path());
  const auto validation = [&](const std::string& with) {
    return made_split(folder.path(), with)->part(Target::Classes, Part::Validation).size();
  };
  CHECK(validation("class_labels: 8") == 8);
  CHECK(validation("class_labels: 100") == 20);
  CHECK(validation("class_labels: 0") == 20);
  CHECK(validation("") == 0);
  CHECK(validation("validation: 0.25") == 50);
  CHECK(validation("validation: 30") == 30);
  CHECK(validation("class_labels: 100, validation: 0") == 0);
  CHECK(validation("class_labels: 8, validation: papers") == 20);
  CHECK(validation("validation: papers") == 0);
}

TEST_CASE("io.split: a balanced budget has as many of each class") {
  const TemporaryFolder folder;
  put_chests(folder.path());
  const auto split = made_split(folder.path(), "class_labels: 40, class_share: balanced");
  CHECK(classes_of(*split, split->part(Target::Classes, Part::Labelled)) == std::vector<int>{20, 20});
  CHECK(refusal_of(folder.path(), "class_labels: 150, class_share: balanced") ==
        "class_labels: a balanced budget of 150 needs 75 images of `NORMAL`, but the number of them is 54");
}

TEST_CASE("io.split: a budget by chance is exact, and its classes are what chance gives") {
  const TemporaryFolder folder;
  put_chests(folder.path());
  std::set<int> normals;
  for (int seed = 0; seed < 12; ++seed) {
    const auto split = made_split(folder.path(), "class_labels: 40, class_share: chance", static_cast<std::uint64_t>(seed));
    const std::vector<int> counts = classes_of(*split, split->part(Target::Classes, Part::Labelled));
    CHECK(counts[0] + counts[1] == 40);
    normals.insert(counts[0]);
  }
  CHECK(normals.size() >= 4);
  CHECK(*normals.begin() < 12);
  CHECK(*normals.rbegin() > 12);
}

TEST_CASE("io.split: with all labels the labelled images serve as unlabelled too") {
  const TemporaryFolder folder;
  put_chests(folder.path());
  const auto split = made_split(folder.path(), "class_labels: 0");
  CHECK(split->part(Target::Classes, Part::Labelled).size() == 180);
  CHECK(split->part(Target::Classes, Part::Unlabelled) == split->part(Target::Classes, Part::Labelled));
  CHECK(split->reuses_labelled(Target::Classes));
  CHECK_FALSE(made_split(folder.path(), "class_labels: 40")->reuses_labelled(Target::Classes));
}

TEST_CASE("io.split: which labels may be used") {
  const TemporaryFolder folder;
  put_chests(folder.path());
  CHECK(made_split(folder.path(), "")->why_secret(Part::All).empty());
  const auto split = made_split(folder.path(), "class_labels: 40");
  CHECK(split->why_secret(Part::Labelled).empty());
  CHECK(split->why_secret(Part::Validation).empty());
  CHECK_FALSE(split->why_secret(Part::Unlabelled).empty());
  CHECK_FALSE(split->why_secret(Part::All).empty());
}

TEST_CASE("io.split: a budget larger than the data, classes without examples, unknown classes") {
  const TemporaryFolder folder;
  put_chests(folder.path());
  CHECK(refusal_of(folder.path(), "class_labels: 181") ==
        "class_labels: `class_labels` is 181, but the number of labelled images without the 20 for validation is 180");
  CHECK(refusal_of(folder.path(), "class_labels: 1") ==
        "class_labels: none of 1 labelled image is of the class `NORMAL`, which 60 images have");
  CHECK(refusal_of(folder.path(), "classes: [NORMAL, PNEUMONIA, COVID], class_labels: 0") ==
        "classes: no image is of the class `COVID` (valid names are `NORMAL` and `PNEUMONIA`)");
  std::vector<std::string> warnings;
  const auto judged = made_split(folder.path(), "classes: [NORMAL, PNEUMONIA, COVID]", 0, &warnings);
  CHECK(judged->class_names().size() == 3);
  CHECK(warnings ==
        std::vector<std::string>{"`data`: no image is of the class `COVID`, so metrics that need one are undefined, except "
                                 "`balanced_accuracy`, which leaves out such a class, and `f1_COVID`, which is 0 if it is predicted"});
  CHECK(refusal_of(folder.path(), "classes: [NORMAL]") ==
        "classes: the folder `PNEUMONIA` is not one of the classes (the only valid name is `NORMAL`)");
  CHECK(refusal_of(folder.path(), "classes: [NORMAL, NORMAL, PNEUMONIA]") == "classes: `classes` names a class twice");
  CHECK(refusal_of(folder.path(), "mask_labels: 10") == "mask_labels: `mask_labels` is set, but `masks` is empty");
  CHECK(refusal_of(folder.path(), "validation: 200") ==
        "validation: `validation` is 200, but must be less than the number of images that can be set aside, 200");
  for (const char* other : {"half", "nan", "-nan", "inf", "-1", "1.5", "1e999"})
    CHECK(refusal_of(folder.path(), "validation: " + std::string(other))
              .starts_with("validation: `validation` is `" + std::string(other) + "`; it must be a number of images"));
  CHECK(refusal_of(folder.path(), "validation: half").starts_with("validation: `validation` is `half`; it must be a number of images"));
}

TEST_CASE("io.split: patients that merge everyone, match nowhere, match partly, or are no expression") {
  const TemporaryFolder folder;
  put_chests(folder.path());
  CHECK(refusal_of(folder.path(), "class_labels: 40, patient: png") ==
        "patient: all 200 images are of one patient, `png`, so none can be set aside for validation");
  CHECK(refusal_of(folder.path(), "class_labels: 40, patient: 'IM|person'") ==
        "patient: none of 2 patients has few enough images to fit into 20 images for validation");
  CHECK(refusal_of(folder.path(), "patient: xyz") == "patient: `patient` matches nothing in `NORMAL/IM-0-0.png` or in any other image");
  CHECK(refusal_of(folder.path(), "patient: '('") == "patient: `(` is not a regular expression");
  std::vector<std::string> warnings;
  const auto split = made_split(folder.path(), "patient: 'person[0-9]+'", 0, &warnings);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] ==
        "`data`: 60 of 200 images do not match `patient`; the first is `NORMAL/IM-0-0.png`, and each counts as its own patient");
  CHECK(made_split(folder.path(), "patient: 'NORMAL/|person[0-9]+'")->entries()[0].patient == "NORMAL/");
}

TEST_CASE("io.split: validation that patients do not allow is smaller, and says so") {
  const TemporaryFolder folder;
  for (int k = 0; k < 40; ++k) put_bytes(folder.path() / ("p" + std::to_string(k / 4) + "_" + std::to_string(k) + ".png"), k);
  std::vector<std::string> warnings;
  const auto split = made_split(folder.path(), "validation: 10, patient: 'p[0-9]+'", 0, &warnings);
  CHECK(split->part(Target::Classes, Part::Validation).size() == 8);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "`data` validates on 8 images instead of 10: no patient with few enough images is left");
  CHECK(split->part(Target::Classes, Part::Labelled).empty());
  CHECK(split->part(Target::Classes, Part::Unlabelled).size() == 32);
}

TEST_CASE("io.split: folders that are gone or empty, plain folders, single files, hidden files") {
  const TemporaryFolder folder;
  CHECK(refusal_of(folder.path() / "none", "") == "path: `" + (folder.path() / "none").string() + "` does not exist");
  CHECK(refusal_of(folder.path(), "").starts_with("path: no picture in `" + folder.path().string() + "`"));
  put_picture(folder.path() / "b.png", 1);
  put_picture(folder.path() / "sub" / "a.JPG", 2);
  put(folder.path() / ".DS_Store", "x");
  put(folder.path() / "notes.md", "x");
  put_picture(folder.path() / "__MACOSX" / "b.png", 3);
  put_picture(folder.path() / ".cache" / "b.png", 3);
  const auto plain = made_split(folder.path(), "");
  REQUIRE(plain->entries().size() == 2);
  CHECK(plain->entries()[0].id == "b.png");
  CHECK(plain->entries()[1].id == "sub/a.JPG");
  CHECK(plain->class_names().empty());
  CHECK(plain->entries()[0].size == PictureSize{8, 6});
  CHECK(plain->part(Target::Classes, Part::Unlabelled).size() == 2);
  CHECK(refusal_of(folder.path(), "class_labels: 1") == "class_labels: no image in `" + folder.path().string() +
                                                            "` has a class (no image of `" + folder.path().string() +
                                                            "` is in a class folder)");
  const auto single = made_split(folder.path() / "b.png", "");
  REQUIRE(single->entries().size() == 1);
  CHECK(single->entries()[0].id == "b.png");
}

TEST_CASE("io.split: groups are the folders above the classes, and never a class") {
  const TemporaryFolder folder;
  for (const char* hospital : {"A", "B"})
    for (const char* name : {"NORMAL", "SICK"})
      for (int k = 0; k < 3; ++k) put_bytes(folder.path() / hospital / name / (std::to_string(k) + ".png"), k);
  const auto split = made_split(folder.path(), "group: folder");
  CHECK(split->class_names() == std::vector<std::string>{"NORMAL", "SICK"});
  CHECK(split->entries()[0].group == "A");
  CHECK(split->entries()[11].group == "B");
  CHECK(split->entries()[11].class_name == "SICK");
  CHECK(made_split(folder.path(), "")->entries()[0].group.empty());
  put_bytes(folder.path() / "SICK" / "x.png", 1);
  CHECK(refusal_of(folder.path(), "group: folder").starts_with("group: the folder `SICK` is a class, so it cannot be a group"));
}

TEST_CASE("io.split: a list has classes, patients, groups, parts and facts") {
  const TemporaryFolder folder;
  std::string list = "image,label,patient,group,split,spacing_mm\n";
  for (int k = 0; k < 40; ++k) {
    const std::string name = "p/" + std::to_string(k) + ".png";
    put_bytes(folder.path() / name, k);
    list += name + (k % 4 ? ",sick" : ",well") + ",p" + std::to_string(k / 2) + (k % 3 ? ",north," : ",south,") +
            (k < 30   ? "train"
             : k < 34 ? "val"
                      : "test") +
            ",0.5\n";
  }
  put(folder.path() / "list.csv", list);
  const auto path = folder.path() / "list.csv";
  const auto split = made_split(path, "rows: train, class_labels: 12");
  CHECK(split->entries().size() == 34);
  CHECK(split->class_names() == std::vector<std::string>{"sick", "well"});
  CHECK(split->part(Target::Classes, Part::Validation) == std::vector<int>{30, 31, 32, 33});
  CHECK(split->part(Target::Classes, Part::Labelled).size() == 12);
  CHECK(split->part(Target::Classes, Part::Unlabelled).size() == 18);
  CHECK(split->entries()[3].patient == "p1");
  CHECK(split->entries()[3].group == "south");
  CHECK(split->entries()[3].facts.at("spacing_mm") == "0.5");
  const auto few = made_split(path, "rows: train, class_labels: 2");
  CHECK(few->part(Target::Classes, Part::Validation).size() == 2);
  CHECK(few->part(Target::Classes, Part::Unlabelled).size() == 28);
  CHECK(made_split(path, "rows: train, class_labels: 2, validation: papers")->part(Target::Classes, Part::Validation).size() == 4);
  CHECK(few->facts() == std::vector<std::pair<std::string, std::int64_t>>{{"labels", 2}, {"validation_labels", 2}});
  for (const std::string usual : {"validation", "valid", "validate", "dev"}) {
    CAPTURE(usual);
    std::string other = list;
    for (std::size_t at = 0; (at = other.find(",val,", at)) != std::string::npos;) other.replace(at, 5, "," + usual + ",");
    put(folder.path() / "other.csv", other);
    const auto named = made_split(folder.path() / "other.csv", "rows: train, class_labels: 12");
    CHECK(named->part(Target::Classes, Part::Validation) == std::vector<int>{30, 31, 32, 33});
  }
  CHECK(made_split(path, "rows: test")->facts().empty());
  CHECK(made_split(path, "rows: test")->part(Target::Classes, Part::All).size() == 6);
  CHECK(made_split(path, "rows: train, class_labels: 12, validation: 5")->entries().size() == 30);
  CHECK(made_split(path, "group: none")->entries()[3].group.empty());
  CHECK(refusal_of(path, "rows: tset") == "rows: the list has no rows with `tset` in a column `split` (did you mean `test`?)");
  CHECK(refusal_of(path, "class_labels: 5") ==
        "rows: the list's column `split` has several names (`test`, `train` and `val`), but `rows` selects none");
  CHECK(refusal_of(path, "rows: train, validation: train") == "validation: `rows` and `validation` are both `train`");
  CHECK(refusal_of(path, "group: folder").starts_with("group: `group: folder` needs a folder of images, but `path` is a list"));
  CHECK(refusal_of(path, "classes: [sick, healthy]")
            .starts_with("classes: line 2 of `list.csv` has the class `well`, which is not one of the classes"));
}

TEST_CASE("io.split: a list's own validation rows that share patients with training are told") {
  const TemporaryFolder folder;
  for (int k = 0; k < 4; ++k) put_bytes(folder.path() / (std::to_string(k) + ".png"), k == 3 ? 2 : k);
  put(folder.path() / "list.csv", "image,class,split\n0.png,a,train\n1.png,b,train\n2.png,a,train\n3.png,b,val\n");
  std::vector<std::string> warnings;
  const auto split = made_split(folder.path() / "list.csv", "rows: train, class_labels: 0", 0, &warnings);
  CHECK(split->different_classes() == "`2.png` (`a`) and `3.png` (`b`) have the same bytes, but different classes");
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "`data`: 1 training image of the list share their patient, or all of their bytes, with the rows `val`");
}

TEST_CASE("io.split: lists that are broken, empty, repeat themselves or whose images are gone") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& text) {
    put(folder.path() / "l.csv", text);
    return refusal_of(folder.path() / "l.csv", "");
  };
  put_bytes(folder.path() / "a.png", 1);
  CHECK(refused("what,label\na.png,x\n").starts_with("path: `l.csv` has no column `image`"));
  CHECK(refused("image\n") == "path: `l.csv` lists no image");
  CHECK(refused("image,label\na.png\n") ==
        "path: the list `" + (folder.path() / "l.csv").string() + "` cannot be read: line 2 has 1 fields, but the header has 2");
  CHECK(refused("image\na.png\n./a.png\n").empty());
  CHECK(refused("image,patient\na.png,p\na.png,q\n") == "path: line 3 of `l.csv` gives `a.png` the patient `q`, but line 2 gives it `p`");
  CHECK(refused("image\na.png\nb.png\nc.png\n") ==
        "path: 2 of 3 images are missing; the first is `" + (folder.path() / "b.png").string() + "`, line 3 of `l.csv`");
  put(folder.path() / "l.txt", "a.png\r\n\n");
  CHECK(made_split(folder.path() / "l.txt", "")->entries().size() == 1);
  put(folder.path() / "sub" / "out.csv", "image\n../a.png\n");
  CHECK(made_split(folder.path() / "sub" / "out.csv", "")->entries()[0].id == "a.png");
}

TEST_CASE("io.split: several labels at once come from a list") {
  const TemporaryFolder folder;
  for (int k = 0; k < 6; ++k) put_bytes(folder.path() / (std::to_string(k) + ".png"), k);
  put(folder.path() / "l.csv", "image,label\n0.png,a;b\n1.png,b|c\n2.png,none\n3.png,\n4.png,c\n5.png,a\n");
  const auto split = made_split(folder.path() / "l.csv", "multi_label: true");
  CHECK(split->class_names() == std::vector<std::string>{"a", "b", "c"});
  CHECK(split->entries()[0].label.several == std::vector<std::uint8_t>{1, 1, 0});
  CHECK(split->entries()[2].label.several == std::vector<std::uint8_t>{0, 0, 0});
  CHECK(split->entries()[3].label.several.empty());
  CHECK(split->part(Target::Classes, Part::Labelled).size() == 5);
  CHECK(split->part(Target::Classes, Part::Unlabelled) == std::vector<int>{3});
  CHECK(refusal_of(folder.path() / "l.csv", "multi_label: true, class_labels: 4, class_share: balanced, validation: 0") ==
        "class_share: `class_share: balanced` needs one class per image, but `multi_label` is true");
}

TEST_CASE("io.split: masks come from columns or folders, several files as one") {
  const TemporaryFolder folder;
  std::string list = "image,mask,left,right,split\n";
  for (int k = 0; k < 20; ++k) {
    const std::string name = std::to_string(k) + ".png";
    put_picture(folder.path() / "images" / name, k);
    for (const char* masks : {"masks", "masks_heart", "left", "right"}) put_picture(folder.path() / masks / name, 255);
    list += "images/" + name + ",masks/" + name + ",left/" + name + ",right/" + name + ",train\n";
  }
  put(folder.path() / "split.csv", list);
  const auto split = made_split(folder.path(), "masks: [lungs, heart=masks_heart, halves=left+right], mask_labels: 5, validation: 4");
  CHECK(split->mask_names() == std::vector<std::string>{"lungs", "heart", "halves"});
  const SplitEntry& first = split->entries()[0];
  CHECK(first.masks[0] == std::vector<std::filesystem::path>{folder.path() / "masks" / "0.png"});
  CHECK(first.masks[1] == std::vector<std::filesystem::path>{folder.path() / "masks_heart" / "0.png"});
  CHECK(first.masks[2].size() == 2);
  CHECK(first.facts.count("left") == 0);
  CHECK(split->part(Target::Masks, Part::Labelled).size() == 5);
  CHECK(split->part(Target::Masks, Part::Validation).size() == 4);
  CHECK(split->part(Target::Masks, Part::Unlabelled).size() == 11);
  CHECK(split->part(Target::Classes, Part::Unlabelled) == split->part(Target::Masks, Part::Unlabelled));
  CHECK(made_split(folder.path() / "images", "masks: [lungs=../masks]")->entries()[3].masks[0][0] == folder.path() / "masks" / "11.png");

  CHECK(refusal_of(folder.path(), "masks: [lungs=lung]")
            .starts_with("masks: `lungs=lung`: `split.csv` has no column `lung` and there is no folder"));
  CHECK(refusal_of(folder.path(), "masks: [a, a]") == "masks: two masks are called `a`");
  CHECK(refusal_of(folder.path(), "masks: ['=x']").starts_with("masks: `=x` names no mask"));
  CHECK(refusal_of(folder.path(), "masks: [lungs], mask_labels: 21, validation: 0") ==
        "mask_labels: `mask_labels` is 21, but the number of labelled images is 20");
  std::filesystem::remove(folder.path() / "masks_heart" / "3.png");
  CHECK_FALSE(made_split(folder.path(), "masks: [lungs, heart=masks_heart]")->entries()[3].knows_mask(1));
  std::filesystem::remove(folder.path() / "masks" / "3.png");
  CHECK(refusal_of(folder.path(), "masks: [lungs]") ==
        "masks: the mask `" + (folder.path() / "masks" / "3.png").string() + "` of `images/3.png` does not exist (line 5 of `split.csv`)");
  put_picture(folder.path() / "masks" / "3.png", 255, {8, 8});
  CHECK(refusal_of(folder.path(), "masks: [lungs]") ==
        "masks: the mask `" + (folder.path() / "masks" / "3.png").string() +
            "` is 8 x 8, but its image `images/3.png` is 8 x 6 (a mask must have the aspect ratio of its image)");
  put_picture(folder.path() / "masks" / "3.png", 255, {16, 12});
  CHECK(refusal_of(folder.path(), "masks: [lungs]").empty());
}

TEST_CASE("io.split: an image whose mask the list leaves empty is unlabelled") {
  const TemporaryFolder folder;
  for (int k = 0; k < 3; ++k) put_picture(folder.path() / (std::to_string(k) + ".png"), k);
  put_picture(folder.path() / "m.png", 255);
  put(folder.path() / "l.csv", "image,mask,heart\n0.png,m.png,m.png\n1.png,,\n2.png,m.png,m.png\n");
  const auto split = made_split(folder.path() / "l.csv", "masks: [lungs, heart=heart], mask_labels: 2, validation: 0");
  CHECK(split->part(Target::Masks, Part::Labelled) == std::vector<int>{0, 2});
  CHECK(split->part(Target::Masks, Part::Unlabelled) == std::vector<int>{1});
  put(folder.path() / "l.csv", "image,mask,heart\n0.png,m.png,\n1.png,,\n");
  const auto partial = made_split(folder.path() / "l.csv", "masks: [lungs, heart=heart]");
  CHECK(partial->entries()[0].knows_mask(0));
  CHECK_FALSE(partial->entries()[0].knows_mask(1));
  CHECK(partial->entries()[1].masks.empty());
  std::vector<std::string> warnings;
  CHECK(made_split(folder.path() / "l.csv", "masks: [both=mask+heart]", 0, &warnings)->entries()[0].masks.empty());
  REQUIRE(warnings.size() == 1);
  CAPTURE(warnings[0]);
  CHECK(warnings ==
        std::vector<std::string>{"`data`: 1 of 2 images has only some of the files whose union is `both`, which is unknown there"});
}

TEST_CASE("io.split: the run keeps the lists") {
  const TemporaryFolder folder;
  put_chests(folder.path() / "data");
  const auto split = made_split(folder.path() / "data", "class_labels: 40, validation: 20, " + patient);
  Opening opening;
  opening.name = "chex";
  split->open(opening);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "splits"));
  opening.run_folder = folder.path();
  split->open(opening);
  const std::string text = text_of(folder.path() / "splits" / "chex.csv");
  CHECK(text.starts_with("image,class,patient,part\nNORMAL/IM-0-0.png,NORMAL,IM-0,"));
  const auto count = [&](const std::string& part) {
    int out = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
    return out;
  };
  CHECK(count(",labelled\n") == 40);
  CHECK(count(",validation\n") == 20);
  CHECK(count(",unlabelled\n") == 140);
}

TEST_CASE("io.split: what a list's columns are called changes nothing but its facts") {
  const TemporaryFolder folder;
  std::string list = "image,stem,file,id,mask_quality,masked,spacing,whose\n";
  for (const char* name : {"a.png", "a.jpg", "b.png"}) {
    put_bytes(folder.path() / name, name[2]);
    list += std::string(name) + ",CXR,f,i,good,no,0.1,nobody\n";
  }
  put(folder.path() / "split.csv", list);
  const auto split = made_split(folder.path(), "");
  for (const SplitEntry& entry : split->entries()) {
    CHECK(entry.facts == std::map<std::string, std::string>{{"stem", "CXR"},
                                                            {"file", "f"},
                                                            {"id", "i"},
                                                            {"mask_quality", "good"},
                                                            {"masked", "no"},
                                                            {"spacing", "0.1"},
                                                            {"whose", "nobody"}});
    CHECK(entry.whose == entry.id);
  }
}
