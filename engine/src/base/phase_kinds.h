#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "leat/node.h"

namespace leat {

inline constexpr std::array phase_kinds{PhaseKind::Train, PhaseKind::Validate, PhaseKind::Test, PhaseKind::Predict};

/// Returns the kind that `name` calls by this word; nullopt if there is none.
[[nodiscard]] std::optional<PhaseKind> find_phase_kind(std::string_view word);

}  // namespace leat
