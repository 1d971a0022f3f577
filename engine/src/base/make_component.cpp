#include "base/make_component.h"

#include <map>
#include <string_view>

#include "leat/node.h"

namespace leat {
namespace {

/// The names of one kind that a type declares, with what each is.
class Names {
 public:
  explicit Names(const std::string& type) : type_(type) {}

  template <class Ports>
  void add(const Ports& ports, const std::string& what) {
    for (const auto* port : ports) add(port->name(), what);
  }

 private:
  void add(std::string_view name, const std::string& what) {
    const std::string article = what.starts_with("i") ? "an " : "a ";
    if (name.empty()) throw Refusal("`" + type_ + "` declares " + article + what + " without a name");
    const auto [known, is_new] = known_.emplace(name, what);
    if (is_new) return;
    const std::string both = known->second == what ? "two " + what + "s" : "a " + known->second + " and " + article + what;
    throw Refusal("`" + type_ + "` declares " + both + " called `" + std::string(name) + "`");
  }

  const std::string& type_;
  std::map<std::string_view, std::string> known_;
};

}  // namespace

void check_names(const Component& component, const std::string& type) {
  Names with(type), inputs(type), outputs(type), states(type);
  with.add(component.params(), "parameter");
  with.add(component.uses(), "resource");
  const auto* node = dynamic_cast<const Node*>(&component);
  if (!node) return;
  inputs.add(node->inputs(), "input");
  outputs.add(node->outputs(), "output");
  states.add(node->states(), "state");
}

}  // namespace leat
