#pragma once

#include <cstdint>
#include <string>

#include "leat/archive.h"
#include "leat/reads_shard.h"

namespace leat {

/// How far a source of tars is: the state that a checkpoint keeps.
struct TarCounts {
  std::int64_t tar = 0;       ///< Index, among the tars of the shard, of the tar whose samples are counted.
  std::int64_t samples = 0;   ///< Of this tar.
  IdsHash ids;                ///< Of these samples.
  std::int64_t left_out = 0;  ///< Entries of this tar that belong to no sample.
  std::int64_t all = 0;       ///< Samples of all tars.
  std::int64_t all_left_out = 0;
  std::int64_t empty = 0;   ///< Tars without a sample.
  std::int64_t length = 0;  ///< Bytes of the table of tars.

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);
};

}  // namespace leat
