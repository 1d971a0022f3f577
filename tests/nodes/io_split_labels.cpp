#include <algorithm>
#include <set>

#include "leat/unknown.h"
#include "support/graphs.h"
#include "support/small_data.h"

#include "support/doctest.h"

// Labels that are not known: masks of some structures, findings, classes; and what is held out to judge each.

using namespace leat;
using namespace leat::test;
using Part = Split::Part;
using Target = Split::Target;
namespace fs = std::filesystem;

namespace {

/// Images 0 to 19. The first 8 have a mask of the lung, 8 to 13 one of the heart, and the others a class in a list.
void put_mixed(const fs::path& folder) {
  std::string list = "filename,diagnosis\n";
  for (int k = 0; k < 20; ++k) {
    const std::string name = "p" + std::to_string(k) + ".png";
    put_picture(folder / "images" / name, k);
    if (k < 8) put_picture(folder / "masks_lung" / name, 255);
    else if (k < 14) put_picture(folder / "masks_heart" / name, k % 2 ? 255 : 0);
    else list += name + (k % 2 ? ",sick\n" : ",well\n");
  }
  put(folder / "labels.csv", list);
}

const std::string mixed = "unlisted: read, masks: [lung, heart], class_labels: 0, mask_labels: 0, images: '";

std::set<std::string> ids(const Split& split, const std::vector<int>& images) {
  std::set<std::string> out;
  for (const int image : images) out.insert(split.entries()[static_cast<std::size_t>(image)].id);
  return out;
}

bool are_disjoint(const std::vector<int>& a, const std::vector<int>& b) {
  return std::none_of(a.begin(), a.end(), [&](int one) { return std::find(b.begin(), b.end(), one) != b.end(); });
}

std::string found(const DataSummary& summary, const std::string& what) {
  for (const auto& [name, text] : summary.facts)
    if (name == what) return text;
  return {};
}

}  // namespace

TEST_CASE("io.split: classes, lungs and hearts on different images are each held out, apart from all that is trained on") {
  const TemporaryFolder folder;
  put_mixed(folder.path());
  const std::string with = mixed + (folder.path() / "images").string() + "', validation: 2";
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto split = made_split(folder.path() / "labels.csv", with, seed);
    REQUIRE(split->entries().size() == 20);
    CHECK(split->class_names() == std::vector<std::string>{"sick", "well"});
    const auto &classes = split->part(Target::Classes, Part::Validation), &masks = split->part(Target::Masks, Part::Validation);
    CHECK(classes.size() == 2);
    CHECK(split->count_known(0, masks) == 2);
    CHECK(split->count_known(1, masks) == 2);
    for (const Target target : {Target::Classes, Target::Masks})
      for (const Part part : {Part::Labelled, Part::Unlabelled}) {
        CHECK(are_disjoint(split->part(target, part), classes));
        CHECK(are_disjoint(split->part(target, part), masks));
      }
    const auto& trained = split->part(Target::Masks, Part::Labelled);
    CHECK(trained.size() == 10);
    CHECK(split->count_known(0, trained) == 6);
    CHECK(split->has_unknown_masks(trained));
  }
  const auto split = made_split(folder.path() / "labels.csv", with);
  const DataSummary summary = split->data_summary();
  CHECK(found(summary, "classes") == "sick 3, well 3; unknown 14");
  CHECK(found(summary, "masks") == "lung 8, heart 6 of 20 images");
  CHECK(found(summary, "held out") == "2 images for the classes; 2 images for `lung`; 2 images for `heart` (drawn by image)");
  CHECK(read_as(*split).starts_with("`filename` is the image; `diagnosis` is the class"));
  CHECK(std::any_of(summary.surprises.begin(), summary.surprises.end(), [](const std::string& one) {
    return one == "6 of 14 images with masks have none of `lung`, which is unknown there: it trains nothing, and is not evaluated";
  }));
}

