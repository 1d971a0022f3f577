#include <fstream>
#include <iostream>

#include "context.h"
#include "leat/graph_schema.h"

namespace leat::cli {

void add_schema(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("schema", "Prints the JSON Schema of graphs, with the types of loaded plugins, for editors");
  command->footer(
      "Example: leat schema --plugin build/waves.plugin --out leat.schema.json\n"
      "An editor with yaml-language-server reads it where a graph has the line\n  # yaml-language-server: $schema=leat.schema.json");
  auto out = std::make_shared<std::filesystem::path>();
  command->add_option("--out", *out, "File to write")->type_name("FILE")->check(not_empty());
  command->callback([&context, out] {
    const std::string schema = graph_schema(context.registry());
    if (out->empty()) {
      std::cout << schema;
      return;
    }
    std::ofstream file(*out);
    file << schema;
    if (!file.flush()) throw std::runtime_error("cannot write " + out->string());
  });
}

}  // namespace leat::cli
