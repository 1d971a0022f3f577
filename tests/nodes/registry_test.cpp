#include <cctype>
#include <filesystem>
#include <regex>
#include <set>

#include "leat/check_declarations.h"
#include "support/doctest.h"
#include "support/own_nodes.h"
#include "support/text_file.h"

// What holds for every node and resource that this build has, however it is written.

namespace fs = std::filesystem;
using namespace leat;
using leat::test::own_nodes;

namespace {

const fs::path sources = LEAT_SOURCE "/nodes";

std::vector<std::string> all_ids() {
  std::vector<std::string> ids = own_nodes().node_ids();
  for (const std::string& id : own_nodes().resource_ids()) ids.push_back(id);
  return ids;
}

std::unique_ptr<Component> make(const std::string& id) {
  if (const NodeType* type = own_nodes().find_node(id)) return type->make();
  return own_nodes().find_resource(id)->make();
}

std::string sentence_of(const std::string& id) {
  if (const NodeType* type = own_nodes().find_node(id)) return type->sentence;
  return own_nodes().find_resource(id)->sentence;
}

fs::path file_of(const std::string& id) {
  const std::size_t dot = id.find('.');
  return sources / id.substr(0, dot) / (id.substr(dot + 1) + ".cpp");
}

/// Begins like a sentence or a contract, and ends like one.
bool is_sentence(std::string_view text) {
  if (text.size() < 4 || text.back() != '.') return false;
  const char first = text.front();
  return std::isupper(static_cast<unsigned char>(first)) || std::isdigit(static_cast<unsigned char>(first)) || first == '`' ||
         text.starts_with("height x width") || text.starts_with("live: ") || text.starts_with("train: ") || text.starts_with("softmax: ");
}

}  // namespace

TEST_CASE("every type: its id is its folder and file, and each file with one is registered") {
  std::set<std::string> families;
  for (const std::string& id : all_ids()) {
    CAPTURE(id);
    const bool is_form_right = std::regex_match(id, std::regex("[a-z]+\\.[a-z][a-z0-9_]*"));
    CHECK(is_form_right);
    REQUIRE(fs::exists(file_of(id)));
    CHECK(text_of(file_of(id)).find(", \"" + id + "\"") != std::string::npos);
    families.insert(id.substr(0, id.find('.')));
  }
  for (const std::string& family : families)
    for (const auto& entry : fs::directory_iterator(sources / family)) {
      if (entry.path().extension() != ".cpp" || text_of(entry.path()).find("\nLEAT_NODE(") == std::string::npos) continue;
      const std::string id = family + "." + entry.path().stem().string();
      CAPTURE(id);
      const bool is_registered = own_nodes().find_node(id) || own_nodes().find_resource(id);
      CHECK(is_registered);
    }
}

TEST_CASE("registry: a second type of one id is refused") {
  Registry out = own_nodes();
  CHECK_THROWS_WITH_AS(out.add(*own_nodes().find_node("image.resize")),
                       "`image.resize` is registered twice: two files have a LEAT_NODE of that id", Refusal);
}

TEST_CASE("every type: it, its ports, parameters and resources say what they are in a sentence") {
  for (const std::string& id : all_ids()) {
    CAPTURE(id);
    CHECK(is_sentence(sentence_of(id)));
    const std::unique_ptr<Component> component = make(id);
    const auto check = [&](std::string_view name, std::string_view sentence) {
      CAPTURE(name);
      CAPTURE(sentence);
      CHECK_FALSE(name.empty());
      CHECK(is_sentence(sentence));
    };
    std::set<std::string_view> names;
    for (const ParamPort* param : component->params()) {
      check(param->name(), param->sentence());
      CHECK(names.insert(param->name()).second);
    }
    for (const UsePort* use : component->uses()) {
      check(use->name(), use->sentence());
      CHECK(names.insert(use->name()).second);
      CHECK_FALSE(use->kind().empty());
    }
    const auto* node = dynamic_cast<const Node*>(component.get());
    if (!node) continue;
    for (const auto* ports : {&node->inputs(), &node->outputs()}) {
      std::set<std::string_view> port_names;
      for (const Port* port : *ports) {
        check(port->name(), port->sentence());
        CHECK(port_names.insert(port->name()).second);
      }
    }
  }
}

TEST_CASE("every type: its declarations keep what is promised to authors of graphs") {
  for (const std::string& id : all_ids())
    for (const Finding& one : check_declarations(own_nodes(), id)) FAIL_CHECK(one.type << ": " << one.text);
}
