#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "browser.h"
#include "leat/viewer.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"

// The page's server while the graph's file is edited in odd ways, and while its workers die.

namespace fs = std::filesystem;
using namespace leat;
using namespace leat::test;
using nlohmann::json;
using viewer::GraphViewer;

TEST_CASE("view: follows a file however an editor saves it") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("g.yaml", views);
  fs::create_symlink("g.yaml", folder / "link.yaml");
  const GraphViewer viewer({folder / "link.yaml"}, {}, worker());
  Browser browser(viewer);
  std::string wrong = views;
  wrong.replace(wrong.find("augment.strong"), 14, "augment.stong");
  const auto becomes = [&](const char* what, std::size_t count, int line = 0) {
    CAPTURE(what);
    // The file is empty for a moment while it is written, which can be one mistake of line 1.
    const auto is_so = [&](const json& one) {
      return one.contains("graph") && errors(one) == count && (line == 0 || one["graph"]["mistakes"][0]["place"]["line"] == line);
    };
    REQUIRE(!browser.graph_where(is_so).is_null());
  };
  becomes("opened", 0);
  folder.write("g.yaml", wrong);
  becomes("in place", 1, 9);
  {
    // Cut to nothing, and written piece by piece.
    std::ofstream slow(file, std::ios::trunc);
    for (const char c : std::string(views)) slow << c << std::flush;
  }
  becomes("slowly", 0);
  fs::rename(file, folder / "g.yaml~");
  folder.write("g.yaml", wrong);
  becomes("with a copy of before", 1, 9);
  fs::remove(file);
  becomes("removed", 1);
  folder.write("g.yaml", views);
  becomes("made again", 0);
  std::string dos = wrong;
  for (std::size_t at = 0; (at = dos.find('\n', at)) != std::string::npos; at += 2) dos.insert(at, 1, '\r');
  folder.write("g.yaml", dos);
  becomes("with CRLF", 1, 9);
  folder.write("g.yaml", "\xEF\xBB\xBF" + std::string(views));
  becomes("with a byte order mark", 0);
  folder.write("g.yaml", "\xEF\xBB\xBF" + dos);
  becomes("with both", 1, 9);
  folder.write("other.yaml", views);
  fs::remove(folder / "link.yaml");
  fs::create_symlink("other.yaml", folder / "link.yaml");
  becomes("another target of the link", 0);
  folder.write("other.yaml", std::string("\0\x01\xFF\xFE", 4));
  REQUIRE(!browser.graph_where([](const json& one) { return one.contains("graph") && errors(one) > 0; }).is_null());
  fs::remove(folder / "other.yaml");
  fs::create_directory(folder / "other.yaml");
  REQUIRE(!browser.graph_where([](const json& one) { return one.contains("graph") && errors(one) > 0; }).is_null());
  fs::remove(folder / "other.yaml");
  folder.write("other.yaml", views);
  becomes("after a folder of its name", 0);
}

