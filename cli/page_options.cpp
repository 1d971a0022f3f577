#include "page_options.h"

#include <cstdlib>
#include <iostream>

namespace leat::cli {

void PageOptions::add_to(CLI::App& command) {
  command.add_option("--port", reach.port, "The page's port (default: a free one)")->type_name("PORT")->check(whole_in(1, 65535));
  command
      .add_option("--bind", reach.address,
                  "The address to listen on (default: 127.0.0.1). Others than loopback need --host-name; the connection is not encrypted")
      ->type_name("ADDRESS");
  command.add_option("--host-name", reach.names, "A name by which browsers reach this machine; can be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      .add_option("--frame-ancestors", reach.frame_ancestors,
                  "An origin, such as http://localhost:8888, whose pages can show this one in a frame; can be repeated")
      ->type_name("ORIGIN")
      ->allow_extra_args(false);
  command.add_flag("--allow-code", allows_code, "The page loads plugins and the code of TorchScript and AOTInductor files without asking");
}

void PageOptions::check() const {
  const bool is_local = reach.address == "127.0.0.1" || reach.address == "::1";
  if (is_local) return;
  if (reach.names.empty())
    throw Refusal("--bind " + reach.address + " needs --host-name NAME, the names by which browsers reach this machine");
  std::cerr << "warning: other machines can reach the page, and the connection is not encrypted: who reads it has the token and the data\n";
}

void PageOptions::announce(const std::string& address, int port) const {
  std::cout << address << std::endl;
  if (reach.port > 0 && port != reach.port) std::cerr << "port " << reach.port << " is taken; this is port " << port << "\n";
  if (!std::getenv("DISPLAY") && !std::getenv("WAYLAND_DISPLAY"))
    std::cerr << "from another machine: ssh -L " << port << ":127.0.0.1:" << port << " HOST, then open the address there\n";
}

std::vector<std::string> worker_command(const Context& context) {
  std::vector<std::string> out{"/proc/self/exe"};
  for (const auto& plugin : context.plugins) out.insert(out.end(), {"--plugin", std::filesystem::absolute(plugin).string()});
  out.emplace_back("view-worker");
  return out;
}

}  // namespace leat::cli
