#include <nlohmann/json.hpp>

#include <set>

#include "base/text_table.h"
#include "base/utf8.h"
#include "leat/archive.h"
#include "leat/comparison_text.h"
#include "leat/diagnostics.h"
#include "leat/graph_schema.h"
#include "leat/manual.h"
#include "leat/tensorboard.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/text_file.h"
#include "support/toys.h"

// Names that are not UTF-8, and files that are not whole: each costs nothing but itself.
using namespace leat;
using nlohmann::json;

namespace {

const std::string latin = "caf\xe9", replaced = "caf\xef\xbf\xbd";

struct Latin final : Node {
  Output<toys::Number> number{this, "number", "Any shape. A caf\xe9."};
  void process(Frame& frame) const override { frame.put(number, {}); }
};

Registry latin_registry() {
  Registry registry = toy_registry();
  detail::register_type<Latin>(registry, "test.latin", "Makes a caf\xe9.");
  return registry;
}

/// A run's folder with these lines.
std::filesystem::path run_of(const TemporaryFolder& folder, const std::string& metrics) {
  folder.write("graph.yaml", "leat: 1\n");
  folder.write("metrics.jsonl", metrics);
  return folder.path();
}

const std::string whole_line = "{\"phase\": \"train\", \"step\": 1, \"metrics\": {\"loss.mean\": 0.5, \"loss.most\": null}}\n";

}  // namespace

TEST_CASE("text that is not UTF-8: as UTF-8 no two texts become one, not even one that is written as the other becomes") {
  CHECK(utf8_text("caf\xe9") == "caf\\xE9");
  CHECK(utf8_text("caf\\xE9") == "caf\\x5CxE9");
  CHECK(utf8_text("a\\b \\x \\xyz \xC3\xA9") == "a\\b \\x \\xyz \xC3\xA9");
  // All short texts of what escapes are made of.
  std::set<std::string> seen;
  std::vector<std::string> texts{""};
  for (std::size_t k = 0; k < texts.size(); ++k) {
    REQUIRE_MESSAGE(seen.insert(utf8_text(texts[k])).second, texts[k]);
    if (texts[k].size() < 5)
      for (const char letter : std::string("\\x5CE9\xe9")) texts.push_back(texts[k] + letter);
  }
}

TEST_CASE("text that is not UTF-8: a comparison in JSON is there, with its titles as far as they can be read") {
  Comparison comparison;
  comparison.ours = latin;
  CHECK(json::parse(comparison_json(comparison)).at("ours") == replaced);
}

TEST_CASE("text that is not UTF-8: the manual and the schema of a plugin's types are there") {
  const Registry registry = latin_registry();
  CHECK(json::parse(manual_json(registry, {"test.latin"})).dump().find("Makes a " + replaced) != std::string::npos);
  CHECK(json::parse(graph_schema(registry)).dump().find("Makes a " + replaced) != std::string::npos);
}

TEST_CASE("text that is not UTF-8: in an archive's metadata it costs that text alone, as an entry's name it is said") {
  const TemporaryFolder folder;
  Archive archive;
  archive.metadata["model.classes"] = latin;
  archive.put("number", 2.5);
  archive.write(folder / "a.safetensors");
  const Archive read = Archive::read(folder / "a.safetensors");
  CHECK(read.number("number") == 2.5);
  CHECK(read.metadata.at("model.classes") == replaced);
  archive.put(latin, 1.0);
  CHECK_THROWS_WITH_AS(archive.write(folder / "b.safetensors"),
                       ("cannot write " + (folder / "b.safetensors").string() + ": `" + latin + "` is not UTF-8").c_str(),
                       std::runtime_error);
}

TEST_CASE("metrics for TensorBoard: a line that is not whole JSON is said with file and line, one that is cut at the end waits") {
  const std::string half = whole_line.substr(0, 30);
  for (const std::string& broken : {half + "\n", std::string("[]\n"), std::string("{\"phase\": 3, \"step\": 1, \"metrics\": {}}\n"),
                                    std::string("{\"phase\": \"train\", \"step\": 1, \"metrics\": {\"a\": \"b\"}}\n")}) {
    CAPTURE(broken);
    const TemporaryFolder folder;
    TensorboardFile file(run_of(folder, whole_line + broken + whole_line), folder / "tensorboard");
    CHECK_THROWS_WITH_AS(file.update(),
                         ((folder / "metrics.jsonl").string() + ":2: the line is not {phase, step, metrics} in JSON").c_str(), Refusal);
  }
  const TemporaryFolder folder;
  TensorboardFile file(run_of(folder, whole_line + half), folder / "tensorboard");
  const auto size = [&] { return std::filesystem::file_size(folder / "tensorboard" / "events.out.tfevents.leat"); };
  CHECK_NOTHROW(file.update());
  const auto before = size();
  run_of(folder, whole_line + whole_line);
  CHECK_NOTHROW(file.update());
  CHECK(size() > before);
}

TEST_CASE("metrics for TensorBoard: results that are not whole are said with their file") {
  for (const char* broken : {"{\"phases\": {", "[]", "{}", "{\"steps\": 1, \"phases\": {\"test\": 3}}"}) {
    CAPTURE(broken);
    const TemporaryFolder folder;
    TensorboardFile file(run_of(folder, whole_line), folder / "tensorboard");
    folder.write("results.json", broken);
    CHECK_THROWS_WITH_AS(file.update(), ((folder / "results.json").string() + " is not JSON, or has no steps and phases").c_str(), Refusal);
  }
}

TEST_CASE("metrics for TensorBoard: a test of kept weights stands at their step, not at the last one") {
  const TemporaryFolder folder;
  TensorboardFile file(run_of(folder, whole_line), folder / "tensorboard");
  folder.write("results.json", R"({"steps": 500, "phases": {"test": {"a.b": 1}, "late": {"a.b": 1}}, "weights_of": {"test": 120}})");
  file.update();
  const std::string bytes = text_of(folder / "tensorboard" / "events.out.tfevents.leat");
  // The step is field 2 of an event, a number of seven bits a byte.
  CHECK(bytes.find("\x10\x78") != std::string::npos);
  CHECK(bytes.find("\x10\xF4\x03") != std::string::npos);
}

TEST_CASE("sizes are said in one way everywhere") {
  CHECK(size_words(999) == "999 B");
  CHECK(size_words(12'340'000) == "12.3 MB");
  CHECK(size_words(2'500'000'000'000) == "2.5 TB");
}