namespace {

/// Kills the child processes of this process that are workers. Returns how many there were.
int kill_workers() {
  int count = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream stat(entry.path() / "stat"), command(entry.path() / "cmdline");
    std::string line, words;
    std::getline(stat, line);
    std::getline(command, words);
    // The number of the parent comes after the name in brackets and the state.
    const std::size_t end = line.rfind(')');
    if (end == std::string::npos || std::atoi(line.c_str() + end + 4) != ::getpid() || words.find("view-worker") == std::string::npos)
      continue;
    ::kill(std::atoi(name.c_str()), SIGKILL);
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("view: workers that are killed are started again") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", views)}, {}, worker());
  Browser browser(viewer);
  REQUIRE(!browser.graph_where([](const json& one) { return one.contains("graph"); }).is_null());
  REQUIRE(browser.post("/api/preview", asked("strong", "view"))->status == 200);
  for (int k = 0; k < 3; ++k) {
    CHECK(kill_workers() > 0);
    const httplib::Result found = browser.post("/api/preview", asked("strong", "view"));
    REQUIRE(found);
    CHECK(found->status == 200);
    const std::string title = "round " + std::to_string(k);
    folder.write("g.yaml", std::string(views).replace(std::string(views).find("two views"), 9, title));
    CHECK(!browser.graph_where([&](const json& one) { return one.contains("graph") && one["graph"]["title"] == title; }).is_null());
  }
}

TEST_CASE("view: a preview after an edit, or with another file on the disk, has the values of a fresh worker") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("g.yaml", views);
  const GraphViewer viewer({file}, {}, worker());
  Browser browser(viewer);
  const auto hash = [&](Browser& by, const std::string& seed) {
    json body = asked("strong", "view");
    body["seed"] = seed;
    httplib::Result found = by.post("/api/preview", body);
    // A save that the server has just seen gives up requests.
    for (int k = 0; k < 100 && found && found->status == 409; ++k) found = by.post("/api/preview", body);
    REQUIRE(found);
    REQUIRE(found->status == 200);
    return head_of(found->body)["outputs"][0]["values"].dump();
  };
  const std::vector<std::pair<std::string, std::string>> edits = {{"", ""},
                                                                  {"in: weak}", "in: weak, with: {flip: 0}}"},
                                                                  {"hospital: A", "hospital: B"},
                                                                  {"strong: {", "strong: {lane: cpu, "},
                                                                  {"", ""}};
  std::set<std::string> seen;
  for (const auto& [old, text] : edits) {
    std::string graph = views;
    if (!old.empty()) graph.replace(graph.find(old), old.size(), text);
    folder.write("g.yaml", graph);
    for (const char* seed : {"1", "2"}) {
      const GraphViewer fresh({file}, {}, worker());
      Browser other(fresh);
      const std::string values = hash(browser, seed);
      CHECK(values == hash(other, seed));
      CHECK(values == hash(browser, seed));
      seen.insert(values);
    }
  }
  CHECK(seen.size() >= 6);
}

#ifdef LEAT_FINE_PLUGIN
TEST_CASE("view: a plugin that is built again is loaded again") {
  const TemporaryFolder folder;
  const auto build = [&](const char* from) {
    fs::copy_file(from, folder / "new", fs::copy_options::overwrite_existing);
    fs::rename(folder / "new", folder / "p.plugin");
  };
  build(LEAT_FINE_PLUGIN);
  std::string text = views;
  text.replace(text.find("augment.weak"), 12, "fine.same");
  viewer::ShownGraph graph{folder.write("g.yaml", text)};
  graph.allows_code = true;
  const GraphViewer viewer(graph, {}, {LEAT_COMMAND, "--plugin", (folder / "p.plugin").string(), "view-worker"});
  Browser browser(viewer);
  const auto is_from = [&](const char* plugin) {
    CAPTURE(plugin);
    CHECK(!browser
               .graph_where([&](const json& one) {
                 if (!one.contains("graph") || errors(one) > 0 || !one["graph"]["types"].contains("fine.same")) return false;
                 return one["graph"]["types"]["fine.same"]["plugin"].get<std::string>().starts_with(plugin);
               })
               .is_null());
  };
  is_from("fine 0.1.0");
  build(LEAT_FINE_TOO_PLUGIN);
  is_from("fine_too 2.0");
  httplib::Result found = browser.post("/api/preview", asked("strong", "view"));
  for (int k = 0; k < 100 && found && found->status == 409; ++k) found = browser.post("/api/preview", asked("strong", "view"));
  REQUIRE(found);
  CHECK(found->status == 200);
  // While it is built, the file is gone for a moment.
  fs::remove(folder / "p.plugin");
  CHECK(!browser.graph_where([](const json& one) { return one.contains("graph") && errors(one) > 0; }).is_null());
  build(LEAT_FINE_PLUGIN);
  is_from("fine 0.1.0");
}
#endif
