#include <algorithm>

#include "io/split/patients.h"
#include "support/graphs.h"
#include "support/small_data.h"

#include "support/doctest.h"

// Data sets of nnU-Net, and images of several files.

using namespace leat;
using namespace leat::test;
using Part = Split::Part;
using Target = Split::Target;
namespace fs = std::filesystem;

namespace {

using Sentences = std::vector<std::string>;

/// Four cases of two channels, whose label maps have the numbers 0 to 2 and 9.
void put_nnunet(const fs::path& folder) {
  put(folder / "dataset.json",
      R"({"channel_names": {"0": "CT", "1": "PET"}, "labels": {"background": 0, "whole": [1, 2], "core": 2, "ignore": 9},
          "regions_class_order": [1, 2], "numTraining": 4, "file_ending": ".png"})");
  cv::Mat map(6, 8, CV_8UC1, cv::Scalar(0));
  map.colRange(0, 2) = 1;
  map.colRange(2, 3) = 2;
  map.colRange(7, 8) = 9;
  fs::create_directories(folder / "labelsTr");
  for (int k = 0; k < 4; ++k) {
    const std::string name = "C_" + std::to_string(k);
    put_picture(folder / "imagesTr" / (name + "_0000.png"), k);
    put_picture(folder / "imagesTr" / (name + "_0001.png"), 100 + k);
    cv::imwrite((folder / "labelsTr" / (name + ".png")).string(), map);
  }
}

void put_test_case(const fs::path& folder, const std::string& name) {
  put_picture(folder / "imagesTs" / (name + "_0000.png"), 50);
  put_picture(folder / "imagesTs" / (name + "_0001.png"), 51 + name.back());
}

}  // namespace

TEST_CASE("io.split: a data set of nnU-Net has channels, regions, ignored pixels and its folds") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  const auto split = made_split(folder.path(), "masks: [whole, core], mask_labels: 0, validation: 1");
  REQUIRE(split->entries().size() == 4);
  const SplitEntry& first = split->entries()[0];
  CHECK(first.id == "imagesTr/C_0_0000.png");
  CHECK(first.channels == std::vector<fs::path>{folder.path() / "imagesTr" / "C_0_0001.png"});
  CHECK(first.masks[0] == std::vector<fs::path>{folder.path() / "labelsTr" / "C_0.png"});
  CHECK(split->label_maps()[0][0].inside == std::vector<int>{1, 2});
  CHECK(split->label_maps()[1][0].inside == std::vector<int>{2});
  CHECK(split->label_maps()[1][0].unknown == 9);
  CHECK(split->mask_faults({0, 1, 2, 3}).faults.empty());
  CHECK(read_as(*split) == "a data set of nnU-Net, version 2, with 2 channels; its structures, for `masks`: [whole, core]");
  // A structure that the graph does not name is no mistake.
  CHECK(made_split(folder.path() / "dataset.json", "masks: [core]")->mask_faults({0, 1}).faults.empty());
  put(folder.path() / "splits_final.json",
      R"([{"train": ["C_1", "C_2", "C_3"], "val": ["C_0"]}, {"train": ["C_0"], "val": ["C_1", "C_2", "C_3"]}])");
  const auto fold = made_split(folder.path(), "masks: [core], mask_labels: 0, fold: 0");
  CHECK(fold->part(Target::Masks, Part::Validation) == std::vector<int>{0});
  CHECK(fold->part(Target::Masks, Part::Labelled) == std::vector<int>{1, 2, 3});
  put_picture(folder.path() / "imagesTs" / "T_0000.png", 50);
  put_picture(folder.path() / "imagesTs" / "T_0001.png", 51);
  CHECK(refusal_of(folder.path(), "masks: [core], mask_labels: 0") ==
        "rows: `imagesTr` has the rows `train`, and `imagesTs` the rows `test`, but `rows` selects none");
  CHECK(refusal_of(folder.path(), "rows: tset") ==
        "rows: the data set has no rows `tset`: `imagesTr` has the rows `train`, and `imagesTs` the rows `test`");
  CHECK(ids_of(*made_split(folder.path(), "rows: test")) == Sentences{"imagesTs/T_0000.png"});
  CHECK(made_split(folder.path(), "rows: train, masks: [core], mask_labels: 0, validation: 1")->entries().size() == 4);
  fs::remove(folder.path() / "imagesTr" / "C_2_0001.png");
  CHECK(refusal_of(folder.path(), "") == "path: the case `C_2` of `imagesTr` has 1 channel, but `dataset.json` names 2");
  put(folder.path() / "imagesTr" / "x_0000.nii.gz", "x");
  CHECK(refusal_of(folder.path(), "").find("is a volume (NIfTI), but Leat reads images of two dimensions only") != std::string::npos);
}

