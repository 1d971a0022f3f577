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

using Sentences = std::vector<std::string>;

}  // namespace

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
