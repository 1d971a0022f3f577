#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "io/disk_file.h"
#include "io/mask_picture.h"
#include "io/split/headers.h"
#include "io/split/mask_trial.h"
#include "io/split/patients.h"
#include "io/split/spelling.h"
#include "support/graphs.h"
#include "support/small_data.h"

#include "support/doctest.h"

// What a data set's folder or list leaves to guess: it is refused, or said.

using namespace leat;
using namespace leat::test;
using Part = Split::Part;
using Target = Split::Target;
namespace fs = std::filesystem;

namespace {

/// Two class folders of three files each.
void put_two_classes(const fs::path& folder) {
  int value = 0;
  for (const char* name : {"NORMAL", "PNEUMONIA"})
    for (int k = 0; k < 3; ++k) put_bytes(folder / name / (std::to_string(k) + ".png"), value++);
}

/// What a split warns of, without its own name at the head.
std::vector<std::string> warnings_of(const fs::path& path, const std::string& with = "") {
  std::vector<std::string> out;
  (void)made_split(path, with, 0, &out);
  for (std::string& one : out) {
    REQUIRE(one.starts_with("`data`: "));
    one.erase(0, 8);
  }
  return out;
}

using Sentences = std::vector<std::string>;

/// Puts EXIF data with an orientation before the pixels of a PNG. The decoder does not check the checksum of this chunk.
void turn(const fs::path& png, int orientation) {
  std::vector<std::uint8_t> bytes = read_whole_file(png);
  const std::vector<std::uint8_t> chunk{
      0, 0, 0, 26, 'e', 'X', 'I', 'f', 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, static_cast<std::uint8_t>(orientation),
      0, 0, 0, 0,  0,   0,   0,   0,   0,   0,   0};
  bytes.insert(bytes.begin() + 33, chunk.begin(), chunk.end());
  write_whole_file(png, bytes);
}

void cut(const fs::path& file, std::size_t bytes) { fs::resize_file(file, bytes); }

}  // namespace

TEST_CASE("io.split: files with endings that are not read are counted in one warning, and the first is named") {
  const TemporaryFolder folder;
  put_two_classes(folder.path());
  CHECK(warnings_of(folder.path()).empty());
  for (const char* name : {"a.webp", "b.WEBP", "c.jfif", "d.gif"}) put_bytes(folder.path() / "PNEUMONIA" / name, 1);
  CHECK(warnings_of(folder.path()) == Sentences{"4 of 10 files in `" + folder.path().string() +
                                                "` are not read (2 .webp, 1 .gif, 1 .jfif), the first is `PNEUMONIA/a.webp`"});
  for (const char* system : {"Thumbs.db", ".DS_Store", "._0.png", "desktop.ini", "__MACOSX/x.webp", ".ipynb_checkpoints/a.gif"})
    put_bytes(folder.path() / "NORMAL" / system, 1);
  CHECK(warnings_of(folder.path()).size() == 1);
  for (const char* name : {"a.webp", "b.WEBP", "c.jfif"}) fs::remove(folder.path() / "PNEUMONIA" / name);
  CHECK(warnings_of(folder.path()) == Sentences{"1 of 7 files in `" + folder.path().string() + "` is not read: `PNEUMONIA/d.gif`"});
}

TEST_CASE("io.split: a folder with other files only says what they are") {
  const TemporaryFolder folder;
  for (const char* name : {"a.webp", "b.webp", "LICENSE"}) put_bytes(folder.path() / name, 1);
  put_bytes(folder.path() / "masks" / "a.png", 1);
  CHECK(refusal_of(folder.path(), "") == "path: no picture in `" + folder.path().string() +
                                             "`, only 2 .webp, 1 without ending, apart from masks in `masks` (pictures end in .bmp, .jpeg, "
                                             ".jpg, .png, .tif or .tiff)");
}

TEST_CASE("io.split: an empty class folder and one whose files are not read are named") {
  const TemporaryFolder folder;
  put_two_classes(folder.path());
  fs::create_directories(folder.path() / "COVID");
  CHECK(warnings_of(folder.path()) == Sentences{"the folder `COVID` in `" + folder.path().string() + "` has no picture"});
  put_bytes(folder.path() / "COVID" / "a.webp", 1);
  CHECK(warnings_of(folder.path()) ==
        Sentences{"1 of 7 files in `" + folder.path().string() + "` is not read: `COVID/a.webp`; the folder `COVID` has no picture"});
}

TEST_CASE("io.split: the only folder with pictures beside empty ones is said to be no class, or the only one") {
  const TemporaryFolder folder;
  for (int k = 0; k < 4; ++k) put_picture(folder.path() / "Pneumonie" / (std::to_string(k) + ".png"), k);
  fs::create_directories(folder.path() / "gesund");
  CHECK(Split().guess(folder.path()).remarks ==
        Sentences{"`Pneumonie` is the only class, so there is none to learn; without a picture: `gesund`"});
  CHECK(warnings_of(folder.path()) == Sentences{"the folder `gesund` in `" + folder.path().string() + "` has no picture"});
  put_picture(folder.path() / "loose.png", 10);
  CHECK(made_split(folder.path(), "")->class_names().empty());
  CHECK(warnings_of(folder.path()) == Sentences{"`Pneumonie` is the only folder with pictures, and other pictures are beside it, so it is "
                                                "not a class, unless `classes` names it; without a picture: `gesund`"});
  CHECK(warnings_of(folder.path(), "classes: [Pneumonie]") ==
        Sentences{"the folder `gesund` in `" + folder.path().string() + "` has no picture"});
}

TEST_CASE("io.split: a spreadsheet is named, with the format to save it in") {
  const TemporaryFolder folder;
  put(folder.path() / "Befunde.xlsx", "x");
  CHECK(refusal_of(folder.path(), "").ends_with("; if `Befunde.xlsx` is a list of images, save it as .csv)"));
  CHECK(refusal_of(folder.path() / "Befunde.xlsx", "") ==
        "path: `" + (folder.path() / "Befunde.xlsx").string() + "` is a spreadsheet (if it is a list of images, save it as .csv)");
  put_bytes(folder.path() / "a.png", 1);
  CHECK(warnings_of(folder.path()) ==
        Sentences{"1 of 2 files in `" + folder.path().string() + "` is not read: `Befunde.xlsx`",
                  "`Befunde.xlsx` is not read, because it is a spreadsheet; if it is a list of these images, save it as .csv"});
}

