#pragma once

#include <ATen/core/Tensor.h>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/node.h"

namespace leat {

/// The tensors at an input that takes several, each with its name.
using Members = std::vector<std::pair<std::string_view, const at::Tensor*>>;

/// Throws Refusal unless the contracts at all members of an input are one: shape, type, names of entries, and whether several entries can
/// hold at once. [setup]
void check_one_contract(Shapes& shapes, const Inputs<at::Tensor>& members);

/// Throws std::runtime_error, with the names of both, unless all tensors have one shape.
void check_one_shape(const Members& members);

}  // namespace leat
