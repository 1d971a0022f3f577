#pragma once

#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/reads_shard.h"
#include "leat/tar_list.h"

namespace leat {

/// Which entries of a sample in a tar are its image.
struct TarEndings {
  std::string image;               ///< Ending of the image; empty: that of the only picture which is none of `masks`.
  std::vector<std::string> masks;  ///< Endings of pictures that are no images.

  /// Returns "the images of the tars are the entries `jpg`"; empty if no ending is named.
  [[nodiscard]] std::string words() const;
};

/// Returns the endings with which a graph trains on tars; none if it does not, or its data sets have different ones.
[[nodiscard]] TarEndings tar_endings(const GraphDescription& graph);

// Changes of a prediction graph (leat/prediction.h) that let it read a part of the images, or tars.

/// Lets a graph whose predict phase reads tars as a training does read files: replaces `io.tar_images` and `io.tar_set` by `io.images` and
/// `io.split`. The functions below need it.
void read_files(GraphDescription& graph);

/// Lets the graph read a shard of the images only: replaces `io.images` and its data set by `io.shard`. Throws Refusal if the phase has
/// another source, if the source or its data set chooses images, or if a node reads labels.
void read_shard(GraphDescription& graph, ShardNumber number);

/// Lets the graph read a shard of some tars: replaces `io.images` and its data set by `io.tars`. `path` is the text that names the tars.
/// Of tars from commands, the graph gets their number and fingerprint only. Throws Refusal as `read_shard`.
void read_tars(GraphDescription& graph, const std::string& path, const TarList& tars, ShardNumber number, const TarEndings& endings);

/// Returns a hash of a graph with `io.shard` or `io.tars` that does not depend on the place of the images and the number of the shard.
[[nodiscard]] std::string hash_without_shard(GraphDescription graph);

}  // namespace leat
