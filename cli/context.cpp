#include "context.h"

#include <poll.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <sstream>

#include "leat/crashes.h"
#include "leat/load_plugin.h"
#include "leat/plugin_file.h"
#include "leat/program_summary.h"
#include "load_nodes.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

/// Returns the files and folders of plugins, in the order of the search.
std::vector<fs::path> plugin_places(const std::vector<fs::path>& named) {
  std::vector<fs::path> places = named;
  if (const char* list = std::getenv("LEAT_PLUGINS")) {
    std::istringstream in(list);
    for (std::string one; std::getline(in, one, ':');)
      if (!one.empty()) places.emplace_back(one);
  }
  std::error_code ignored;
  const fs::path installed = fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path() / LEAT_LIBDIR "/leat/plugins";
  if (fs::is_directory(installed, ignored)) places.push_back(installed);
  return places;
}

}  // namespace

void GraphOptions::add_to(CLI::App& command, bool needs_graph) {
  auto* file = command.add_option("graph", graph, "The graph file")->type_name("GRAPH");
  if (needs_graph) file->required();
  add_settings_to(command);
}

void GraphOptions::add_settings_to(CLI::App& command) {
  command.add_option("--set", set, "Sets a parameter of the graph, `--set size=128`; can be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--seed", seed, "The run's seed")->capture_default_str()->check(whole_in(0, std::numeric_limits<std::int64_t>::max()));
  command.add_option("--device", device, "Device of the device lane: cpu, cpu:N (N threads) or cuda:N")
      ->type_name("DEVICE")
      ->capture_default_str();
}

void GraphOptions::add_merge_passes_option(CLI::App& command) {
  command.add_flag("--merge-passes", merges_passes,
                   "Runs a training step's passes of one network with equal settings as one pass, which a GPU computes faster. Sums are "
                   "added in another order, so last bits differ from those without it; a run keeps it when it is resumed");
}

std::unique_ptr<Lane> lane_of(const Registry& registry, const std::string& device, const std::string& mode) {
  std::unique_ptr<Lane> lane = make_lane(registry, device);
  if (mode != "plain" && !device.starts_with("cuda:"))
    throw Refusal("`--lane " + mode + "` needs a GPU, but the device is `" + device +
                  "`: leave it out, or name a GPU with --device cuda:0");
  lane->set_mode(mode);
  return lane;
}

void add_lane_option(CLI::App& command, std::string& mode) {
  command
      .add_option(
          "--lane", mode,
          "How a GPU is driven; async and captured on a GPU only. plain: each copy to or from the GPU ends before the next work "
          "begins; async: the next step is given to the GPU while it computes; captured: also, the work of a step is recorded once, "
          "and later steps are given to the GPU as a whole. The results are the same")
      ->capture_default_str()
      ->check(CLI::IsMember({"plain", "async", "captured"}));
}

const Registry& Context::registry() {
  if (registry_) return *registry_;
  Registry registry;
  load_nodes(registry);
  registry_ = std::move(registry);
  for (const std::string& sentence : load_plugins(plugin_places(plugins), *registry_)) std::cerr << "warning: " << sentence << "\n";
  name_crashing_nodes();
  return *registry_;
}

std::vector<PluginFile> Context::plugin_files() const {
  std::vector<PluginFile> out;
  const auto read = [&out](const fs::path& file) {
    try {
      out.push_back(read_plugin(file));
    } catch (const Refusal&) {
      // Commands that load the file report why it is not a plugin.
    }
  };
  for (const fs::path& place : plugin_places(plugins)) {
    std::error_code ignored;
    if (!fs::is_directory(place, ignored)) read(place);
    else
      for (const auto& entry : fs::directory_iterator(place, ignored))
        if (entry.path().extension() == ".plugin") read(entry.path());
  }
  return out;
}

std::string Context::places_text() const {
  std::string out;
  for (const fs::path& place : plugin_places(plugins)) out += (out.empty() ? "in " : ", ") + place.string();
  return out.empty() ? "nowhere, because neither --plugin nor LEAT_PLUGINS names a place" : out;
}

std::pair<std::string, std::string> key_and_value(const std::string& option, const std::string& text) {
  const std::size_t equal = text.find('=');
  if (equal == std::string::npos || equal == 0) throw CLI::ValidationError(option, "must be KEY=VALUE, found `" + text + "`");
  return {text.substr(0, equal), text.substr(equal + 1)};
}

CLI::Validator whole_in(std::int64_t low, std::int64_t high) {
  const auto check = [low, high](const std::string& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    // Refuse leading zeros, because some readers take them for octal numbers.
    const bool is_plain = error == std::errc() && end == text.data() + text.size() && std::to_string(number) == text;
    if (is_plain && number >= low && number <= high) return std::string();
    return "must be a whole number in " + std::to_string(low) + ".." + std::to_string(high) + ", found `" + text + "`";
  };
  return CLI::Validator(check, "");
}

bool is_output_written() {
  if (std::cout.flush()) return true;
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

CLI::Validator not_empty() {
  return CLI::Validator([](const std::string& text) { return std::string(text.empty() ? "must be a path, found an empty text" : ""); }, "");
}

std::vector<Setting> settings_of(const std::vector<std::string>& set) {
  std::vector<Setting> settings;
  for (const std::string& one : set) {
    auto [key, value] = key_and_value("--set", one);
    settings.push_back({std::move(key), std::move(value)});
  }
  return settings;
}

Program GraphOptions::build(const Registry& registry) const {
  Diagnostics diagnostics;
  const GraphDescription description = read_graph(graph, settings_of(set), diagnostics);
  return built(description, registry, diagnostics);
}

Program GraphOptions::build(const GraphDescription& description, const Registry& registry) const {
  Diagnostics diagnostics;
  return built(description, registry, diagnostics);
}

Program GraphOptions::built(const GraphDescription& description, const Registry& registry, Diagnostics& diagnostics) const {
  Program program = Program::build(description, registry, {seed, device, share, earlier, merges_passes}, diagnostics);
  diagnostics.throw_if_errors();
  std::cerr << diagnostics.str();
  if (const std::string note = no_merged_passes_note(program); !note.empty()) std::cerr << "warning: " << note << "\n";
  return program;
}

}  // namespace leat::cli
