#include "description/templates.h"

#include <algorithm>

namespace leat {

namespace {

constexpr std::size_t most_nodes = 10'000;

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

std::vector<std::string> texts_of(const std::vector<Named>& names) {
  std::vector<std::string> texts;
  for (const Named& name : names) texts.push_back(name.text);
  return texts;
}

void read_template_inputs(const Tree& inputs, Template& made, Reading& reading) {
  for (const Named& input : read_words(inputs, "`inputs` of template `" + made.name + "`", "a list of names", reading)) {
    const auto first = std::find_if(made.inputs.begin(), made.inputs.end(), [&input](const Named& one) { return one.text == input.text; });
    if (first != made.inputs.end())
      reading.diagnostics.error("name.twice", input.place, "`" + input.text + "` is an input of template `" + made.name + "` already")
          .notes.push_back({first->place, "the first is here"});
    else if (check_name(input.text, input.place, "template's input", NameRule::Plain, reading)) made.inputs.push_back(input);
  }
}

Template read_template(const Tree::Entry& entry, Reading& reading) {
  Template made;
  made.name = entry.key;
  made.place = entry.key_place;
  const std::string what = "template `" + entry.key + "`";
  const std::size_t mistakes = reading.mistakes();
  made.is_read = check_name(entry.key, entry.key_place, "template", NameRule::Plain, reading);
  if (!made.is_read) return made;
  Section section(entry.value, what, entry.key_place, {"nodes", "inputs", "outputs", "params"}, reading);
  if (section.require("nodes", "`nodes: {name: {uses: …}}`")) made.nodes = section.map("nodes");
  const Reading::Misnamed misnamed(reading, made.nodes);
  const std::size_t before_inputs = reading.mistakes();
  const Tree* inputs = section.find("inputs");
  if (inputs) read_template_inputs(*inputs, made, reading);
  made.has_all_inputs = reading.mistakes() == before_inputs && (inputs || section.knows_all("inputs"));
  if (const Tree* outputs = section.map("outputs"))
    for (const Tree::Entry& output : outputs->entries)
      if (std::optional<Reference> from = read_reference(output.value, "output `" + output.key + "` of " + what, reading))
        made.outputs[output.key] = *from;
  made.params = read_parameters(section.map("params"), reading);
  made.has_all_params = section.knows_all("params");
  if (made.nodes)
    for (const Named& input : made.inputs)
      if (const Tree::Entry* node = made.nodes->find_entry(input.text))
        reading.diagnostics.error("name.twice", node->key_place, "`" + input.text + "` is a node and an input of " + what)
            .notes.push_back({input.place, "the input is here"});
  made.is_broken = reading.mistakes() > mistakes;
  return made;
}

/// An instance of a template, with the meaning of its inputs.
struct Instance {
  const Template* from = nullptr;
  std::string name;
  std::string what;                         ///< Subject of messages.
  std::map<std::string, Reference> inputs;  ///< Named as in the phase; without a node if a mistake was reported.
  bool is_broken = false;                   ///< A mistake in the instance was reported.
};

class Expansion {
 public:
  Expansion(const Templates& templates, const Scope& graph, std::set<std::string>& used, Reading& reading)
      : templates_(templates), graph_(graph), used_(used), reading_(reading) {}

  Expanded run(const Tree& nodes) {
    expand(nodes, graph_, nullptr);
    return resolved();
  }

  Expanded run_alone(const Template& from) {
    Instance instance{&from, from.name, "template `" + from.name + "`", {}, from.is_broken};
    for (const Named& input : from.inputs) instance.inputs.try_emplace(input.text);
    std::set<std::string> all;  // No parameter has a given value, and none is reported as missing.
    for (const Parameter& parameter : from.params) all.insert(parameter.name);
    Scope inner(reading_, &graph_);
    if (!from.has_all_params) inner.leave_open();
    bind_parameters(from.params, {{}, &graph_, from.place, all}, inner, reading_);
    expand_nodes_of(std::move(instance), inner, from.place);
    return resolved();
  }

