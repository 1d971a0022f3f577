#include "leat/file_marks.h"

#include <chrono>

#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

using namespace leat;
namespace fs = std::filesystem;

namespace {

FileMarks marks_below(const fs::path& folder, const std::vector<std::string>& names) {
  FileMarks out;
  for (const std::string& name : names) out.add(name, folder / name);
  return out;
}

/// As a run records them: through an archive.
FileMarks recorded(const fs::path& folder, const std::vector<std::string>& names) {
  FileMarks marks = marks_below(folder, names);
  marks.look();
  Archive archive;
  marks.save(archive, "files");
  return FileMarks::load(archive, "files");
}

void set_later(const fs::path& file) { fs::last_write_time(file, fs::last_write_time(file) + std::chrono::hours(5)); }

}  // namespace

TEST_CASE("file marks: new, gone and replaced files are told apart, and a time alone is no change") {
  const TemporaryFolder folder;
  const std::vector<std::string> names{"a", "b", "c", "d"};
  for (const std::string& name : names) put(folder / name, "content of " + name);
  const FileMarks before = recorded(folder.path(), names);
  CHECK_FALSE(marks_below(folder.path(), names).look_since(before).has_any());
  for (const std::string& name : names) set_later(folder / name);
  CHECK_FALSE(marks_below(folder.path(), names).look_since(before).has_any());
  put(folder / "b", "content of B");
  put(folder / "c", "longer content of c");
  put(folder / "e", "new");
  const FileChanges changes = marks_below(folder.path(), {"a", "b", "c", "e"}).look_since(before);
  CHECK(changes.added == std::vector<std::string>{"e"});
  CHECK(changes.gone == std::vector<std::string>{"d"});
  CHECK(changes.replaced == std::vector<std::string>{"b", "c"});
  CHECK(changes.words("picture") == "1 picture is new (`e`), 1 is gone (`d`), 2 are replaced (`b`, `c`)");
  CHECK(FileChanges{{}, {"a", "b", "c", "d"}, {}}.words("mask") == "4 masks are gone (`a`, `b`, `c`, …)");
}

TEST_CASE("file marks: a file that is listed and missing is gone") {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b"}) put(folder / name, "content");
  const FileMarks before = recorded(folder.path(), {"a", "b"});
  fs::remove(folder / "b");
  CHECK(marks_below(folder.path(), {"a", "b"}).look_since(before).words("tar") == "1 tar is gone (`b`)");
}

TEST_CASE("file marks: a copy at another place with other times is the same, whatever order it is listed in") {
  const TemporaryFolder folder;
  const std::vector<std::string> names{"a/1", "a/2", "b/1"};
  for (const std::string& name : names) put(folder / "here" / name, "content of " + name);
  const FileMarks before = recorded(folder / "here", names);
  fs::copy(folder / "here", folder / "there", fs::copy_options::recursive);
  for (const std::string& name : names) set_later(folder / "there" / name);
  CHECK_FALSE(marks_below(folder / "there", {"b/1", "a/2", "a/1"}).look_since(before).has_any());
}

TEST_CASE("file marks: what was looked at again is recorded with the times that it has now") {
  const TemporaryFolder folder;
  put(folder / "a", "content");
  const FileMarks before = recorded(folder.path(), {"a"});
  set_later(folder / "a");
  FileMarks now = marks_below(folder.path(), {"a"});
  CHECK_FALSE(now.look_since(before).has_any());
  // Equal size and time are trusted: nothing of the content is read, which would tell.
  const auto time = fs::last_write_time(folder / "a");
  put(folder / "a", "CONTENT");
  fs::last_write_time(folder / "a", time);
  CHECK_FALSE(marks_below(folder.path(), {"a"}).look_since(now).has_any());
  CHECK(marks_below(folder.path(), {"a"}).look_since(before).replaced.size() == 1);
}

TEST_CASE(
    "file marks: of large files a change at the beginning, in the middle and at the end is seen, and files that are no files are none") {
  const TemporaryFolder folder;
  const std::string content(200'000, 'x');
  // A hole that takes no space makes the set too large to be read.
  put(folder / "hole", "");
  fs::resize_file(folder / "hole", static_cast<std::uintmax_t>(FileMarks::whole_bytes));
  put(folder / "a", content);
  const FileMarks before = recorded(folder.path(), {"a", "hole", "nowhere"});
  for (const std::size_t place : {std::size_t{100}, content.size() / 2, content.size() - 100}) {
    CAPTURE(place);
    std::string other = content;
    other[place] = 'y';
    put(folder / "a", other);
    set_later(folder / "a");
    CHECK(marks_below(folder.path(), {"a", "hole", "nowhere"}).look_since(before).replaced == std::vector<std::string>{"a"});
  }
  put(folder / "a", content);
  set_later(folder / "a");
  CHECK_FALSE(marks_below(folder.path(), {"a", "hole", "nowhere"}).look_since(before).has_any());
}