TEST_CASE("io.split: a structure that the training images lack is refused, as is a folder without any of the masks") {
  const TemporaryFolder folder;
  put_mixed(folder.path());
  const std::string with = mixed + (folder.path() / "images").string() + "', validation: 0";
  for (int k = 0; k < 20; ++k) fs::remove(folder.path() / "masks_heart" / ("p" + std::to_string(k) + ".png"));
  put_picture(folder.path() / "masks_heart" / "x.png", 255);
  CHECK(refusal_of(folder.path() / "labels.csv", with) ==
        "masks: no mask in `" + (folder.path() / "masks_heart").string() +
            "` for any of 20 images; the first is `p14.png` (a mask has the name of its image, but the first one is `x.png`)");
  fs::rename(folder.path() / "masks_heart" / "x.png", folder.path() / "masks_heart" / "p3.png");
  CHECK(refusal_of(folder.path() / "labels.csv", "unlisted: read, masks: [lung, heart], mask_labels: 2, validation: 0, class_labels: 0")
            .starts_with("mask_labels: none of 2 images with masks for training has one of `heart`"));
}

TEST_CASE("io.split: folds are disjoint, cover all labels, and do not depend on the run's seed") {
  const TemporaryFolder folder;
  put_mixed(folder.path());
  const std::string with = mixed + (folder.path() / "images").string() + "', folds: 3, fold: ";
  std::set<std::string> all;
  std::size_t count = 0;
  for (int fold = 0; fold < 3; ++fold) {
    const auto split = made_split(folder.path() / "labels.csv", with + std::to_string(fold), 1);
    const auto again = made_split(folder.path() / "labels.csv", with + std::to_string(fold), 2);
    std::set<std::string> held_out = ids(*split, split->part(Target::Classes, Part::Validation));
    CHECK(held_out.size() == 2);
    const auto& masks = split->part(Target::Masks, Part::Validation);
    CHECK(split->count_known(0, masks) >= 2);
    CHECK(split->count_known(1, masks) == 2);
    held_out.merge(ids(*split, masks));
    std::set<std::string> other = ids(*again, again->part(Target::Classes, Part::Validation));
    other.merge(ids(*again, again->part(Target::Masks, Part::Validation)));
    CHECK(held_out == other);
    count += held_out.size();
    all.merge(held_out);
  }
  CHECK(count == 20);
  CHECK(all.size() == 20);
  CHECK(refusal_of(folder.path() / "labels.csv", with + "3") == "fold: `fold` is 3, but `folds` is 3: the folds are 0..2");
  CHECK(refusal_of(folder.path() / "labels.csv", with + "1, validation: 2") ==
        "fold: `fold` and `validation` both say which images are set aside (remove one of them)");
}

TEST_CASE("io.split: a list's column `fold` states the folds") {
  const TemporaryFolder folder;
  std::string list = "image,class,Fold\n";
  for (int k = 0; k < 8; ++k) {
    put_picture(folder.path() / (std::to_string(k) + ".png"), k);
    list += std::to_string(k) + ".png," + (k % 2 ? "a" : "b") + "," + std::to_string(k / 2) + ".0\n";
  }
  put(folder.path() / "l.csv", list);
  const auto split = made_split(folder.path() / "l.csv", "class_labels: 0, fold: 2");
  CHECK(ids(*split, split->part(Target::Classes, Part::Validation)) == std::set<std::string>{"4.png", "5.png"});
  CHECK(split->part(Target::Classes, Part::Labelled).size() == 6);
  CHECK(refusal_of(folder.path() / "l.csv", "class_labels: 0, fold: 4").starts_with("fold: no image is in the fold 4"));
  put(folder.path() / "l.csv", "image,class,fold\n0.png,a,0\n1.png,b,0\n2.png,a,1\n3.png,b,1\n4.png,a,\n5.png,b,-1\n");
  std::vector<std::string> warnings;
  (void)made_split(folder.path() / "l.csv", "class_labels: 0, fold: 1", 0, &warnings);
  CHECK(warnings == std::vector<std::string>{"`data`: 2 of 6 images are in no fold, and train in each"});
  // One fold is none.
  put(folder.path() / "l.csv", "image,class,fold\n0.png,a,0\n1.png,b,0\n2.png,a,0\n3.png,b,0\n");
  const DataGuess guess = Split().guess(folder.path() / "l.csv");
  CHECK(guess.folds == 0);
  CHECK(std::count(guess.remarks.begin(), guess.remarks.end(), "the data state one fold only, so it is not used") == 1);
  put(folder.path() / "l.csv", "image,class\n0.png,a\n1.png,b\n");
  CHECK(refusal_of(folder.path() / "l.csv", "class_labels: 0, fold: 0").starts_with("fold: `fold` is set, but `folds` is 0"));
}