 private:
  Expanded resolved() {
    std::vector<ThroughText> through;
    for (const auto& [name, instance] : instances_) {
      for (const auto& [input, from] : instance.inputs) through.push_back({"input `" + input + "` of `" + name + "`", from});
      for (const auto& [output, from] : instance.from->outputs) {
        reading_.spend(1);
        const Reference value = value_of(instance, output, from);
        const bool is_input = instance.inputs.contains(from.node);
        if (!is_input && !instance.from->is_broken)
          through.push_back({"output `" + output + "` of template `" + instance.from->name + "`", {value.node, value.port, from.place}});
      }
    }
    for (ThroughText& one : through) resolve(one.from);
    std::erase_if(through, [](const ThroughText& one) { return one.from.node.empty(); });
    for (NodeText& node : nodes_)
      for (InputText& input : node.in) resolve(input.from);
    return {std::move(nodes_), std::move(through), std::move(shown_)};
  }

  void expand(const Tree& nodes, const Scope& scope, const Instance* outer) {
    const Reading::Misnamed misnamed(reading_, &nodes);
    for (const Tree::Entry& entry : nodes.entries) {
      const std::string name = outer ? outer->name + "/" + entry.key : entry.key;
      if (!check_name(entry.key, entry.key_place, "node", NameRule::WithSlashes, reading_)) {
        add_broken(name, entry.key_place);
        continue;
      }
      if (!take_name(name, entry.key_place)) continue;
      const Tree text = scope.substitute(entry.value);
      const Tree* uses = text.find("uses");
      const auto found = uses && uses->is_scalar() ? templates_.all.find(uses->scalar) : templates_.all.end();
      if (found != templates_.all.end()) {
        expand_instance(text, name, entry.key_place, found->second, scope, outer);
        continue;
      }
      NodeText node = read_node(text, entry.key, entry.key_place, reading_);
      node.name = name;
      node.is_broken = node.is_broken || (outer && outer->is_broken);
      suggest_template(node);
      for (InputText& input : node.in) bind(input.from, outer);
      nodes_.push_back(std::move(node));
    }
  }

  /// Adds a node of which only the name is known, so that references to it are not reported.
  void add_broken(const std::string& name, const Place& place) {
    NodeText& node = nodes_.emplace_back();
    node.name = name;
    node.place = place;
    node.is_broken = true;
  }

  bool take_name(const std::string& name, const Place& place) {
    if (names_.size() >= most_nodes) throw Reading::TooLarge();
    const auto [first, is_new] = names_.try_emplace(name, place);
    if (!is_new)
      reading_.diagnostics.error("name.twice", place, "there is a node `" + name + "` already")
          .notes.push_back({first->second, "the first is here"});
    return is_new;
  }

  /// Reports a type without a dot that is similar to a template's name: it was probably meant as the template.
  void suggest_template(NodeText& node) {
    if (node.uses.text.empty() || node.uses.text.find('.') != std::string::npos) return;
    const std::string near = nearest_name(node.uses.text, keys_of(templates_.all));
    if (near.empty() && templates_.has_all) return;
    if (templates_.has_all)
      reading_.diagnostics.error("template.unknown", node.uses.place, "there is no template `" + node.uses.text + "`",
                                 "did you mean `" + near + "`?");
    node.uses.text.clear();
    node.is_broken = true;
  }

