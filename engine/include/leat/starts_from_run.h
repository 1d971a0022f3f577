#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace leat {

/// A resource whose first state can come from an earlier run. What that run trained on must not be evaluated on: the Program compares it
/// with the samples of phases that validate or test. A resource derives from this class next to Resource.
class StartsFromRun {
 public:
  virtual ~StartsFromRun() = default;
  /// Returns the folder of the run, or the file that was made of it; empty: it starts from none. Known once parameters are set. [setup]
  [[nodiscard]] virtual std::filesystem::path starts_from() const = 0;
  /// Returns the names of the parameters that decide the first state only. A prediction, which has weights of its own, leaves them out.
  [[nodiscard]] virtual std::vector<std::string_view> starting_params() const = 0;
};

}  // namespace leat
