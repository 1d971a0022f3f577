#pragma once

#include <string>
#include <vector>

namespace leat {

/// A data set that knows folders below its `path` that hold no images, such as masks. `leat predict` gives a data set another `path` and
/// drops its other parameters. If it declares a parameter `left_out`, a list of text, `leat predict` sets it to these folders of all data
/// sets of the graph, so that no mask is predicted for a mask. The resource derives from this class next to Resource.
class LeavesOut {
 public:
  virtual ~LeavesOut() = default;
  /// Returns the folders, relative to `path`, whether or not they exist. Called after the parameters are read, without `survey`. [setup]
  [[nodiscard]] virtual std::vector<std::string> left_out_folders() const = 0;
};

}  // namespace leat
