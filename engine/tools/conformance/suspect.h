#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "leat/outcome.h"

namespace leat::conformance {

/// A type that can have lost something on resume, and how it affects the value that differs.
struct Suspect {
  std::string type;
  std::string how;
};

/// Returns the type that probably caused different values after a resume. A node's values can differ because of a resource that it reads.
/// In the `first` step, the resource is as loaded; later, others have changed it. A resource that others change and that saved nothing in
/// the `whole` run is the first suspect. If one of `types` is suspected, it is returned.
[[nodiscard]] Suspect suspect_of(const Program& program, const Outcome& whole, const Outcome::Difference& difference, std::int64_t first,
                                 const std::set<std::string>& types);

}  // namespace leat::conformance
