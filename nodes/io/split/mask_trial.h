#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "io/mask_picture.h"
#include "io/split/entry.h"

namespace leat {

/// Reads masks once before a run, so that a mask that cannot be used is found before the phase that needs it. It stops after some seconds,
/// over all calls. Then the remaining masks are not tried.
class MaskTrial {
 public:
  explicit MaskTrial(std::chrono::steady_clock::duration longest = std::chrono::seconds(4), LabelMaps maps = {})
      : longest_(longest), maps_(std::move(maps)) {}

  struct Found {
    std::vector<std::string> faults;  ///< Of the images whose masks cannot be used.
    bool is_complete = true;          ///< All masks were tried.
  };
  /// Returns the sentences of MaskDoubts on those of these images that were tried.
  [[nodiscard]] std::vector<std::string> doubts(const std::vector<SplitEntry>& entries, const std::vector<int>& images,
                                                const std::vector<std::string>& structures) const;
  /// Tries the masks of these images. Images whose headers cannot be read are not tried, and do not count.
  [[nodiscard]] Found faults(const std::vector<SplitEntry>& entries, const std::vector<int>& images);

 private:
  [[nodiscard]] bool can_try(const SplitEntry& entry) const { return !entry.masks.empty() && entry.size.pixels() > 0; }
  void try_all(const std::vector<SplitEntry>& entries, const std::vector<int>& images);

  std::map<int, std::string> faults_;  ///< Of the images that were tried. Empty: none.
  std::map<int, MaskDrawings> drawings_;
  std::chrono::steady_clock::duration longest_;
  LabelMaps maps_;  ///< As in SplitEntries.
  std::chrono::steady_clock::duration spent_{};
};

}  // namespace leat