TEST_CASE("io.split: the folds of nnU-Net are used as they are stated, and what does not fit is said") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  put(folder.path() / "splits_final.json",
      R"([{"train": ["C_1", "Gone", "C_0"], "val": ["C_0", "Lost"]}, {"train": ["C_0"], "val": ["C_1"]}])");
  Sentences warnings;
  const auto fold = made_split(folder.path(), "masks: [core], mask_labels: 0, fold: 0", 0, &warnings);
  CHECK(fold->part(Target::Masks, Part::Validation) == std::vector<int>{0});
  CHECK(fold->part(Target::Masks, Part::Labelled) == std::vector<int>{1});
  CHECK(warnings ==
        Sentences{"`data`: `splits_final.json` names 2 cases without an image in `imagesTr`; the first is `Lost` in the fold 0",
                  "`data`: `splits_final.json` names 1 case in both `train` and `val` of a fold, which does not train on it; the first is "
                  "`C_0` in the fold 0",
                  "`data`: 2 of 4 images are in neither `train` nor `val` of the fold 0, and are left out; the first is "
                  "`imagesTr/C_2_0000.png`"});
  const std::vector<std::string> surprises =
      made_split(folder.path(), "masks: [core], mask_labels: 0, validation: 1")->data_summary().surprises;
  CHECK(std::find(surprises.begin(), surprises.end(), "`splits_final.json` states 2 folds, which are not used; `fold` sets one aside") !=
        surprises.end());
  CHECK(refusal_of(folder.path(), "masks: [Core]") == "masks: the data set has no structure `Core` (did you mean `core`?)");
}

TEST_CASE("io.split: numbers of nnU-Net's `dataset.json` that no label map can have are refused") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  for (const std::string number : {"-1", "1.5", "true", "70000", "\"1\"", "[1, 2.5]", "[]"}) {
    CAPTURE(number);
    put(folder.path() / "dataset.json",
        R"({"channel_names": {"0": "CT", "1": "PET"}, "labels": {"background": 0, "core": )" + number + "}}");
    const std::string refused = refusal_of(folder.path(), "");
    if (number != "\"1\"") CHECK(refused.starts_with("path: `dataset.json` gives `core` "));
    else CHECK(refused == "path: `dataset.json` gives `1` the number \"core\", but label maps have whole numbers of 0..65535");
  }
}

TEST_CASE("io.split: labels of nnU-Net's training are in `labelsTr`, those of its test images in `labelsTs`") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  put_test_case(folder.path(), "T_0");
  put_test_case(folder.path(), "T_1");
  CHECK(refusal_of(folder.path(), "rows: test, masks: [core]") ==
        "masks: there is no folder `labelsTs`, which would have the labels of `imagesTs`");
  CHECK(made_split(folder.path(), "masks: [core]")->data_summary().surprises == Sentences{"2 of 6 images have no mask"});
  fs::create_directories(folder.path() / "labelsTs");
  CHECK(refusal_of(folder.path(), "rows: test, masks: [core]") ==
        "masks: the folder `labelsTs` is empty, which would have the labels of `imagesTs`");
  fs::copy_file(folder.path() / "labelsTr" / "C_0.png", folder.path() / "labelsTs" / "T_1.png");
  for (const std::string masks : {"[whole, core]", "['whole=labelsTr:1+2', 'core=labelsTr:2']"}) {
    CAPTURE(masks);
    const auto train = made_split(folder.path(), "rows: train, masks: " + masks + ", mask_labels: 0, validation: 1");
    CHECK(train->entries()[3].masks[1] == std::vector<fs::path>{folder.path() / "labelsTr" / "C_3.png"});
    Sentences warnings;
    const auto test = made_split(folder.path(), "rows: test, masks: " + masks, 0, &warnings);
    CHECK(warnings.empty());
    REQUIRE(test->entries().size() == 2);
    CHECK(test->entries()[0].masks.empty());
    CHECK(test->entries()[1].masks[1] == std::vector<fs::path>{folder.path() / "labelsTs" / "T_1.png"});
    CHECK(test->mask_faults({0, 1}).faults.empty());
  }
  CHECK(made_split(folder.path(), "masks: [core]")->count_known(0, {0, 1, 2, 3, 4, 5}) == 5);
  fs::remove_all(folder.path() / "labelsTr");
  CHECK(refusal_of(folder.path(), "rows: train, masks: [core]") ==
        "masks: there is no folder `labelsTr`, which would have the labels of `imagesTr`");
  Sentences warnings;
  (void)made_split(folder.path(), "masks: [whole, core]", 0, &warnings);
  CHECK(warnings == Sentences{"`data`: `labelsTr` does not exist or is empty, so no structure is known in the images of `imagesTr`"});
  const DataGuess bare = Split().guess(folder.path());
  CHECK(bare.structures.empty());
  CHECK(bare.remarks == Sentences{"there is no folder `labelsTr`, which would have the labels of `imagesTr`"});
}