TEST_CASE("io.split: a loose picture beside class folders has no class, is named, and leaves the others theirs") {
  const TemporaryFolder folder;
  put_two_classes(folder.path());
  put_bytes(folder.path() / "preview.png", 100);
  const auto split = made_split(folder.path(), "");
  CHECK(split->class_names() == std::vector<std::string>{"NORMAL", "PNEUMONIA"});
  CHECK(split->part(Target::Classes, Part::Labelled).size() == 6);
  CHECK(split->part(Target::Classes, Part::Unlabelled).size() == 1);
  CHECK(warnings_of(folder.path()).empty());  // Without training no class of an image is missed.
  CHECK(warnings_of(folder.path(), "class_labels: 0") ==
        Sentences{"1 of 7 pictures in `" + folder.path().string() +
                  "` has no class, because it is in none of the class folders; the first is `preview.png`"});
  const fs::path groups = folder.path() / "groups";
  for (const char* name : {"A/NORMAL/x.png", "A/SICK/y.png", "A/z.png", "u.png"}) put_bytes(groups / name, name[2]);
  CHECK(warnings_of(groups, "group: folder, class_labels: 0, validation: 0") ==
        Sentences{"2 of 4 pictures in `" + groups.string() +
                  "` have no class, because they are in none of the class folders; the first is `A/z.png`"});
}

TEST_CASE("io.split: one folder beside pictures is a class only where it is named as one") {
  const TemporaryFolder folder;
  put_bytes(folder.path() / "SICK" / "a.png", 1);
  put_bytes(folder.path() / "b.png", 2);
  CHECK(made_split(folder.path(), "")->class_names().empty());
  CHECK(warnings_of(folder.path()).empty());
  CHECK(made_split(folder.path(), "classes: [SICK]")->class_names() == std::vector<std::string>{"SICK"});
  CHECK(warnings_of(folder.path(), "classes: [SICK], class_labels: 0, validation: 0").size() == 1);
}

TEST_CASE("io.split: mask folders below the data set's are none of images, and the only other folder is no class") {
  const TemporaryFolder folder;
  for (const char* name : {"images", "masks_lung", "masks_heart", "masks"})
    for (int k = 0; k < 4; ++k) put_picture(folder.path() / name / (std::to_string(k) + ".png"), k);
  const auto left_out = [&](const std::string& folders) { return folders + " in `" + folder.path().string() + "` "; };
  for (const std::string with :
       {"masks: [lung=masks_lung, heart=masks_heart, m=masks]", "masks: [lung=masks_lung]", "masks: [lungs]", ""}) {
    CAPTURE(with);
    const auto split = made_split(folder.path(), with);
    CHECK(ids_of(*split) == std::vector<std::string>{"images/0.png", "images/1.png", "images/2.png", "images/3.png"});
    CHECK(split->class_names().empty());
  }
  CHECK(warnings_of(folder.path(), "masks: [lung=masks_lung/, heart=masks_heart+masks]").empty());
  CHECK(warnings_of(folder.path(), "masks: [lung=masks_lung, heart=masks_heart]") ==
        Sentences{left_out("the folder `masks`") + "seems to hold masks, so none of its files is read as an image"});
  CHECK(warnings_of(folder.path(), "masks: [lungs]") == Sentences{left_out("the folders `masks_heart` and `masks_lung`") +
                                                                  "seem to hold masks, so none of their files is read as an image"});
  fs::rename(folder.path() / "masks_heart", folder.path() / "Herz");
  CHECK(made_split(folder.path(), "masks: [lung=masks_lung, heart=Herz]")->entries().size() == 4);
  fs::rename(folder.path() / "images", folder.path() / "no masks");
  fs::rename(folder.path() / "Herz", folder.path() / "no_mask");
  const auto classes = made_split(folder.path(), "classes: ['no masks', no_mask]");
  CHECK(classes->class_names() == std::vector<std::string>{"no masks", "no_mask"});
}

TEST_CASE("io.split: a name alone takes the column or folder of its own, before the common one") {
  const TemporaryFolder folder;
  for (const char* name : {"images/0.png", "masks/0.png", "masks_heart/0.png"}) put_picture(folder.path() / name, 255);
  const auto masks_of = [&](const std::string& with) {
    std::vector<std::string> out;
    const auto split = made_split(folder.path(), with);
    for (const auto& files : split->entries()[0].masks) {
      REQUIRE(files.size() == 1);
      out.push_back(fs::relative(files[0], folder.path()).generic_string());
    }
    return out;
  };
  CHECK(masks_of("masks: [heart]") == Sentences{"masks_heart/0.png"});
  CHECK(masks_of("masks: [lungs, heart]") == Sentences{"masks/0.png", "masks_heart/0.png"});
  put(folder.path() / "split.csv", "image,mask,Mask_Heart\nimages/0.png,masks/0.png,h.png\n");
  put_picture(folder.path() / "h.png", 255);
  CHECK(masks_of("masks: [heart]") == Sentences{"h.png"});
  CHECK(masks_of("masks: [heart, lungs]") == Sentences{"h.png", "masks/0.png"});
  put(folder.path() / "split.csv", "image,mask\nimages/0.png,masks/0.png\n");
  CHECK(masks_of("masks: [heart]") == Sentences{"masks_heart/0.png"});
  CHECK(masks_of("masks: [lungs]") == Sentences{"masks/0.png"});
  CHECK(masks_of("masks: [heart=mask]") == Sentences{"masks/0.png"});
}

TEST_CASE("io.split: masks that no whole factor brings to their images are told with the first pair") {
  const TemporaryFolder folder;
  const cv::Size images[] = {{8, 6}, {250, 250}, {256, 256}, {216, 216}, {402, 490}},
                 masks[] = {{16, 12}, {256, 256}, {384, 384}, {256, 256}, {100, 122}};
  for (std::size_t k = 0; k < 5; ++k) {
    put_picture(folder.path() / "images" / (std::to_string(k) + ".png"), 1, images[k]);
    put_picture(folder.path() / "masks" / (std::to_string(k) + ".png"), 255, masks[k]);
  }
  CHECK(
      warnings_of(folder.path(), "masks: [lungs]") ==
      Sentences{"3 of 5 masks are stretched over the image by a factor that is neither whole nor one over a whole number; the first is `" +
                (folder.path() / "masks" / "1.png").string() +
                "` (256 x 256) over `images/1.png` (250 x 250); if a mask was cut or padded instead of resized, it is not in place"});
  CHECK(is_whole_scale({3000, 2991}, {1000, 997}));
  CHECK(is_whole_scale({1000, 997}, {3000, 2991}));
  CHECK(is_whole_scale({4020, 4892}, {1005, 1223}));
  CHECK_FALSE(is_whole_scale({256, 256}, {255, 255}));
  CHECK_FALSE(is_whole_scale({2048, 2048}, {1000, 1000}));
}

TEST_CASE("io.split: one mask for two images is refused with both") {
  const TemporaryFolder folder;
  for (const char* name : {"A/000.png", "B/000.png"}) put_picture(folder.path() / "images" / name, name[0]);
  put_picture(folder.path() / "masks" / "000.png", 255);
  const std::string mask = (folder.path() / "masks" / "000.png").string();
  const std::string masks = (folder.path() / "masks").string();
  CHECK(refusal_of(folder.path(), "masks: [lungs]") == "masks: `" + mask +
                                                           "` would be the mask of `images/A/000.png` and of `images/B/000.png` (put the "
                                                           "masks into folders as their images are, or use a list with a column of masks)");
  put_picture(folder.path() / "masks" / "B" / "000.png", 255);
  CHECK(refusal_of(folder.path(), "masks: [lungs]").empty());
  put_picture(folder.path() / "images" / "A" / "000.jpg", 3);
  CHECK(refusal_of(folder.path(), "masks: [lungs]").find("`images/A/000.jpg` and of `images/A/000.png`") != std::string::npos);
}

