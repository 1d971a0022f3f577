#pragma once

#include "base/make_component.h"
#include "base/working.h"
#include "leat/program.h"
#include "leat/thrown.h"

namespace leat::program {

/// A resource that a component names: its port, and the name with its place.
struct NamedUse {
  UsePort* port;
  Named name;
};
/// Reads a `with` into a component's parameters, and returns the resources that it names. Reports all mistakes.
[[nodiscard]] std::vector<NamedUse> configure(Component& component, const ComponentText& text, Diagnostics& diagnostics);

/// Reads a `with` as `configure` does, for a component of an unknown type. `component` has the most similar type, `type`. Missing
/// parameters are not reported.
[[nodiscard]] std::vector<NamedUse> configure_as(Component& component, const std::string& type, const ComponentText& text,
                                                 Diagnostics& diagnostics);

/// Returns the value of `bridge.join` in a `with`, as one key or in nested maps; null if there is none.
template <class AnyTree>
auto find_dotted(AnyTree& with, std::string_view name) -> decltype(with.find(name)) {
  if (auto* whole = with.find(name)) return whole;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    auto* outer = with.find(name.substr(0, dot));
    if (auto* inner = outer ? find_dotted(*outer, name.substr(dot + 1)) : nullptr) return inner;
  }
  return nullptr;
}

/// Returns an object of the type; null if it cannot be made, which is reported for components of that type.
template <class Type>
auto made_quietly(const Type& type) -> decltype(type.make()) {
  try {
    return made_of(type);
  } catch (...) {
    return nullptr;
  }
}

/// Returns the place for a Refusal: the value of the parameter `at`, otherwise the component's name.
[[nodiscard]] Place place_of(const ComponentText& text, const std::string& at);

/// Returns `(author.noisy of author 0.1.0 (author.plugin))`. For Leat's own types `plugin` is empty.
[[nodiscard]] std::string of_type(const std::string& id, const std::string& plugin);

/// Runs `act`. Turns a Refusal into a diagnostic with this id, at the place that `where` returns for it. Turns other exceptions into one at
/// the component's name. Returns true if nothing was thrown. A crash is reported with the component's name and `plugin`.
template <class Where, class Act>
bool guarded(std::string_view id, const ComponentText& text, const std::string& plugin, Where where, Diagnostics& diagnostics, Act act) {
  const WorkingOn working(text.name, text.uses.text, plugin, text.place, "while the graph is checked");
  try {
    act();
    return true;
  } catch (const Refusal& refusal) {
    diagnostics.error(id, where(refusal.at()), "`" + text.name + "`: " + refusal.what(), refusal.hint());
  } catch (...) {
    diagnostics.error(id, text.place, "`" + text.name + "` " + of_type(text.uses.text, plugin) + ": " + words_of_current_exception());
  }
  return false;
}

}  // namespace leat::program
