#include "leat/manual.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/make_component.h"
#include "base/text_width.h"
#include "leat/wording.h"
#include "manual/words.h"

namespace leat {
namespace {

using nlohmann::json;

/// A line of a section: a name, the permitted values, and its sentence.
struct Item {
  std::string name;
  std::string words;
  std::string sentence;
};

struct Section {
  std::string title;
  std::vector<Item> items;
};

/// A type as its page shows it.
struct Page {
  std::string id;
  std::string sentence;
  std::string what;  ///< `node, on the device lane`
  std::string plugin;
  std::string snippet;
  std::vector<Section> sections;
};

std::string example_of(const ParamPort& param) {
  if (!param.words().empty()) return param.words().front();
  const std::string type = param.type_name();
  if (type == "int" || type.starts_with("number")) return param.bounds() && param.bounds()->low > 0 ? "1" : "0";
  if (type == "true or false") return "true";
  if (type.starts_with("list of text")) return "[name]";
  if (type.starts_with("list of ")) return "[1]";
  if (type.starts_with("map ")) return "{name: 1}";
  return type == "path" ? "FILE" : "name";
}

/// Returns a line to paste, with all required inputs, resources and parameters, and with words to replace.
std::string snippet_of(const std::string& id, const Component& component, const Node* node) {
  std::vector<std::string> parts{"uses: " + id}, inputs, with;
  if (node)
    for (const Port* port : node->inputs()) {
      if (!is_optional(port->kind())) inputs.push_back(std::string(port->name()) + ": node.port");
    }
  // An `Inputs` port can be empty. A node that reads nothing else is useless without it, so the line connects it.
  if (node && inputs.empty())
    for (const Port* port : node->inputs())
      if (port->kind() == PortKind::Inputs) inputs.push_back(std::string(port->name()) + ": {name: node.port}");
  const bool is_alone = node && node->inputs().size() == 1 && inputs.size() == 1 && node->inputs()[0]->kind() != PortKind::Inputs;
  if (is_alone) parts.emplace_back("in: node.port");
  else if (!inputs.empty()) parts.push_back("in: {" + joined(inputs) + "}");
  for (const UsePort* use : component.uses())
    if (!use->is_optional()) with.push_back(std::string(use->name()) + ": name");
  for (const ParamPort* param : component.params())
    if (param->is_required()) with.push_back(std::string(param->name()) + ": " + example_of(*param));
  if (!with.empty()) parts.push_back("with: {" + joined(with) + "}");
  return id.substr(id.find('.') + 1) + ": {" + joined(parts) + "}";
}

Page page_of(const std::string& id, const std::string& sentence, const std::string& plugin, const Component& component, const Node* node) {
  Page page{id, sentence, {}, plugin, snippet_of(id, component, node), {}};
  const auto add = [&page](const char* title, std::vector<Item> items) {
    if (!items.empty()) page.sections.push_back({title, std::move(items)});
  };
  if (node)
    for (const bool outputs : {false, true}) {
      std::vector<Item> ports;
      for (const Port* port : outputs ? node->outputs() : node->inputs())
        ports.push_back({std::string(port->name()), words_of(*port), std::string(port->sentence())});
      add(outputs ? "outputs" : "inputs", std::move(ports));
    }
  std::vector<Item> with;
  for (const UsePort* use : component.uses()) with.push_back({std::string(use->name()), words_of(*use), std::string(use->sentence())});
  for (const ParamPort* param : component.params())
    with.push_back({std::string(param->name()), words_of(*param), std::string(param->sentence())});
  add("with", std::move(with));
  return page;
}

/// Returns the nearest id: one with this last part, or one with a similar spelling.
std::string nearest_type(const std::string& id, const std::vector<std::string>& ids) {
  for (const std::string& one : ids)
    if (one.ends_with("." + id)) return one;
  return nearest_name(id, ids);
}

/// Returns true if the node runs once per step whatever it reads: on the device lane, with a port that gathers or scatters, or with rows
/// of a step as an input.
bool runs_per_step(const NodeType& type, const Node& node) {
  const auto is_of_step = [](const Port* port) {
    const Contract& contract = port->contract();
    return is_gather(port->kind()) || port->kind() == PortKind::Scatter || (!contract.dims.empty() && contract.dims[0].symbol == "N");
  };
  return type.lane == LaneKind::Device || std::any_of(node.inputs().begin(), node.inputs().end(), is_of_step) ||
         std::any_of(node.outputs().begin(), node.outputs().end(), is_of_step);
}

Page page_of(const Registry& registry, const std::string& id) {
  if (const NodeType* type = registry.find_node(id)) {
    const auto node = make_component(*type);
    Page page = page_of(id, type->sentence, type->plugin, *node, node.get());
    page.what = std::string("node, on the ") + (type->lane == LaneKind::Device ? "device lane" : "cpu lane");
    if (!node->states().empty())
      page.what += runs_per_step(*type, *node) ? ", one step at a time, in order" : ", one sample at a time, in order";
    return page;
  }
  if (const ResourceType* type = registry.find_resource(id)) {
    const auto resource = make_component(*type);
    Page page = page_of(id, type->sentence, type->plugin, *resource, nullptr);
    page.what = "resource";
    return page;
  }
  const std::string near = nearest_type(id, type_ids(registry));
  const std::string why = registry.why_not(id);
  throw Refusal("no node or resource type is called `" + id + "`" +
                (!why.empty()   ? ": " + why
                 : near.empty() ? ""
                                : "; did you mean `" + near + "`?"));
}

/// Returns the text in indented lines of at most `width` characters.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width = 100) {
  std::string out, line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && indent + text_width(line) + 1 + text_width(word) > width) {
      out += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  return out + std::string(indent, ' ') + line + "\n";
}

/// Escapes `|`, which would end a table's cell.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

std::string markdown(const Page& page) {
  std::string out = "### " + page.id + "\n\n" + page.sentence + " *A " + page.what + ".*\n\n```yaml\n" + page.snippet + "\n```\n";
  for (const Section& section : page.sections) {
    out += "\n| " + section.title + " | | |\n|---|---|---|\n";
    for (const Item& item : section.items) out += "| `" + item.name + "` | " + cell(item.words) + " | " + cell(item.sentence) + " |\n";
  }
  return out + "\n";
}

}  // namespace

