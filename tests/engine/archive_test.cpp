#include "leat/archive.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "support/doctest.h"
#include "support/graph_text.h"
#include "support/text_file.h"

using leat::Archive;
using leat::TemporaryFolder;
using leat::text_of;

namespace {

std::string framed(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + header + data;
}

/// Why a file of these bytes is refused, without its path; empty if it is not.
std::string refusal(const std::string& content) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("a.safetensors", content);
  try {
    (void)Archive::read(file);
    return {};
  } catch (const std::runtime_error& error) {
    const std::string text = error.what();
    const std::string head = "cannot read " + file.string() + ": ";
    CHECK(text.starts_with(head));
    return text.substr(head.size());
  }
}

Archive example() {
  Archive archive;
  archive.put("step", std::int64_t{-7});
  archive.put("rate", 0.1);
  archive.put("text", std::string("Größe\0!", 9));
  archive.put("doubles", std::vector<double>{1.5, -0.0, std::numeric_limits<double>::infinity()});
  archive.put("floats", std::vector<float>{1e-30f, 2});
  archive.put("wholes", std::vector<std::int64_t>{1, std::numeric_limits<std::int64_t>::min()});
  archive.put("none", std::vector<float>{});
  archive.put("picture", {"U8", {2, 3}, std::vector<std::byte>(6, std::byte{9})});
  archive.metadata = {{"format", "leat"}, {"class", "NORMAL \"x\""}};
  return archive;
}

}  // namespace

// Numbers that come out of a checkpoint as they went in; a State of another one is no program.
static_assert(leat::fits_archive<double> && leat::fits_archive<float> && leat::fits_archive<std::uint64_t> && leat::fits_archive<bool>);
static_assert(leat::fits_archive<std::string> && !leat::fits_archive<long double>);

TEST_CASE("archive: texts come back whatever bytes they have, and as earlier versions wrote them") {
  const std::vector<std::string> texts{"a\nb", "", "c,\"d\"", "caf\xe9", std::string("e\0f", 3), "\n"};
  Archive archive;
  archive.put("ids", texts);
  archive.put("none", std::vector<std::string>{});
  archive.put("lines", std::string("one\n\nthree\n"));
  const TemporaryFolder folder;
  archive.write(folder / "a.safetensors");
  const Archive read = Archive::read(folder / "a.safetensors");
  CHECK(read.texts("ids") == texts);
  CHECK(read.texts("none").empty());
  CHECK(read.texts("lines") == std::vector<std::string>{"one", "", "three"});
  archive.put("ids", std::string("short"));
  CHECK_THROWS_WITH_AS((void)archive.texts("ids"), "`ids.lengths` does not fit the 5 bytes of `ids`", std::runtime_error);
}

TEST_CASE("archive: what was written is read") {
  const TemporaryFolder folder;
  example().write(folder.path() / "a.safetensors");
  const Archive archive = Archive::read(folder.path() / "a.safetensors");
  CHECK(archive.entries().size() == 8);
  CHECK(archive.whole("step") == -7);
  CHECK(archive.number("rate") == 0.1);
  CHECK(archive.text("text") == std::string("Größe\0!", 9));
  CHECK(archive.numbers("doubles") == std::vector<double>{1.5, -0.0, std::numeric_limits<double>::infinity()});
  CHECK(std::signbit(archive.numbers("doubles")[1]));
  CHECK(archive.floats("floats") == std::vector<float>{1e-30f, 2});
  CHECK(archive.wholes("wholes") == std::vector<std::int64_t>{1, std::numeric_limits<std::int64_t>::min()});
  CHECK(archive.floats("none").empty());
  CHECK(archive.entry("picture").shape == std::vector<std::int64_t>{2, 3});
  CHECK(archive.entry("step").shape.empty());
  CHECK(archive.metadata == example().metadata);
  CHECK(archive.has("rate"));
  CHECK_FALSE(archive.has("no"));
}

