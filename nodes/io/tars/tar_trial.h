#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "io/tar_set.h"

namespace leat {

/// What was found when samples of tars were read once before a run. It stops after some seconds; then the remaining samples are not tried.
struct TarTrial {
  std::int64_t faults = 0;            ///< Number of samples whose image or masks cannot be used.
  std::string first_fault;            ///< Of the first of them, with its id.
  std::int64_t tried = 0;             ///< Number of samples.
  std::vector<std::string> warnings;  ///< On images that cannot be decoded, orientations, and what masks are drawn with.
};

/// Reads the header of each image, and with `reads_masks` all masks of each sample. It jumps over the tars, so that a fault of a part of
/// the samples is found even if the time is short.
[[nodiscard]] TarTrial try_samples(const TarSet& tars, bool reads_masks,
                                   std::chrono::steady_clock::duration longest = std::chrono::seconds(4));

}  // namespace leat
