#pragma once

#include <string>

#include "leat/leat.h"

namespace leat {

/// Refuses names for masks that have another number of channels, where their contract tells that but not whose they are. [setup]
inline void check_channels(const Contract& given, const NamesOf& masks) {
  if (!given.has_shape || given.is_open || given.entries.is_known()) return;
  const std::int64_t channels = given.dims.size() > 2 ? given.dims[2].size : 1;
  if (channels >= 0 && channels != static_cast<std::int64_t>(masks->size()))
    throw Refusal("`" + std::string(masks.name()) + "` has " + std::to_string(masks->size()) + " names, `mask` has " +
                      std::to_string(channels) + (channels == 1 ? " channel" : " channels"),
                  std::string(masks.name()));
}

}  // namespace leat
