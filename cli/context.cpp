#include "context.h"

#include <iostream>

namespace leat::cli {

void GraphOptions::add_to(CLI::App& command, bool needs_graph) {
  auto* file = command.add_option("graph", graph, "The graph file")->type_name("GRAPH");
  if (needs_graph) file->required();
  command.add_option("--set", set, "Sets a parameter of the graph, `--set size=128`; may be repeated")->type_name("KEY=VALUE")->allow_extra_args(false);
  command.add_option("--seed", seed, "The run's seed")->capture_default_str();
  command.add_option("--device", device, "Where the device lane computes: cpu, cpu:N (N threads) or cuda:N")->type_name("DEVICE")->capture_default_str();
}

std::pair<std::string, std::string> key_and_value(const std::string& option, const std::string& text) {
  const std::size_t equal = text.find('=');
  if (equal == std::string::npos || equal == 0) throw CLI::ValidationError(option, "wants KEY=VALUE, found `" + text + "`");
  return {text.substr(0, equal), text.substr(equal + 1)};
}

std::vector<Setting> settings_of(const std::vector<std::string>& set) {
  std::vector<Setting> settings;
  for (const std::string& one : set) {
    auto [key, value] = key_and_value("--set", one);
    settings.push_back({std::move(key), std::move(value)});
  }
  return settings;
}

GraphDescription GraphOptions::describe() const {
  Diagnostics diagnostics;
  GraphDescription description = read_graph(graph, settings_of(set), diagnostics);
  diagnostics.throw_if_errors();
  std::cerr << diagnostics.str();
  return description;
}

Program GraphOptions::build(const GraphDescription& description, const Registry& registry) const {
  Diagnostics diagnostics;
  Program program = Program::build(description, registry, {seed, device}, diagnostics);
  diagnostics.throw_if_errors();
  std::cerr << diagnostics.str();
  return program;
}

std::unique_ptr<Lane> make_lane(const Registry& registry, const std::string& device) {
  if (registry.make_lane()) return registry.make_lane()(device);
  if (device != "cpu") throw Refusal("the device `" + device + "` needs a build with LibTorch");
  return make_thread_lane();
}

}  // namespace leat::cli