TEST_CASE("archive: the same content gives the same bytes, aligned to the width of each element") {
  const TemporaryFolder folder;
  Archive archive;
  archive.put("a", {"U8", {3}, std::vector<std::byte>(3, std::byte{1})});
  archive.put("b", 1.0);
  archive.write(folder.path() / "a");
  archive.write(folder.path() / "b");
  const std::string bytes = text_of(folder.path() / "a");
  CHECK(bytes == text_of(folder.path() / "b"));
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  CHECK(header % 8 == 0);
  CHECK(bytes.substr(8, header).starts_with(
      R"({"a":{"data_offsets":[8,11],"dtype":"U8","shape":[3]},"b":{"data_offsets":[0,8],"dtype":"F64","shape":[]}})"));
  CHECK(bytes.size() == 8 + header + 11);
}

TEST_CASE("archive: a longer file is replaced whole") {
  const TemporaryFolder folder;
  folder.write("a", std::string(10'000, 'x'));
  example().write(folder.path() / "a");
  CHECK(Archive::read(folder.path() / "a").whole("step") == -7);
}

TEST_CASE("archive: a file that is cut anywhere is refused") {
  const TemporaryFolder folder;
  example().write(folder.path() / "a");
  const std::string whole = text_of(folder.path() / "a");
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(refusal(whole.substr(0, size)) != "");
  CHECK(refusal(whole) == "");
  CHECK(refusal(whole.substr(0, 5)) == "it is truncated: it has 5 bytes");
  CHECK(refusal(whole.substr(0, whole.size() - 1)).starts_with("it is truncated: "));
  CHECK(refusal(whole + "x") == "it has 1 bytes that its header does not name");
}

TEST_CASE("archive: a header that lies is refused") {
  const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  CHECK(refusal(framed(entry("U8", "[4]", "[0,4]"), "abcd")) == "");
  CHECK(refusal(framed(entry("U8", "[5]", "[0,4]"), "abcd")) == "its entry `a` is U8 of shape [5] in 4 bytes");
  CHECK(refusal(framed(entry("U8", "[5]", "[0,5]"), "abcd")) == "it is truncated: 4 of 5 bytes of data are there");
  CHECK(refusal(framed(entry("U8", "[3]", "[0,3]"), "abcd")) == "it has 1 bytes that its header does not name");
  CHECK(refusal(framed(entry("U8", "[3]", "[1,4]"), "abcd")) ==
        "its entry `a` begins at byte 1 of the data, where the one before ends at 0");
  CHECK(refusal(framed(entry("U8", "[4]", "[4,0]"), "abcd")) == "its entry `a` has offsets that are not a pair of begin and end");
  CHECK(refusal(framed(entry("U8", "[4]", "[0,4,8]"), "abcd")) == "its entry `a` has offsets that are not a pair of begin and end");
  CHECK(refusal(framed(entry("U8", "[-4]", "[0,4]"), "abcd")) ==
        "the shape of its entry `a` holds something other than whole numbers from 0 on");
  CHECK(refusal(framed(entry("U8", "[1.5]", "[0,4]"), "abcd")) ==
        "the shape of its entry `a` holds something other than whole numbers from 0 on");
  CHECK(refusal(framed(entry("U8", "4", "[0,4]"), "abcd")) == "the shape of its entry `a` is not a list");
  CHECK(refusal(framed(entry("U9", "[4]", "[0,4]"), "abcd")) == "its entry `a` is of the unknown type \"U9\"");
  CHECK(refusal(framed(entry("F32", "[4611686018427387904,4]", "[0,0]"), "")) ==
        "its entry `a` is F32 of shape [4611686018427387904, 4] in 0 bytes");
  CHECK(refusal(framed(entry("U8", "[18446744073709551615]", "[0,18446744073709551615]"), "abcd")) ==
        "its entry `a` has an impossible shape");
  CHECK(refusal(framed(R"({"a":{"dtype":"U8","shape":[4]}})", "abcd")) ==
        "its entry `a` does not have `dtype`, `shape` and `data_offsets` alone");
  CHECK(refusal(framed("[1]", "")) == "its header is not a JSON object");
  CHECK(refusal(framed("{", "")) == "its header is not JSON");
  CHECK(refusal(framed("", "")) == "its header is not JSON");
  CHECK(refusal(framed(std::string(5000, '['), "")) == "its header is not JSON");
  CHECK(refusal(framed(R"({"__metadata__":{"a":1}})", "")) == "its `__metadata__` is not a map of texts");
  CHECK(refusal(framed(R"({"__metadata__":7})", "")) == "its `__metadata__` is not a map of texts");
  CHECK(refusal(std::string(8, '\xff')) == "it is not a safetensors file: its header would have 18446744073709551615 bytes");
  CHECK(refusal(framed("{}", "").replace(0, 1, "\x09")) == "it is truncated: its header would have 9 bytes, but the whole file has 10");
}

TEST_CASE("archive: entries that overlap, leave gaps or come twice are refused") {
  const auto two = [](const std::string& first, const std::string& second, const std::string& name) {
    return R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + first + R"(},")" + name +
           R"(":{"dtype":"U8","shape":[2],"data_offsets":)" + second + "}}";
  };
  CHECK(refusal(framed(two("[2,4]", "[0,2]", "b"), "abcd")) == "");
  CHECK(refusal(framed(two("[0,2]", "[1,3]", "b"), "abc")) == "its entry `b` begins at byte 1 of the data, where the one before ends at 2");
  CHECK(refusal(framed(two("[0,2]", "[3,5]", "b"), "abcde")) ==
        "its entry `b` begins at byte 3 of the data, where the one before ends at 2");
  CHECK(refusal(framed(two("[0,2]", "[2,4]", "a"), "abcd")) == "its header has two keys `a`");
}

