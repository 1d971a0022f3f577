#pragma once

#include <memory>

#include "leat/diagnostics.h"

namespace leat {

/// The place of a line and byte counted from 0; columns count characters, so that a caret stands under what it means.
[[nodiscard]] Place place_at(const std::shared_ptr<const SourceText>& text, int line, int byte);
/// Whether YAML's word for null stands there.
[[nodiscard]] bool starts_with_null(const SourceText& text, int line, int byte);
/// Refuses what is not UTF-8, and control characters.
[[nodiscard]] bool check_characters(const std::shared_ptr<const SourceText>& text, Diagnostics& diagnostics);

}  // namespace leat
