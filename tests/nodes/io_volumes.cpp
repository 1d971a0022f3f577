#include "support/small_data.h"
#include "support/temporary_folder.h"

#include "support/doctest.h"

using namespace leat;
using namespace leat::test;

TEST_CASE("io.split: a volume is refused by its name, in a folder without pictures, in a list and alone") {
  const TemporaryFolder folder;
  for (const char* ending : {".nii", ".nii.gz", ".NII.GZ"}) {
    const std::filesystem::path volume = folder / ("a/case" + std::string(ending));
    put(volume, "x");
    put(folder / "l.csv", "image\na/case" + std::string(ending) + "\n");
    const std::string told = "path: `" + volume.string() +
                             "` is a volume (NIfTI), but Leat reads images of two dimensions only (write its "
                             "slices as PNG or TIFF files)";
    CHECK(refusal_of(folder.path(), "") == told);
    CHECK(refusal_of(folder / "a", "") == told);
    CHECK(refusal_of(folder / "l.csv", "") == told);
    CHECK(refusal_of(volume, "") == told);
    std::filesystem::remove(volume);
    std::filesystem::remove(folder / "l.csv");
  }
  put_picture(folder / "a/0.png", 1);
  CHECK(refusal_of(folder.path(), "") == "");
}

TEST_CASE("io.split: a volume beside pictures is not read, and is named as a volume") {
  const TemporaryFolder folder;
  put_picture(folder / "0.png", 1);
  put(folder / "s.nii.gz", "x");
  const auto warnings_of = [&folder] {
    std::vector<std::string> out;
    CHECK(made_split(folder.path(), "", 0, &out)->entries().size() == 1);
    return out;
  };
  const std::string place = " in `" + folder.path().string() + "` ";
  CHECK(warnings_of() == std::vector<std::string>{"`data`: 1 of 2 files" + place +
                                                  "is not read: `s.nii.gz`; `s.nii.gz` is a volume (NIfTI), but Leat reads images of two "
                                                  "dimensions only"});
  for (const char* name : {"a.pdf", "t.MHA"}) put(folder / name, "x");
  CHECK(warnings_of() == std::vector<std::string>{"`data`: 3 of 4 files" + place +
                                                  "are not read (1 .gz, 1 .mha, 1 .pdf), the first is `a.pdf`; 2 of them are volumes, the "
                                                  "first is `s.nii.gz` (NIfTI), but Leat reads images of two dimensions only"});
}
