#pragma once

#include <array>
#include <string_view>

namespace leat {

/// Endings of image files, in lower case, also of those that Leat cannot read.
inline constexpr std::array<std::string_view, 20> known_endings{".bmp", ".dcm", ".dib",  ".dicom", ".gif",  ".ima", ".jfif",
                                                                ".jp2", ".jpe", ".jpeg", ".jpg",   ".nii",  ".pbm", ".pgm",
                                                                ".png", ".pnm", ".ppm",  ".tif",   ".tiff", ".webp"};

}  // namespace leat