TEST_CASE("io.split: two masks of one stem are refused with both, and what is no picture is none") {
  const TemporaryFolder folder;
  put_picture(folder.path() / "images" / "000.png", 1);
  put_picture(folder.path() / "masks" / "000.png", 255);
  put(folder.path() / "masks" / "000.json", "{}");
  put(folder.path() / "masks" / "._000.png", "x");
  const std::string masks = (folder.path() / "masks").string();
  const auto split = made_split(folder.path(), "masks: [lungs]");
  CHECK(split->entries()[0].masks[0] == std::vector<fs::path>{folder.path() / "masks" / "000.png"});
  CHECK(warnings_of(folder.path(), "masks: [lungs]") == Sentences{"1 of 2 files in `" + masks + "` is not read: `000.json`"});
  put_picture(folder.path() / "masks" / "000.jpg", 200);
  CHECK(
      refusal_of(folder.path(), "masks: [lungs]") ==
      "masks: `" + masks +
          "` has two masks of `images/000.png`: `000.jpg` and `000.png` (an image must have one mask only, with its name and any ending)");
}

TEST_CASE("io.split: masks of no image are counted, but not those of a list's other rows") {
  const TemporaryFolder folder;
  for (const char* name : {"0.png", "1.png", "2.png"}) put_picture(folder.path() / "masks" / name, 255);
  put_picture(folder.path() / "images" / "1.png", 1);
  const std::string masks = (folder.path() / "masks").string();
  CHECK(warnings_of(folder.path(), "masks: [lungs]") ==
        Sentences{"2 of 3 masks in `" + masks + "` belong to no image; the first is `0.png`"});
  put(folder.path() / "l.csv", "image\nimages/1.png\n");
  CHECK(warnings_of(folder.path() / "l.csv", "masks: [lungs]").empty());
}

TEST_CASE("io.split: two structures from one place, an image that is its own mask, and a mask that two images share") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png", "m.png"}) put_picture(folder.path() / name, name[0]);
  put(folder.path() / "l.csv", "image,mask,heart\na.png,m.png,m.png\nb.png,m.png,m.png\n");
  CHECK(refusal_of(folder.path() / "l.csv", "masks: [lungs, hearts]") ==
        "masks: the masks of `lungs` and of `hearts` are both `mask` (`hearts=…` can name another folder, or a column of the list)");
  CHECK(warnings_of(folder.path() / "l.csv", "masks: [lungs]") ==
        Sentences{"`" + (folder.path() / "m.png").string() + "` is the mask of `a.png` and of `b.png`"});
  put(folder.path() / "l.csv", "image,mask\na.png,a.png\n");
  CHECK(refusal_of(folder.path() / "l.csv", "masks: [lungs]") == "masks: `a.png` is its own mask (line 2 of `l.csv`)");
}

TEST_CASE("io.split: `class` beside `label`, and two columns of one name, are refused") {
  const TemporaryFolder folder;
  put_bytes(folder.path() / "a.png", 1);
  const auto refused = [&](const std::string& text) {
    put(folder.path() / "l.csv", text);
    return refusal_of(folder.path() / "l.csv", "");
  };
  CHECK(
      refused("image,class,label\na.png,NORMAL,\n") ==
      "columns: `l.csv` has the columns `class` and `label`, which both can be the class (choose one: `columns: [class=class]`; `columns: "
      "[class=]` means none of them)");
  CHECK(refused("image,Label,Class\na.png,NORMAL,\n").find("the columns `Label` and `Class`") != std::string::npos);
  CHECK(refused("image,label, Label\na.png,NORMAL,\n") == "path: `l.csv` has two columns `label`: numbers 2 and 3");
  CHECK(refused("image,age,age\na.png,1,2\n") == "path: `l.csv` has two columns `age`: numbers 2 and 3");
  CHECK(refused(",image,\n1,a.png,\n").empty());
}

TEST_CASE("io.split: headers are read whatever their case and the spaces around them, as are the fields' spaces") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "m.png"}) put_picture(folder.path() / name, name[0]);
  put(folder.path() / "l.csv", "Image, LABEL,Patient ,Group,Split,Mask\na.png, x,p, g,train,m.png\nb.png,y ,p,g ,test,m.png\n");
  const auto split = made_split(folder.path() / "l.csv", "masks: [lungs], rows: train");
  REQUIRE(split->entries().size() == 1);
  const SplitEntry& entry = split->entries()[0];
  CHECK(entry.class_name == "x");
  CHECK(entry.patient == "p");
  CHECK(entry.group == "g");
  CHECK(entry.masks.size() == 1);
  CHECK(made_split(folder.path() / "l.csv", "")->class_names() == std::vector<std::string>{"x", "y"});
  put(folder.path() / "l.csv", "image,Heart\na.png,m.png\n");
  CHECK(made_split(folder.path() / "l.csv", "masks: [heart=heart]")->entries()[0].masks[0][0] == folder.path() / "m.png");
  CHECK(refusal_of(folder.path() / "l.csv", "masks: [heart=hart]").ends_with("(did you mean `Heart`?)"));
}

