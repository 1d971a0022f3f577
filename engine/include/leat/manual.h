#pragma once

#include <string>
#include <vector>

#include "leat/registry.h"

namespace leat {

/// What a registry's types say of themselves, for people and for editors. [setup]

/// The JSON Schema (draft 7) of graphs: every key, every type with its inputs and parameters, their sentences, defaults and ranges. Values
/// that parameters are put into may be `${name}` in place of what they want to be; null, which removes in a graph that extends another, is fine.
[[nodiscard]] std::string graph_schema(const Registry& registry);

/// Ids of nodes and resources, sorted.
[[nodiscard]] std::vector<std::string> type_ids(const Registry& registry);
/// All about one type, with a snippet to paste; throws Refusal with the nearest name for an id that there is not.
[[nodiscard]] std::string manual_page(const Registry& registry, const std::string& id);
[[nodiscard]] std::string manual_json(const Registry& registry, const std::vector<std::string>& ids);
/// The pages of all types as one document, by family.
[[nodiscard]] std::string manual_markdown(const Registry& registry);

}  // namespace leat
