#pragma once

#include <string>

#include "leat/leat.h"

namespace leat {

/// Throws Refusal if the number of names differs from the mask's channels. Does nothing if the contract has the channels' names, because
/// the engine then compares them, or if it does not have their number. [setup]
inline void check_channels(const Contract& given, const NamesOf& masks) {
  if (!given.has_shape || given.is_open || given.entries.is_known()) return;
  const std::int64_t channels = given.dims.size() > 2 ? given.dims[2].size : 1;
  if (channels >= 0 && channels != static_cast<std::int64_t>(masks->size()))
    throw Refusal("`" + std::string(masks.name()) + "` has " + std::to_string(masks->size()) + " names, but `mask` has " +
                      std::to_string(channels) + (channels == 1 ? " channel" : " channels"),
                  std::string(masks.name()));
}

}  // namespace leat