TEST_CASE("io.split: columns are recognised by the names that others give them, or chosen, and two that fit are refused") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png"}) put_bytes(folder.path() / name, name[0]);
  const fs::path list = folder.path() / "l.csv";
  put(list, "Dateiname,Diagnose,Patienten-Nr,Aufteilung,Alter\na.png,x,1,train,3\nb.png,y,2,test,4\n");
  const auto split = made_split(list, "");
  CHECK(split->class_names() == std::vector<std::string>{"x", "y"});
  CHECK(split->entries()[1].patient == "2");
  CHECK(split->entries()[1].rows == "test");
  CHECK(split->entries()[1].facts == std::map<std::string, std::string>{{"Alter", "4"}});
  CHECK(read_as(*split) == "`Dateiname` is the image; `Diagnose` is the class; `Patienten-Nr` is the patient; `Aufteilung` is the part");
  put(list, "filename,path,diagnosis,Finding\na.png,x/a.png,x,1\nb.png,x/b.png,y,0\n");
  CHECK(refusal_of(list, "").starts_with("columns: `l.csv` has the columns `filename` and `path`, which both can be the image"));
  CHECK(refusal_of(list, "columns: [image=filename]").starts_with("columns: `l.csv` has the columns `diagnosis` and `Finding`"));
  CHECK(made_split(list, "columns: [image=filename, class=finding]")->class_names() == std::vector<std::string>{"0", "1"});
  CHECK(made_split(list, "columns: [image=filename, class=]")->class_names().empty());
  CHECK(refusal_of(list, "columns: [image=filname]") == "columns: `l.csv` has no column `filname` (did you mean `filename`?)");
  CHECK(refusal_of(list, "columns: [clas=Finding]") == "columns: `clas=Finding` does not say what a column is (did you mean `class`?)");
  CHECK(refusal_of(list, "columns: [diagnosis]") ==
        "columns: `diagnosis` does not say what a column is (write MEANING=COLUMN, such as `class=diagnosis`)");
  put(list, "patientId,Target\na,1\nb,0\n");
  CHECK(made_split(list, "columns: [image=patientId]")->class_names() == std::vector<std::string>{"0", "1"});
  put(list, "image,class,reader\na.png,x,y\nb.png,x,z\n");
  CHECK(made_split(list, "columns: [class=reader]")->class_names() == std::vector<std::string>{"y", "z"});
  CHECK(refusal_of(folder.path(), "columns: [class=reader]") == "columns: `columns` is set, but `path` is not a list of images");
  put(list, "image,what\na.png,x\n");
  CHECK(refusal_of(list, "class_labels: 0") ==
        "class_labels: no image in `" + list.string() +
            "` has a class (`l.csv` has no column `class` or `label`, only `image` and `what`; `columns: [class=NAME]` chooses one)");
  put(list, "image,label\na.png,\nb.png,\n");
  CHECK(made_split(list, "")->why_no_classes() == "the column `label` of `l.csv` is empty");
}

TEST_CASE("io.split: a list's images are found without their folder or ending, in other spellings, and below another folder") {
  const TemporaryFolder folder;
  put_bytes(folder.path() / "images" / "M\xC3\xBCller 1.JPG", 1);
  put_bytes(folder.path() / "images" / "b" / "x.png", 2);
  put_bytes(folder.path() / "images" / "c" / "x.png", 3);
  put_bytes(folder.path() / "images" / "d.png", 4);
  const fs::path list = folder.path() / "l.csv";
  put(list, "image,class\nMu\xCC\x88ller 1.jpg,p\nb/x,q\nd,q\n");
  const auto split = made_split(list, "");
  CHECK(ids_of(*split) == Sentences{"images/M\xC3\xBCller 1.JPG", "images/b/x.png", "images/d.png"});
  CHECK(read_as(*split).starts_with("3 of 3 rows with a name that is a part of a path, or in another spelling; the first: "));
  CHECK(ids_of(*made_split(list, "images: '" + (folder.path() / "images").string() + "'")) ==
        Sentences{"M\xC3\xBCller 1.JPG", "b/x.png", "d.png"});
  CHECK(ids_of(*made_split(list, "unlisted: read")).back() == "images/c/x.png");
  put(list, "image\nimages/Mu\xCC\x88ller 1.JPG\n");
  CHECK(read_as(*made_split(list, "")).ends_with("; the first: `images/M\xC3\xBCller 1.JPG` in another Unicode form"));
  put(list, "image\nx.png\n");
  CHECK(refusal_of(list, "") == "path: line 2 of `l.csv` names `x.png`, which can be `images/b/x.png` or `images/c/x.png` in `" +
                                    folder.path().string() + "` (write the path of the image, relative to that folder)");
  CHECK(refusal_of(list, "images: '" + list.string() + "'").starts_with("images: `" + list.string() + "` is not a folder"));
}

TEST_CASE("io.split: lists in other encodings, with other line ends or other separators are read, or refused by what they are") {
  const TemporaryFolder folder;
  put_bytes(folder.path() / "M\xC3\xBCller.png", 1);
  put_bytes(folder.path() / "b.png", 2);
  const auto refused = [&](const std::string& name, const std::string& text) {
    put(folder.path() / name, text);
    return refusal_of(folder.path() / name, "");
  };
  const std::string bom = "\xEF\xBB\xBF";
  for (const std::string end : {"\n", "\r\n", "\r"})
    for (const std::string& head : {std::string(), bom}) {
      CHECK(refused("l.csv", head + "image,label" + end + "M\xC3\xBCller.png,x" + end + "b.png,y" + end).empty());
      CHECK(refused("l.txt", head + "M\xC3\xBCller.png" + end + "b.png" + end).empty());
      CHECK(made_split(folder.path() / "l.txt", "")->entries().size() == 2);
    }
  const auto unreadable = [&](const std::string& name) {
    return "path: the list `" + (folder.path() / name).string() + "` cannot be read: ";
  };
  const auto wide = [](const std::string& text, bool has_mark, bool is_big) {
    std::string out = has_mark ? (is_big ? "\xFE\xFF" : "\xFF\xFE") : "";
    for (const char letter : text) out += is_big ? std::string{'\0', letter} : std::string{letter, '\0'};
    return out;
  };
  for (const bool has_mark : {true, false})
    for (const bool is_big : {true, false}) {
      CHECK(refused("l.csv", wide("image,label\nb.png,x\n", has_mark, is_big)).empty());
      CHECK(refused("l.txt", wide("b.png\nb.png\n", has_mark, is_big)).empty());
    }
  CHECK(refused("l.csv", wide("image,label\nb.png,x\n", true, false) + "x") ==
        unreadable("l.csv") + "the text is UTF-16, but ends within a character");
  // Windows-1252: a file has the name in UTF-8.
  CHECK(refused("l.csv", "image,label\nM\xFCller.png,x\n").empty());
  put(folder.path() / "l.csv",
      "image;label\nb.png;Gr\xF6\xDF"
      "e\nM\xFCller.png;\x80\n");
  const auto german = made_split(folder.path() / "l.csv", "");
  CHECK(german->class_names() == Sentences{"Gr\xC3\xB6\xC3\x9F"
                                           "e",
                                           "\xE2\x82\xAC"});
  CHECK(read_as(*german) ==
        "the text is Windows-1252: 3 fields are not UTF-8, the first is `Gr\xC3\xB6\xC3\x9F"
        "e`; the columns are separated by `;`");
  CHECK(refused("l.txt", "b.png\nM\xFCller.png\n").empty());
  CHECK(refused("l.csv", "image,label\nb.png,\x81\n") ==
        "path: line 2 of `l.csv` is neither UTF-8 nor Windows-1252: it has the byte 0x81 (save the list as UTF-8)");
  put_bytes(folder.path() / "sub" / "a.png", 4);
  CHECK(refused("l.csv", "image\nsub\\a.png\nsub\\gone.png\n").ends_with("sub/gone.png`, line 3 of `l.csv`"));
  // A name on the disk has the bytes that it has.
  put_bytes(folder.path() / "M\xFCller.png", 3);
  CHECK(refused("l.csv", "image,label\nM\xFCller.png,x\n").empty());
  CHECK(refused("l.txt", "M\xFCller.png\n").empty());
  CHECK(refused("l.csv", "image;\"label, or not\"\nb.png;x\n").empty());
  CHECK(refused("l.tsv", "image\tlabel\nb.png\tx, y\n").empty());
  CHECK(refused("l.csv", "image;label,x\nb.png;x,1\n").starts_with(unreadable("l.csv") + "its first line has as many of one separator"));
  CHECK(refused("l.csv", "sep=,\nimage,label\nb.png,x\n") ==
        unreadable("l.csv") + "its first line is a note for a spreadsheet, `sep=,`, but must name the columns: remove this line");
  CHECK(refused("l.csv", "\xEF\xBB\xBF# of 2020, all\nimage,label\nb.png,x\n") ==
        unreadable("l.csv") + "its first line is a comment, `# of 2020, all`, but must name the columns: remove this line");
}

