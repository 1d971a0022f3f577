#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <opencv2/core.hpp>

#include "leat/image.h"
#include "leat/load_plugin.h"
#include "leat/plugin.h"
#include "leat/plugin_file.h"
#include "leat/program.h"
#include "leat/register_nodes.h"
#include "leat/run_node.h"
#include "support/command.h"
#include "support/doctest.h"
#include "support/golden.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace fs = std::filesystem;
using namespace leat;

namespace {

const fs::path folder = LEAT_PLUGIN_FOLDER;

Registry nodes() {
  Registry made;
  register_nodes(made);
  return made;
}

fs::path file(const std::string& name) { return folder / (name + ".plugin"); }

/// Why a plugin is not loaded, without the words that name it; empty where it is.
std::string refusal(const std::string& name, Registry& registry) {
  try {
    load_plugin(file(name), registry, std::chrono::seconds(2));
  } catch (const Refusal& refusal) {
    const std::string text = refusal.what(), head = "the plugin " + name + " 0.1.0 (" + file(name).string() + ") is not loaded: ";
    return text.starts_with(head) ? text.substr(head.size()) : text;
  }
  return {};
}

std::string refusal(const std::string& name) {
  Registry registry = nodes();
  return refusal(name, registry);
}

bool begins(const std::string& text, const std::string& with) { return text.starts_with(with); }

std::string mistakes(const Registry& registry, const std::string& graph) {
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(graph, "g.yaml", fs::current_path(), {}, diagnostics);
  (void)Program::build(description, registry, {0, "cpu"}, diagnostics);
  return diagnostics.str();
}

std::string graph_with(const std::string& type, const std::string& needs = "") {
  return "leat: 1\n" + needs + "phases: {predict: {nodes: {chests: {uses: io.chest, with: {hospital: [A], count: 4}}, one: {uses: " + type +
         ", in: chests.image}}}}\nplan: {then: [predict]}\n";
}

/// The headers that plugins are compiled with, without comments and empty lines, each as a hash.
std::string interface_text() {
  std::map<std::string, std::string> lines;
  for (const char* place : {"engine/include/leat", "nodes/include/leat"})
    for (const auto& entry : fs::directory_iterator(fs::path(LEAT_SOURCE) / place)) {
      std::ifstream in(entry.path());
      std::string code;
      for (std::string line; std::getline(in, line);) {
        line.erase(std::min(line.find("//"), line.size()));
        line.erase(line.find_last_not_of(' ') + 1);
        if (!line.empty()) code += line + "\n";
      }
      lines[entry.path().filename()] = std::to_string(hash_bytes(code.data(), code.size()));
    }
  std::string out = "ABI " LEAT_TEXT(LEAT_ABI) "\n";
  for (const auto& [name, hash] : lines) out += name + " " + hash + "\n";
  return out;
}

}  // namespace

TEST_CASE("plugin: the number of the interface stands for these headers") {
  const fs::path golden = fs::path(LEAT_SOURCE) / "tests/plugins/interface.txt";
  const std::string now = interface_text();
  if (test::is_updating_golden) put(golden, now);
  CHECK_MESSAGE(now == text_of(golden),
                "a header of leat/ has changed: raise LEAT_ABI where a class changed its layout or its virtual functions, then run this "
                "with --update-golden");
}

TEST_CASE("plugin: its file says what it is before anything of it runs") {
  const PluginFile said = read_plugin(file("fine_too"));
  CHECK(said.id == "fine_too");
  CHECK(said.version == "2.0");
  CHECK(said.build == LEAT_BUILD);
  CHECK(said.types == std::vector<std::string>{"fine.same"});
  CHECK(said.values ==
        std::map<std::string, std::string>{{"image", "OpenCV " LEAT_TEXT(CV_VERSION_MAJOR) "." LEAT_TEXT(CV_VERSION_MINOR)}});
  CHECK(read_plugin(file("crash")).types == std::vector<std::string>{"crash.same"});
}

TEST_CASE("plugin: its nodes run as Leat's own") {
  Registry registry = nodes();
  load_plugin(file("fine"), registry);
  CHECK(begins(registry.find_node("fine.same")->plugin, "fine 0.1.0 ("));
  const Image white{cv::Mat(2, 3, CV_8UC1, cv::Scalar(255)), {}};
  const std::vector<Image> out = run_node<Image>(registry, "fine.same", "{}", std::vector{white, white});
  REQUIRE(out.size() == 2);
  CHECK(cv::countNonZero(out[1].pixels) == 6);
}