std::vector<std::string> type_ids(const Registry& registry) {
  std::vector<std::string> ids = registry.node_ids();
  for (const std::string& id : registry.resource_ids()) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string manual_page(const Registry& registry, const std::string& id) {
  const Page page = page_of(registry, id);
  std::string out = page.id + ": a " + page.what + (page.plugin.empty() ? "" : ", of " + page.plugin) + "\n" + wrapped(page.sentence, 2) +
                    "\n" + "  " + page.snippet + "\n";
  for (const Section& section : page.sections) {
    out += "\n" + section.title + "\n";
    std::size_t width = 0;
    for (const Item& item : section.items) width = std::max(width, text_width(item.name));
    for (const Item& item : section.items) {
      out += "  " + padded(item.name, width + 2) + wrapped(item.words, width + 4).substr(width + 4);
      out += wrapped(item.sentence, width + 4);
    }
  }
  return out;
}

std::string manual_json(const Registry& registry, const std::vector<std::string>& ids) {
  json list = json::array();
  for (const std::string& id : ids) {
    const Page page = page_of(registry, id);
    const NodeType* type = registry.find_node(id);
    const std::unique_ptr<Node> node = type ? make_component(*type) : nullptr;
    const std::unique_ptr<Resource> resource = type ? nullptr : make_component(*registry.find_resource(id));
    const Component& component = node ? static_cast<const Component&>(*node) : *resource;
    json out{{"id", id},
             {"sentence", page.sentence},
             {"resource", !node},
             {"plugin", page.plugin},
             {"snippet", page.snippet},
             {"inputs", json::array()},
             {"outputs", json::array()},
             {"params", json::array()},
             {"uses", json::array()}};
    if (node)
      for (const bool outputs : {false, true})
        for (const Port* port : outputs ? node->outputs() : node->inputs())
          out[outputs ? "outputs" : "inputs"].push_back({{"name", std::string(port->name())},
                                                         {"type", std::string(port->type().name)},
                                                         {"words", words_of(*port)},
                                                         {"optional", is_optional(port->kind())},
                                                         {"diagnostic", port->is(diagnostic)},
                                                         {"sentence", std::string(port->sentence())}});
    for (const ParamPort* param : component.params())
      out["params"].push_back({{"name", std::string(param->name())},
                               {"type", param->type_name()},
                               {"required", param->is_required()},
                               {"default", param->is_required() ? json(nullptr) : json(param->value_text())},
                               {"range", param->range_text()},
                               {"sentence", std::string(param->sentence())}});
    for (const UsePort* use : component.uses())
      out["uses"].push_back({{"name", std::string(use->name())},
                             {"kind", std::string(use->kind())},
                             {"optional", use->is_optional()},
                             {"changes", use->access() == UsePort::Access::Write},
                             {"sentence", std::string(use->sentence())}});
    list.push_back(std::move(out));
  }
  return json{{"version", 2}, {"types", list}}.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string manual_markdown(const Registry& registry) {
  std::string out = R"(# Nodes and resources

Printed by `leat nodes --markdown`. You can paste the line under each name. Replace `name` and `node.port` by names of your graph. Inputs,
resources and parameters that are not in the line are optional.

The sentence of a port begins with its contract: shape, type and range. Letters in a shape are sizes. `N` is the number of samples in a
step; `C` is a number of classes. `one of C` is the number of a class. `of K` states that the value has `K` structures with names.

The field of view of an image is the part of the original that its pixels cover. A node that pads, crops or moves pixels changes it. Pixels
of two images are compared only if both cover the same field of view.

| words | meaning |
|---|---|
| one sample at a time, in order | The samples come in order, never two at once. If the inputs have one value per step, the steps do. |
| one step at a time, in order | The steps come in order, never two at once. |
| any number, each with a name | The input takes a map of names: `in: {terms: {a: node.port, b: node.port}}`. |
| all rows of a step | The input takes one value per sample. The node gets those of all samples of a step at once. |
| one per sample | The node runs once per step, and the output has one value for each sample of the step. |
| optional, also for dropped samples | The node runs also for a dropped sample. It then gets the reason instead of a value. |
| for diagnostics only | Such an output connects only to such inputs. If such an input is connected, `keep` cannot use its node's metrics. |
| differentiable | Gradients of a loss flow through the port. |
)";
  std::string family;
  for (const std::string& id : type_ids(registry)) {
    const std::string of = id.substr(0, id.find('.'));
    out += of != family ? "\n## " + of + "\n\n" : "";
    family = of;
    out += markdown(page_of(registry, id));
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace leat
