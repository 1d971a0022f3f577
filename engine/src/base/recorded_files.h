#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/archive.h"

namespace leat {

/// A file as a resource recorded it with FileMarks.
struct RecordedFile {
  std::string name;
  std::int64_t bytes = -1;
  std::uint64_t contents = 0;  ///< Hash; 0 if the contents could not be read.
  bool is_whole = false;       ///< The hash covers the whole file, not only some blocks of it.
};

/// Returns the files of all marks that FileMarks::save wrote to a resource's record. Throws std::runtime_error if they are not whole.
[[nodiscard]] std::vector<RecordedFile> recorded_files(const Archive& record);

}  // namespace leat
