#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "context.h"
#include "interrupts.h"
#include "leat/crashes.h"
#include "leat/viewer.h"
#include "load_nodes.h"

namespace leat::cli {

namespace {

struct ViewCommand {
  GraphOptions options;
  viewer::Reach reach;
  bool allows_code = false;
};

/// Returns the command line of a child process of the page.
std::vector<std::string> worker_command(const Context& context) {
  std::vector<std::string> out{"/proc/self/exe"};
  for (const auto& plugin : context.plugins) out.insert(out.end(), {"--plugin", std::filesystem::absolute(plugin).string()});
  out.emplace_back("view-worker");
  return out;
}

void view(const ViewCommand& command, const Context& context) {
  Interrupts interrupts;
  viewer::ShownGraph graph{command.options.graph, settings_of(command.options.set), command.options.seed, command.options.device,
                           command.allows_code};
  const viewer::GraphViewer page(std::move(graph), command.reach, worker_command(context));
  std::cout << page.address() << std::endl;
  if (command.reach.port > 0 && page.port() != command.reach.port)
    std::cerr << "port " << command.reach.port << " is taken; this is port " << page.port() << "\n";
  if (!std::getenv("DISPLAY") && !std::getenv("WAYLAND_DISPLAY"))
    std::cerr << "from another machine: ssh -L " << page.port() << ":127.0.0.1:" << page.port() << " HOST, then open the address there\n";
  std::cerr << "Ctrl-C ends it" << std::endl;
  std::atomic<bool> is_ended{false};
  const Interrupts::Stop stop(
      interrupts, "now",
      [&] {
        is_ended = true;
        is_ended.notify_all();
      },
      [](const std::string&) {});
  is_ended.wait(false);
}

}  // namespace

void add_view(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("view", "Shows a graph in the browser while you write it");
  sub->footer("Example: leat view graphs/02_views.yaml");
  auto command = std::make_shared<ViewCommand>();
  command->options.add_to(*sub);
  sub->add_option("--port", command->reach.port, "The port (default: a free one)")->type_name("PORT")->check(whole_in(1, 65535));
  sub->add_flag("--allow-code", command->allows_code,
                "Loads plugins and the code of TorchScript and AOTInductor files without asking on the page");
  sub->callback([&context, command] { view(*command, context); });

  auto* worker = app.add_subcommand("view-worker", "A child process of `leat view`")->group("");
  worker->callback([&context] {
    Registry own;
    load_nodes(own);
    name_crashing_nodes();
    viewer::serve_worker(
        {[&]() -> const Registry& { return own; }, [&]() -> const Registry& { return context.registry(); }, context.plugin_files()});
  });
}

}  // namespace leat::cli
