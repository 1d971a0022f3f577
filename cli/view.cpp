#include <atomic>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "context.h"
#include "interrupts.h"
#include "leat/crashes.h"
#include "leat/load_plugin.h"
#include "leat/viewer.h"
#include "load_nodes.h"
#include "page_options.h"
#include "report_file.h"

namespace leat::cli {

namespace {

struct ViewCommand {
  GraphOptions options;
  PageOptions page;
  std::vector<std::filesystem::path> what;
  std::filesystem::path weights;
  bool is_seed_given = false;
  ReportFile file;
};

bool is_run(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(folder / "graph.yaml", ignored) ||
         std::filesystem::is_regular_file(folder / "events.log", ignored);
}

/// Waits for Ctrl-C. Throws std::runtime_error if the page's server has ended.
template <class Page>
void wait_for_end(const Page& page, Interrupts& interrupts) {
  std::cerr << "Ctrl-C ends it" << std::endl;
  std::atomic<bool> is_ended{false};
  const Interrupts::Stop stop(
      interrupts, "now", [&] { is_ended = true; }, [](const std::string&) {});
  while (!is_ended && page.failure().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  if (!page.failure().empty()) throw std::runtime_error(page.failure());
}

void view_graph(const ViewCommand& command, const Context& context) {
  Interrupts interrupts;
  viewer::ShownGraph graph{command.what.front(), settings_of(command.options.set), command.options.seed, command.options.device,
                           command.weights,      command.page.allows_code};
  const viewer::GraphViewer page(std::move(graph), command.page.reach, worker_command(context));
  command.page.announce(page.address(), page.port());
  wait_for_end(page, interrupts);
}

/// Returns what the page shows. Throws Refusal if something is neither a run nor a folder of runs.
viewer::ShownRuns shown_runs(const ViewCommand& command) {
  viewer::ShownRuns out;
  out.allows_code = command.page.allows_code;
  for (const std::filesystem::path& one : command.what) {
    if (is_run(one)) {
      out.runs.push_back(one);
      continue;
    }
    if (command.what.size() > 1)
      throw Refusal(one.string() + " is not a run's folder: it has no graph.yaml; name runs alone, or one folder that holds runs");
    out.below = one;
  }
  return out;
}

void view_runs(const ViewCommand& command, const Context& context) {
  if (!command.options.set.empty() || !command.weights.empty() || command.is_seed_given)
    throw Refusal("--set, --seed and --weights are for a graph; a run keeps those with which it began");
  Interrupts interrupts;
  const viewer::RunViewer page(shown_runs(command), command.page.reach, worker_command(context));
  command.page.announce(page.address(), page.port());
  wait_for_end(page, interrupts);
}

void view(const ViewCommand& command, const Context& context) {
  if (!command.file.path.empty()) {
    command.file.write(command.what);
    return;
  }
  command.page.check();
  bool has_folder = false;
  for (const std::filesystem::path& one : command.what) {
    std::error_code ignored;
    if (!std::filesystem::exists(one, ignored)) throw Refusal("there is no " + one.string());
    has_folder = has_folder || std::filesystem::is_directory(one, ignored);
  }
  if (!has_folder && command.what.size() > 1) throw Refusal("the page shows one graph at a time; name one file");
  if (has_folder) view_runs(command, context);
  else view_graph(command, context);
}

}  // namespace

void add_view(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("view", "Shows a graph while you write it, or runs, in the browser");
  sub->footer(
      "Example: leat view graphs/02_views.yaml\n"
      "         leat view runs/demo\n"
      "         leat view runs\n"
      "         leat view runs/demo --export demo.html");
  auto command = std::make_shared<ViewCommand>();
  sub->add_option("what", command->what, "A graph file, folders of runs, or one folder that holds runs")
      ->type_name("GRAPH|RUN")
      ->required()
      ->check(not_empty());
  command->options.add_settings_to(*sub);
  command->page.add_to(*sub);
  sub->add_option("--weights", command->weights, "A run whose kept weights the networks get (default: the weights before the first step)")
      ->type_name("RUN")
      ->check(not_empty());
  command->file.add_to(*sub, "--export");
  sub->callback([&context, command, sub] {
    command->is_seed_given = sub->count("--seed") > 0;
    view(*command, context);
  });

  auto* worker = app.add_subcommand("view-worker", "A child process of `leat view`")->group("");
  worker->callback([&context] {
    Registry own;
    load_nodes(own);
    name_crashing_nodes();
    viewer::serve_worker({[&]() -> const Registry& { return own; },
                          [](const std::vector<std::filesystem::path>& plugins) {
                            Registry all;
                            load_nodes(all);
                            for (const std::string& sentence : load_plugins(plugins, all)) std::cerr << "warning: " << sentence << "\n";
                            return all;
                          },
                          context.plugin_files()});
  });
}

}  // namespace leat::cli