TEST_CASE("io.split: class names that say nothing, differ in case or are several are told") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png", "d.png"}) put_bytes(folder.path() / name, name[0]);
  put(folder.path() / "l.csv", "image,label\na.png,NORMAL\nb.png,Normal\nc.png,nan\nd.png,x;y\n");
  CHECK(warnings_of(folder.path() / "l.csv") == Sentences{"1 of 4 images of `l.csv` has the class `nan`, which is read as the name of a "
                                                          "class; if the class is not known, the field must be empty",
                                                          "the classes `NORMAL` and `Normal` differ in case only",
                                                          "`x;y` is read as one class; with `multi_label: true` it is several"});
  for (const char* name : {"ill/a.png", "ILL/b.png"}) put_bytes(folder.path() / "classes" / name, name[0]);
  CHECK(warnings_of(folder.path() / "classes") == Sentences{"the classes `ILL` and `ill` differ in case only"});
}

TEST_CASE("io.split: names of parts that differ in case are refused, and rows without one are counted") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png"}) put_bytes(folder.path() / name, name[0]);
  put(folder.path() / "l.csv", "image,split\na.png,train\nb.png,Train\nc.png,\n");
  CHECK(refusal_of(folder.path() / "l.csv", "rows: train") ==
        "path: the list's column `split` has the names `Train` and `train`, which differ in case only");
  CHECK(refusal_of(folder.path() / "l.csv", "").empty());
  put(folder.path() / "l.csv", "image,split\na.png,train\nb.png,test\nc.png,\n");
  CHECK(warnings_of(folder.path() / "l.csv", "rows: train") ==
        Sentences{"1 of 3 rows of `l.csv` has an empty column `split`, and is not read"});
}

TEST_CASE("io.split: pictures of a folder that its split.csv does not name are counted") {
  const TemporaryFolder folder;
  for (const char* name : {"images/a.png", "images/b.png", "images/c.png", "masks/a.png", "outlines/a.png"})
    put_picture(folder.path() / name, 1);
  put(folder.path() / "split.csv", "image,outline,split\nimages/a.png,outlines/a.png,train\nimages/b.png,,test\n");
  CHECK(warnings_of(folder.path(), "rows: train") == Sentences{"1 of 4 pictures in `" + folder.path().string() +
                                                               "` is not in its `split.csv` and not read; the first is `images/c.png`"});
  CHECK(warnings_of(folder.path() / "split.csv").empty());
}

TEST_CASE("io.split: a link that leads nowhere is an image of its folder that cannot be read") {
  const TemporaryFolder folder;
  put_two_classes(folder.path() / "data");
  fs::create_symlink(folder.path() / "gone.png", folder.path() / "data" / "NORMAL" / "link.png");
  CHECK(made_split(folder.path() / "data", "")->entries().size() == 7);
  const Sentences said = warnings_of(folder.path() / "data");
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("cannot be read; the first is `NORMAL/") != std::string::npos);
}

TEST_CASE("io.split: links are followed, and one into a circle is refused with the two folders") {
  const TemporaryFolder folder;
  put_two_classes(folder.path() / "data");
  put_bytes(folder.path() / "elsewhere" / "x.png", 50);
  put_bytes(folder.path() / "single.png", 51);
  fs::create_directory_symlink(folder.path() / "elsewhere", folder.path() / "data" / "NORMAL" / "linked");
  fs::create_symlink(folder.path() / "single.png", folder.path() / "data" / "PNEUMONIA" / "linked.png");
  CHECK(made_split(folder.path() / "data", "")->entries().size() == 8);
  fs::create_directory_symlink(folder.path() / "data" / "PNEUMONIA", folder.path() / "elsewhere" / "again");
  CHECK(made_split(folder.path() / "data", "")->entries().size() == 12);
  const fs::path loop = folder.path() / "data" / "NORMAL" / "loop";
  fs::create_directory_symlink("..", loop);
  CHECK(refusal_of(folder.path() / "data", "") ==
        "path: `" + loop.string() + "` is a link to `" + fs::canonical(folder.path() / "data").string() + "`, a folder that contains it");
  fs::remove(loop);
  fs::create_directory_symlink(folder.path() / "data" / "NORMAL", folder.path() / "elsewhere" / "back");
  CHECK(refusal_of(folder.path() / "data", "").find("elsewhere") == std::string::npos);
  CHECK(refusal_of(folder.path() / "data", "").find("NORMAL/linked/back` is a link to ") != std::string::npos);
}

TEST_CASE("io.split: validation for a budget of masks is drawn from the images that have masks") {
  const TemporaryFolder folder;
  std::string list = "image,label,lung\n";
  for (int k = 0; k < 12; ++k) {
    const std::string name = std::to_string(k) + ".png";
    put_picture(folder.path() / name, k);
    list += name + (k < 6 ? (k % 2 ? ",a,\n" : ",b,\n") : ",,m" + name + "\n");
    if (k >= 6) put_picture(folder.path() / ("m" + name), 255);
  }
  put(folder.path() / "both.csv", list);
  const auto of_masks = made_split(folder.path() / "both.csv", "masks: [lung=lung], mask_labels: 4, validation: 2");
  REQUIRE(of_masks->part(Target::Masks, Part::Validation).size() == 2);
  for (const int image : of_masks->part(Target::Masks, Part::Validation)) CHECK(image >= 6);
  const auto of_classes = made_split(folder.path() / "both.csv", "masks: [lung=lung], class_labels: 4, validation: 2");
  for (const int image : of_classes->part(Target::Classes, Part::Validation)) CHECK(image < 6);
  const auto of_both = made_split(folder.path() / "both.csv", "masks: [lung=lung], class_labels: 2, mask_labels: 2, validation: 2");
  CHECK(of_both->part(Target::Masks, Part::Validation).size() == 2);
  CHECK(of_both->part(Target::Classes, Part::Validation).size() == 2);
  CHECK(refusal_of(folder.path() / "both.csv", "masks: [lung=lung], class_labels: 2, mask_labels: 2, validation: 6") ==
        "validation: `validation` is 6, but must be less than the number of images that can be set aside for the classes, 6");
}

