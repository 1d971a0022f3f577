#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Reads masks once before a run, so that a mask that cannot be used is found before the phase that needs it. It stops after some seconds,
/// over all calls. Then the remaining masks are not tried.
class MaskTrial {
 public:
  /// Returns the fault of each of the images whose masks cannot be used. Images whose headers cannot be read are not tried.
  [[nodiscard]] std::vector<std::string> faults(const std::vector<SplitEntry>& entries, const std::vector<int>& images);

 private:
  void try_all(const std::vector<SplitEntry>& entries, const std::vector<int>& images);

  std::map<int, std::string> faults_;  ///< Of the images that were tried. Empty: none.
  std::chrono::steady_clock::duration spent_{};
};

}  // namespace leat
