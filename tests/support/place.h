#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"

namespace leat::test {

/// Returns the folder in which the tests of one program have their data and runs; made when it is first needed.
inline const std::filesystem::path& place() {
  static const TemporaryFolder made;
  return made.path();
}

/// Runs a command there that must end well.
inline void run_well(const std::vector<std::string>& arguments) {
  const Finished finished = run_leat(arguments, place());
  CAPTURE(finished.err);
  REQUIRE(finished.code == 0);
}

}  // namespace leat::test
