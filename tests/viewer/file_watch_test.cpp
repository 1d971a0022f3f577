#include "server/file_watch.h"

#include "support/doctest.h"
#include "support/temporary_folder.h"

namespace fs = std::filesystem;
using namespace leat;
using leat::viewer::FileWatch;

namespace {

/// A change is told when two looks have found the file equal.
bool changed_soon(FileWatch& watch) {
  const bool first = watch.has_changed(), second = watch.has_changed();
  return first || second;
}

}  // namespace

TEST_CASE("file watch: a file that is saved in place, replaced, removed or made again has changed, once each") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("g.yaml", "one");
  FileWatch watch;
  watch.follow({file});
  CHECK(changed_soon(watch));
  CHECK_FALSE(changed_soon(watch));
  folder.write("g.yaml", "three");
  CHECK(changed_soon(watch));
  CHECK_FALSE(changed_soon(watch));
  folder.write("g.yaml.tmp", "three");
  fs::rename(folder / "g.yaml.tmp", file);
  CHECK(changed_soon(watch));
  fs::remove(file);
  CHECK(changed_soon(watch));
  folder.write("g.yaml", "again");
  CHECK(changed_soon(watch));
  CHECK_FALSE(changed_soon(watch));
}

TEST_CASE("file watch: a file that is still being written has not changed yet") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("g.yaml", "");
  FileWatch watch;
  watch.follow({file});
  CHECK(changed_soon(watch));
  for (int k = 1; k < 5; ++k) {
    folder.write("g.yaml", std::string(static_cast<std::size_t>(k), 'x'));
    CHECK_FALSE(watch.has_changed());
  }
  CHECK(watch.has_changed());
}

TEST_CASE("file watch: other files count as changed, because they can have changed before") {
  const TemporaryFolder folder;
  FileWatch watch;
  watch.follow({folder.write("a", "1")});
  CHECK(changed_soon(watch));
  watch.follow({folder / "a"});
  CHECK_FALSE(changed_soon(watch));
  watch.follow({folder / "a", folder / "not there"});
  CHECK(changed_soon(watch));
  folder.write("not there", "now");
  CHECK(changed_soon(watch));
}

TEST_CASE("file watch: a file that can be read again has changed, although its contents have not") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("g.yaml", "one");
  FileWatch watch;
  watch.follow({file});
  CHECK(changed_soon(watch));
  // The clock of the file system has steps of milliseconds.
  bool has_changed = false;
  for (int k = 0; k < 1'000'000 && !has_changed; ++k) {
    fs::permissions(file, k % 2 == 0 ? fs::perms::none : fs::perms::owner_all);
    has_changed = changed_soon(watch);
  }
  CHECK(has_changed);
  CHECK_FALSE(changed_soon(watch));
}
