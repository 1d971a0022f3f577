#include "description/nodes.h"

#include <algorithm>

namespace leat {

namespace {

void read_component(Section& section, ComponentText& component, const Reading& reading) {
  if (const Tree* uses = section.require("uses", "`uses: family.name` names its type"); uses)
    if (std::optional<Named> word = section.word("uses")) component.uses = *word;
  if (const Tree* with = section.map("with")) component.with = reading.without_broken(*with);
}

void read_port(const Tree::Entry& port, const std::string& what, std::vector<InputText>& inputs, Reading& reading) {
  const std::string subject = "input `" + port.key + "` of " + what;
  if (!port.value.is_map()) {
    if (std::optional<Reference> from = read_reference(port.value, subject, reading))
      inputs.push_back({port.key, "", port.key_place, *from});
    return;
  }
  for (const Tree::Entry& member : port.value.entries) {
    if (!check_name(member.key, member.key_place, "member of an input", NameRule::Plain, reading)) continue;
    if (std::optional<Reference> from = read_reference(member.value, "input `" + port.key + "." + member.key + "` of " + what, reading))
      inputs.push_back({port.key, member.key, member.key_place, *from});
  }
}

}  // namespace

std::optional<Reference> read_reference(const Tree& tree, const std::string& subject, Reading& reading) {
  if (reading.is_broken(tree.place)) return {};
  static const std::string wanted = "`node.port` or `node`";
  if (!tree.is_scalar() || tree.scalar.empty()) {
    refuse_value(reading, tree, subject, wanted);
    return {};
  }
  if (reading.is_misnamed(tree.scalar)) return Reference{{}, {}, tree.place};
  const std::size_t dot = tree.scalar.find('.');
  Reference reference{tree.scalar.substr(0, dot), dot == std::string::npos ? "" : tree.scalar.substr(dot + 1), tree.place};
  const bool has_port = dot == std::string::npos || (!reference.port.empty() && reference.port.find_first_of(". ") == std::string::npos);
  if (has_port && !reference.node.empty() && reference.node.find(' ') == std::string::npos) return reference;
  refuse_value(reading, tree, subject, wanted);
  return {};
}

std::vector<InputText> read_inputs(const Tree& in, const std::string& what, Reading& reading) {
  std::vector<InputText> inputs;
  if (in.is_map()) {
    for (const Tree::Entry& port : in.entries) read_port(port, what, inputs, reading);
  } else if (in.is_scalar()) {
    if (std::optional<Reference> from = read_reference(in, "`in` of " + what, reading)) inputs.push_back({"", "", in.place, *from});
  } else {
    refuse_value(reading, in, "`in` of " + what, "a map from inputs to `node.port`", "`in: {input: node.port}`");
  }
  return inputs;
}

NodeText read_node(const Tree& tree, const std::string& name, const Place& place, Reading& reading) {
  NodeText node;
  node.name = name;
  node.place = place;
  const std::size_t mistakes = reading.mistakes();
  const std::string what = "node `" + name + "`";
  Section section(tree, what, place, {"uses", "in", "with", "lane", "on_error"}, reading);
  read_component(section, node, reading);
  if (const Tree* in = section.find("in")) node.in = read_inputs(*in, what, reading);
  node.lane = section.word("lane");
  if (const std::optional<Named> word = section.word("on_error")) {
    node.skips_errors = word->text == "skip";
    if (word->text != "skip" && word->text != "stop")
      reading.diagnostics.error("value.word", word->place, section.subject("on_error") + " cannot be `" + word->text + "`",
                                name_hint(word->text, {"stop", "skip"}));
  }
  node.is_broken = reading.mistakes() > mistakes || reading.has_broken(tree);
  return node;
}

std::vector<ComponentText> read_resources(const Tree& resources, Reading& reading) {
  std::vector<ComponentText> components;
  for (const Tree::Entry& entry : resources.entries) {
    ComponentText component;
    component.name = entry.key;
    component.place = entry.key_place;
    const std::size_t mistakes = reading.mistakes();
    (void)check_name(entry.key, entry.key_place, "resource", NameRule::Plain, reading);
    Section section(entry.value, "resource `" + entry.key + "`", entry.key_place, {"uses", "with"}, reading);
    read_component(section, component, reading);
    component.is_broken = reading.mistakes() > mistakes || reading.is_duplicate(entry.key_place) || reading.has_broken(entry.value);
    components.push_back(std::move(component));
  }
  return components;
}

}  // namespace leat