TEST_CASE("io.split: findings are 1, 0 or unknown, from columns or from joined rows") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png", "d.png"}) put_picture(folder.path() / name, name[0]);
  put(folder.path() / "l.csv",
      "Path,Sex,Age,Edema,Cardiomegaly,No Finding\na.png,F,60,1.0,-1.0,\nb.png,M,71,0.0,,1.0\nc.png,M,5,,1,0\nd.png,F,9,,,\n");
  const auto split = made_split(folder.path() / "l.csv", "multi_label: true");
  CHECK(split->class_names() == std::vector<std::string>{"Edema", "Cardiomegaly", "No Finding"});
  constexpr std::uint8_t no = 0, yes = 1, open = unknown::finding;
  CHECK(split->entries()[0].label.several == std::vector<std::uint8_t>{yes, open, open});
  CHECK(split->entries()[1].label.several == std::vector<std::uint8_t>{no, open, yes});
  CHECK(split->entries()[3].label.several.empty());
  CHECK(split->part(Target::Classes, Part::Labelled).size() == 3);
  CHECK(found(split->data_summary(), "findings") ==
        "Edema 1 yes, 1 no, 1 unknown; Cardiomegaly 1 yes, 0 no, 2 unknown; No Finding 1 yes, 1 no, 1 unknown; unknown 1");
  CHECK(made_split(folder.path() / "l.csv", "multi_label: true, classes: [cardiomegaly]")->entries()[2].label.several ==
        std::vector<std::uint8_t>{yes});
  CHECK(refusal_of(folder.path() / "l.csv", "multi_label: true, classes: [Edema, Age]") ==
        "classes: line 2 of `l.csv` has `60` in the column `Age`, which is not a finding: 1, 0, or -1 or nothing if it is unknown");
  CHECK(made_split(folder.path() / "l.csv", "")
            ->why_no_classes()
            .ends_with("with `multi_label: true`, columns of 1, 0 and -1 are findings: `Edema`, `Cardiomegaly` and `No Finding`"));
  put(folder.path() / "l.csv", "Image Index,Finding Labels\na.png,Edema|Mass\nb.png,No Finding\nc.png,\na.png,Hernia\n");
  const auto joined = made_split(folder.path() / "l.csv", "multi_label: true");
  CHECK(joined->class_names() == std::vector<std::string>{"Edema", "Hernia", "Mass"});
  CHECK(joined->entries()[0].label.several == std::vector<std::uint8_t>{1, 1, 1});
  CHECK(joined->entries()[1].label.several == std::vector<std::uint8_t>{0, 0, 0});
  CHECK(joined->entries()[2].label.several.empty());
  CHECK(
      refusal_of(folder.path() / "l.csv", "") ==
      "path: line 5 of `l.csv` gives `a.png` the class `Hernia`, but line 2 gives it `Edema|Mass` (with `multi_label: true`, an image can "
      "have several)");
  put(folder.path() / "l.csv", "image,Edema,Mass\na.png,1,\na.png,,0\n");
  CHECK(made_split(folder.path() / "l.csv", "multi_label: true")->entries()[0].label.several == std::vector<std::uint8_t>{1, 0});
  put(folder.path() / "l.csv", "image,Edema,Mass\na.png,1,1\na.png,0,0\n");
  CHECK(refusal_of(folder.path() / "l.csv", "multi_label: true") ==
        "path: line 3 of `l.csv` says `0` of `Edema` for `a.png`, but line 2 says `1`");
}

