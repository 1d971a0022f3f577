#pragma once

#include <string>
#include <vector>

#include "leat/registry.h"

namespace leat {

/// What a registry's types say of themselves, for people and for editors. [setup]

/// Ids of nodes and resources, sorted.
[[nodiscard]] std::vector<std::string> type_ids(const Registry& registry);
/// All about one type, with a snippet to paste; throws Refusal with the nearest name for an id that there is not.
[[nodiscard]] std::string manual_page(const Registry& registry, const std::string& id);
[[nodiscard]] std::string manual_json(const Registry& registry, const std::vector<std::string>& ids);
/// The pages of all types as one document, by family.
[[nodiscard]] std::string manual_markdown(const Registry& registry);

}  // namespace leat
