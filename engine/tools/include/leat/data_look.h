#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "leat/image_table.h"
#include "leat/new_graph.h"
#include "leat/registry.h"

namespace leat {

/// Returns what a path seems to be: the guess of the first type of data set that knows it. Throws Refusal if none does.
[[nodiscard]] NewData guess_data(const std::filesystem::path& path, const Registry& registry);

/// Returns a graph that looks at the images of a data set: it decodes at most `most` of them, measures their grays with the node `grays`,
/// and draws the first 24 into `mosaic.png`; of several channels that are not colours, the first.
[[nodiscard]] std::string look_graph(const NewData& data, std::int64_t most);

/// Returns sentences on images that are not like the others: perhaps inverted, dark, bright, or of one gray. `grays` is the table of
/// `metric.intensities`.
[[nodiscard]] std::vector<std::string> outliers_of(const ImageTable& grays);
/// Returns sentences on pairs of images that may be copies of one, also of another size or inverted: their 16 x 16 grays correlate.
[[nodiscard]] std::vector<std::string> near_copies_of(const ImageTable& grays);

}  // namespace leat
