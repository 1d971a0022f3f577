#include "leat/result_name.h"

#include <map>
#include <set>

#include "support/doctest.h"

using namespace leat;

namespace {

/// As it is on a disk: of a file, or drawn.
std::string path(const std::string& id, bool is_drawn = false, const std::string& part = "", const std::string& ending = ".png") {
  return result_path({.id = id, .file = is_drawn ? "" : "/data/" + id}, part, ending).generic_string();
}

/// Names of one part of an id that are hard to tell apart once something is cut off, joined or added.
std::vector<std::string> nasty_names() {
  std::vector<std::string> out{"",     ".",   "..",    "...",   "_",   "__",  "%",        "%%",       "%2",
                               "%2E",  "%2F", "%25",   "%252E", "%5F", "%7E", "__MACOSX", ".png",     ".jpg",
                               "a\n",  "a,b", "\"a\"", "a b",   " a",  "a ",  "\xE9",     "\xC3\xA9", std::string("a\0b", 3),
                               "\\x00"};
  for (const std::string stem : {"a", "A", "a_b", "a_", "a_lung", "a_left_lung", "a.b", "a.", ".a", "a%2E", "a%", "a%5F", "a%2", "1.2.3"})
    for (const std::string ending : {"", ".png", ".PNG", ".jpg", ".jpeg", ".dcm", ".png.png", ".jpg.png", ".png.jpg", "%2Ejpg", "%2Epng",
                                     ".b", "_", "_.png", "%5F.png", "_lung.png", ".png_lung"})
      out.push_back(stem + ending);
  for (const std::size_t length : {250u, 251u, 252u, 255u})
    for (const std::string end : {"a.png", "b.png", "a.jpg", "a", "%2", "_", "\xC3\xA9"})
      out.push_back(std::string(length - end.size(), 'x') + end);
  return out;
}

/// Every name alone, and in folders of every name.
std::vector<std::string> nasty_ids() {
  const std::vector<std::string> names = nasty_names();
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (!name.empty()) out.push_back(name);
    for (const std::string& folder : names) out.push_back(folder + "/" + name);
  }
  for (const char* id : {"//", "/a/b.png", "a//b.png", "a/./b.png", "a/../b.png", "../../etc/x.png", "a/b/c.png", "a_b/c.png", "a/b_c.png"})
    out.emplace_back(id);
  return {out.begin(), out.end()};
}

}  // namespace

TEST_CASE("result names: what is usual stays as it is, and what could be mistaken is told apart") {
  CHECK(path("a.png") == "a.png");
  CHECK(path("NORMAL/IM-0001.png") == "NORMAL/IM-0001.png");
  CHECK(path("a/b.jpeg") == "a/b.jpeg.png");
  CHECK(path("x.jpg.png") == "x%2Ejpg.png");
  CHECK(path("x.y.png") == "x.y.png");
  CHECK(path("50%.png") == "50%.png");
  CHECK(path("1.2.3", false, "", ".dcm") == "1.2.3_.dcm");
  CHECK(path("1.2.3.dcm", false, "", ".dcm") == "1.2.3.dcm");
  CHECK(path("A/test/0001", true) == "A/test/0001.png");
  CHECK(path("../../etc/x.png") == "%2E./%2E./etc/x.png");
  CHECK(path("/etc/x.png") == "%2F/etc/x.png");
  CHECK(path("b.png/a.png") == "b%2Epng/a.png");
  CHECK(path("a.png", false, "_lung") == "a_lung.png");
  CHECK_THROWS_WITH_AS((void)path(""), "the sample has no id, so its results have no name: its source does not set one",
                       std::runtime_error);
}

TEST_CASE("result names: no two of eighty thousand nasty ids share one, none is another's folder, hidden or too long") {
  const std::vector<std::string> ids = nasty_ids();
  REQUIRE(ids.size() > 80'000);
  for (const bool is_drawn : {false, true}) {
    std::map<std::string, std::string> whose;
    for (const std::string& id : std::set<std::string>(ids.begin(), ids.end())) {
      const auto [first, is_new] = whose.emplace(path(id, is_drawn), id);
      REQUIRE_MESSAGE(is_new, "`" << id << "` and `" << first->second << "` share " << first->first);
    }
    for (const auto& [file, id] : whose) {
      CAPTURE(file);
      for (std::size_t slash = file.find('/'); slash != std::string::npos; slash = file.find('/', slash + 1))
        REQUIRE_FALSE(whose.contains(file.substr(0, slash)));
      for (const auto& part : std::filesystem::path(file)) {
        const std::string name = part.string();
        REQUIRE(!name.empty());
        REQUIRE(name.size() <= 255);
        REQUIRE(name[0] != '.');
        REQUIRE(name[0] != '/');
        REQUIRE(name != "__MACOSX");
        REQUIRE(name.find('\0') == std::string::npos);
      }
    }
  }
}

TEST_CASE("result names: one of several structures is never that of another sample's, whatever they are called") {
  CHECK(result_parts({"lungs"}) == std::vector<std::string>{""});
  CHECK(result_parts({"lungs", "heart"}) == std::vector<std::string>{"_lungs", "_heart"});
  CHECK(result_parts({"lung", "left_lung"}) == std::vector<std::string>{"_lung", "_left%5Flung"});
  CHECK_THROWS_WITH_AS((void)result_parts({"a", "b", "a"}), "two of a sample's results are called `a`", std::runtime_error);
  const std::string long_name(300, 'x');
  for (const std::vector<std::string>& names : {std::vector<std::string>{"lung", "left_lung", "a_left_lung", "_lung", "lung_", "_"},
                                                {"lung", "a/lung", "%5Flung", "%255Flung", "left%5Flung"},
                                                {"", "_", "__", "a", "_a", "a_"},
                                                {long_name, long_name + "y", "y_" + long_name, "z_y_" + long_name},
                                                {"\xE9", "a_\xE9", ".", ".."}}) {
    const std::vector<std::string> parts = result_parts(names);
    std::map<std::string, std::string> whose;
    const std::vector<std::string> ids = nasty_names();
    for (const std::string& id : std::set<std::string>(ids.begin(), ids.end()))
      for (std::size_t k = 0; k < parts.size(); ++k) {
        if (id.empty()) continue;
        const std::string file = path(id, false, parts[k]);
        const auto [first, is_new] = whose.emplace(file, id + " " + names[k]);
        REQUIRE_MESSAGE(is_new, id << " " << names[k] << " and " << first->second << " share " << file);
        REQUIRE(std::filesystem::path(file).filename().string().size() <= 255);
        REQUIRE(file.find('/') == std::string::npos);
      }
  }
}
