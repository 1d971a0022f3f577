#pragma once

#include <string>
#include <vector>

#include "leat/registry.h"

namespace leat {

/// Descriptions of a registry's types, for people and for editors. [setup]

/// Returns the ids of nodes and resources, sorted.
[[nodiscard]] std::vector<std::string> type_ids(const Registry& registry);
/// Returns the description of one type, with a line to paste. Throws Refusal with the nearest name if there is no such id.
[[nodiscard]] std::string manual_page(const Registry& registry, const std::string& id);
[[nodiscard]] std::string manual_json(const Registry& registry, const std::vector<std::string>& ids);
/// Returns the pages of all types as one document, by family.
[[nodiscard]] std::string manual_markdown(const Registry& registry);

}  // namespace leat
