#pragma once

#include <string>

#include "leat/contract.h"
#include "leat/diagnostics.h"

namespace leat {

/// For nodes that take the softmax of logits, dimension 1: throws Refusal if several of its entries may hold at once.
inline void check_exclusive(const Contract& logits, const std::string& port) {
  if (logits.dims.size() > 1 && logits.dims[1].multi_label && logits.dims[1].multi_label->is_on)
    throw Refusal("several entries of `" + port + "` may hold at once (`" + logits.dims[1].multi_label->param +
                      "`), but this node takes the one that is likeliest",
                  port);
}

}  // namespace leat