TEST_CASE("archive: says which entry is missing or of another kind") {
  const Archive archive = example();
  CHECK_THROWS_WITH_AS((void)archive.entry("moment"), "there is no entry `moment`", std::runtime_error);
  CHECK_THROWS_WITH_AS((void)archive.number("step"), "`step` holds I64, but F64 is expected", std::runtime_error);
  CHECK_THROWS_WITH_AS((void)archive.number("doubles"), "`doubles` is of shape [3], but one number is expected", std::runtime_error);
  CHECK_THROWS_WITH_AS((void)archive.text("rate"), "`rate` holds F64, but text (U8) is expected", std::runtime_error);
  CHECK_THROWS_WITH_AS((void)archive.whole("none"), "`none` holds F32, but I64 is expected", std::runtime_error);
}

TEST_CASE("archive: a file that cannot be written or read is named with the reason") {
  const TemporaryFolder folder;
  const std::string inside = (folder.path() / "no" / "a").string();
  CHECK_THROWS_WITH_AS(example().write(inside), ("cannot write " + inside + ": No such file or directory").c_str(), std::runtime_error);
  CHECK_THROWS_WITH_AS((void)Archive::read(inside), ("cannot read " + inside + ": No such file or directory").c_str(), std::runtime_error);
  CHECK_THROWS_WITH_AS((void)Archive::read(folder.path()), ("cannot read " + folder.path().string() + ": Is a directory").c_str(),
                       std::runtime_error);
  if (std::filesystem::exists("/dev/full"))
    CHECK_THROWS_WITH_AS(example().write("/dev/full"), "cannot write /dev/full: No space left on device", std::runtime_error);
  else MESSAGE("skipped: there is no /dev/full");
}

TEST_CASE("archive: an entry whose bytes do not fit its shape is not written") {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "a").string();
  Archive archive;
  archive.put("w", {"F32", {2}, std::vector<std::byte>(7)});
  CHECK_THROWS_WITH_AS(archive.write(file), ("cannot write " + file + ": `w` has 7 bytes, which is not F32 of shape [2]").c_str(),
                       std::runtime_error);
  CHECK_FALSE(std::filesystem::exists(file));
}