TEST_CASE("io.split: a class of -1 or `ignore` is unknown, unless it is wanted") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png"}) put_picture(folder.path() / name, name[0]);
  put(folder.path() / "l.csv", "image,class\na.png,1\nb.png,-1\nc.png,ignore\n");
  CHECK(made_split(folder.path() / "l.csv", "")->class_names() == std::vector<std::string>{"1"});
  CHECK(made_split(folder.path() / "l.csv", "classes: [ignore, '1', '-1']")->entries()[2].label.index == 0);
}

TEST_CASE("io.split: label maps have numbers of several structures, and void pixels") {
  const TemporaryFolder folder;
  cv::Mat map(6, 8, CV_8UC1, cv::Scalar(0));
  map.colRange(0, 2) = 1;
  map.colRange(2, 3) = 2;
  map.colRange(7, 8) = 255;
  for (const char* name : {"a.png", "b.png"}) {
    put_picture(folder.path() / "images" / name, name[0]);
    fs::create_directories(folder.path() / "labels");
    cv::imwrite((folder.path() / "labels" / name).string(), map);
  }
  const std::string masks = "masks: [lung=labels:1, heart=labels:2, whole=labels:1+2]";
  const auto split = made_split(folder.path(), masks + ", void: 255");
  REQUIRE(split->entries().size() == 2);
  CHECK(split->mask_names() == std::vector<std::string>{"lung", "heart", "whole"});
  CHECK(split->mask_faults({0, 1}).faults.empty());
  CHECK(split->has_unknown_masks({0, 1}));
  std::vector<std::string> warnings;
  const Image read = read_masks(split->entries()[0].masks, split->entries()[0].header(), warnings, split->label_maps());
  REQUIRE(read.channels() == 3);
  CHECK(read.pixels.at<cv::Vec3b>(0, 1) == cv::Vec3b(255, 0, 255));
  CHECK(read.pixels.at<cv::Vec3b>(0, 2) == cv::Vec3b(0, 255, 255));
  CHECK(read.pixels.at<cv::Vec3b>(0, 5) == cv::Vec3b(0, 0, 0));
  CHECK(read.pixels.at<cv::Vec3b>(0, 7) == cv::Vec3b::all(unknown::pixel));
  const auto without = made_split(folder.path(), masks);
  CHECK_FALSE(without->has_unknown_masks({0, 1}));
  const MaskTrial::Found faults = without->mask_faults({0, 1});
  REQUIRE(faults.faults.size() == 2);
  CHECK(faults.faults[0] == "the mask `" + (folder.path() / "labels" / "a.png").string() +
                                "` has the numbers 255 (6 pixels), which are neither in `masks` nor `void`; name each in `masks` after "
                                "a colon, as in `NAME=…:NUMBER`, or set `void`");
  CHECK(refusal_of(folder.path(), "masks: [lung=labels:1], void: 1") ==
        "void: `void` is 1, which `masks` names as a structure of `labels`");
  CHECK(refusal_of(folder.path(), "masks: [lung=labels], void: 1").starts_with("void: `void` is set, but no structure"));
  CHECK(refusal_of(folder.path(), "masks: [lung=labels:1, heart=labels]").find("a label map needs its numbers in each structure") !=
        std::string::npos);
}

