#include "leat/manual.h"
#include "leat/graph_schema.h"
#include "leat/read_tree.h"

#include <nlohmann/json.hpp>

#include "leat/drawing.h"
#include "leat/register_nodes.h"
#include "report/pseudonyms.h"
#include "support/doctest.h"
#include "support/golden.h"
#include "support/graphs.h"
#include "support/text_file.h"

using namespace leat;

namespace {

Registry nodes() {
  Registry out;
  register_nodes(out);
  return out;
}

/// A file of the repository that is printed by a command: the same, or written anew with `--update-golden`.
void check_printed(const std::string& name, const std::string& text, const std::string& command) {
  const std::string file = LEAT_SOURCE "/" + name;
  if (test::is_updating_golden) {
    put(file, text);
    return;
  }
  CHECK_MESSAGE(text_of(file) == text, name << " is not what `" << command << "` prints: run this with --update-golden");
}

constexpr const char* two_nodes = R"(leat: 1
title: Chests, smaller
phases:
  predict:
    nodes:
      chests: {uses: io.chest, with: {hospital: [A], count: 8, batch: 4}}
      small: {uses: image.resize, in: chests.image, with: {size: 32}}
      sheet: {uses: write.mosaic, in: {image: small}, with: {count: 4}}
plan: {then: [predict]}
)";

}  // namespace

#ifdef LEAT_WITH_TENSOR
TEST_CASE("manual: docs/nodes.md is what `leat nodes --markdown` prints") {
  check_printed("docs/nodes.md", manual_markdown(nodes()), "leat nodes --markdown");
}

TEST_CASE("reports for others: the names of parameters and their choices are Leat's words, which stay") {
  const report::Pseudonyms names;
  const Registry registry = nodes();
  const nlohmann::json all = nlohmann::json::parse(manual_json(registry, type_ids(registry)));
  std::string lost;
  const auto check_stays = [&](const std::string& words) {
    if (const std::string sentence = "the parameter `" + words + "` has"; names.plain(sentence) != sentence) lost += words + "\n";
  };
  for (const auto& type : all.at("types"))
    for (const auto& param : type.at("params")) {
      const std::string name = param.at("name");
      // Names with a dot look like files; those that a graph sets are its own names.
      if (param.at("type") != "choice" || name.find('.') != std::string::npos) continue;
      const std::string range = param.at("range");
      for (std::size_t at = 0; at < range.size();) {
        const std::size_t end = std::min(range.find(", ", at), range.size());
        check_stays(name + ": " + range.substr(at, end - at));
        at = end + 2;
      }
    }
  CHECK(lost == "");
}

TEST_CASE("manual: what docs/graphs.md shows is a graph, its template too") {
  const std::string text = text_of(LEAT_SOURCE "/docs/graphs.md");
  const auto block = [&](std::size_t from) {
    const std::size_t begin = text.find("```yaml\n", from) + 8;
    return text.substr(begin, text.find("```", begin) - begin);
  };
  CHECK(mistakes(nodes(), block(0)) == "");

  const std::string line = "    drawn: ";
  const std::size_t use = text.find(line);
  const std::string instance = text.substr(use, text.find('\n', use) - use);
  CHECK(mistakes(nodes(), "leat: 1\n" + block(text.find("## Templates")) +
                              "resources:\n  net: {uses: model.multitask_unet, with: {channels: [4, 8], masks: [lungs]}}\n"
                              "phases:\n  predict:\n   nodes:\n    chests: {uses: io.chest, with: {hospital: A, count: 4}}\n"
                              "    batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}\n" +
                              instance +
                              "\n    masks: {uses: tensor.images, in: {probabilities: shares, like: chests.image}}\n"
                              "    shares: {uses: tensor.probabilities, in: drawn.lungs, with: {kind: sigmoid}}\n"
                              "    sheet: {uses: write.mosaic, in: {image: masks}}\nplan: {then: [predict]}\n") == "");
}

TEST_CASE("manual: graphs/leat.schema.json is what `leat schema` prints") {
  check_printed("graphs/leat.schema.json", graph_schema(nodes()), "leat schema");
}
#endif

TEST_CASE("manual: a page has a line to paste, ports and parameters with their sentences") {
  const std::string page = manual_page(nodes(), "image.resize");
  CAPTURE(page);
  CHECK(page.starts_with("image.resize: a node, on the cpu lane\n"));
  CHECK(page.find("\n  resize: {uses: image.resize, in: node.port}\n") != std::string::npos);
  CHECK(page.find("\nwith\n") != std::string::npos);
  for (std::size_t begin = 0, end = page.find('\n'); end != std::string::npos; begin = end + 1, end = page.find('\n', begin))
    CHECK(end - begin <= 100);
}

