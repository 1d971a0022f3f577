#include "leat/graph_schema.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/make_component.h"
#include "base/scalar.h"
#include "description/keys.h"
#include "leat/read_tree.h"
#include "manual/words.h"

namespace leat {
namespace {

using nlohmann::json;

/// The pattern of a reference to a parameter, alone or in a text.
constexpr const char* reference = R"(\$\{.+\})";

json text(const std::string& description, const json& more = json::object()) {
  json out{{"type", {"string", "number", "boolean", "null"}}, {"description", description}};
  out.update(more);
  return out;
}

/// A map that can be a reference to a parameter, because references are replaced before the map is read.
json map(const std::string& description, const json& more) {
  json out{{"type", {"object", "string", "null"}}, {"pattern", reference}, {"description", description}};
  out.update(more);
  return out;
}

json closed(const std::string& description, const json& properties) {
  return map(description, {{"properties", properties}, {"additionalProperties", false}});
}

/// A map that cannot be a reference.
json literal(json of_map) {
  of_map["type"] = {"object", "null"};
  of_map.erase("pattern");
  return of_map;
}

json counted(const std::string& description) {
  return {{"type", {"integer", "string", "null"}}, {"pattern", reference}, {"minimum", 1}, {"description", description}};
}

/// A number with a word: `24 of unlabelled`.
json amount(const std::string& description) { return {{"type", {"string", "null"}}, {"description", description}}; }

json named(const std::string& description, const json& each) { return map(description, {{"additionalProperties", each}}); }

/// A number, a truth value or the like, or a reference to a parameter.
json plain(const char* type) { return {{"type", {type, "string", "null"}}, {"pattern", reference}}; }

/// A word that is a number can be written without quotes.
json one_of(const std::vector<std::string>& words) {
  json all = words;
  for (const std::string& word : words)
    if (const auto number = whole_number(word)) all.push_back(*number);
  return {{"anyOf", {{{"enum", all}}, {{"type", "string"}, {"pattern", reference}}, {{"type", "null"}}}}};
}

json value_of_type(const std::string& type) {
  if (type == "int") return plain("integer");
  if (type == "number") return plain("number");
  if (type == "true or false") return plain("boolean");
  if (type == "text" || type == "path") return {{"type", {"string", "number", "boolean", "null"}}};
  if (type == "number or list of number") {
    json out = plain("number");
    out["type"] = {"number", "array", "string", "null"};
    out["items"] = plain("number");
    return out;
  }
  if (type.starts_with("list of ")) {
    json out = plain("array");
    out["items"] = value_of_type(type.substr(8));
    return out;
  }
  if (type == "map of number") {
    json out = plain("object");
    out["additionalProperties"] = plain("number");
    return out;
  }
  return json::object();
}

json to_json(const Tree& tree) {
  if (tree.is_null()) return nullptr;
  if (tree.is_list()) {
    json out = json::array();
    for (const Tree& item : tree.items) out.push_back(to_json(item));
    return out;
  }
  if (tree.is_map()) {
    json out = json::object();
    for (const Tree::Entry& entry : tree.entries) out[entry.key] = to_json(entry.value);
    return out;
  }
  switch (tree.is_quoted ? ScalarKind::Text : kind_of_scalar(tree.scalar)) {
    case ScalarKind::Whole:
      return *whole_number(tree.scalar);
    case ScalarKind::Fraction:
      return *any_number(tree.scalar);
    case ScalarKind::Truth:
      return tree.scalar.front() == 't' || tree.scalar.front() == 'T';
    default:
      return tree.scalar;
  }
}

json value_schema(const ParamPort& param) {
  json out = param.words().empty() ? value_of_type(param.type_name()) : one_of(param.words());
  if (const auto bounds = param.bounds()) {
    const bool is_whole = param.type_name() == "int";
    const auto number = [&](double value) { return is_whole ? json(static_cast<std::int64_t>(value)) : json(value); };
    out["minimum"] = number(bounds->low);
    if (bounds->high < std::numeric_limits<double>::max()) out["maximum"] = number(bounds->high);
  }
  out["description"] = std::string(param.sentence()) + "\n\n" + words_of(param);
  if (param.is_required()) return out;
  Diagnostics unread;
  out["default"] = to_json(read_tree(source_text("default", {}, param.value_text()), unread));
  return out;
}

/// Adds `bridge.join` as the key `join` of a map `bridge`, and also as one key.
void put(json& schema, std::string_view name, const json& value) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) {
    schema["properties"][std::string(name)] = value;
    return;
  }
  std::string whole = "^";
  for (const char one : name) whole += one == '.' ? std::string("\\.") : std::string(1, one);
  schema["patternProperties"][whole + "$"] = value;
  json& group = schema["properties"][std::string(name.substr(0, dot))];
  if (group.is_null()) group = {{"type", {"object", "string", "null"}}, {"pattern", reference}, {"additionalProperties", false}};
  put(group, name.substr(dot + 1), value);
}

