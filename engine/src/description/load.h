#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "description/reading.h"

namespace leat {

/// Returns a graph file, called `name` in messages. If it cannot be read, reports that at `from`, and returns null.
[[nodiscard]] std::shared_ptr<const SourceText> read_source(const std::filesystem::path& file, const std::string& name, const Place& from,
                                                            Reading& reading);
/// Returns the text merged over everything that it extends, as one map; nullopt, after a report, if a text is not a YAML map, or if a graph
/// that it extends cannot be loaded. `file` is the text's file, or empty.
[[nodiscard]] std::optional<Tree> load_merged(const std::shared_ptr<const SourceText>& text, const std::filesystem::path& file,
                                              Reading& reading);

/// Reports a file without `leat: 1`. `what` is its name in the message: "the graph".
void check_version(const Tree& tree, const std::string& what, Reading& reading);

/// Reports control characters that escapes such as `"\e"` insert into keys and values, because they would reach terminals and drawings.
void refuse_controls(const Tree& tree, Reading& reading);
/// Reports, and deletes, each null in `over` for which `base` has no entry. `kind` is the kind of the entries, "node". `of` names their
/// owner, "phase `test`".
void refuse_removals(const Tree* base, Tree* over, const std::string& kind, const std::string& of, Reading& reading);
/// Merges `over` over `base`: maps are merged by name, null removes an entry, and everything else replaces it.
void merge_trees(Tree& base, const Tree& over);

}  // namespace leat