TEST_CASE("plugin: its metric has rows, an interval and a place in reports and comparisons") {
  const TemporaryFolder scratch;
  std::ofstream(scratch.path() / "g.yaml")
      << "leat: 1\nparams: {hospital: {value: A, doc: Whose.}}\nphases:\n  test:\n    nodes:\n"
         "      chests: {uses: io.chest, with: {hospital: \"${hospital}\", split: test, count: 12, batch: 4}}\n"
         "      judge: {uses: contrast.judge, in: chests.image}\nplan: {then: [test]}\n";
  const auto leat = [&](const std::vector<std::string>& words) {
    const test::Finished out = test::run_leat(words, scratch.path());
    CAPTURE(out.err);
    REQUIRE(out.code == 0);
    return out.out;
  };
  for (const std::string hospital : {"A", "B"})
    leat({"run", "g.yaml", "--plugin", file("contrast").string(), "--set", "hospital=" + hospital, "--out", hospital});
  const std::string rows = text_of(scratch.path() / "A/images/test.judge.csv");
  CHECK(rows.starts_with("image,group,patient,deviation,tone\n"));
  CHECK(std::count(rows.begin(), rows.end(), '\n') == 13);
  CHECK(text_of(scratch.path() / "A/images/test.judge.json").find("\"contrast\": {\"kind\":\"mean\",\"columns\":[\"deviation\"]}") !=
        std::string::npos);
  // Reports load no plugin.
  const std::string report = leat({"report", "A"});
  CAPTURE(report);
  CHECK(report.find("judge.contrast") < report.find("judge.bright_share"));
  CHECK(report.find("[", report.find("judge.contrast")) < report.find("judge.bright_share"));
  CHECK(report.find("95 % intervals by image") != std::string::npos);
  const std::string compared = leat({"report", "A", "--against", "B"});
  CHECK(compared.find("test judge.contrast") != std::string::npos);
  CHECK(compared.find("bright_share") == std::string::npos);
  CHECK(leat({"runs", "."}).find("judge.contrast") != std::string::npos);
}

TEST_CASE("plugin: what is none is refused") {
  const TemporaryFolder place;
  CHECK(refusal("nowhere") == "there is no plugin `" + file("nowhere").string() + "`");
  Registry registry = nodes();
  const auto why = [&](const fs::path& path) {
    try {
      load_plugin(path, registry);
    } catch (const Refusal& refusal) {
      return std::string(refusal.what());
    }
    return std::string();
  };
  const std::string end = "` is not a plugin: it is not a shared library with a section `leat_plugin`; `leat_add_plugin` makes one";
  put(place.path() / "text.plugin", "this is text\n");
  CHECK(why(place.path() / "text.plugin") == "`" + (place.path() / "text.plugin").string() + end);
  CHECK(why(folder) == "there is no plugin `" + folder.string() + "`");
  // However much of a file is there.
  const std::string whole = text_of(file("fine"));
  for (std::size_t count = 0; count < whole.size(); count += whole.size() / 97 + 1) {
    const fs::path cut = place.path() / "cut.plugin";
    put(cut, whole.substr(0, count));
    CHECK(why(cut) == "`" + cut.string() + end);
  }
  CHECK(begins(why(file("nameless")), "`" + file("nameless").string() + "` is not a plugin: it has nodes, but no id of a plugin"));
}

TEST_CASE("plugin: one of another build is refused with both sides and the cure") {
  CHECK(refusal("other_abi") == std::string("it was built for Leat ABI 0, libstdc++ with string ABI 1, but this is ") + LEAT_BUILD +
                                    ": build it again with this leat's headers, those that find_package(leat) names");
}

#ifdef LEAT_WITH_TENSOR
TEST_CASE("plugin: one with another library's values is refused with both sides and the cure") {
  const std::string here = nodes().value_builds().at("tensor");
  CHECK(refusal("other_torch") ==
        "its values of type `tensor` were built with LibTorch 1.13.1, but those here with " + here + ": build it with " + here);
}
#endif

TEST_CASE("plugin: one that crashes, ends, throws or hangs while it loads is named, and takes nothing along") {
  CHECK(refusal("crash") == "it crashes (Segmentation fault) while it loads");
  CHECK(refusal("abort") == "it crashes (Aborted) while it loads, after it said: no licence was found");
  CHECK(refusal("exit") == "it ends the process while it loads");
  CHECK(refusal("hang") == "it has not ended within 2 seconds while it loads");
  CHECK(refusal("throw") == "it crashes (Aborted) while it loads, after it said:   what():  no licence was found");
}

