#include <algorithm>

#include "support/graphs.h"
#include "support/small_data.h"

#include "support/doctest.h"

// Layouts of data sets that other tools use.

using namespace leat;
using namespace leat::test;
using Part = Split::Part;
using Target = Split::Target;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> ids_of(const Split& split) {
  std::vector<std::string> out;
  for (const SplitEntry& entry : split.entries()) out.push_back(entry.id);
  return out;
}

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
  CHECK(refusal_of(folder.path(), "masks: [core], mask_labels: 0").starts_with("rows: the list's column `split` has several names"));
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

TEST_CASE("io.split: a datalist of MONAI has labels that are numbers, paths or lists, and parts") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png", "d.png"}) put_picture(folder.path() / "images" / name, name[0]);
  put_picture(folder.path() / "m.png", 255);
  const fs::path list = folder.path() / "data.json";
  put(list,
      R"({"name": "x", "training": [{"image": "images/a.png", "label": 1, "fold": 0}, {"image": "images/b.png", "label": 0, "fold": 1}],
      "validation": [{"image": "images/c.png", "label": 1.0}], "test": ["images/d.png"]})");
  const auto split = made_split(list, "rows: training, class_labels: 0");
  CHECK(split->class_names() == Sentences{"0", "1"});
  CHECK(ids_of(*split) == Sentences{"images/a.png", "images/b.png", "images/c.png"});
  CHECK(split->part(Target::Classes, Part::Validation) == std::vector<int>{2});
  put(list, R"([{"image": "images/a.png", "label": "m.png"}, {"image": ["images/b.png", "images/c.png"]}])");
  const auto masks = made_split(list, "masks: [lungs]");
  CHECK(masks->entries()[0].masks[0][0] == folder.path() / "m.png");
  CHECK(masks->entries()[1].masks.empty());
  CHECK(masks->entries()[1].channels == std::vector<fs::path>{folder.path() / "images" / "c.png"});
  put(list, R"({"training": [{"image": "images/a.png", "label": [1, 0]}, {"image": "images/b.png", "label": [-1, 1]}]})");
  CHECK(made_split(list, "multi_label: true")->class_names() == Sentences{"label_0", "label_1"});
  put(list, R"({"training": [{"image": "images/a.png", "label": ["x", "y"]}, {"image": "images/b.png", "label": []}]})");
  CHECK(made_split(list, "multi_label: true")->entries()[1].label.several == std::vector<std::uint8_t>{0, 0});
  put(list, "{\"training\": [");
  CHECK(refusal_of(list, "").starts_with("path: the list `" + list.string() + "` cannot be read: "));
  put(list, "{\"training\": []}");
  CHECK(refusal_of(list, "").find("it has no list of images") != std::string::npos);
}

TEST_CASE("io.split: lists and keys of a datalist that are not read are said, and rows that are not chosen") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png"}) put_picture(folder.path() / name, name[0]);
  const fs::path list = folder.path() / "data.json";
  put(list,
      R"({"name": "x", "labels": {"1": "lung"}, "training": [{"image": "a.png", "label": 1, "box": [1, 2]}, {"image": "b.png", "label": 0}],
      "val": [{"img": "c.png"}], "volumes": ["x.nii"], "none": [], "test": ["c.png"]})");
  Sentences warnings;
  const auto split = made_split(list, "rows: training", 0, &warnings);
  CHECK(warnings == Sentences{"`data`: the list `val` of `data.json` is not read, because its first entry has no `image`",
                              "`data`: the list `volumes` of `data.json` is not read, because its first entry is not a picture",
                              "`data`: entries of `data.json` have lists or objects at `box`, which are not read"});
  CHECK(read_as(*split) == "only some rows: not 1 image of `test`");
}

TEST_CASE("io.split: pictures that other columns of a list name are no images without a class") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png", "a_mask.png", "old/b.png"}) put_picture(folder.path() / name, name[0] + name[1]);
  put(folder.path() / "l.csv", "image,mask,class\na.png, a_mask.png,x\nb.png,,y\n");
  for (const char* with : {"unlisted: read", "unlisted: read, masks: [lung]"}) {
    const auto split = made_split(folder.path() / "l.csv", with);
    CHECK(ids_of(*split) == Sentences{"a.png", "b.png", "c.png", "old/b.png"});
    CHECK(read_as(*split).find("1 picture that other columns of the list name, such as masks, is not an image") != std::string::npos);
  }
}

TEST_CASE("io.split: a folder `unlabelled` beside those of classes has images without a class") {
  const TemporaryFolder folder;
  int value = 0;
  for (const char* name : {"a", "b", "Unlabelled"})
    for (int k = 0; k < 3; ++k) put_bytes(folder.path() / name / (std::to_string(k) + ".png"), value++);
  const auto split = made_split(folder.path(), "class_labels: 0, validation: 0");
  CHECK(split->class_names() == Sentences{"a", "b"});
  CHECK(split->part(Target::Classes, Part::Unlabelled).size() == 3);
  CHECK(read_as(*split) == "the folders are the classes; 3 pictures of the folder for unlabelled images have no class");
  CHECK(made_split(folder.path(), "classes: [a, b, Unlabelled]")->class_names().size() == 3);
}

TEST_CASE("io.split: folders of label maps beside `images` are no classes") {
  const TemporaryFolder folder;
  for (const char* place : {"images", "labels"}) put_picture(folder.path() / place / "a.png", place[0]);
  CHECK(ids_of(*made_split(folder.path(), "")) == Sentences{"images/a.png"});
  CHECK(made_split(folder.path(), "classes: [images, labels]")->class_names().size() == 2);
  CHECK(made_split(folder.path(), "masks: [lungs=labels:108]")->entries()[0].knows_mask(0));
}

TEST_CASE("io.split: a list's parameters mean nothing for a folder, and `rows` not for pictures without a row") {
  const TemporaryFolder folder;
  put_bytes(folder.path() / "a.png", 1);
  CHECK(refusal_of(folder.path(), "unlisted: read") == "unlisted: `unlisted` is set, but `path` is not a list of images");
  CHECK(refusal_of(folder.path(), "images: '" + folder.path().string() + "'") ==
        "images: `images` is set, but `path` is not a list of images");
  put(folder.path() / "l.csv", "image,split\na.png,train\n");
  CHECK(refusal_of(folder.path() / "l.csv", "unlisted: read, rows: train")
            .starts_with("unlisted: `rows` chooses rows of the list, but the pictures"));
}
