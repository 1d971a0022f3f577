#include <iostream>

#include "context.h"
#include "leat/manual.h"

namespace leat::cli {

namespace {

void print_list(const Registry& registry, const std::vector<std::string>& ids) {
  std::size_t width = 0;
  for (const std::string& id : ids) width = std::max(width, id.size());
  std::string family;
  for (const std::string& id : ids) {
    const std::string of = id.substr(0, id.find('.'));
    if (of != family && !family.empty()) std::cout << "\n";
    family = of;
    const NodeType* node = registry.find_node(id);
    std::cout << id << std::string(width - id.size() + 2, ' ')
              << (node ? node->sentence : registry.find_resource(id)->sentence + " (a resource)") << "\n";
  }
}

}  // namespace

void add_nodes(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("nodes", "Lists node and resource types, or describes one, with a line to paste");
  command->footer("Example: leat nodes augment.strong");
  auto type = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  auto as_markdown = std::make_shared<bool>(false);
  auto* one = command->add_option("type", *type, "A node or resource type, or a family of them such as `augment`")->type_name("TYPE");
  auto* json = command->add_flag("--json", *as_json, "Prints JSON");
  command->add_flag("--markdown", *as_markdown, "Prints all types as one document")->excludes(json)->excludes(one);
  command->callback([&context, type, as_json, as_markdown] {
    const Registry& registry = context.registry();
    std::vector<std::string> ids = type->empty() ? type_ids(registry) : std::vector{*type};
    const bool is_family = !type->empty() && type->find('.') == std::string::npos;
    if (is_family) {
      std::vector<std::string> of_family = type_ids(registry);
      std::erase_if(of_family, [&](const std::string& id) { return !id.starts_with(*type + "."); });
      if (!of_family.empty()) ids = std::move(of_family);
    }
    if (*as_json) std::cout << manual_json(registry, ids);
    else if (*as_markdown) std::cout << manual_markdown(registry);
    else if (ids.size() == 1) std::cout << manual_page(registry, ids[0]);
    else print_list(registry, ids);
  });
}

}  // namespace leat::cli
