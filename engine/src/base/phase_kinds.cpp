#include "base/phase_kinds.h"

#include <algorithm>

namespace leat {

std::optional<PhaseKind> find_phase_kind(std::string_view word) {
  const auto* found = std::find_if(phase_kinds.begin(), phase_kinds.end(), [word](PhaseKind kind) { return word == name(kind); });
  return found == phase_kinds.end() ? std::nullopt : std::optional(*found);
}

}  // namespace leat
