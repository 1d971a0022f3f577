#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>

#include "context.h"
#include "interrupts.h"
#include "leat/check_behaviour.h"
#include "leat/check_declarations.h"
#include "leat/load_plugin.h"
#include "leat/plugin_file.h"
#include "leat/shell_word.h"
#include "load_nodes.h"
#include "plugin_template.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

/// Throws Refusal if the name is not valid. It begins the ids of nodes and is the name of a CMake target, so it consists of lower-case
/// letters, digits and `_`. Loads neither nodes nor plugins.
void check_name(const std::string& name, const Context& context) {
  const bool is_word = !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
                       name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (!is_word) throw Refusal("`" + name + "` cannot name a plugin: a name is a lower-case letter, then letters, digits and `_`");
  const std::string families = " " LEAT_FAMILIES " ";
  if (families.find(" " + name + " ") != std::string::npos)
    throw Refusal("`" + name + "` cannot name a plugin: the ids of Leat's own nodes begin with `" + name + ".`");
  for (const PluginFile& plugin : context.plugin_files())
    for (const std::string& id : plugin.types)
      if (id.starts_with(name + ".")) throw Refusal("`" + name + "` cannot name a plugin: there is `" + id + "` already");
  // These names are reserved by CMake's policy CMP0037, the last one by the package.
  for (const char* taken : {"all", "clean", "edit_cache", "help", "install", "package", "package_source", "rebuild_cache", "test", "leat"})
    if (name == taken) throw Refusal("`" + name + "` cannot name a plugin: CMake has a target of that name");
}

void write_project(const std::string& name, const fs::path& folder) {
  if (fs::exists(folder) && (!fs::is_directory(folder) || !fs::is_empty(folder)))
    throw Refusal("`" + folder.string() + "` is there already");
  fs::create_directories(folder);
  for (const TemplateFile& file : plugin_template()) {
    std::ofstream out(folder / file.name);
    out << replaced(std::string(file.text), "hello", name);
    if (!out.flush()) throw std::runtime_error("cannot write " + (folder / file.name).string());
  }
}

/// Returns the folder with this leat's leat-config.cmake: the installed one or the build's.
std::string package_folder() {
  std::error_code ignored;
  const fs::path here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& folder : {here, here.parent_path() / LEAT_LIBDIR / "cmake/leat"})
    if (fs::exists(folder / "leat-config.cmake", ignored)) return folder.string();
  return "DIR";
}

void add_new(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("new", "Writes a project with a node, its test and a graph, which builds as it is");
  command->footer("Example: leat plugin new wavelets");
  auto name = std::make_shared<std::string>();
  auto folder = std::make_shared<fs::path>();
  command->add_option("name", *name, "The plugin's name, which begins the ids of its nodes")->type_name("NAME")->required();
  command->add_option("--out", *folder, "Folder to write to (default: a folder of that name)")->type_name("DIR")->check(not_empty());
  command->callback([&context, name, folder] {
    check_name(*name, context);
    if (folder->empty()) *folder = *name;
    write_project(*name, *folder);
    const std::string at = shell_word(folder->string()), build = shell_word((*folder / "build").string());
    std::cout << folder->string() << " is written. Next:\n  cmake -S " << at << " -B " << build
              << " -Dleat_DIR=" << shell_word(package_folder()) << "\n  cmake --build " << build << "\n  ctest --test-dir " << build
              << "\n  leat run " << shell_word((*folder / "graph.yaml").string()) << " --plugin "
              << shell_word((*folder / "build" / (*name + ".plugin")).string()) << "\n";
  });
}

void add_list(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("list", "Lists the plugins that are loaded, and those that are not, with the reason");
  command->footer("Example: leat plugin list --plugin build/hello.plugin");
  command->callback([&context] {
    const Registry& registry = context.registry();
    for (const PluginFile& plugin : registry.plugins()) {
      std::cout << plugin.str() << "\n";
      for (const std::string& type : plugin.types) std::cout << "  " << type << "\n";
    }
    for (const auto& [plugin, why] : registry.refused()) std::cout << plugin.str() << "\n  not loaded: " << why << "\n";
    if (registry.plugins().empty() && registry.refused().empty())
      std::cout << "no plugin was found; searched " << context.places_text() << "\n";
  });
}

struct CheckCommand {
  fs::path file;
  std::vector<fs::path> graphs;
  std::vector<std::string> set;
  std::int64_t steps = 4;
};

