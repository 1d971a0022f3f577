#pragma once

#include <filesystem>
#include <opencv2/core.hpp>

namespace leat {

/// Writes a picture as a PNG, beside its place and then renamed; throws std::runtime_error with the path and the reason. [any thread]
void write_png(const std::filesystem::path& file, const cv::Mat& picture);

}  // namespace leat
