#include "base/durable_file.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "support/doctest.h"
#include "support/small_disk.h"
#include "support/temporary_folder.h"

using namespace leat;
using leat::test::SmallDisk;
namespace fs = std::filesystem;

TEST_CASE("a durable file: begins empty, holds what was written in its order, and knows its length") {
  TemporaryFolder folder;
  const fs::path path = folder.write("file", "what was there");
  DurableFile file(path);
  CHECK(file.length() == 0);
  file.write("one");
  file.write({", two", "", ", three"});
  const std::uint16_t number = 0x4142;
  file.write(&number, sizeof number);
  file.write({});
  file.sync();
  CHECK(file.length() == 17);
  file.close();
  CHECK(text_of(path) == "one, two, threeBA");
}

TEST_CASE("a durable file: keeps the bytes that it is told to, and appends to them") {
  TemporaryFolder folder;
  const fs::path path = folder.write("file", "kept, and lost");
  {
    DurableFile file(path, 4);
    file.write("!");
    CHECK(file.length() == 5);
  }
  CHECK(text_of(path) == "kept!");
  { DurableFile made(folder / "made", 0); }
  CHECK(text_of(folder / "made").empty());
}

TEST_CASE("a durable file: what goes wrong is said with path and reason") {
  TemporaryFolder folder;
  const std::string nowhere = (folder / "no" / "file").string();
  const std::string sentence = "cannot write " + nowhere + ": No such file or directory";
  CHECK_THROWS_WITH_AS(DurableFile{nowhere}, sentence.c_str(), std::runtime_error);
  CHECK_THROWS_WITH_AS(DurableFile(nowhere, 0), sentence.c_str(), std::runtime_error);
  CHECK_THROWS_WITH_AS(DurableFile("/dev/null", 3), "cannot truncate /dev/null: Invalid argument", std::runtime_error);
  DurableFile full("/dev/full");
  CHECK_THROWS_WITH_AS(full.write("text"), "cannot write /dev/full: No space left on device", std::runtime_error);
  CHECK_THROWS_WITH_AS(sync_folder(folder / "no"), ("cannot open " + (folder / "no").string() + ": No such file or directory").c_str(),
                       std::runtime_error);
  // What cannot be synced has nothing that could be lost.
  DurableFile null("/dev/null");
  CHECK_NOTHROW(null.sync());
}

TEST_CASE("a durable file: a write that a signal interrupts, or that takes a part only, is gone on with") {
  TemporaryFolder folder;
  const std::string path = (folder / "pipe").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  struct sigaction noted {};
  struct sigaction before {};
  noted.sa_handler = [](int) {};  // Without SA_RESTART.
  REQUIRE(::sigaction(SIGUSR1, &noted, &before) == 0);
  std::string text(1 << 20, '.');
  for (std::size_t k = 0; k < text.size(); ++k) text[k] = static_cast<char>('a' + k % 23);
  std::string got;
  const int reading = ::open(path.c_str(), O_RDWR | O_CLOEXEC);  // To write as well, so that neither side waits for the other.
  REQUIRE(reading >= 0);
  const pthread_t writer = ::pthread_self();
  std::thread reader([&] {
    std::string part(5000, '\0');
    while (got.size() < 2 * text.size()) {
      ::pthread_kill(writer, SIGUSR1);
      const ssize_t size = ::read(reading, part.data(), part.size());
      if (size <= 0) break;
      got.append(part, 0, static_cast<std::size_t>(size));
    }
  });
  {
    DurableFile file(path);
    file.write({text, std::string_view(text).substr(0, 100), std::string_view(text).substr(100)});
  }
  reader.join();
  ::close(reading);
  ::sigaction(SIGUSR1, &before, nullptr);
  CHECK(got == text + text);
}

TEST_CASE("write_file: the whole text or what was there, and nothing is left beside") {
  TemporaryFolder folder;
  write_file(folder / "file", "first");
  write_file(folder / "file", "second");
  CHECK(text_of(folder / "file") == "second");
  sync_folder(folder.path());
  fs::create_directories(folder / "in the way" / "inside");
  CHECK_THROWS_WITH_AS(write_file(folder / "in the way", "text"),
                       ("cannot write " + (folder / "in the way").string() + ": Is a directory").c_str(), std::runtime_error);
  CHECK_FALSE(fs::exists(folder / "in the way.new"));
}

TEST_CASE("write_file: on a full disk the old text stays whole") {
  TemporaryFolder folder;
  const SmallDisk disk(folder / "disk", 16);
  if (!disk.why_not().empty()) {
    MESSAGE("skipped, a small disk cannot be mounted here: " << disk.why_not());
    return;
  }
  write_file(disk.path() / "file", "old");
  const std::string beside = (disk.path() / "file.new").string();
  CHECK_THROWS_WITH_AS(write_file(disk.path() / "file", std::string(20'000, '.')),
                       ("cannot write " + beside + ": No space left on device").c_str(), std::runtime_error);
  CHECK(text_of(disk.path() / "file") == "old");
  CHECK_FALSE(fs::exists(beside));
  disk.grow(64);
  write_file(disk.path() / "file", std::string(20'000, '.'));
  CHECK(text_of(disk.path() / "file").size() == 20'000);
}