bool is_loaded(const PluginFile& plugin, const Registry& registry) {
  return std::any_of(registry.plugins().begin(), registry.plugins().end(),
                     [&](const PluginFile& other) { return fs::equivalent(other.path, plugin.path); });
}

/// Returns the resource types that a graph uses.
std::set<std::string> resources_of(const GraphDescription& graph) {
  std::set<std::string> out;
  for (const ComponentText& resource : graph.resources) out.insert(resource.uses.text);
  return out;
}

struct Checked {
  std::vector<Finding> findings;
  std::vector<std::string> not_judged;  ///< Sentences on promises that could not be tested.
};

Checked check(const CheckCommand& command, const PluginFile& plugin, const Registry& registry) {
  Checked checked;
  std::vector<Finding>& findings = checked.findings;
  ConformanceSettings settings;
  settings.steps = command.steps;
  settings.types = {plugin.types.begin(), plugin.types.end()};
  std::set<std::string> ran;
  for (const std::string& type : plugin.types)
    for (Finding& one : check_declarations(registry, type)) findings.push_back(std::move(one));
  for (const fs::path& file : command.graphs) {
    Diagnostics diagnostics;
    const GraphDescription graph = read_graph(file, settings_of(command.set), diagnostics);
    diagnostics.throw_if_errors();
    settings.progress = [&](const std::string& what) { std::cerr << file.string() << ": " << what << "\n"; };
    Conformance conformance = check_behaviour(graph, registry, settings);
    if (!conformance.why_not_resumed.empty())
      std::cerr << file.string() << ": no resume was tried, because " << conformance.why_not_resumed << "\n";
    if (!conformance.why_not_dropped.empty())
      std::cerr << file.string() << ": no samples were dropped, because " << conformance.why_not_dropped << "\n";
    for (const Finding& one : conformance.not_judged) {
      ran.insert(one.type);
      checked.not_judged.push_back((command.graphs.size() == 1 ? "not judged: " : "not judged with " + file.string() + ": ") + one.type +
                                   ": " + one.text);
    }
    ran.merge(conformance.ran);
    ran.merge(resources_of(graph));
    for (Finding& one : conformance.findings) findings.push_back(std::move(one));
  }
  for (const std::string& type : plugin.types) {
    const bool has_finding = std::any_of(findings.begin(), findings.end(), [&](const Finding& one) { return one.type == type; });
    if (!ran.contains(type) && !has_finding)
      findings.push_back({type, command.graphs.empty() ? "was not run: name a graph that uses it"
                                                       : "runs in no phase of the graphs' plans: name a graph that uses it"});
  }
  return checked;
}

void add_check_of(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("check", "Tests whether a plugin's nodes keep the promises of nodes, in graphs that use them");
  command->footer("Example: leat plugin check build/hello.plugin graph.yaml");
  auto options = std::make_shared<CheckCommand>();
  command->add_option("file", options->file, "The plugin")->type_name("FILE")->required();
  command
      ->add_option(
          "graphs", options->graphs,
          "Graphs that use its nodes; each phase of their plans is run some thirty times, and up to seven times more for each of the types")
      ->type_name("GRAPH");
  command->add_option("--set", options->set, "Sets a parameter of the graphs; can be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--steps", options->steps, "Steps of each run")->capture_default_str()->check(whole_in(2, 1'000'000));
  command->callback([&context, options] {
    const Interrupts interrupts;
    Registry registry = context.registry();
    const PluginFile plugin = read_plugin(options->file);
    if (!is_loaded(plugin, registry)) load_plugin(options->file, registry);
    load_trial_nodes(registry);
    const auto [findings, not_judged] = check(*options, plugin, registry);
    for (const Finding& one : findings) std::cout << (one.type.empty() ? plugin.id : one.type) << ": " << one.text << "\n";
    for (const std::string& one : not_judged) std::cout << one << "\n";
    std::cout << plugin.str() << ": " << plugin.types.size() << (plugin.types.size() == 1 ? " type, " : " types, ")
              << (findings.empty() ? "no broken promise found" : std::to_string(findings.size()) + " found")
              << (not_judged.empty() ? "" : ", " + std::to_string(not_judged.size()) + " not judged, as said above") << "\n";
    context.exit_code = findings.empty() ? 0 : 1;
  });
}

}  // namespace

void add_plugin(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("plugin", "Plugins: nodes that are built elsewhere");
  group->require_subcommand(1);
  group->fallthrough();
  add_check_of(*group, context);
  add_new(*group, context);
  add_list(*group, context);
}

}  // namespace leat::cli