TEST_CASE("io.split: images that state an orientation are counted, and an orientation that parts an image from its mask is named") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png"}) put_picture(folder.path() / "images" / name, name[0]);
  turn(folder.path() / "images" / "b.png", 6);
  CHECK(warnings_of(folder.path()) == Sentences{"1 of 3 images states an orientation, and is turned upright; the first is `images/b.png`"});
  turn(folder.path() / "images" / "a.png", 3);
  CHECK(warnings_of(folder.path()) == Sentences{"2 of 3 images state an orientation, and are turned upright; the first is `images/a.png`"});
  const auto split = made_split(folder.path(), "");
  CHECK(split->entries()[0].size == PictureSize{8, 6});
  CHECK(split->entries()[1].size == PictureSize{6, 8});

  const fs::path mask = folder.path() / "masks" / "b.png";
  for (const char* name : {"a.png", "b.png", "c.png"}) put_picture(folder.path() / "masks" / name, 255);
  CHECK(
      refusal_of(folder.path(), "masks: [lungs]") ==
      "masks: the mask `" + mask.string() +
          "` is 8 x 6, but its image `images/b.png` is 6 x 8 (turned, as its orientation 6 asks) (remove the orientation from the file, or "
          "store its mask turned in the same way)");
  turn(mask, 8);
  CHECK(
      warnings_of(folder.path(), "masks: [lungs]") ==
      Sentences{"2 of 3 images state an orientation, and are turned upright; the first is `images/a.png`",
                "1 mask states an orientation, and is turned upright; the first is `" + mask.string() + "`",
                "2 of 3 images state another orientation than their masks, and the sizes fit in any case; the first is `images/a.png` (3) "
                "with `" +
                    (folder.path() / "masks" / "a.png").string() +
                    "` (1); each is turned as it asks: if a mask was drawn on the image as it is stored, both must state the same "
                    "orientation, or none"});
  put_picture(mask, 255, {6, 8});
  CHECK(refusal_of(folder.path(), "masks: [lungs]").empty());
  put_picture(mask, 255, {5, 5});
  CHECK(refusal_of(folder.path(), "masks: [lungs]") ==
        "masks: the mask `" + mask.string() +
            "` is 5 x 5, but its image `images/b.png` is 6 x 8 (a mask must have the aspect ratio of its image)");
}

TEST_CASE("io.split: images that are truncated or no images are counted before a run, and other bytes at an end are allowed") {
  const TemporaryFolder folder;
  cv::Mat noise(48, 64, CV_8UC1);
  cv::theRNG().state = 4;
  cv::randu(noise, 0, 255);
  for (const char* name : {"a.png", "b.png", "c.jpg", "d.jpg", "e.bmp", "f.tif"}) cv::imwrite((folder.path() / name).string(), noise);
  for (const char* name : {"b.png", "d.jpg", "e.bmp", "f.tif"}) {
    std::vector<std::uint8_t> bytes = read_whole_file(folder.path() / name);
    bytes.insert(bytes.end(), 5000, 1);
    write_whole_file(folder.path() / name, bytes);
  }
  CHECK(warnings_of(folder.path()).empty());
  cut(folder.path() / "c.jpg", 400);
  CHECK(warnings_of(folder.path()) ==
        Sentences{"1 of 6 images cannot be read; the first is `c.jpg`: the JPEG is truncated: it ends after 400 "
                  "bytes without its end marker"});
  cut(folder.path() / "a.png", 200);
  put(folder.path() / "f.tif", "<html>");
  cut(folder.path() / "e.bmp", 500);
  CHECK(warnings_of(folder.path()) ==
        Sentences{"4 of 6 images cannot be read; the first is `a.png`: the PNG is truncated: it ends after 200 "
                  "bytes inside its chunk IDAT"});
}

TEST_CASE("io.split: where the time for images that seem unreadable is over, their number is said to be too low") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png"}) put(folder.path() / name, name);
  put_picture(folder.path() / "d.png", 1);
  SplitEntries all;
  for (const char* name : {"a.png", "b.png", "c.png", "d.png"}) all.entries.push_back({.id = name, .file = folder.path() / name});
  read_headers(all);
  REQUIRE(all.warnings.size() == 1);
  CHECK(all.warnings[0].starts_with("3 of 4 images cannot be read; the first is `a.png`: "));
  all.warnings.clear();
  read_headers(all, std::chrono::nanoseconds(1));
  REQUIRE(all.warnings.size() == 1);
  CHECK(all.warnings[0].starts_with("at least 1 of 4 images cannot be read; the first is `a.png`: "));
}

TEST_CASE("io.masks: where the time for masks is over, the trial says that it is incomplete") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png"}) put_picture(folder.path() / name, 1);
  for (const char* name : {"masks/a.png", "masks/b.png"}) put(folder.path() / name, "no mask");
  const auto split = made_split(folder.path(), "masks: [lungs]");
  const MaskTrial::Found all = MaskTrial().faults(split->entries(), {0, 1});
  CHECK(all.faults.size() == 2);
  CHECK(all.is_complete);
  MaskTrial trial(std::chrono::nanoseconds(1));
  for (int k = 0; k < 2; ++k) {
    const MaskTrial::Found some = trial.faults(split->entries(), {0, 1});
    CHECK(some.faults.size() == 1);
    CHECK_FALSE(some.is_complete);
  }
  CHECK(trial.faults(split->entries(), {0}).is_complete);
}

TEST_CASE("io.split: a pipe among images or masks is refused by name, before anybody waits for it") {
  const TemporaryFolder folder;
  put_two_classes(folder.path());
  const fs::path pipe = folder.path() / "NORMAL" / "a.png";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(refusal_of(folder.path(), "") == "path: `" + pipe.string() + "` is not a plain file");
  const fs::path other = folder.path() / "NORMAL" / "b.png";
  REQUIRE(::mkfifo(other.c_str(), 0600) == 0);
  CHECK(refusal_of(folder.path(), "") == "path: 2 of 8 images are not plain files; the first is `" + pipe.string() + "`");
  fs::remove(other);
  write_whole_file(folder.path() / "split.csv", std::string_view("image,label\nNORMAL/0.png,x\nNORMAL/a.png,x\n"));
  CHECK(refusal_of(folder.path(), "") == "path: `" + pipe.string() + "` is not a plain file, line 3 of `split.csv`");
  write_whole_file(folder.path() / "split.csv", std::string_view("image,label,mask\nNORMAL/0.png,x,NORMAL/a.png\n"));
  CHECK(refusal_of(folder.path(), "masks: [mask]").find("is not a plain file") != std::string::npos);
}

TEST_CASE("io.split: files of one size that cannot be read are no twins, and do not end the search for twins") {
  const TemporaryFolder folder;
  for (const char* name : {"b.png", "d.png"}) put(folder.path() / name, std::string(100, 'x'));
  std::vector<SplitEntry> entries;
  for (const char* name : {"a.png", "b.png", "c.png", "d.png"}) {
    entries.push_back({.id = name, .file = folder.path() / name});
    entries.back().bytes = 100;
  }
  CHECK(find_twins(entries) == std::vector<int>{0, 1, 2, 1});
}

