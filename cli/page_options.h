#pragma once

#include <string>
#include <vector>

#include "context.h"
#include "leat/viewer.h"

namespace leat::cli {

/// Options of commands that show the page.
struct PageOptions {
  viewer::Reach reach;
  bool allows_code = false;

  void add_to(CLI::App& command);
  /// Throws Refusal if the options do not go together. Warns of a page that other machines can reach.
  void check() const;
  /// Prints the page's address, and how another machine reaches it.
  void announce(const std::string& address, int port) const;
};

/// Returns the command line of a child process of the page.
[[nodiscard]] std::vector<std::string> worker_command(const Context& context);

}  // namespace leat::cli