  void expand_instance(const Tree& text, const std::string& name, const Place& place, const Template& from, const Scope& scope,
                       const Instance* outer) {
    if (!from.is_read) {
      add_broken(name, place);
      return;
    }
    const auto open = std::find(stack_.begin(), stack_.end(), &from);
    if (open != stack_.end()) {
      std::string path;
      for (auto one = open; one != stack_.end(); ++one) path += "`" + (*one)->name + "` uses ";
      reading_.diagnostics.error("template.cycle", text.find("uses")->place, path + "`" + from.name + "`",
                                 "a template cannot contain itself");
      add_broken(name, place);
      return;
    }
    shown_.push_back({name, place, from.name});
    const std::size_t mistakes = reading_.mistakes();
    Instance instance{&from, name, "`" + name + "`, an instance of template `" + from.name + "`,", {}, false};
    Section section(text, instance.what, place, {"uses", "in", "with"}, reading_);
    const Tree* in = section.find("in");
    if (in) instance.inputs = inputs_of(*in, instance, outer);
    for (const Named& input : from.inputs)
      if ((!in || in->is_map()) && !instance.inputs.contains(input.text) && !(in && may_mean(*in, input.text, from)))
        reading_.diagnostics
            .error("template.input", place, instance.what + " needs the input `" + input.text + "`",
                   "`in: {" + input.text + ": node.port}`")
            .notes.push_back({input.place, "the template declares it here"});
    for (const Named& input : from.inputs) instance.inputs.try_emplace(input.text);
    Scope inner(reading_, &graph_);
    if (!from.has_all_params) inner.leave_open();
    const Tree* with = section.map("with");
    bind_parameters(from.params, {given_to(instance, with), &scope, place, meant_by(with, from)}, inner, reading_);
    instance.is_broken = reading_.mistakes() > mistakes || from.is_broken || reading_.has_broken(text) || (outer && outer->is_broken);
    expand_nodes_of(std::move(instance), inner, place);
  }

  void expand_nodes_of(Instance instance, const Scope& inner, const Place& place) {
    const Template& from = *instance.from;
    used_.insert(from.name);
    const Instance& kept = instances_[instance.name] = std::move(instance);
    stack_.push_back(&from);
    if (from.nodes) expand(*from.nodes, inner, &kept);
    else add_broken(kept.name, place);
    stack_.pop_back();
  }

  /// Returns true if one of these entries is this input, or was probably meant as it, which is reported already.
  bool may_mean(const Tree& in, const std::string& input, const Template& from) const {
    if (reading_.has_duplicate(in)) return true;
    const std::vector<std::string> names = texts_of(from.inputs);
    return std::any_of(in.entries.begin(), in.entries.end(), [&](const Tree::Entry& entry) {
      if (entry.key == input) return true;
      return std::find(names.begin(), names.end(), entry.key) == names.end() && nearest_name(entry.key, names) == input;
    });
  }

  std::map<std::string, Reference> inputs_of(const Tree& in, const Instance& instance, const Instance* outer) {
    const std::vector<std::string> names = texts_of(instance.from->inputs);
    std::map<std::string, Reference> inputs;
    for (InputText& input : read_inputs(in, instance.what, reading_)) {
      if (input.port.empty() && names.size() == 1) input.port = names.front();
      const bool is_input = std::find(names.begin(), names.end(), input.port) != names.end();
      if (!input.member.empty()) {
        reading_.diagnostics.error("template.input", input.place,
                                   "input `" + input.port + "` of " + instance.what + " takes one `node.port`");
      } else if (!is_input && !instance.from->has_all_inputs) {
        bind(input.from, outer);
        inputs[input.port] = input.from;
      } else if (input.port.empty()) {
        reading_.diagnostics.error("template.input", input.place, instance.what + " has " + std::to_string(names.size()) + " inputs",
                                   "`in: {input: node.port}`");
      } else if (!is_input) {
        reading_.diagnostics.error("template.input", input.place, instance.what + " has no input `" + input.port + "`",
                                   name_hint(input.port, names));
      } else {
        bind(input.from, outer);
        inputs[input.port] = input.from;
      }
    }
    return inputs;
  }

  /// Returns the parameters that unknown names in an instance's `with` probably mean.
  static std::set<std::string> meant_by(const Tree* with, const Template& from) {
    std::vector<std::string> names;
    for (const Parameter& parameter : from.params) names.push_back(parameter.name);
    std::set<std::string> meant;
    if (with)
      for (const Tree::Entry& entry : with->entries)
        if (std::find(names.begin(), names.end(), entry.key) == names.end()) meant.insert(nearest_name(entry.key, names));
    return meant;
  }

  std::vector<GivenValues::One> given_to(const Instance& instance, const Tree* with) {
    std::vector<std::string> names;
    for (const Parameter& parameter : instance.from->params) names.push_back(parameter.name);
    std::vector<GivenValues::One> given;
    if (!with) return given;
    for (const Tree::Entry& entry : with->entries) {
      if (std::find(names.begin(), names.end(), entry.key) == names.end()) {
        if (instance.from->has_all_params)
          reading_.diagnostics.error("template.param", entry.key_place, instance.what + " has no parameter `" + entry.key + "`",
                                     name_hint(entry.key, names));
      } else {
        given.push_back({entry.key, entry.value});
      }
    }
    return given;
  }

