#include "program/configure.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/article.h"

namespace leat::program {

namespace {

struct Names {
  std::vector<std::string> all;
  std::set<std::string> groups;              ///< `bridge` of `bridge.join`.
  std::set<std::string, std::less<>> meant;  ///< Names that are most similar to unknown ones; their absence is not reported.
  std::map<std::string, Place> given;        ///< Place of each given name.
};

Names names_of(const Component& component) {
  Names names;
  for (const ParamPort* param : component.params()) {
    names.all.emplace_back(param->name());
    for (std::size_t dot = param->name().find('.'); dot != std::string_view::npos; dot = param->name().find('.', dot + 1))
      names.groups.emplace(param->name().substr(0, dot));
  }
  for (const UsePort* use : component.uses()) names.all.emplace_back(use->name());
  return names;
}

void check_keys(const Tree& with, const std::string& prefix, Names& names, const ComponentText& text, Diagnostics& diagnostics) {
  for (const Tree::Entry& entry : with.entries) {
    const std::string name = prefix + entry.key;
    if (std::find(names.all.begin(), names.all.end(), name) != names.all.end()) {
      const auto [first, is_new] = names.given.try_emplace(name, entry.key_place);
      if (!is_new)
        diagnostics
            .error("key.duplicate", entry.key_place,
                   "`" + name + "` of `" + text.name + "` (" + text.uses.text + ") is given a second time, under another spelling")
            .notes.push_back({first->second, "the first is here"});
      continue;
    }
    if (names.groups.contains(name) && entry.value.is_map()) {
      check_keys(entry.value, name + ".", names, text, diagnostics);
      continue;
    }
    names.meant.insert(nearest_name(name, names.all));
    diagnostics.error("param.unknown", entry.key_place, "`" + text.name + "` (" + text.uses.text + ") has no parameter `" + name + "`",
                      name_hint(name, names.all));
  }
}

}  // namespace

std::vector<NamedUse> configure(Component& component, const ComponentText& text, Diagnostics& diagnostics) {
  Names names = names_of(component);
  check_keys(text.with, "", names, text, diagnostics);
  for (ParamPort* param : component.params()) {
    const Tree* value = find_dotted(text.with, param->name());
    if (!value) {
      if (param->is_required() && !text.is_broken && !names.meant.contains(param->name()))
        diagnostics.error("param.missing", text.place,
                          "`" + text.name + "` (" + text.uses.text + ") needs the parameter `" + std::string(param->name()) + "`",
                          "`with: {" + std::string(param->name()) + ": …}`, " + param->type_name() + ": " + std::string(param->sentence()));
      continue;
    }
    try {
      param->read(*value);
    } catch (const Refusal& refusal) {
      diagnostics.error("param.value", value->place, "`" + text.name + "`: " + refusal.what(), refusal.hint());
    } catch (...) {
      diagnostics.error("param.value", value->place,
                        "`" + text.name + "` (" + text.uses.text + "): `" + std::string(param->name()) +
                            "` cannot be read: " + words_of_current_exception());
    }
  }
  std::vector<NamedUse> uses;
  for (UsePort* use : component.uses()) {
    const Tree* value = find_dotted(text.with, use->name());
    if (!value) {
      if (!use->is_optional() && !text.is_broken && !names.meant.contains(use->name()))
        diagnostics.error("param.missing", text.place,
                          "`" + text.name + "` (" + text.uses.text + ") needs `" + std::string(use->name()) + "`, the name of " +
                              with_article(use->kind()),
                          "`with: {" + std::string(use->name()) + ": …}`: " + std::string(use->sentence()));
      continue;
    }
    if (!value->is_scalar()) {
      diagnostics.error("param.value", value->place,
                        "`" + text.name + "`: `" + std::string(use->name()) + "` must be the name of " + with_article(use->kind()) +
                            ", found " + value->describe());
      continue;
    }
    uses.push_back({use, {value->scalar, value->place}});
  }
  return uses;
}

std::vector<NamedUse> configure_as(Component& component, const std::string& type, const ComponentText& text, Diagnostics& diagnostics) {
  ComponentText meant = text;
  meant.uses.text = type;
  meant.is_broken = true;
  return configure(component, meant, diagnostics);
}

std::string of_type(const std::string& id, const std::string& plugin) { return "(" + id + (plugin.empty() ? "" : " of " + plugin) + ")"; }

Place place_of(const ComponentText& text, const std::string& at) {
  const Tree* value = at.empty() ? nullptr : find_dotted(text.with, at);
  return value ? value->place : text.place;
}

}  // namespace leat::program