namespace {

/// Forty images, each with another set of six findings. Each finding is in about half of them.
void put_findings(const fs::path& folder) {
  std::string list = "image,A,B,C,D,E,F\n";
  for (int k = 0; k < 40; ++k) {
    put_bytes(folder / (std::to_string(k) + ".png"), k);
    list += std::to_string(k) + ".png";
    for (int bit = 0; bit < 6; ++bit) list += (k + 12) >> bit & 1 ? ",1" : ",0";
    list += "\n";
  }
  put(folder / "l.csv", list);
}

bool is_said(const Split& split, const std::string& sentence) {
  const DataSummary summary = split.data_summary();
  return std::find(summary.surprises.begin(), summary.surprises.end(), sentence) != summary.surprises.end();
}

}  // namespace

TEST_CASE("io.split: folds of findings are of one size and have as many of each finding, although each image has another set") {
  const TemporaryFolder folder;
  put_findings(folder.path());
  std::vector<std::vector<int>> present(6);
  for (int fold = 0; fold < 4; ++fold) {
    const auto split = made_split(folder.path() / "l.csv", "multi_label: true, class_labels: 0, folds: 4, fold: " + std::to_string(fold));
    const auto& validation = split->part(Target::Classes, Part::Validation);
    CHECK(validation.size() >= 9);
    CHECK(validation.size() <= 11);
    for (std::size_t k = 0; k < 6; ++k)
      present[k].push_back(static_cast<int>(std::count_if(validation.begin(), validation.end(), [&](int image) {
        return split->entries()[static_cast<std::size_t>(image)].label.several[k] == 1;
      })));
  }
  for (const std::vector<int>& of_finding : present)
    CHECK(*std::max_element(of_finding.begin(), of_finding.end()) - *std::min_element(of_finding.begin(), of_finding.end()) <= 2);
  CHECK(refusal_of(folder.path() / "l.csv", "multi_label: true, class_labels: 0, folds: 41, fold: 40") ==
        "folds: `folds` is 41, but the images with labels are of 40 patients, and all images of a patient are in one fold");
}

TEST_CASE("io.split: the seed decides which images with findings are labelled, although each has another set of them") {
  const TemporaryFolder folder;
  put_findings(folder.path());
  std::set<std::vector<int>> labelled, validation;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto split = made_split(folder.path() / "l.csv", "multi_label: true, class_labels: 12", seed);
    labelled.insert(split->part(Target::Classes, Part::Labelled));
    validation.insert(split->part(Target::Classes, Part::Validation));
    CHECK(labelled.begin()->size() == 12);
  }
  CHECK(labelled.size() == 10);
  CHECK(validation.size() == 10);
}

TEST_CASE("io.split: parameters of folds that would mean nothing are refused, and folds that are not used are said") {
  const TemporaryFolder folder;
  std::string list = "image,class,fold\n";
  for (int k = 0; k < 8; ++k) {
    put_bytes(folder.path() / (std::to_string(k) + ".png"), k);
    list += std::to_string(k) + ".png," + (k % 2 ? "a" : "b") + "," + std::to_string(k / 4) + "\n";
  }
  const fs::path file = folder.path() / "l.csv";
  put(file, list);
  CHECK(refusal_of(file, "class_labels: 0, folds: 5") ==
        "folds: `folds` is 5, but `fold` chooses none of them (set `fold` to 0..4, or remove `folds`)");
  for (const char* with : {"class_labels: 0, fold_seed: 3", "class_labels: 0, fold: 1, fold_seed: 3"})
    CHECK(refusal_of(file, with) ==
          "fold_seed: `fold_seed` is set, but `folds` is 0, so no folds are drawn (set `folds`, or remove `fold_seed`)");
  const std::string unused = "the column `fold` of `l.csv` states 2 folds, which are not used; ";
  CHECK(is_said(*made_split(file, "class_labels: 0"), unused + "`fold` sets one aside"));
  CHECK(is_said(*made_split(file, "class_labels: 0, folds: 2, fold: 0"), unused + "`fold` with `folds: 0` sets one aside"));
  CHECK_FALSE(is_said(*made_split(file, "class_labels: 0, fold: 0"), unused + "`fold` sets one aside"));
  put(file, "image,class,fold\n0.png,a,0\n1.png,b,0\n2.png,a,1\n3.png,b,1\n4.png,,2\n");
  CHECK(refusal_of(file, "class_labels: 0, fold: 2") == "fold: no image of the fold 2 has a label");
}