TEST_CASE("plugin: what a plugin cannot set is refused, and not ignored") {
  CHECK(refusal("own_lane") == "it calls `Registry::set_device`, but a plugin cannot add devices");
  CHECK(refusal("own_workers") == "it calls `Registry::set_worker`, but a plugin cannot change the workers of the cpu lane");
  CHECK(refusal("own_build") ==
        "it calls `Registry::set_value_build`, but the builds of a plugin's values are read from its file: include their headers");
  Registry registry = nodes();
  CHECK(load_plugins({file("own_lane"), file("fine")}, registry).size() == 1);
  CHECK(registry.plugins().size() == 1);
}

TEST_CASE("plugin: an id that is taken is refused with both owners, and nothing of the plugin stays") {
  CHECK(refusal("duplicate") ==
        "`image.resize` is registered twice, by leat itself and by the plugin duplicate 0.1.0 (" + file("duplicate").string() + ")");
  Registry registry = nodes();
  load_plugin(file("fine"), registry);
  CHECK_THROWS_WITH_AS(load_plugin(file("fine_too"), registry),
                       ("the plugin fine_too 2.0 (" + file("fine_too").string() +
                        ") is not loaded: `fine.same` is registered twice, by the plugin fine 0.1.0 (" + file("fine").string() +
                        ") and by the plugin fine_too 2.0 (" + file("fine_too").string() + ")")
                           .c_str(),
                       Refusal);
  CHECK(registry.plugins().size() == 1);
  CHECK(refusal("fine", registry) == "the plugin fine 0.1.0 (" + file("fine").string() + ") was found first");
}

TEST_CASE("plugins of a folder: a bad one stops nothing, and a graph that needs it reads why") {
  Registry registry = nodes();
  const std::vector<std::string> sentences = load_plugins({file("crash"), file("fine"), file("abort"), file("nowhere")}, registry);
  REQUIRE(sentences.size() == 3);
  CHECK(sentences[2] == "there is no plugin `" + file("nowhere").string() + "`");
  CHECK(mistakes(registry, graph_with("fine.same")) == "");
  const std::string told = mistakes(registry, graph_with("crash.same"));
  CHECK(told.find("no node type is called `crash.same`") != std::string::npos);
  CHECK(told.find("it is in the plugin crash 0.1.0 (" + file("crash").string() +
                  "), which is not loaded: it crashes (Segmentation fault) while it loads") != std::string::npos);
}

TEST_CASE("a graph's needs: the plugin and its version") {
  Registry registry = nodes();
  (void)load_plugins({file("fine"), file("crash")}, registry);
  const auto with_needs = [&](const std::string& needs) {
    return mistakes(registry, graph_with("fine.same", "needs: {plugins: {" + needs + "}}\n"));
  };
  CHECK(with_needs("fine: \">=0.1\"") == "");
  CHECK(with_needs("fine: \">=0.1.0.0\"") == "");
  CHECK(with_needs("fine: \">=0.0.9\"") == "");
  CHECK(with_needs("fine: \">=0.1.1\"").find("is older than 0.1.1") != std::string::npos);
  CHECK(with_needs("fine: \">=0.10\"").find("is older than 0.10") != std::string::npos);
  CHECK(with_needs("other: \">=1\"").find("the plugin `other` is not loaded") != std::string::npos);
  CHECK(with_needs("crash: \">=0.1\"").find("it crashes (Segmentation fault)") != std::string::npos);
  CHECK(with_needs("fine: 0.1").find("`\">=0.1\"`") != std::string::npos);
}

TEST_CASE("plugin: a node that crashes while a graph is checked or runs is named, with its place, step and sample") {
  const std::map<std::string, std::string> places{{"shapes", "while the graph is checked: Segmentation fault"},
                                                  {"open", "at its opening: Segmentation fault"},
                                                  {"process", "at step 1 of `predict`, slot "},
                                                  {"finish", "at the end of `predict`: Segmentation fault"}};
  for (const auto& [at, place] : places) {
    const TemporaryFolder scratch;
    put(scratch / "graph.yaml", R"(leat: 1
params: {at: process}
phases:
  predict:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: test, count: 4, batch: 2}}
      died: {uses: dies.same, in: {image: chests.image}, with: {at: "${at}"}}
plan: {then: [predict]}
)");
    const test::Finished finished =
        test::run_leat({"--plugin", file("dies").string(), "run", "graph.yaml", "--set", "at=" + at, "--out", "run"}, scratch.path());
    // The line of progress may come after it.
    const std::size_t begin = finished.err.find("graph.yaml:7:7: error: `died` (dies.same of dies 0.1.0 ("),
                      end = finished.err.find('\n', begin);
    CAPTURE(finished.err);
    CHECK(finished.code == 128 + SIGSEGV);
    REQUIRE(begin != std::string::npos);
    const std::string told = finished.err.substr(begin, end - begin);
    CHECK(told.find(") crashes " + place) != std::string::npos);
    CHECK(told.ends_with(at == "process" ? "`: Segmentation fault" : ": Segmentation fault"));
  }
}