TEST_CASE("io.split: images and masks with different orientations are told if their sizes fit in any case") {
  const TemporaryFolder folder;
  const auto doubts = [&] {
    Sentences out = warnings_of(folder.path(), "masks: [lungs]");
    std::erase_if(out, [](const std::string& one) { return one.find("another orientation") == std::string::npos; });
    return out;
  };
  const auto put_pair = [&](const std::string& name, cv::Size size, int image, int mask) {
    put_picture(folder.path() / "images" / name, name[0], size);
    put_picture(folder.path() / "masks" / name, 255, size);
    if (image > 1) turn(folder.path() / "images" / name, image);
    if (mask > 1) turn(folder.path() / "masks" / name, mask);
  };
  put_pair("a.png", {8, 6}, 3, 3);
  put_pair("b.png", {8, 8}, 1, 1);
  put_pair("c.png", {8, 6}, 6, 6);
  // The mask of an image that is turned is upright.
  put_picture(folder.path() / "masks" / "c.png", 255, {6, 8});
  CHECK(doubts().empty());
  put_pair("b.png", {8, 8}, 6, 1);
  CHECK(doubts() ==
        Sentences{"1 of 3 images states another orientation than its mask, and the sizes fit in any case; the first is "
                  "`images/b.png` (6) with `" +
                  (folder.path() / "masks" / "b.png").string() +
                  "` (1); each is turned as it asks: if a mask was drawn on the image as it is stored, both must state the same "
                  "orientation, or none"});
  for (const auto& [image, mask] : {std::pair(2, 1), {3, 1}, {4, 1}, {1, 3}, {2, 4}}) {
    put_pair("a.png", {8, 6}, image, mask);
    REQUIRE(doubts().size() == 1);
    CHECK(doubts()[0].find("2 of 3 images state another orientation than their masks, and the sizes fit in any case; the first is "
                           "`images/a.png` (" +
                           std::to_string(image) + ")") == 0);
  }
  put_pair("b.png", {8, 8}, 1, 1);
  put_pair("a.png", {8, 6}, 6, 8);
  CHECK(doubts().size() == 1);
}

TEST_CASE("io.split: images of a list are read from a folder that `left_out` names, and told") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "extra/b.png", "extra/c.png", "extras/d.png"}) put_picture(folder.path() / name, name[0]);
  put(folder.path() / "l.csv", "image\na.png\nextra/b.png\n../" + folder.path().filename().string() + "/extra/c.png\nextras/d.png\n");
  const auto split = made_split(folder.path() / "l.csv", "left_out: [extra, nowhere]");
  CHECK(split->entries().size() == 4);
  CHECK(warnings_of(folder.path() / "l.csv", "left_out: [extra/, nowhere]") ==
        Sentences{"2 of 4 images of `l.csv` are in folders that `left_out` names, and are read, because the list names them; the first is "
                  "`extra/b.png` in `" +
                  (folder.path() / "extra").string() + "`; to leave images out, remove them from the list"});
  CHECK(warnings_of(folder.path() / "l.csv", "left_out: [other]").empty());
  put(folder.path() / "split.csv", "image\nextra/b.png\na.png\n");
  CHECK(warnings_of(folder.path(), "left_out: [extra]").back().find("1 of 2 images of `split.csv` is in folders that `left_out` names") ==
        0);
  fs::remove(folder.path() / "split.csv");
  // `left_out` comes before `classes`.
  CHECK(ids_of(*made_split(folder.path(), "left_out: [extra], classes: [extra, extras]")) == Sentences{"a.png", "extras/d.png"});
}

TEST_CASE("io.split: a folder that `left_out` names holds no images, and its pictures are counted") {
  const TemporaryFolder folder;
  for (const char* name : {"images/a.png", "images/b.png", "hearts/a.png", "hearts/deep/b.png", "masks/a.png"})
    put_picture(folder.path() / name, 1);
  CHECK(ids_of(*made_split(folder.path(), "")).size() == 4);
  const std::string with = "left_out: [hearts/, nowhere]";
  CHECK(ids_of(*made_split(folder.path(), with)) == std::vector<std::string>{"images/a.png", "images/b.png"});
  CHECK(
      warnings_of(folder.path(), with) ==
      Sentences{"the folder `masks` in `" + folder.path().string() +
                "` seems to hold masks, so none of its files is read as an image; the folder `hearts` is left out, so 2 pictures in it are "
                "not read"});
  CHECK(unsurveyed_split(folder.path(), "masks: [lung=masks, heart=a+hearts/x], left_out: [b]")->left_out_folders() ==
        std::vector<std::string>{"a", "hearts/x", "b"});
}

TEST_CASE("io.split: classes that look the same are one, with both spellings") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png", "d.png"}) put_bytes(folder.path() / name, name[0]);
  put(folder.path() / "l.csv", "image,label\na.png,caf\u00e9 x\nb.png,cafe\u0301\u00a0x\nc.png,\u00a0 caf\u00e9 x\u00a0\nd.png,other\n");
  const auto split = made_split(folder.path() / "l.csv", "");
  CHECK(split->class_names() == std::vector<std::string>{"cafe\u0301\u00a0x", "other"});
  CHECK(split->entries()[0].class_name == "cafe\u0301\u00a0x");
  CHECK(split->entries()[2].label.index == 0);
  CHECK(warnings_of(folder.path() / "l.csv") ==
        Sentences{
            "the classes `cafe\\u0301\\u00A0x` and `caf\\u00E9 x` differ in blanks or Unicode form only, and are read as one class, the "
            "first"});
  CHECK(made_split(folder.path() / "l.csv", "classes: [other, 'caf\u00e9 x']")->class_names()[1] == "caf\u00e9 x");
  CHECK(refusal_of(folder.path() / "l.csv", "classes: ['caf\u00e9 x', 'cafe\u0301 x', other]") == "classes: `classes` names a class twice");

  put(folder.path() / "m.csv",
      "image,label\na.png,Effusion; Mass\nb.png, Mass |Effusion\nc.png,\u00a0none\nd.png,Effusion\u00a0;\u200bMass\n");
  const auto several = made_split(folder.path() / "m.csv", "multi_label: true");
  CHECK(several->class_names() == std::vector<std::string>{"Effusion", "Mass"});
  CHECK(several->entries()[3].label.several == std::vector<std::uint8_t>{1, 1});
  CHECK(warnings_of(folder.path() / "m.csv", "multi_label: true").empty());
  put(folder.path() / "s.csv", "image,label,split\na.png,x,caf\u00e9\nb.png,x,cafe\u0301\n");
  CHECK(refusal_of(folder.path() / "s.csv", "rows: caf\u00e9") ==
        "path: the list's column `split` has the names `cafe\\u0301` and `caf\\u00E9`, which differ in case, blanks or Unicode form only");
}

