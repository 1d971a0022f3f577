#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/picture_size.h"
#include "leat/image.h"

namespace leat {

/// Whether a mask shows what its image shows: the same size, or another of the same aspect to within one pixel.
[[nodiscard]] bool is_same_view(PictureSize image, PictureSize mask);

/// Reads the masks of one image, for each structure the union of its files, as one picture of a channel for each, 0 or 255, of the
/// image's size. A file is decoded as a picture is (`decode_picture`), and says what is inside as `inside_of` tells; a mask of the same
/// view but another size is scaled to its nearest pixels, with a sentence in `warnings`, as what its decoding changed. Throws
/// std::runtime_error that names the file. [any thread]
[[nodiscard]] Image read_masks(const std::vector<std::vector<std::filesystem::path>>& structures, PictureSize image,
                               std::vector<std::string>& warnings);

}  // namespace leat
