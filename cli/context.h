#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/earlier_run.h"
#include "leat/plugin_file.h"
#include "leat/program.h"
#include "leat/registry.h"
#include "leat/run.h"

namespace leat::cli {

/// What the commands share. Exit codes: 0, 1 the run failed, 2 wrong input, 130 interrupted.
struct Context {
  std::vector<std::filesystem::path> plugins;  ///< As `--plugin` names them.
  int exit_code = 0;

  /// All nodes of this leat and of its plugins: those that `--plugin` names, then those in LEAT_PLUGINS, then those installed beside it.
  /// Made at the first call, which loads Leat's own nodes (load_nodes.h) and prints which plugins could not be loaded. [setup]
  [[nodiscard]] const Registry& registry();
  /// The plugins in those places, as their files say, without loading them. What is no plugin is left out. [setup]
  [[nodiscard]] std::vector<PluginFile> plugin_files() const;
  /// Those places in words.
  [[nodiscard]] std::string places_text() const;

 private:
  std::optional<Registry> registry_;
};

/// `size=128` of an option, in two; throws CLI::ValidationError where it is not so.
[[nodiscard]] std::pair<std::string, std::string> key_and_value(const std::string& option, const std::string& text);
/// A check of an option: a whole number in plain decimal digits.
[[nodiscard]] CLI::Validator whole_in(std::int64_t low, std::int64_t high);
/// Returns false if standard output could not be written. A pipe whose reader has gone, as in `| head`, wants no more.
[[nodiscard]] bool is_output_written();
/// A check of an option: a path, which an empty text is not.
[[nodiscard]] CLI::Validator not_empty();
constexpr std::int64_t most_threads = 1024;
[[nodiscard]] std::vector<Setting> settings_of(const std::vector<std::string>& set);

/// The options of every command that reads a graph.
struct GraphOptions {
  std::filesystem::path graph;
  std::vector<std::string> set;
  std::uint64_t seed = 0;
  std::string device = "cpu";
  EarlierRun earlier;  ///< That the program goes on from, or whose weights it uses.

  void add_to(CLI::App& command, bool needs_graph = true);
  /// The program of the graph and `--set`; throws GraphError with all mistakes of both stages, and prints warnings.
  [[nodiscard]] Program build(const Registry& registry) const;
  /// The program of a description; throws GraphError, and prints warnings.
  [[nodiscard]] Program build(const GraphDescription& description, const Registry& registry) const;

 private:
  [[nodiscard]] Program built(const GraphDescription& description, const Registry& registry, Diagnostics& diagnostics) const;
};

void add_check(CLI::App& app, Context& context);
void add_draw(CLI::App& app, Context& context);
void add_nodes(CLI::App& app, Context& context);
void add_plugin(CLI::App& app, Context& context);
void add_predict(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_runs(CLI::App& app, Context& context);
void add_schema(CLI::App& app, Context& context);
void add_sweep(CLI::App& app, Context& context);
void add_tensorboard(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);

}  // namespace leat::cli
