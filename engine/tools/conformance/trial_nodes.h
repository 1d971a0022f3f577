#pragma once

#include <functional>
#include <string>
#include <vector>

#include "leat/program.h"
#include "leat/registry.h"

// Node types that the conformance kit puts into graphs. Each is made for one output of a program.
namespace leat::conformance {

/// Another order of the entries of a value.
struct NewOrder {
  std::vector<int> axes;           ///< Axes that have the names, as in Reorder.
  std::vector<std::string> names;  ///< The names in the new order.
  std::vector<int> to;             ///< Entry k moves to position `to[k]`.
};

/// Returns a type whose nodes output their input `values` as `reordered`: with entries and names
/// permuted alike. So a node downstream sees what it would see if the source had another order of classes.
[[nodiscard]] NodeType reordering_type(std::string id, const Wire& read, LaneKind lane, NewOrder order);

/// Takes the sample in a slot of a step. [parallel]
using TakeSample = std::function<void(std::int64_t step, int slot, const Sample&)>;

/// Returns a type whose nodes read an output of a source, by their input `values`, and report the samples that it identifies.
[[nodiscard]] NodeType witness_type(std::string id, const Wire& read, TakeSample take);

/// Adds a node of the type to a phase; it reads `from`. Returns the node's name, which no other node has.
std::string add_node(PhaseText& phase, const NodeType& type, Reference from);

}  // namespace leat::conformance
