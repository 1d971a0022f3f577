#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>

namespace dicom {

/// Writes a mask of 0 and 255, of the source image's size, as a secondary capture with the source's patient, study and geometry. The UIDs
/// are computed from the source's UIDs, the structure's name and the mask. So the same mask gives the same file. Throws std::runtime_error.
/// [any thread]
void write_secondary_capture(const std::filesystem::path& file, const cv::Mat& mask, const std::filesystem::path& source,
                             const std::string& structure);

}  // namespace dicom