TEST_CASE("io.split: a fold without labels of one kind says that it does not validate it") {
  const TemporaryFolder folder;
  put_mixed(folder.path());
  std::string list = "image,class,fold\n";
  for (int k = 0; k < 20; ++k)
    list += "p" + std::to_string(k) + ".png," +
            (k < 10  ? ""
             : k % 2 ? "sick"
                     : "well") +
            "," + std::to_string(k >= 12 && k < 18 ? 1 : 0) + "\n";
  put(folder.path() / "images" / "labels.csv", list);
  std::vector<std::string> warnings;
  (void)made_split(folder.path() / "images" / "labels.csv",
                   "masks: [lung=../masks_lung, heart=../masks_heart], class_labels: 0, mask_labels: 0, fold: 1", 0, &warnings);
  CHECK(warnings == std::vector<std::string>{"`data` validates `lung` on no image: the fold 1 has no such label"});
}

TEST_CASE("io.split: words for no finding are none in any case and spelling, and are said, unless they are wanted") {
  const TemporaryFolder folder;
  for (int k = 0; k < 8; ++k) put_bytes(folder.path() / (std::to_string(k) + ".png"), k);
  const fs::path list = folder.path() / "l.csv";
  put(list, "image,label\n0.png,Edema\n1.png,None\n2.png,NONE\n3.png,no_finding\n4.png,No Findings\n5.png,Kein Befund\n6.png,None|Edema\n");
  const auto split = made_split(list, "multi_label: true");
  CHECK(split->class_names() == std::vector<std::string>{"Edema"});
  for (const std::size_t k : {1U, 2U, 3U, 4U, 5U}) CHECK(split->entries()[k].label.several == std::vector<std::uint8_t>{0});
  CHECK(read_as(*split).find("`None` of 2 images means no finding") != std::string::npos);
  put(list, "image,label\n0.png,Edema\n1.png,None\n");
  CHECK(made_split(list, "multi_label: true, classes: [Edema, None]")->entries()[1].label.several == std::vector<std::uint8_t>{0, 1});
}

TEST_CASE("io.split: numbers that no label map has are said, and pages of a label map that are not read") {
  const TemporaryFolder folder;
  cv::Mat map(6, 8, CV_8UC1, cv::Scalar(0));
  map.colRange(0, 2) = 1;
  fs::create_directories(folder.path() / "labels");
  for (const char* name : {"a", "b"}) {
    put_picture(folder.path() / "images" / (std::string(name) + ".png"), name[0]);
    cv::imwrite((folder.path() / "labels" / (std::string(name) + ".tif")).string(), std::vector<cv::Mat>{map, map});
  }
  const auto split = made_split(folder.path(), "masks: [lung=labels:1, heart=labels:3, whole=labels:1+4]");
  CHECK(split->mask_faults({0, 1}).faults.empty());
  CHECK(split->mask_doubts({0, 1}) ==
        std::vector<std::string>{"no label map that was read has the number 3 of `heart` (2 files), 4 of `whole` (2 files)"});
  const auto all = made_split(folder.path(), "masks: [lung=labels:1]");
  (void)all->mask_faults({0, 1});
  CHECK(all->mask_doubts({0, 1}).empty());
  std::vector<std::string> notes;
  (void)read_masks(split->entries()[0].masks, split->entries()[0].header(), notes, split->label_maps());
  CHECK(notes == std::vector<std::string>{"mask: first of several pages of a TIFF"});
}