TEST_CASE("spelling: forms of Unicode, blanks and bytes that are not UTF-8") {
  CHECK(plain_spelling("\u1ec7") == plain_spelling("e\u0302\u0323"));
  CHECK(plain_spelling("\ud55c") == plain_spelling("\u1112\u1161\u11ab"));
  CHECK(plain_spelling("\u304c") == plain_spelling("\u304b\u3099"));
  CHECK(plain_spelling("\u212b") == plain_spelling("A\u030a"));
  CHECK(plain_spelling("\uf900") == plain_spelling("\u8c48"));
  CHECK(plain_spelling("\u05d0\u0591\u05b4") == plain_spelling("\u05d0\u05b4\u0591"));
  CHECK(plain_spelling("\ufeff a\u00a0 \u2003b\t") == "a b");
  CHECK(plain_spelling("\xE9\xCC") == "\xE9\xCC");
  CHECK(trimmed("\xE0\x80\xAF") == "\xE0\x80\xAF");
  CHECK(plain_spelling("").empty());
  CHECK(plain_spelling("\u00a0\u200b").empty());
  CHECK(trimmed(" \u00a0x y\u3000") == "x y");
  CHECK(loose_spelling("P007 a00") == "p7a0");
  CHECK(loose_spelling("p 1") == loose_spelling("P01"));
  CHECK(loose_spelling("M\u00fcller\u00a0A") == loose_spelling("mu\u0308llera"));
  CHECK(loose_spelling("1 02") == "1 2");
  CHECK(loose_spelling("100") == "100");
  CHECK(loose_spelling("1") == loose_spelling("01"));
  CHECK(loose_spelling("10") != loose_spelling("1"));
  for (const char* name : {"P_12", "P 12", "P12", "p - 012", "_P--12-"}) CHECK(loose_spelling(name) == loose_spelling("P-12"));
  CHECK(loose_spelling("1-02") == loose_spelling("1 2"));
  CHECK(loose_spelling("1-02") != loose_spelling("12"));
  for (const char* name : {"12.0", "12.00", " 012.0"}) CHECK(loose_spelling(name) == loose_spelling("12"));
  for (const char* name : {"12.", "12.1", "1.2.0", "12.0a", "a12.0", ".0"}) CHECK(loose_spelling(name) != loose_spelling("12"));
  CHECK(loose_spelling("--").empty());
  CHECK(loose_spelling("1.05") != loose_spelling("1.5") + "0");
  CHECK(spelled_out("a\u00e9\xFF") == "a\\u00E9\\xFF");
  using namespace std::string_literals;
  CHECK(printable("a\u00e9\t\n\x1B[2J\0\x7F\u009b\xFF"s) == "a\u00e9\t\n\\x1B[2J\\x00\\x7F\\u009B\\xFF");
}

TEST_CASE("io.split: patients with nearly equal names, and fields without a patient, are told with what is assumed") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png", "d.png", "e.png"}) put_bytes(folder.path() / name, name[0]);
  const fs::path list = folder.path() / "l.csv";
  put(list, "image,patient\na.png,p0\nb.png,P0\nc.png,1\nd.png,01\ne.png,\n");
  CHECK(
      warnings_of(list) ==
      Sentences{"1 of 5 images of `l.csv` has an empty column `patient`, and counts as a patient of its own; the first is `e.png`, line 6 "
                "of `l.csv`",
                "the patients `01` and `1` differ only in case, blanks, `-`, `_`, zeros of a number or Unicode form, but count as "
                "different patients; this holds for 1 other name too; if they are one, training and validation can share it"});
  put(list, "image,patient\na.png,p0\nb.png,p1\nc.png,p2\nd.png,p10\ne.png,p20\n");
  CHECK(warnings_of(list).empty());
  for (const char* name : {"x/P7_1.png", "x/p7_2.png"}) put_bytes(folder.path() / name, name[3]);
  CHECK(warnings_of(folder.path() / "x", "patient: '[pP][0-9]+'") ==
        Sentences{"the patients `P7` and `p7` differ only in case, blanks, `-`, `_`, zeros of a number or Unicode form, but count as "
                  "different patients; if they are one, training and validation can share it"});
}

TEST_CASE("io.split: images with the same bytes under two classes are told with both") {
  const TemporaryFolder folder;
  const auto told = [](const fs::path& path) { return made_split(path, "")->different_classes(); };
  for (const char* name : {"A/a.png", "A/b.png", "B/c.png", "B/d.png"}) put_bytes(folder.path() / name, name[2] % 2);
  CHECK(told(folder.path()) ==
        "`A/a.png` (`A`) and `B/c.png` (`B`) have the same bytes, but different classes; this holds for 1 other pair too");
  put(folder.path() / "l.csv", "image,label\nA/a.png,x\nB/c.png,x\nA/b.png,y\nB/d.png,\n");
  CHECK(told(folder.path() / "l.csv").empty());
  put_bytes(folder.path() / "A/e.png", 1);
  put_bytes(folder.path() / "B/f.png", 1);
  put(folder.path() / "l.csv", "image,label\nA/a.png,\nA/e.png,x\nB/f.png,y\nB/c.png,x\n");
  CHECK(told(folder.path() / "l.csv") == "`A/e.png` (`x`) and `B/f.png` (`y`) have the same bytes, but different classes");
  const std::vector<std::string> surprises = made_split(folder.path(), "class_labels: 0, validation: 0")->data_summary().surprises;
  CHECK(std::count(surprises.begin(), surprises.end(), "4 images have the bytes of another one: `A/e.png` has those of `A/a.png`") == 1);
}

TEST_CASE("io.split: blanks around a path in a list are no part of it, unless a file is called so") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", " c.png", "m.png"}) put_picture(folder.path() / name, name[0] + name[1]);
  put(folder.path() / "l.csv", "image,mask\n a.png , m.png\n\u00a0b.png,\n c.png,\n");
  const auto split = made_split(folder.path() / "l.csv", "masks: [lungs]");
  CHECK(ids_of(*split) == std::vector<std::string>{"a.png", "b.png", " c.png"});
  CHECK(split->entries()[0].masks == std::vector<std::vector<fs::path>>{{folder.path() / "m.png"}});
  CHECK(split->entries()[2].file == folder.path() / " c.png");
  put(folder.path() / "l.csv", "image,patient\na.png,p\n a.png,q\n");
  CHECK(refusal_of(folder.path() / "l.csv", "") == "path: line 3 of `l.csv` gives `a.png` the patient `q`, but line 2 gives it `p`");
  fs::create_directories(folder.path() / "hearts");
  put(folder.path() / "l.csv", "image,split\na.png,train\nb.png,test\n");
  CHECK(refusal_of(folder.path() / "l.csv", "masks: [heart=hearts], rows: train") ==
        "masks: no mask in `" + (folder.path() / "hearts").string() + "` for any of 1 image; the first is `a.png`");
}
