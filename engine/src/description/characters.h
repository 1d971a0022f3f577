#pragma once

#include <memory>
#include <string_view>

#include "leat/diagnostics.h"

namespace leat {

/// The place of a line and byte counted from 0; columns count characters, so that a caret stands under what it means.
[[nodiscard]] Place place_at(const std::shared_ptr<const SourceText>& text, int line, int byte);
/// Whether YAML's word for null stands there.
[[nodiscard]] bool starts_with_null(const SourceText& text, int line, int byte);
/// Refuses what is not UTF-8, and control characters.
[[nodiscard]] bool check_characters(const std::shared_ptr<const SourceText>& text, Diagnostics& diagnostics);

/// The first control character of a text, which an escape such as `"\e"` can bring in; -1 where there is none. Lines and tabs are none.
[[nodiscard]] int control_character(std::string_view text);

}  // namespace leat
