#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/picture_size.h"
#include "leat/image.h"

namespace leat {

/// Returns true if a mask and its image have the same size, or the same aspect ratio to within one pixel.
[[nodiscard]] bool is_same_view(PictureSize image, PictureSize mask);

/// Reads the masks of one image, at its size, with one channel of 0 and 255 per structure. The mask of a structure is the union of its
/// files. `decode_picture` decodes a file, and `inside_of` finds its mask. A mask of another size is resized to nearest pixels if
/// `is_same_view`. `warnings` gets a sentence for that, and for changes of decoding. Throws std::runtime_error that names the file. [any
/// thread]
[[nodiscard]] Image read_masks(const std::vector<std::vector<std::filesystem::path>>& structures, PictureSize image,
                               std::vector<std::string>& warnings);

}  // namespace leat
