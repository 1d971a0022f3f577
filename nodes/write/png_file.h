#pragma once

#include <filesystem>
#include <opencv2/core.hpp>

namespace leat {

constexpr int png_compression = 4;

/// Writes an image of 8 or 16 bit, gray or R, G, B, as a PNG file, first under another name and then renamed. Throws std::runtime_error
/// with the path and the reason. [any thread]
void write_png(const std::filesystem::path& file, const cv::Mat& picture);

}  // namespace leat