json with_of(const Component& component) {
  json out = closed("", json::object());
  out.erase("description");
  for (const UsePort* use : component.uses()) put(out, use->name(), text(std::string(use->sentence()) + "\n\n" + words_of(*use)));
  for (const ParamPort* param : component.params()) put(out, param->name(), value_schema(*param));
  return out;
}

json reference_to_output(const std::string& description) { return {{"type", {"string", "null"}}, {"description", description}}; }

json inputs_of(const Node& node) {
  json properties = json::object();
  for (const Port* port : node.inputs()) {
    const std::string description = std::string(port->sentence()) + "\n\n" + words_of(*port);
    properties[std::string(port->name())] = port->kind() == PortKind::Inputs
                                                ? named(description, reference_to_output("`node.port`, or `node` if it has one output"))
                                                : reference_to_output(description);
  }
  return {{"type", {"object", "string", "null"}}, {"properties", properties}, {"additionalProperties", false}};
}

/// The checks of a type, which apply if `uses` names it.
json where(const std::string& id, const json& then) {
  return {{"if", {{"properties", {{"uses", {{"const", id}}}}}, {"required", {"uses"}}}}, {"then", {{"properties", then}}}};
}

json uses(const std::string& description, const json& types, bool allows_templates) {
  json any = json::array();
  for (const auto& [id, sentence] : types.items()) any.push_back({{"const", id}, {"description", sentence}});
  if (allows_templates)
    any.push_back({{"type", "string"}, {"pattern", "^[^.]*$|" + std::string(reference)}, {"description", "A template of this graph."}});
  else any.push_back({{"type", "string"}, {"pattern", reference}});
  return {{"anyOf", any}, {"description", description}};
}

json nodes_schema(const Registry& registry) {
  json types = json::object(), conditions = json::array();
  for (const std::string& id : registry.node_ids()) {
    const NodeType* type = registry.find_node(id);
    const auto node = make_component(*type);
    types[id] = type->sentence;
    json then{{"with", with_of(*node)}};
    then["in"] = inputs_of(*node);
    conditions.push_back(where(id, then));
  }
  json node = closed("A node.",
                     {{"uses", uses("The node's type, or a template.", types, true)},
                      {"in",
                       {{"type", {"object", "string", "null"}},
                        {"description", "Outputs that the inputs read: `input: node.port`, or one reference alone for the only input."}}},
                      {"with", map("Parameters and resources.", json::object())},
                      {"lane", one_of({"cpu", "device"})},
                      {"on_error", one_of({"stop", "skip"})}});
  node["properties"]["lane"]["description"] =
      "Lane to run on, instead of the type's own. cpu: the worker threads; device: the device lane's thread.";
  node["properties"]["on_error"]["description"] =
      "Treatment of a sample that fails here. stop (default): the run ends; skip: the sample is dropped and counted.";
  node["allOf"] = conditions;
  return node;
}

json resources_schema(const Registry& registry) {
  json types = json::object(), conditions = json::array();
  for (const std::string& id : registry.resource_ids()) {
    const ResourceType* type = registry.find_resource(id);
    types[id] = type->sentence;
    conditions.push_back(where(id, {{"with", with_of(*make_component(*type))}}));
  }
  json resource = closed(
      "A resource.", {{"uses", uses("The resource's type.", types, false)}, {"with", map("Parameters and resources.", json::object())}});
  resource["allOf"] = conditions;
  return resource;
}

json properties_of(Keys keys);