TEST_CASE("io.split: test images of nnU-Net alone are a data set") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  put_test_case(folder.path(), "T_0");
  for (const char* gone : {"imagesTr", "labelsTr"}) fs::remove_all(folder.path() / gone);
  Sentences warnings;
  const auto split = made_split(folder.path(), "", 0, &warnings);
  CHECK(warnings.empty());
  CHECK(ids_of(*split) == Sentences{"imagesTs/T_0_0000.png"});
  CHECK(split->entries()[0].channels.size() == 1);
  CHECK(read_as(*split).starts_with("a data set of nnU-Net, version 2, with 2 channels, and test images only; "));
  const DataGuess guess = Split().guess(folder.path());
  CHECK(guess.rows.empty());
  CHECK(guess.test_rows.empty());
  CHECK(guess.channels == 2);
  CHECK(guess.channel_files == 2);
}

TEST_CASE("io.split: what nnU-Net's `dataset.json` says and the files do not is said") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  put(folder.path() / "imagesTr" / "notes.txt", "x");
  put(folder.path() / "dataset.json", R"({"channel_names": {"0": "CT", "1": "PET"}, "numTraining": 5, "file_ending": ".tif",
          "labels": {"background": 0, "Core": 1, "core": 2, "ignore": 9}})");
  Sentences warnings;
  (void)made_split(folder.path(), "masks: [core]", 0, &warnings);
  CHECK(warnings == Sentences{"`data`: 1 of 9 files in `" + (folder.path() / "imagesTr").string() + "` is not read: `notes.txt`",
                              "`data`: `numTraining` of `dataset.json` is 5, but `imagesTr` has 4 cases",
                              "`data`: `file_ending` of `dataset.json` is `.tif`, but 4 of 4 images have another ending; the first is "
                              "`imagesTr/C_0_0000.png`",
                              "`data`: the structures `Core` and `core` differ in case only"});
  const std::string file = "path: `" + (folder.path() / "dataset.json").string() + "` ";
  put(folder.path() / "dataset.json", "");
  CHECK(refusal_of(folder.path(), "") == file + "cannot be read: it is not JSON, because it is empty");
  put(folder.path() / "dataset.json", "{\n\"labels\": {\n\"core\" 1}}");
  CHECK(refusal_of(folder.path(), "") == file + "cannot be read: it is not JSON, in line 3");
  put(folder.path() / "dataset.json", R"({"labels": {"core": 1, "core": 2}})");
  CHECK(refusal_of(folder.path(), "") == file + "cannot be read: an object has the key `core` twice");
  put(folder.path() / "dataset.json", R"({"channel_names": {"0": "CT"}})");
  CHECK(refusal_of(folder.path(), "") == file + "is not as nnU-Net has it: there is no `labels`");
  put(folder.path() / "dataset.json", R"({"channel_names": {"0": "CT", "1": "PET"}, "labels": {}})");
  fs::rename(folder.path() / "imagesTr" / "C_1_0001.png", folder.path() / "imagesTr" / "C_1_0002.png");
  CHECK(refusal_of(folder.path(), "") == "path: the case `C_1` of `imagesTr` has no file `C_1_0001`, but `dataset.json` names 2");
}

