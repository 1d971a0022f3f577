#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "image/picture_header.h"
#include "io/label_map.h"
#include "leat/image.h"

namespace leat {

/// Returns "640 x 480".
[[nodiscard]] std::string words(PictureSize size);

/// Returns true if a mask and its image have the same size, or the same aspect ratio to within one pixel.
[[nodiscard]] bool is_same_view(PictureSize image, PictureSize mask);

/// Returns true if one of two sizes of the same view is the other times a whole number, to within one pixel of the smaller one.
[[nodiscard]] bool is_whole_scale(PictureSize image, PictureSize mask);

/// Returns "is 4 x 6, but its image is 6 x 4 (turned, as its orientation 6 asks)" if a mask is not of the same view as its image. Names an
/// orientation only if it is the reason. `image_name` follows the word image. Returns an empty string if the view is the same.
[[nodiscard]] std::string other_view(const PictureHeader& image, const PictureHeader& mask, const std::string& image_name = {});

/// Returns the bytes of a file of masks. Throws std::runtime_error that names it.
using ReadMaskFile = std::function<std::vector<std::uint8_t>(const std::filesystem::path& file)>;

/// Reads the masks of one image, at its size, with one channel of 0 and 255 per structure. The mask of a structure is the union of its
/// files; without files it is `unknown::pixel`. `decode_picture` decodes a file, and `inside_of` finds its mask, or `mask_of_labels` if
/// `maps` says that it is a label map; `maps` is empty or has an entry for each file. A mask of another size is resized to nearest pixels
/// if `is_same_view`. `warnings` gets a sentence for that, and for changes of decoding. `read_file` is null if the files are on the disk.
/// Throws std::runtime_error that names the file. [any thread]
[[nodiscard]] Image read_masks(const std::vector<std::vector<std::filesystem::path>>& structures, const PictureHeader& image,
                               std::vector<std::string>& warnings, const LabelMaps& maps = {}, const ReadMaskFile& read_file = {});

/// What a file of masks is drawn with.
struct MaskDrawing {
  std::string drawn;      ///< As `drawn_with` returns it; empty for a label map.
  std::set<int> numbers;  ///< Numbers that a label map has.
};
/// For each structure, the drawing of each of its files.
using MaskDrawings = std::vector<std::vector<MaskDrawing>>;
/// Reads the masks as `read_masks` does, to learn of faults and of what they are drawn with.
[[nodiscard]] MaskDrawings try_masks(const std::vector<std::vector<std::filesystem::path>>& structures, const PictureHeader& image,
                                     const LabelMaps& maps = {}, const ReadMaskFile& read_file = {});

}  // namespace leat
