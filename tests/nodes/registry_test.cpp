#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "leat/tree.h"
#include "register_nodes.h"
#include "support/doctest.h"

// What holds for every node and resource that this build has, however it is written.

namespace fs = std::filesystem;
using namespace leat;

namespace {

const fs::path sources = LEAT_SOURCE "/nodes";

const Registry& registry() {
  static const Registry all = [] {
    Registry made;
    register_nodes(made);
    return made;
  }();
  return all;
}

std::vector<std::string> all_ids() {
  std::vector<std::string> ids = registry().node_ids();
  for (const std::string& id : registry().resource_ids()) ids.push_back(id);
  return ids;
}

std::unique_ptr<Component> make(const std::string& id) {
  if (const NodeType* type = registry().find_node(id)) return type->make();
  return registry().find_resource(id)->make();
}

std::string sentence_of(const std::string& id) {
  if (const NodeType* type = registry().find_node(id)) return type->sentence;
  return registry().find_resource(id)->sentence;
}

std::string text_of(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

fs::path file_of(const std::string& id) {
  const std::size_t dot = id.find('.');
  return sources / id.substr(0, dot) / (id.substr(dot + 1) + ".cpp");
}

/// Begins like a sentence or a contract, and ends like one.
bool is_sentence(std::string_view text) {
  if (text.size() < 4 || text.back() != '.') return false;
  const char first = text.front();
  return std::isupper(static_cast<unsigned char>(first)) || std::isdigit(static_cast<unsigned char>(first)) || first == '`' || text.starts_with("height x width") ||
         text.starts_with("live: ") || text.starts_with("train: ") || text.starts_with("softmax: ");
}

/// Reads a YAML value into the parameter; what it refuses, or nothing.
std::string refusal_of(ParamPort& param, const std::string& yaml) {
  Diagnostics diagnostics;
  const Tree tree = read_tree(source_text("value", "/", "v: " + yaml + "\n"), diagnostics);
  REQUIRE_FALSE(diagnostics.has_errors());
  try {
    param.read(*tree.find("v"));
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return {};
}

/// Reads and writes that this process has asked the kernel for.
long long system_reads_and_writes() {
  std::istringstream in(text_of("/proc/self/io"));
  long long sum = 0, number = 0;
  for (std::string name; in >> name >> number;)
    if (name == "syscr:" || name == "syscw:") sum += number;
  return sum;
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
      const bool is_registered = registry().find_node(id) || registry().find_resource(id);
      CHECK(is_registered);
    }
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

TEST_CASE("every node: a tensor port has a contract, or says that it is a scalar") {
  for (const std::string& id : registry().node_ids()) {
    const std::unique_ptr<Node> node = registry().find_node(id)->make();
    for (const auto* ports : {&node->inputs(), &node->outputs()})
      for (const Port* port : *ports) {
        if (port->type().name != "tensor") continue;
        CAPTURE(id);
        CAPTURE(port->sentence());
        CHECK((port->contract().has_shape || port->sentence().starts_with("A scalar")));
        CHECK((!port->contract().has_shape || port->contract().dtype != Dtype::Any));
      }
  }
}

TEST_CASE("every type: its defaults are values that it takes") {
  for (const std::string& id : all_ids()) {
    const std::unique_ptr<Component> component = make(id);
    for (ParamPort* param : component->params()) {
      if (param->is_required()) continue;
      CAPTURE(id);
      CAPTURE(param->name());
      const std::string text = param->value_text();
      // An empty path stands for none, and is not written.
      if (param->type_name() == "path" && (text.empty() || text == "\"\"" || text == "''")) continue;
      CHECK(refusal_of(*param, text.empty() ? "''" : text) == "");
      CHECK(param->value_text() == text);
    }
  }
}

TEST_CASE("every type: what lies outside of a range is refused, with the range; so are words that are none and values of another kind") {
  const std::regex range("(-?[0-9.]+(?:e[+-]?[0-9]+)?)\\.\\.(-?[0-9.]+(?:e[+-]?[0-9]+)?)");
  int checked = 0;
  for (const std::string& id : all_ids()) {
    const std::unique_ptr<Component> component = make(id);
    for (ParamPort* param : component->params()) {
      CAPTURE(id);
      CAPTURE(param->name());
      const std::string text = param->range_text(), kind = param->type_name();
      const bool is_int = kind == "int";
      std::smatch ends;
      const auto outside = [&](double number) { return is_int ? std::to_string(static_cast<long long>(number)) : std::to_string(number); };
      const auto check_outside = [&](double number) {
        const std::string said = refusal_of(*param, outside(number));
        CAPTURE(said);
        CHECK(said.find(text) != std::string::npos);
        ++checked;
      };
      if (kind == "choice") {
        CHECK(refusal_of(*param, "no_such_word").find("no_such_word") != std::string::npos);
      } else if (std::regex_match(text, ends, range)) {
        check_outside(std::stod(ends[1]) - 1);
        check_outside(std::stod(ends[2]) + 1);
      } else if (text.starts_with("at least ")) {
        check_outside(std::stod(text.substr(9)) - 1);
      }
      if (kind != "text") CHECK(refusal_of(*param, kind.starts_with("map") ? "3" : "{a: {b: c}}") != "");
    }
  }
  CHECK(checked > 50);
}

TEST_CASE("every type: making one reads and writes nothing") {
  (void)make(all_ids()[0]);
  const long long before = system_reads_and_writes();
  if (before == 0) {
    MESSAGE("skipped, this kernel does not count a process's reads and writes");
    return;
  }
  const long long look = system_reads_and_writes() - before;
  for (const std::string& id : all_ids()) {
    CAPTURE(id);
    const long long begin = system_reads_and_writes();
    const std::unique_ptr<Component> component = make(id);
    CHECK(system_reads_and_writes() - begin == look);
  }
}

TEST_CASE("every type: two of it share no parameter") {
  for (const std::string& id : all_ids()) {
    const std::unique_ptr<Component> one = make(id), other = make(id);
    for (std::size_t k = 0; k < one->params().size(); ++k) {
      ParamPort& param = *one->params()[k];
      const std::string before = other->params()[k]->value_text();
      for (const char* value : {"1", "2", "true", "false", "0.25", "[1, 2]", "[a, b]", "{a: 1}", "some_text", "A"}) (void)refusal_of(param, value);
      CAPTURE(id);
      CAPTURE(param.name());
      CHECK(other->params()[k]->value_text() == before);
    }
  }
}
