#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "description/reading.h"

namespace leat {

/// A graph file; empty and a report at `from` when it cannot be read. `name` is what messages call it.
[[nodiscard]] std::shared_ptr<const SourceText> read_source(const std::filesystem::path& file, const std::string& name, const Place& from,
                                                            Reading& reading);
/// The text with everything that it extends merged into one map; empty when a text is no YAML map. `file` is its own, or empty.
[[nodiscard]] std::optional<Tree> load_merged(const std::shared_ptr<const SourceText>& text, const std::filesystem::path& file,
                                              Reading& reading);

/// Reports a file that does not begin with `leat: 1`; `what` it is: "the graph".
void check_version(const Tree& tree, const std::string& what, Reading& reading);

/// Reports control characters that escapes such as `"\e"` bring into keys and values: they would reach terminals and drawings.
void refuse_controls(const Tree& tree, Reading& reading);
/// Reports each null in `over` that removes nothing, for `base` has no such entry, and takes it out. `kind` is what the entries are,
/// "node"; `of` has those of the base, "phase `test`".
void refuse_removals(const Tree* base, Tree* over, const std::string& kind, const std::string& of, Reading& reading);
/// Lays `over` on `base`: maps by name, null removes, everything else replaces.
void merge_trees(Tree& base, const Tree& over);

}  // namespace leat
