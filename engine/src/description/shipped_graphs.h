#pragma once

#include <span>
#include <string_view>

namespace leat {

/// A graph that the library holds: `extends: leat:NAME` loads it.
struct ShippedGraph {
  std::string_view name;
  std::string_view text;
};

[[nodiscard]] std::span<const ShippedGraph> shipped_graphs();

}  // namespace leat