TEST_CASE("manual: a type that there is not is refused with the nearest") {
  try {
    (void)manual_page(nodes(), "image.resise");
    FAIL_CHECK("it was not");
  } catch (const Refusal& refusal) {
    CHECK(std::string(refusal.what()) == "no node or resource type is called `image.resise`; did you mean `image.resize`?");
  }
}

TEST_CASE("manual: snippets of all types are YAML, and name their type") {
  const Registry registry = nodes();
  const nlohmann::json all = nlohmann::json::parse(manual_json(registry, type_ids(registry)));
  CHECK(all.at("types").size() == type_ids(registry).size());
  for (const auto& type : all.at("types")) {
    const std::string snippet = type.at("snippet");
    CAPTURE(snippet);
    Diagnostics diagnostics;
    const Tree tree = read_tree(source_text("snippet", {}, snippet), diagnostics);
    CHECK_MESSAGE(!diagnostics.has_errors(), diagnostics.str());
    REQUIRE(tree.entries.size() == 1);
    CHECK(tree.entries[0].value.find("uses")->scalar == type.at("id"));
  }
}

TEST_CASE("schema: ranges, choices, defaults and maps of parameters are there") {
  const nlohmann::json schema = nlohmann::json::parse(graph_schema(nodes()));
  const auto with = [&](const std::string& kind, const std::string& id) {
    for (const auto& one : schema.at("definitions").at(kind).at("allOf"))
      if (one.at("if").at("properties").at("uses").at("const") == id) return one.at("then").at("properties").at("with");
    throw std::runtime_error("no " + id);
  };
  const auto batch = with("node", "io.chest").at("properties").at("batch");
  CHECK(batch.at("minimum") == 1);
  CHECK(batch.at("maximum") == 65536);
  CHECK(batch.at("default") == 1);
  CHECK(batch.at("description").get<std::string>().starts_with("Samples per step.\n\nint, 1..65536, default 1"));
#ifdef LEAT_WITH_TENSOR
  const auto net = with("resource", "model.multitask_unet");
  CHECK(net.at("properties").at("bridge").at("properties").at("join").at("anyOf")[0].at("enum") ==
        nlohmann::json{"none", "deepest", "first_stage"});
  CHECK(net.at("patternProperties").contains("^bridge\\.join$"));
  CHECK(net.at("properties").at("channels").at("default") == nlohmann::json{16, 32, 64, 128, 256});
#endif
}

TEST_CASE("check --edges: type, shape, rate and lane of each edge") {
  const Registry registry = nodes();
  const Program program = build(registry, two_nodes);
  CHECK(edge_table(program) == R"(predict
  from           to           type and shape        per step      lane  bytes
  chests.image   small.image  image 64 x 64, 8 bit  4, of chests  cpu   4.1 kB
  small.resized  sheet.image  image 32 x 32, 8 bit  4, of chests  cpu   1.0 kB
)");
}

TEST_CASE("draw: Mermaid and Graphviz say every node once and every edge") {
  const Registry registry = nodes();
  const Program program = build(registry, two_nodes);
  const std::string text = mermaid(program, program.phases[0]);
  CHECK(text == R"(---
title: "Chests, smaller / predict: 2 steps"
---
flowchart LR
  n0["<b>chests</b><br/>io.chest"]:::source
  n1["<b>small</b><br/>image.resize"]:::cpu
  n2["<b>sheet</b><br/>write.mosaic"]:::cpu
  n0 -->|"image: image 64 x 64, 8 bit"| n1
  n1 -->|"image 32 x 32, 8 bit"| n2
  classDef source fill:#e2f3df,stroke:#8899aa,color:#111111
  classDef cpu fill:#e3eefa,stroke:#8899aa,color:#111111
  classDef device fill:#fdebd3,stroke:#8899aa,color:#111111
)");
  const std::string graphviz = dot(program, program.phases[0]);
  CHECK(graphviz.find("n0 -> n1 [label=\"image: image 64 x 64, 8 bit\", tooltip=\"chests.image to small.image\", penwidth=0.8]") !=
        std::string::npos);
  CHECK(graphviz.find("n1 -> n2 ") != std::string::npos);
}
