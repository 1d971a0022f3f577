#pragma once

#include <memory>
#include <string_view>

#include "leat/diagnostics.h"

namespace leat {

/// Returns the place for a line and byte, both counted from 0. Columns count characters, so that a caret is under the right one.
[[nodiscard]] Place place_at(const std::shared_ptr<const SourceText>& text, int line, int byte);
/// Returns true if YAML's word for null is at this position.
[[nodiscard]] bool starts_with_null(const SourceText& text, int line, int byte);
/// Reports bytes that are not UTF-8, and control characters. Returns false if there are any.
[[nodiscard]] bool check_characters(const std::shared_ptr<const SourceText>& text, Diagnostics& diagnostics);

/// Returns the first control character of a text, which an escape such as `"\e"` can insert; -1 if there is none. Ends of lines and tabs do
/// not count.
[[nodiscard]] int control_character(std::string_view text);

}  // namespace leat
