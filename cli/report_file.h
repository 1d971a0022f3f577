#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "context.h"
#include "leat/report_page.h"

namespace leat::cli {

/// Options of commands that write a report into a file.
struct ReportFile {
  std::filesystem::path path;  ///< Empty: no file is wanted.
  PageChoice choice;

  /// Adds the option for the file, called `name`, and those that need it. Returns the first.
  CLI::Option* add_to(CLI::App& command, const std::string& name);
  /// Writes the report of these runs, and prints what it contains. Throws Refusal.
  void write(const std::vector<std::filesystem::path>& runs) const;
};

}  // namespace leat::cli
