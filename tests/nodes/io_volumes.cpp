#include "support/small_data.h"
#include "support/temporary_folder.h"

#include "support/doctest.h"

using namespace leat;
using namespace leat::test;

TEST_CASE("io.split: a volume is refused by its name, in a folder, in a list and alone") {
  const TemporaryFolder folder;
  put_picture(folder / "a/0.png", 1);
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
  CHECK(refusal_of(folder.path(), "") == "");
}
