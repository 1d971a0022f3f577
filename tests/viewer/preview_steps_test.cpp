#include <nlohmann/json.hpp>

#include "browser.h"
#include "leat/viewer.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"

// Values on an edge, and those of nodes further on that are asked for with them: the others must not change what is shown of the edge.

namespace fs = std::filesystem;
using namespace leat;
using nlohmann::json;
using namespace leat::test;
using viewer::GraphViewer;

TEST_CASE("view: a node says that it leaves out samples for which it fails") {
  const TemporaryFolder folder;
  std::string text = views;
  text.replace(text.find("chests.image}"), 13, "chests.image, on_error: skip}");
  const GraphViewer viewer({folder.write("g.yaml", text)}, {}, worker());
  const json told = Browser(viewer).graph_where([](const json& one) { return one.contains("graph"); });
  REQUIRE(!told.is_null());
  const json& nodes = told["graph"]["phases"][0]["nodes"];
  CHECK(nodes[1]["skips_errors"] == true);
  CHECK(nodes[2]["skips_errors"] == false);
}

#ifdef LEAT_WITH_TENSOR
namespace {

constexpr const char* training = R"(leat: 1
resources:
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [NORMAL, PNEUMONIA], masks: [lungs]}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: 8, batch: 4}}
      moved: {uses: augment.affine, in: {image: chests.image}}
      batch: {uses: tensor.normalize, in: moved.image, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      classes: {uses: model.classify, in: features, with: {model: net}}
      loss: {uses: loss.cross_entropy, in: {logits: classes, label: chests.label}}
      total: {uses: loss.total, in: {terms: {classes: loss}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
plan: {train: {phase: train, steps: 4}}
)";

json asked_for(std::initializer_list<std::pair<const char*, const char*>> outputs, int step) {
  json body{{"phase", "train"}, {"step", step}, {"slots", 4}, {"outputs", json::array()}};
  for (const auto& [node, port] : outputs) body["outputs"].push_back({{"node", node}, {"port", port}});
  return body;
}

json seen(const viewer::ShownGraph& graph, const json& body) {
  const GraphViewer viewer(graph, {}, worker());
  const httplib::Result found = Browser(viewer).post("/api/preview", body);
  REQUIRE(found);
  REQUIRE_MESSAGE(found->status == 200, found->body);
  return head_of(found->body);
}

std::vector<std::string> names(const json& outputs) {
  std::vector<std::string> out;
  for (const json& one : outputs) out.push_back(one["node"]);
  return out;
}

}  // namespace

TEST_CASE("view: an edge has its step, also if outputs that need changing weights are asked for with it") {
  const TemporaryFolder folder;
  const viewer::ShownGraph graph{folder.write("g.yaml", training)};
  const json alone = seen(graph, asked_for({{"moved", "image"}}, 3));
  const json way = seen(graph, asked_for({{"moved", "image"}, {"chests", "image"}, {"features", "features"}, {"classes", "logits"}}, 3));
  CHECK(way["step"] == 3);
  CHECK(way["has_step"] == true);
  CHECK(way["trained"] == json::array());
  CHECK(way["outputs"][0]["samples"] == alone["outputs"][0]["samples"]);
  for (std::size_t slot = 0; slot < 4; ++slot)
    CHECK(way["outputs"][0]["values"][slot]["hash"] == alone["outputs"][0]["values"][slot]["hash"]);
  CHECK(names(way["outputs"]) == std::vector<std::string>{"moved", "chests"});
  REQUIRE(names(way["not_known"]) == std::vector<std::string>{"features", "classes"});
  CHECK(way["not_known"][0]["changing"] == json{"net"});
  // The first step has the first weights, and an edge that needs the weights has no other.
  const json first = seen(graph, asked_for({{"moved", "image"}, {"classes", "logits"}}, 0));
  CHECK(names(first["outputs"]) == std::vector<std::string>{"moved", "classes"});
  CHECK(first["outputs"][0]["changing"] == json::array());
  CHECK(first["outputs"][1]["changing"] == json{"net"});
  const json edge = seen(graph, asked_for({{"classes", "logits"}, {"moved", "image"}}, 3));
  CHECK(edge["step"] == 0);
  CHECK(edge["has_step"] == false);
  CHECK(edge["trained"] == json{"net"});
  CHECK(edge["not_known"] == json::array());
}

TEST_CASE("view: the weights of a run are said of the values that need them") {
  const TemporaryFolder folder;
  viewer::ShownGraph graph{folder.write("g.yaml", training)};
  const std::string run =
      std::string(LEAT_COMMAND) + " run " + (folder / "g.yaml").string() + " --out " + (folder / "run").string() + " >/dev/null 2>&1";
  REQUIRE(std::system(run.c_str()) == 0);
  graph.weights = folder / "run";
  const json way = seen(graph, asked_for({{"moved", "image"}, {"classes", "logits"}}, 3));
  CHECK(way["step"] == 3);
  CHECK(way["not_known"] == json::array());
  CHECK(way["weights"]["step"] == 4);
  CHECK(way["weights"]["of"] == json::array());
  CHECK(way["outputs"][0]["weights_of"] == json::array());
  CHECK(way["outputs"][1]["weights_of"] == json{"net"});
  CHECK(seen(graph, asked_for({{"moved", "image"}}, 3))["weights"].is_null());
  // An output whose network the run lacks is left out, and the edge stays.
  std::string other = training;
  for (std::size_t at = 0; (at = other.find("net", at)) != std::string::npos; at += 5)
    if (other.compare(at, 5, "net: ") == 0 || other.compare(at - 2, 5, ": net") == 0) other.replace(at, 3, "other");
  folder.write("g.yaml", other);
  const json lacking = seen(graph, asked_for({{"moved", "image"}, {"classes", "logits"}}, 3));
  CHECK(names(lacking["outputs"]) == std::vector<std::string>{"moved"});
  CHECK(lacking["not_known"][0]["lacked"] == "other");
}
#endif
