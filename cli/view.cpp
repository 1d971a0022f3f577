#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "context.h"
#include "interrupts.h"
#include "leat/crashes.h"
#include "leat/load_plugin.h"
#include "leat/viewer.h"
#include "load_nodes.h"

namespace leat::cli {

namespace {

struct ViewCommand {
  GraphOptions options;
  viewer::Reach reach;
  std::filesystem::path weights;
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
  const bool is_local = command.reach.address == "127.0.0.1" || command.reach.address == "::1";
  if (!is_local && command.reach.names.empty())
    throw Refusal("--bind " + command.reach.address + " needs --host-name NAME, the names by which browsers reach this machine");
  if (!is_local)
    std::cerr
        << "warning: other machines can reach the page, and the connection is not encrypted: who reads it has the token and the data\n";
  viewer::ShownGraph graph{command.options.graph, settings_of(command.options.set),
                           command.options.seed,  command.options.device,
                           command.weights,       command.allows_code};
  const viewer::GraphViewer page(std::move(graph), command.reach, worker_command(context));
  std::cout << page.address() << std::endl;
  if (command.reach.port > 0 && page.port() != command.reach.port)
    std::cerr << "port " << command.reach.port << " is taken; this is port " << page.port() << "\n";
  if (!std::getenv("DISPLAY") && !std::getenv("WAYLAND_DISPLAY"))
    std::cerr << "from another machine: ssh -L " << page.port() << ":127.0.0.1:" << page.port() << " HOST, then open the address there\n";
  std::cerr << "Ctrl-C ends it" << std::endl;
  std::atomic<bool> is_ended{false};
  const Interrupts::Stop stop(
      interrupts, "now", [&] { is_ended = true; }, [](const std::string&) {});
  while (!is_ended && page.failure().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  if (!page.failure().empty()) throw std::runtime_error(page.failure());
}

}  // namespace

void add_view(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("view", "Shows a graph in the browser while you write it");
  sub->footer("Example: leat view graphs/02_views.yaml");
  auto command = std::make_shared<ViewCommand>();
  command->options.add_to(*sub);
  sub->add_option("--port", command->reach.port, "The port (default: a free one)")->type_name("PORT")->check(whole_in(1, 65535));
  sub->add_option("--bind", command->reach.address,
                  "The address to listen on (default: 127.0.0.1). Others than loopback need --host-name; the connection is not encrypted")
      ->type_name("ADDRESS");
  sub->add_option("--host-name", command->reach.names, "A name by which browsers reach this machine; can be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  sub->add_option("--frame-ancestors", command->reach.frame_ancestors,
                  "An origin, such as http://localhost:8888, whose pages can show this one in a frame; can be repeated")
      ->type_name("ORIGIN")
      ->allow_extra_args(false);
  sub->add_option("--weights", command->weights, "A run whose kept weights the networks get (default: the weights before the first step)")
      ->type_name("RUN")
      ->check(not_empty());
  sub->add_flag("--allow-code", command->allows_code,
                "Loads plugins and the code of TorchScript and AOTInductor files without asking on the page");
  sub->callback([&context, command] { view(*command, context); });

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
