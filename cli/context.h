#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/program.h"
#include "leat/registry.h"
#include "leat/run.h"

namespace leat::cli {

/// What the commands share. Exit codes: 0, 1 the run failed, 2 wrong input, 130 interrupted.
struct Context {
  Registry registry;
  int exit_code = 0;
};

/// `size=128` of an option, in two; throws CLI::ValidationError where it is not so.
[[nodiscard]] std::pair<std::string, std::string> key_and_value(const std::string& option, const std::string& text);
[[nodiscard]] std::vector<Setting> settings_of(const std::vector<std::string>& set);

/// The options of every command that reads a graph.
struct GraphOptions {
  std::filesystem::path graph;
  std::vector<std::string> set;
  std::uint64_t seed = 0;
  std::string device = "cpu";

  void add_to(CLI::App& command, bool needs_graph = true);
  /// The graph and `--set`; throws GraphError with all mistakes, and prints warnings.
  [[nodiscard]] GraphDescription describe() const;
  /// The program of a description; throws GraphError, and prints warnings.
  [[nodiscard]] Program build(const GraphDescription& description, const Registry& registry) const;
};

[[nodiscard]] std::unique_ptr<Lane> make_lane(const Registry& registry, const std::string& device);

void add_check(CLI::App& app, Context& context);
void add_nodes(CLI::App& app, Context& context);
void add_predict(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_runs(CLI::App& app, Context& context);
void add_sweep(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);

}  // namespace leat::cli