  /// Changes a reference inside an instance to one in the phase.
  void bind(Reference& reference, const Instance* outer) {
    if (!outer || reference.node.empty()) return;
    const auto bound = outer->inputs.find(reference.node);
    if (bound == outer->inputs.end()) {
      const Template& from = *outer->from;
      if (!from.has_all_inputs && !(from.nodes && from.nodes->find_entry(reference.node))) {
        reference.node.clear();
        return;
      }
      reference.node = outer->name + "/" + reference.node;
      return;
    }
    const std::string port = reference.port;
    const Place place = reference.place;
    reference = bound->second;
    reference.place = reference.node.empty() ? place : reference.place;
    if (port.empty() || reference.node.empty()) return;
    if (!reference.port.empty())
      reading_.diagnostics.error("template.input", place, "input `" + bound->first + "` of " + outer->what + " has no ports",
                                 "it is `" + reference.node + "." + reference.port + "`, one value");
    reference.port = port;
  }

  /// Changes a reference to an output of an instance to one of the node that makes the value.
  void resolve(Reference& reference) {
    const auto found = instances_.find(reference.node);
    if (found == instances_.end()) return;
    const Instance& instance = found->second;
    const auto& outputs = instance.from->outputs;
    const bool is_only = reference.port.empty() && outputs.size() == 1;
    const auto output = is_only ? outputs.begin() : outputs.find(reference.port);
    if (output != outputs.end()) {
      const Reference value = value_of(instance, output->first, output->second);
      reference.node = value.node;
      reference.port = value.port;
      return;
    }
    if (!instance.from->is_broken) {
      const std::string wrong =
          reference.port.empty() ? " has " + std::to_string(outputs.size()) + " outputs" : " has no output `" + reference.port + "`";
      const std::string valid = name_list(keys_of(outputs));
      reading_.diagnostics.error(
          "template.output", reference.place, instance.what + wrong,
          reference.port.empty() ? (valid.empty() ? "" : "name one of " + valid) : name_hint(reference.port, keys_of(outputs)));
    }
    reference.node.clear();
  }

  /// Returns the node and port, named as in the phase, of an instance's output; without a node if unknown. Mistakes are reported where the
  /// template declares the output.
  Reference value_of(const Instance& instance, const std::string& output, const Reference& declared) {
    const auto [known, is_new] = values_.try_emplace({&instance, output});
    if (!is_new && !known->second) {
      reading_.diagnostics.error("template.cycle", declared.place, "an output of `" + instance.name + "` leads back to its own input");
      known->second.emplace();
    }
    if (!is_new) return *known->second;
    Reference value = declared;
    bind(value, &instance);
    resolve(value);
    if (!known->second) known->second = value;
    return *known->second;
  }

  const Templates& templates_;
  const Scope& graph_;
  std::set<std::string>& used_;
  Reading& reading_;
  std::vector<NodeText> nodes_;
  std::map<std::string, Place> names_;
  std::map<std::string, Instance> instances_;
  std::vector<InstanceText> shown_;  ///< In the order of the text.
  /// Values of outputs; nullopt while one is being resolved.
  std::map<std::pair<const Instance*, std::string>, std::optional<Reference>> values_;
  std::vector<const Template*> stack_;
};

}  // namespace

Templates read_templates(const Tree* templates, Reading& reading) {
  Templates made;
  if (!templates) return made;
  for (const Tree::Entry& entry : templates->entries) made.all.emplace(entry.key, read_template(entry, reading));
  return made;
}

Expanded expand_nodes(const Tree& nodes, const Templates& templates, const Scope& graph, std::set<std::string>& used, Reading& reading) {
  return Expansion(templates, graph, used, reading).run(nodes);
}

Expanded expand_template(const Template& one, const Templates& templates, const Scope& graph, std::set<std::string>& used,
                         Reading& reading) {
  return Expansion(templates, graph, used, reading).run_alone(one);
}

}  // namespace leat