TEST_CASE("plugin: a node whose constructor throws is named in one sentence, whoever makes one") {
  const TemporaryFolder scratch;
  const std::string plugin = file("cannot_be_made").string();
  const std::string why = "cannot be made: threw a value of type `int`, which is not a std::exception\n";
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"nodes", "cannot_be_made.same"}, {"nodes", "--json"}, {"schema"}}) {
    std::vector<std::string> all{"--plugin", plugin};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const test::Finished finished = test::run_leat(all, scratch.path());
    CHECK(finished.code == 2);
    CHECK(finished.err == "error: `cannot_be_made.same` " + why);
  }
  const test::Finished checked = test::run_leat({"plugin", "check", plugin}, scratch.path());
  CHECK(checked.code == 1);
  CHECK(begins(checked.out, "cannot_be_made.same: it " + why));
}

TEST_CASE("plugin: a node whose constructor crashes is named, whoever makes one") {
  const TemporaryFolder scratch;
  const std::string plugin = file("dies_made").string();
  const std::string of = "of dies_made 0.1.0 (" + plugin + ")", crashes = ") crashes while ";
  put(scratch / "graph.yaml",
      "leat: 1\nphases:\n  predict:\n    nodes:\n      chests: {uses: io.chest, with: {hospital: A, split: test, "
      "count: 4, batch: 2}}\n      died: {uses: dies_made.same, in: chests.image}\nplan: {then: [predict]}\n");
  const auto said = [&](std::vector<std::string> arguments, int code) {
    arguments.insert(arguments.begin(), {"--plugin", plugin});
    const test::Finished finished = test::run_leat(arguments, scratch.path());
    CHECK(finished.code == code);
    return finished.out + finished.err;
  };
  const std::string made = "error: `dies_made.same` (" + of + crashes + "it is made: Segmentation fault\n";
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"nodes", "dies_made.same"}, {"schema"}}) {
    const std::string told = said(arguments, 128 + SIGSEGV);
    CAPTURE(told);
    CHECK(told.find(made) != std::string::npos);
  }
  const std::string checked = said({"check", "graph.yaml"}, 128 + SIGSEGV);
  CAPTURE(checked);
  CHECK(checked.find("graph.yaml:6:7: error: `died` (dies_made.same " + of + crashes + "the graph is checked: Segmentation fault\n") !=
        std::string::npos);
  const std::string found = said({"plugin", "check", plugin, "graph.yaml"}, 1);
  CAPTURE(found);
  CHECK(begins(found, "dies_made.same: its constructor crashes (Segmentation fault)\ndies_made: crashes (Segmentation fault) the process"));
}

TEST_CASE("plugins: a type of one plugin is not that of another of the same name, and both are named") {
  Registry registry = nodes();
  load_plugin(file("twin_one"), registry);
  load_plugin(file("twin_two"), registry);
  const auto said = [&](const std::string& connection) {
    return mistakes(
        registry,
        "leat: 1\nresources: {weight: {uses: twin_one.weight}}\nphases:\n  test:\n    nodes:\n      load: {uses: twin_one.load}\n"
        "      words: {uses: twin_two.words, " +
            connection + "}\nplan: {then: [test]}\n");
  };
  const std::string one = "twin_one 0.1.0 (" + file("twin_one").string() + ")", two = "twin_two 0.1.0 (" + file("twin_two").string() + ")";
  const std::string given = "`load` (twin_one.load of " + one + ") outputs num values of the C++ type `Num` (8 bytes), but ";
  const std::string other = said("in: {word: load}");
  CHECK(other.find("g.yaml:7:48: error: " + given + "`word` of `words` (twin_two.words of " + two +
                   ") takes num values of the C++ type `Word` (32 bytes)") != std::string::npos);
  CHECK(other.find("two C++ types are called `num`") != std::string::npos);
  CHECK(other.find("g.yaml:6:7: note: `load` is declared here") != std::string::npos);
  const std::string taken = " of `words` (twin_two.words of " + two + ") takes num values of the C++ type `Num` (32 bytes)";
  CHECK(said("in: {num: load}").find(given + "`num`" + taken) != std::string::npos);
  CHECK(said("in: {nums: {a: load}}").find(given + "`nums`" + taken) != std::string::npos);
  const std::string resource = said("in: load, with: {weight: weight}");
  CHECK(resource.find("`weight` of `words` takes a resource of class `Weight`") != std::string::npos);
  CHECK(resource.find("`weight` (twin_one.weight of " + one + ") is another class of that name, `Weight` (") != std::string::npos);
}