json schema_of(const Key& key) {
  const std::string sentence(key.sentence);
  json out;
  switch (key.kind) {
    case KeyKind::Text:
      return text(sentence);
    case KeyKind::Count:
      return counted(sentence);
    case KeyKind::Amount:
      return amount(sentence);
    case KeyKind::CountOrAmount:
      out = counted(sentence);
      out["pattern"] = std::string(reference) + R"(|^[0-9.]+ *(s|min|h)$)";
      return out;
    case KeyKind::Number:
      out = plain("number");
      out["minimum"] = 0;
      break;
    case KeyKind::Word:
      out = one_of(std::vector<std::string>(key.words.begin(), key.words.end()));
      break;
    case KeyKind::Texts:
      out = {{"type", {"array", "string", "null"}}, {"items", {{"type", "string"}}}};
      break;
    case KeyKind::Map:
      return closed(sentence, properties_of(key.keys));
    case KeyKind::AmountOrMap:
      out = closed(sentence, properties_of(key.keys));
      out.erase("pattern");
      return out;
    case KeyKind::Nodes:
      return literal(named(sentence, {{"$ref", "#/definitions/node"}}));
  }
  out["description"] = sentence;
  return out;
}

json properties_of(Keys keys) {
  json properties = json::object();
  for (const Key* key : keys) properties[std::string(key->name)] = schema_of(*key);
  return properties;
}

json phase_schema() { return literal(closed("A set of connected nodes that run together.", properties_of(phase_keys::all))); }

json plan_schema() { return literal(closed("The order of the phases.", properties_of(plan_keys::all))); }

json parameter_schema() {
  json range = plain("array");
  range["items"] = {{"type", "number"}};
  range["description"] = "Lowest and highest number.";
  json multiple = plain("integer");
  multiple["description"] = "The value must be a multiple of this number.";
  json choices = plain("array");
  choices["items"] = {{"type", "string"}};
  choices["description"] = "Words that the value can be.";
  return {{"anyOf",
           {{{"type", {"string", "number", "boolean", "array", "null"}}},
            {{"type", "object"},
             {"properties",
              {{"value", {{"description", "Value, unless `--set` gives another."}}},
               {"doc", text("Description of the parameter.")},
               {"range", range},
               {"multiple_of", multiple},
               {"one_of", choices}}},
             {"additionalProperties", false}}}}};
}

json template_schema() {
  json inputs{{"type", {"array", "string", "null"}}, {"description", "Names of the template's inputs. Its nodes refer to them."}};
  return literal(closed("A group of nodes, which a graph uses by its name.",
                        {{"nodes", literal(named("Nodes by their names.", {{"$ref", "#/definitions/node"}}))},
                         {"inputs", inputs},
                         {"outputs", named("Outputs by their names: `name: node.port`.", {{"type", {"string", "null"}}})},
                         {"params", literal(named("Parameters. Each use sets them in `with`.", {{"$ref", "#/definitions/parameter"}}))}}));
}

}  // namespace

std::string graph_schema(const Registry& registry) {
  json out = closed(
      "A graph of Leat.",
      {{"leat", {{"const", 1}, {"description", "Version of the graph language."}}},
       {"title", text("Purpose of the graph, in one line.")},
       {"extends", text("Another graph, which this one changes. Maps are merged by name; null removes an entry.")},
       {"needs",
        literal(closed("Plugins that the graph needs.", {{"plugins", named("Plugins with their lowest version, `\">=0.1\"`.",
                                                                           {{"type", {"string", "null"}}, {"pattern", "^>=[0-9]"}})}}))},
       {"params",
        literal(named("Parameters: `--set name=value` changes one, and `${name}` refers to it.", {{"$ref", "#/definitions/parameter"}}))},
       {"resources", literal(named("Objects that phases share, by name.", {{"$ref", "#/definitions/resource"}}))},
       {"templates", literal(named("Templates by their names.", {{"$ref", "#/definitions/template"}}))},
       {"phases", literal(named("Phases by their names.", {{"$ref", "#/definitions/phase"}}))},
       {"plan", {{"$ref", "#/definitions/plan"}}}});
  out["$schema"] = "http://json-schema.org/draft-07/schema#";
  out["title"] = "Leat graph";
  out["type"] = "object";
  out.erase("pattern");
  out["required"] = {"leat"};
  out["definitions"] = {{"node", nodes_schema(registry)}, {"resource", resources_schema(registry)}, {"phase", phase_schema()},
                        {"plan", plan_schema()},          {"parameter", parameter_schema()},        {"template", template_schema()}};
  return out.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace leat
