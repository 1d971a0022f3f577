#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/earlier_run.h"
#include "report/finished_run.h"

namespace leat::report {

/// What identifies the images of a node.
struct ImageOrigin {
  std::vector<std::string> nodes;  ///< The sources that they come from.
  ImageSource source;
  std::string drawn;  ///< Of images that were drawn from the run's seed: the begin of their fingerprints; else empty.
  std::map<std::string, std::string> files;  ///< Fingerprints of files by name; an empty one if several files have the name.

  /// Returns the fingerprint of an image; an empty text if it is unknown.
  [[nodiscard]] std::string fingerprint(const std::string& image) const;
};

/// Finds the origin of images from a run's graph and the records of its last checkpoint. The run must outlive it.
class ImageOrigins {
 public:
  explicit ImageOrigins(const FinishedRun& run);
  /// Returns the origin of the images that reach a node.
  [[nodiscard]] const ImageOrigin& of(const std::string& phase, const std::string& node);

 private:
  [[nodiscard]] ImageOrigin find(const std::string& phase, const std::string& node) const;

  const FinishedRun& run_;
  std::optional<EarlierRun> earlier_;
  std::map<std::pair<std::string, std::string>, ImageOrigin> known_;
};

/// Sets what identifies the images of a run's tables.
void add_fingerprints(FinishedRun& run);

}  // namespace leat::report
