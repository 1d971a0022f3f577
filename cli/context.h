#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
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

/// The state that all commands share. Exit codes: 0 success, 1 the run failed, 2 wrong input, 130 interrupted.
struct Context {
  std::vector<std::filesystem::path> plugins;  ///< Values of `--plugin`.
  int exit_code = 0;

  /// Returns all nodes of this leat and of its plugins, which are those of `--plugin`, of LEAT_PLUGINS, and those installed with leat. The
  /// first call loads Leat's own nodes (load_nodes.h) and prints plugins that cannot be loaded. [setup]
  [[nodiscard]] const Registry& registry();
  /// Returns the descriptions of the plugins in those places, without loading them. Skips files that are not plugins. [setup]
  [[nodiscard]] std::vector<PluginFile> plugin_files() const;
  /// Returns those places in words.
  [[nodiscard]] std::string places_text() const;

 private:
  std::optional<Registry> registry_;
};

/// Splits `size=128`, the value of an option. Throws CLI::ValidationError for other texts.
[[nodiscard]] std::pair<std::string, std::string> key_and_value(const std::string& option, const std::string& text);
/// Returns a check of an option: a whole number in plain decimal digits.
[[nodiscard]] CLI::Validator whole_in(std::int64_t low, std::int64_t high);
/// Returns false if standard output could not be written. A pipe without a reader, as after `| head`, counts as written.
[[nodiscard]] bool is_output_written();
/// Returns a check of an option: a path, which cannot be empty.
[[nodiscard]] CLI::Validator not_empty();
constexpr std::int64_t most_threads = 1024, most_ranks = 65536;
[[nodiscard]] std::vector<Setting> settings_of(const std::vector<std::string>& set);

/// Returns the lane of a device in a mode (`Lane::set_mode`). Throws Refusal.
[[nodiscard]] std::unique_ptr<Lane> lane_of(const Registry& registry, const std::string& device, const std::string& mode);
void add_lane_option(CLI::App& command, std::string& mode);

/// The options of every command that reads a graph.
struct GraphOptions {
  std::filesystem::path graph;
  std::vector<std::string> set;
  std::uint64_t seed = 0;
  std::string device = "cpu";
  BatchShare share;    ///< The part of each training batch that this process computes.
  EarlierRun earlier;  ///< Run that the program resumes, or whose weights it uses.
  bool merges_passes = false;

  void add_to(CLI::App& command, bool needs_graph = true);
  void add_settings_to(CLI::App& command);  ///< Without the graph.
  void add_merge_passes_option(CLI::App& command);
  /// Builds the program of the graph with `--set`, and prints warnings. Throws GraphError with all mistakes of both stages.
  [[nodiscard]] Program build(const Registry& registry) const;
  /// Builds the program of a description, and prints warnings. Throws GraphError.
  [[nodiscard]] Program build(const GraphDescription& description, const Registry& registry) const;

 private:
  [[nodiscard]] Program built(const GraphDescription& description, const Registry& registry, Diagnostics& diagnostics) const;
};

void add_check(CLI::App& app, Context& context);
void add_data(CLI::App& app, Context& context);
void add_draw(CLI::App& app, Context& context);
void add_explain(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_merge(CLI::App& app, Context& context);
void add_new_graph(CLI::App& app, Context& context);
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
void add_view(CLI::App& app, Context& context);

}  // namespace leat::cli