TEST_CASE("io.split: two structures that differ in case only are warned of, as classes are") {
  const TemporaryFolder folder;
  for (const char* place : {"images", "masks_lung", "masks_Lung"}) put_picture(folder.path() / place / "a.png", 255);
  Sentences warnings;
  (void)made_split(folder.path(), "masks: [lung, Lung]", 0, &warnings);
  CHECK(warnings == Sentences{"`data`: the structures `lung` and `Lung` differ in case only"});
}

TEST_CASE("io.split: files of a folder can be the channels of an image, as nnU-Net names them") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  const fs::path images = folder.path() / "imagesTr";
  Sentences warnings;
  const auto split = made_split(images, "channel_files: 2", 0, &warnings);
  CHECK(warnings.empty());
  CHECK(ids_of(*split) == Sentences{"C_0_0000.png", "C_1_0000.png", "C_2_0000.png", "C_3_0000.png"});
  CHECK(split->entries()[1].channels == std::vector<fs::path>{images / "C_1_0001.png"});
  CHECK(read_as(*split) == "2 files are one image: `C_0_0000.png` is its first channel");
  CHECK(made_split(images, "", 0, &warnings)->entries().size() == 8);
  CHECK(warnings == Sentences{"`data`: each file is read as an image, but the names look like 2 channels of one image, as nnU-Net names "
                              "them; `channel_files: 2` reads them so; the first is `C_0_0000.png`"});
  // All files of an image decide whether it is a copy.
  put_picture(images / "C_1_0000.png", 0);
  CHECK(find_twins(made_split(images, "channel_files: 2")->entries()) == std::vector<int>{0, 1, 2, 3});
  put_picture(images / "C_1_0001.png", 100);
  CHECK(find_twins(made_split(images, "channel_files: 2")->entries()) == std::vector<int>{0, 0, 2, 3});
  put_picture(images / "C_1_0000.png", 1);
  put_picture(images / "C_1_0001.png", 101);
  // Folders are classes, and a mask has the name of its image without the channel.
  fs::create_directories(folder.path() / "plain");
  fs::copy(images, folder.path() / "plain" / "x", fs::copy_options::recursive);
  fs::copy(folder.path() / "labelsTr", folder.path() / "plain" / "masks");
  const auto classes = made_split(folder.path() / "plain", "channel_files: 2, classes: [x], masks: ['core=masks:2'], void: 9");
  REQUIRE(classes->entries().size() == 4);
  CHECK(classes->entries()[2].class_name == "x");
  CHECK(classes->entries()[2].masks[0] == std::vector<fs::path>{folder.path() / "plain" / "masks" / "C_2.png"});

  CHECK(made_split(folder.path(), "channel_files: 2")->entries().size() == 4);
  CHECK(refusal_of(folder.path(), "channel_files: 3") == "channel_files: `channel_files` is 3, but `dataset.json` names 2 channels");
  CHECK(refusal_of(images, "channel_files: 3") == "path: the case `C_0` of `imagesTr` has 2 channels, but `channel_files` is 3");
  const std::string hint = " (it is for folders with files such as `C_0000.png` and `C_0001.png`)";
  CHECK(refusal_of(images / "C_0_0000.png", "channel_files: 2") == "channel_files: `channel_files` is 2, but `path` is one file" + hint);
  put(images / "l.csv", "image\nC_0_0000.png\n");
  CHECK(refusal_of(images / "l.csv", "channel_files: 2") ==
        "channel_files: `channel_files` is 2, but `path` is a list, which names the files of an image itself" + hint);
  fs::remove(images / "C_3_0000.png");
  CHECK(refusal_of(images, "channel_files: 2") == "path: the case `C_3` of `imagesTr` has 1 channel, but `channel_files` is 2");
  put_picture(images / "loose.png", 1);
  CHECK(refusal_of(images, "channel_files: 2").ends_with("loose.png` does not end in the number of a channel, such as `_0000`"));
}

