#pragma once

#include <filesystem>
#include <string>

#include "leat/archive.h"

namespace leat {

/// Returns the weights of a network from a safetensors file, a file of `leat export`, or a run's folder: of the resource called `name`, or
/// of the only network there. Of a run they are the best ones, or the last if it kept no best ones. Throws std::runtime_error that names
/// the path.
[[nodiscard]] Archive weights_from(const std::filesystem::path& path, const std::string& name);

}  // namespace leat
