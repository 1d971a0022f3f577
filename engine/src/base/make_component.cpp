#include "base/make_component.h"

#include <cstdio>
#include <map>
#include <string_view>

#include "base/article.h"
#include "base/graph_name.h"
#include "base/port_sentence.h"
#include "leat/node.h"

namespace leat {
namespace {

/// Returns a name of any bytes in printable ASCII.
std::string shown(std::string_view name) {
  std::string out;
  for (const char c : name) {
    char code[8];
    std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
    out += c >= ' ' && c <= '~' ? std::string(1, c) : code;
  }
  return out;
}

/// Returns true if a graph can write this as a key in `with`, in which `bridge.join` can also be `bridge: {join: ...}`.
bool is_dotted_name(std::string_view name) {
  for (std::size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
    end = name.find('.', begin);
    if (!is_graph_name(name.substr(begin, end == std::string_view::npos ? end : end - begin))) return false;
  }
  return true;
}

/// Returns true if `keep` in a graph can name this metric: `dice_{K}` stands for names with the entries of K.
bool is_metric_name(std::string_view name) {
  const std::size_t begin = name.find('{'), end = name.find('}');
  if (begin == std::string_view::npos && end == std::string_view::npos) return is_graph_name(name);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return false;
  const std::string around = std::string(name.substr(0, begin)) + "x" + std::string(name.substr(end + 1));
  return is_graph_name(around) && is_graph_name(name.substr(begin + 1, end - begin - 1));
}

/// The names of one kind that a type declares, and what each is.
class Names {
 public:
  Names(std::vector<std::string>& mistakes, bool (*is_name)(std::string_view)) : mistakes_(mistakes), is_name_(is_name) {}

  template <class Ports>
  void add(const Ports& ports, const std::string& what) {
    for (const auto* port : ports) add(port->name(), what);
  }

 private:
  void add(std::string_view name, const std::string& what) {
    if (name.empty()) return mistakes_.push_back(with_article(what) + " without a name");
    const std::string called = " called `" + shown(name) + "`";
    const auto [known, is_new] = known_.emplace(name, what);
    const std::string& other = known->second;
    if (!is_new) mistakes_.push_back((other == what ? "two " + what + "s" : with_article(other) + " and " + with_article(what)) + called);
    else if (!is_name_(name)) mistakes_.push_back(with_article(what) + called + ", which no graph can write: " + graph_name_rule);
  }

  std::vector<std::string>& mistakes_;
  bool (*is_name_)(std::string_view);
  std::map<std::string_view, std::string> known_;
};

}  // namespace

std::vector<std::string> declared_mistakes(const Component& component) {
  std::vector<std::string> mistakes;
  Names with(mistakes, is_dotted_name), inputs(mistakes, is_graph_name), outputs(mistakes, is_graph_name), states(mistakes, is_graph_name),
      metrics(mistakes, is_metric_name);
  with.add(component.params(), "parameter");
  with.add(component.uses(), "resource");
  if (const auto* node = dynamic_cast<const Node*>(&component)) {
    inputs.add(node->inputs(), "input");
    outputs.add(node->outputs(), "output");
    states.add(node->states(), "state");
    metrics.add(node->metrics(), "metric");
    for (const auto* ports : {&node->inputs(), &node->outputs()})
      for (const Port* port : *ports)
        if (std::string mistake = sentence_mistake(*port); !mistake.empty()) mistakes.push_back(std::move(mistake));
  }
  return mistakes;
}

void check_declared(const Component& component, const std::string& type) {
  const std::vector<std::string> mistakes = declared_mistakes(component);
  if (!mistakes.empty()) throw Refusal("`" + type + "` declares " + mistakes.front());
}

bool Making::tell(CrashLine& line) const {
  if (tell_outer(line)) return true;
  line.add("\nerror: `%s`", type_.c_str());
  if (!plugin_.empty()) line.add(" (of %s)", plugin_.c_str());
  line.add(" crashes while it is made");
  return true;
}

}  // namespace leat