TEST_CASE("io.split: an image whose files differ in size or depth, or of which one is cut, cannot be read") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  const fs::path other = folder.path() / "imagesTr" / "C_1_0001.png";
  const auto warned = [&] {
    Sentences warnings;
    (void)made_split(folder.path(), "", 0, &warnings);
    return warnings;
  };
  CHECK(warned().empty());
  const std::string begin = "`data`: 1 of 4 images cannot be read; the first is `imagesTr/C_1_0000.png`: ";
  const std::string must = begin + "the files of an image must have one size and depth, but ";
  put_picture(other, 100, {8, 5});
  CHECK(warned() == Sentences{must + "`C_1_0000.png` has 8 x 6, and `C_1_0001.png` has 8 x 5"});
  cv::imwrite(other.string(), cv::Mat(6, 8, CV_16UC1, cv::Scalar(1000)));
  CHECK(warned() == Sentences{must + "`C_1_0000.png` has 8 x 6, 8 bit, and `C_1_0001.png` has 8 x 6, 16 bit"});
  put_picture(other, 100);
  fs::resize_file(other, fs::file_size(other) - 20);
  REQUIRE(warned().size() == 1);
  CHECK(warned()[0].starts_with(begin + "`C_1_0001.png`: "));
}

TEST_CASE("io.split: a guess says which folds and validation rows the data state, and gives up a test without labels") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  put(folder.path() / "splits_final.json",
      R"([{"train": ["C_1", "C_2", "C_3"], "val": ["C_0"]}, {"train": ["C_0"], "val": ["C_1", "C_2", "C_3"]}])");
  put_test_case(folder.path(), "T_0");
  DataGuess guess = Split().guess(folder.path());
  CHECK(guess.rows == "train");
  CHECK(guess.test_rows.empty());
  CHECK(guess.remarks == Sentences{"1 image of the rows `test` has no labels, so it is not judged"});
  CHECK(guess.folds == 2);
  CHECK_FALSE(guess.has_validation_rows);
  CHECK(guess.structures == Sentences{"whole", "core"});
  CHECK(refusal_of(folder.path(), "rows: train, masks: [core], mask_labels: 0, fold: 7") ==
        "fold: no image is in the fold 7; the folds are 0..1");
  fs::create_directories(folder.path() / "labelsTs");
  fs::copy_file(folder.path() / "labelsTr" / "C_0.png", folder.path() / "labelsTs" / "T_0.png");
  CHECK(Split().guess(folder.path()).test_rows == "test");

  const fs::path list = folder.path() / "list" / "l.csv";
  std::string rows = "image,class,split,fold\n";
  for (int k = 0; k < 6; ++k) {
    put_picture(list.parent_path() / (std::to_string(k) + ".png"), k);
    rows += std::to_string(k) + ".png," + (k % 2 ? "a" : "b") +
            (k < 3   ? ",train,"
             : k < 5 ? ",val,"
                     : ",test,") +
            std::to_string(k % 2 + 1) + "\n";
  }
  put(list, rows);
  guess = Split().guess(list);
  CHECK(guess.has_validation_rows);
  CHECK(guess.test_rows == "test");
  CHECK(guess.folds == 0);
  CHECK(guess.remarks == Sentences{"the data state the folds `1`, `2`, which are not numbered from 0; `fold` chooses one"});
  CHECK(refusal_of(list, "rows: train, class_labels: 0, fold: 0") == "fold: no image is in the fold 0; the folds are `1`, `2`");
}

TEST_CASE("io.split: the first version of nnU-Net's data sets") {
  const TemporaryFolder folder;
  put_nnunet(folder.path());
  put(folder.path() / "dataset.json", R"({"modality": {"0": "CT", "1": "PET"}, "labels": {"0": "background", "1": "organ", "2": "core"},
      "training": [{"image": "./imagesTr/C_0.png", "label": "./labelsTr/C_0.png"}], "test": []})");
  const auto split = made_split(folder.path(), "masks: [organ], void: 9");
  CHECK(split->entries().size() == 4);
  CHECK(split->label_maps()[0][0].inside == std::vector<int>{1});
  CHECK(split->mask_faults({0, 1, 2, 3}).faults.empty());
  put(folder.path() / "dataset.json", R"({"labels": {}})");
  CHECK(refusal_of(folder.path(), "").find("is not as nnU-Net has it") != std::string::npos);
}
