#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "leat/program.h"
#include "leat/run.h"
#include "run/checkpoint.h"
#include "run/messages.h"

namespace leat::run {

/// Returns the text of results.json. `records` can be null. Facts of a resource that cannot be read are left out with a warning.
[[nodiscard]] std::string results_text(const std::filesystem::path& folder, const Program& program, std::string_view device,
                                       const RunResult& result, const Records* records, Messages& messages);

}  // namespace leat::run
