#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "leat/outcome.h"

namespace leat::conformance {

/// One that may have forgotten something, and how that shows in what differs.
struct Suspect {
  std::string type;
  std::string how;
};

/// Who gave other values after a resume. What a node gives can differ because of a resource that it reads: in the `first` step this is as
/// it was loaded, later others have changed it. One that others change and that saved nothing in the `whole` run is suspected first. The
/// first of `types` is blamed, if one of them may be it.
[[nodiscard]] Suspect suspect_of(const Program& program, const Outcome& whole, const Outcome::Difference& difference, std::int64_t first,
                                 const std::set<std::string>& types);

}  // namespace leat::conformance
