#pragma once

#include <string>

#include "leat/description.h"
#include "leat/reads_shard.h"
#include "leat/tar_list.h"

namespace leat {

// Changes of a prediction graph (leat/prediction.h) that let it read a part of the images, or tars.

/// Lets the graph read a shard of the images only: replaces `io.images` and its data set by `io.shard`. Throws Refusal if the phase has
/// another source, if the source or its data set chooses images, or if a node reads labels.
void read_shard(GraphDescription& graph, ShardNumber number);

/// Lets the graph read a shard of some tars: replaces `io.images` and its data set by `io.tars`. `path` is the text that names the tars.
/// Of tars from commands, the graph gets their number and fingerprint only. Throws Refusal as `read_shard`.
void read_tars(GraphDescription& graph, const std::string& path, const TarList& tars, ShardNumber number);

/// Returns a hash of a graph with `io.shard` or `io.tars` that does not depend on the place of the images and the number of the shard.
[[nodiscard]] std::string hash_without_shard(GraphDescription graph);

}  // namespace leat
