#include "leat/tar_list.h"

#include "leat/diagnostics.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

using namespace leat;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

Names commands_of(const std::string& text) { return TarList::of_commands("pipe:" + text).commands; }
Names names_of(const std::string& text) { return TarList::of_commands("pipe:" + text).names; }

}  // namespace

TEST_CASE("tars: braces are those of Bash and WebDataset") {
  CHECK(commands_of("a{008..011}b") == Names{"a008b", "a009b", "a010b", "a011b"});
  CHECK(commands_of("{1..3}") == Names{"1", "2", "3"});
  CHECK(commands_of("{3..1}") == Names{"3", "2", "1"});
  CHECK(commands_of("{0..10..5}") == Names{"0", "5", "10"});
  CHECK(commands_of("{-1..1}") == Names{"-1", "0", "1"});
  CHECK(commands_of("{a,b}{0..1}") == Names{"a0", "a1", "b0", "b1"});
  CHECK(commands_of("{x,y{1..2}}z") == Names{"xz", "y1z", "y2z"});
  CHECK(commands_of("x{,y}") == Names{"x", "xy"});
  // No list and no range: as they are.
  CHECK(commands_of("awk '{print}' ${HOME} {} { {a..}") == Names{"awk '{print}' ${HOME} {} { {a..}"});
  CHECK_THROWS_WITH_AS((void)commands_of("{0..9999999}"), "the braces stand for more than 1000000 texts", Refusal);
  CHECK_THROWS_AS((void)commands_of("  "), Refusal);
}

TEST_CASE("tars: commands are named by the tars in them, or by their numbers") {
  CHECK(names_of("aws s3 cp s3://bucket/im{000..001}.tar -") == Names{"im000", "im001"});
  CHECK(names_of("curl -s 'https://x.org/a/b-{0..1}.tar.gz?key=1' | tee old.log") == Names{"b-0", "b-1"});
  CHECK(names_of("cat {a,b}/same.tar") == Names{"pipe-000000", "pipe-000001"});
  CHECK(names_of("make_tar {1..2}") == Names{"pipe-000000", "pipe-000001"});
  const TarList tars = TarList::of_commands("pipe:cat {1..3}.tar");
  CHECK(tars.commands_mark().starts_with("3 "));
  CHECK(tars.commands_mark() != TarList::of_commands("pipe:cat {2..4}.tar").commands_mark());
}

TEST_CASE("tars: files, folders and lists are told from images, and named by their paths") {
  const TemporaryFolder made;
  const fs::path at = made.path();
  fs::create_directories(at / "tars");
  for (const char* name : {"b.tar", "a.tar.gz", "c.TGZ", "index.json"}) put(at / "tars" / name, "");
  const TarList of_folder = TarList::read((at / "tars").string());
  CHECK(TarList::names_tars((at / "tars").string()));
  CHECK(of_folder.names == Names{"a", "b", "c"});
  CHECK(of_folder.files[1] == at / "tars/b.tar");

  put(at / "tars/picture.png", "");
  CHECK_FALSE(TarList::names_tars((at / "tars").string()));
  fs::remove(at / "tars/picture.png");
  fs::create_directories(at / "tars/more");
  CHECK_FALSE(TarList::names_tars((at / "tars").string()));

  CHECK(TarList::names_tars("images-{000..127}.tar"));
  CHECK(TarList::read("x/{a,b}/images-{1..2}.tar").names == Names{"a/images-1", "a/images-2", "b/images-1", "b/images-2"});
  CHECK_FALSE(TarList::names_tars("a.png"));
  CHECK_FALSE(TarList::names_tars(".tar"));
  // A file of this name is meant.
  put(at / "{1..2}.tar", "");
  CHECK(TarList::read((at / "{1..2}.tar").string()).names == Names{"{1..2}"});

  put(at / "list.txt", "\n tars/b.tar \ntars/a.tar.gz\n");
  CHECK(TarList::names_tars((at / "list.txt").string()));
  CHECK(TarList::read((at / "list.txt").string()).names == Names{"b", "a"});
  put(at / "images.txt", "a.png\n");
  CHECK_FALSE(TarList::names_tars((at / "images.txt").string()));
}

TEST_CASE("tars: a list cannot run a command, and what is no tar or there twice is refused") {
  const TemporaryFolder made;
  const auto said = [&](const std::string& list) {
    put(made.path() / "list.txt", list);
    CHECK(TarList::names_tars((made.path() / "list.txt").string()));
    try {
      (void)TarList::read((made.path() / "list.txt").string());
    } catch (const Refusal& refusal) {
      return std::string(refusal.what());
    }
    return std::string();
  };
  CHECK(said("pipe:cat a.tar\n").find("line 1 of the list") == 0);
  CHECK(said("a.tar\npipe:cat a.tar\n").find("a list cannot run commands") != std::string::npos);
  CHECK(said("a.tar\nb.png\n").find("`b.png`, is not a tar") != std::string::npos);
  CHECK(said("a.tar\na.tar.gz\n").find("two tars are named `a`") == 0);
}

TEST_CASE("tars: missing files are counted, and what a path can be is said") {
  const TemporaryFolder made;
  const auto said = [&](const std::string& text) {
    try {
      TarList::read((made.path() / text).string()).check_there();
    } catch (const Refusal& refusal) {
      return refusal.what() + ("; " + refusal.hint());
    }
    return std::string();
  };
  put(made.path() / "a1.tar", "");
  CHECK(said("a1.tar") == "");
  CHECK(said("a{0..2}.tar").find("2 of 3 tars are missing; the first is `" + (made.path() / "a0.tar").string() + "`; name one .tar") == 0);
  CHECK(said("b.tar").find("b.tar` does not exist; name one .tar, several with braces") != std::string::npos);
  CHECK(said("a*.tar").find("does not exist; `*` is not expanded; write braces") != std::string::npos);
  CHECK(said("a.txt").find("a.txt` is not a tar; name one .tar") != std::string::npos);
  fs::create_directories(made.path() / "empty");
  CHECK(said("empty").find("empty` has no tars, or also pictures or folders; name one .tar") != std::string::npos);
  fs::create_symlink(made.path() / "a1.tar", made.path() / "a2.tar");
  CHECK(said("a{1,2}.tar").find("a2.tar` are the same file; the list must have each tar once") != std::string::npos);
}
