#include "leat/check_declarations.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <regex>
#include <sstream>

#include "base/child_process.h"
#include "base/make_component.h"
#include "leat/read_tree.h"
#include "leat/thrown.h"

namespace leat {
namespace {

/// Returns why a text is not a sentence; empty: it is one.
std::string lacks(std::string_view text) {
  if (text.empty()) return "which is empty";
  if (text.back() != '.') return "which does not end with a full stop";
  return text.find(' ') == std::string_view::npos ? "which is one word" : "";
}

/// Reads a YAML value into the parameter. Returns the refusal; empty: the value was accepted.
std::string refusal_of(ParamPort& param, const std::string& yaml) {
  Diagnostics diagnostics;
  const Tree tree = read_tree(source_text("value", "/", "v: " + yaml + "\n"), diagnostics);
  if (diagnostics.has_errors()) return diagnostics.str();
  try {
    param.read(*tree.find("v"));
  } catch (...) {
    return words_of_current_exception();
  }
  return {};
}

/// Returns the number of read and write calls of this process; 0 if the kernel does not count them.
long long system_reads_and_writes() {
  std::ifstream file("/proc/self/io");
  long long sum = 0, number = 0;
  for (std::string name; file >> name >> number;)
    if (name == "syscr:" || name == "syscw:") sum += number;
  return sum;
}

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// Checks one type.
class Declarations {
 public:
  Declarations(const Registry& registry, const std::string& id) : id_(id) {
    if (const NodeType* type = registry.find_node(id)) {
      sentence_ = type->sentence;
      make_ = [type]() -> std::unique_ptr<Component> { return made_of(*type); };
    } else {
      const ResourceType* resource = registry.find_resource(id);
      if (!resource) throw Refusal("no node or resource type is called `" + id + "`");
      sentence_ = resource->sentence;
      make_ = [resource]() -> std::unique_ptr<Component> { return made_of(*resource); };
    }
  }

  [[nodiscard]] std::vector<Finding> check() {
    if (!std::regex_match(id_, std::regex("[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*"))) find("its id is not family.name in lower case");
    if (const std::string why = lacks(sentence_); !why.empty()) find("its sentence is \"" + sentence_ + "\", " + why);
    if (!can_be_made()) return std::move(findings_);
    check_ports();
    check_defaults();
    check_ranges();
    check_quiet();
    check_apart();
    return std::move(findings_);
  }

 private:
  void find(const std::string& text) { findings_.push_back({id_, text}); }

  /// Runs the constructor in a child process, because it can crash or never return.
  [[nodiscard]] bool can_be_made() {
    const ChildWork work = in_child(
        [this] {
          try {
            (void)make_();
            return std::string();
          } catch (...) {
            return words_of_current_exception();
          }
        },
        std::chrono::seconds(60));
    if (!work.answer.empty()) find("it cannot be made: " + work.answer);
    if (!work.failure.empty()) find("its constructor " + work.failure);
    return work.answer.empty() && work.failure.empty();
  }

  void check_sentence(const std::string& kind, std::string_view name, std::string_view sentence) {
    if (const std::string why = lacks(sentence); !why.empty())
      find("the sentence of the " + kind + " `" + std::string(name) + "` is \"" + std::string(sentence) + "\", " + why);
  }

  void check_ports() {
    const std::unique_ptr<Component> component = make_();
    for (const std::string& mistake : declared_mistakes(*component)) find("it declares " + mistake);
    for (const ParamPort* param : component->params()) check_sentence("parameter", param->name(), param->sentence());
    for (const UsePort* use : component->uses()) {
      check_sentence("resource", use->name(), use->sentence());
      if (use->kind().empty()) find("the resource `" + std::string(use->name()) + "` is of a class without `kind`");
    }
    const auto* node = dynamic_cast<const Node*>(component.get());
    if (!node) return;
    for (const auto* ports : {&node->inputs(), &node->outputs()})
      for (const Port* port : *ports) check_sentence(ports == &node->inputs() ? "input" : "output", port->name(), port->sentence());
  }

  void check_defaults() {
    const std::unique_ptr<Component> component = make_();
    for (ParamPort* param : component->params()) {
      if (param->is_required()) continue;
      const std::string text = param->value_text();
      // An empty path means no path, and is not written.
      if (param->type_name() == "path" && (text.empty() || text == "\"\"" || text == "''")) continue;
      const std::string refused = refusal_of(*param, text.empty() ? "''" : text);
      const std::string of = " of the parameter `" + std::string(param->name()) + "`";
      if (!refused.empty()) find("the default" + of + " is refused: " + refused);
      else if (param->value_text() != text) find("the default" + of + " is " + text + ", but reads back as " + param->value_text());
    }
  }

  void check_outside(ParamPort& param, const std::string& value) {
    const std::string said = refusal_of(param, value), of = "the parameter `" + std::string(param.name()) + "`";
    if (said.empty()) find(of + " accepts " + value + ", which is outside " + param.range_text());
    else if (said.find(param.range_text()) == std::string::npos) find(of + " refuses " + value + " without stating its range: " + said);
  }

  void check_ranges() {
    const std::unique_ptr<Component> component = make_();
    for (ParamPort* param : component->params()) {
      const std::string range = param->range_text(), kind = param->type_name();
      const auto text_of = [&](double number) {
        return kind == "int" ? std::to_string(static_cast<long long>(number)) : std::to_string(number);
      };
      const std::size_t dots = range.find("..");
      if (kind == "choice") {
        if (refusal_of(*param, "no_such_word").empty())
          find("the parameter `" + std::string(param->name()) + "` accepts a word that is not one of its choices");
      } else if (range.starts_with("at least ")) {
        if (const auto low = number_of(std::string_view(range).substr(9))) check_outside(*param, text_of(*low - 1));
      } else if (dots != std::string::npos) {
        if (const auto low = number_of(std::string_view(range).substr(0, dots))) check_outside(*param, text_of(*low - 1));
        if (const auto high = number_of(std::string_view(range).substr(dots + 2))) check_outside(*param, text_of(*high + 1));
      }
      if (kind != "text" && refusal_of(*param, kind.starts_with("map") ? "3" : "{a: {b: c}}").empty())
        find("the parameter `" + std::string(param->name()) + "` accepts a value of another type");
    }
  }

  void check_quiet() {
    // Do not count calls that only the first construction needs, such as a sanitizer's writes.
    (void)make_();
    if (system_reads_and_writes() == 0) return;
    const long long before = system_reads_and_writes();
    const long long look = system_reads_and_writes() - before, begin = system_reads_and_writes();
    (void)make_();
    if (system_reads_and_writes() - begin != look) find("its constructor reads or writes files; `open` is the place for that");
  }

  void check_apart() {
    const std::unique_ptr<Component> one = make_(), other = make_();
    for (std::size_t k = 0; k < one->params().size(); ++k) {
      ParamPort& param = *one->params()[k];
      const std::string before = other->params()[k]->value_text();
      for (const char* value : {"1", "2", "true", "false", "0.25", "[1, 2]", "[a, b]", "{a: 1}", "some_text", "A"})
        (void)refusal_of(param, value);
      if (other->params()[k]->value_text() != before) find("two objects share the parameter `" + std::string(param.name()) + "`");
    }
  }

  std::string id_;
  std::string sentence_;
  std::function<std::unique_ptr<Component>()> make_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_declarations(const Registry& registry, const std::string& id) { return Declarations(registry, id).check(); }

}  // namespace leat
