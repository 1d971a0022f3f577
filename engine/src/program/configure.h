#pragma once

#include "base/make_component.h"
#include "base/working.h"
#include "leat/program.h"
#include "leat/thrown.h"

namespace leat::program {

/// Reads a `with` into a component's parameters, and gives the names it uses for resources: (port, name and place). All mistakes are
/// reported.
struct NamedUse {
  UsePort* port;
  Named name;
};
[[nodiscard]] std::vector<NamedUse> configure(Component& component, const ComponentText& text, Diagnostics& diagnostics);

/// Reads a `with` as `configure` does, of a component whose type is not known: `component` is of the one that its `uses` is most like.
/// Nothing is said of what is missing.
[[nodiscard]] std::vector<NamedUse> configure_as(Component& component, const std::string& type, const ComponentText& text,
                                                 Diagnostics& diagnostics);

/// The value of `bridge.join` in a `with`, as one key or in nested maps; null: it is not there.
template <class AnyTree>
auto find_dotted(AnyTree& with, std::string_view name) -> decltype(with.find(name)) {
  if (auto* whole = with.find(name)) return whole;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    auto* outer = with.find(name.substr(0, dot));
    if (auto* inner = outer ? find_dotted(*outer, name.substr(dot + 1)) : nullptr) return inner;
  }
  return nullptr;
}

/// An object of the type, or null where it cannot be made: then this is told of those that are of the type.
template <class Type>
auto made_quietly(const Type& type) -> decltype(type.make()) {
  try {
    return made_of(type);
  } catch (...) {
    return nullptr;
  }
}

/// The place of what a Refusal names: a parameter's value, else the component's name.
[[nodiscard]] Place place_of(const ComponentText& text, const std::string& at);

/// Returns `(author.noisy of author 0.1.0 (author.plugin))`; Leat's own types have no plugin.
[[nodiscard]] std::string of_type(const std::string& id, const std::string& plugin);

/// Runs `act` and turns a Refusal into a diagnostic of this id, at the place that `where` knows for what it names. True when nothing was
/// thrown, of whatever type. A crash is told of with the component's name and its `plugin`.
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
