#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>

namespace dicom {

/// Writes a mask of 0 and 255, of the size of a source's picture, as a secondary capture of the source's patient, study and geometry. Its
/// UIDs are made of the source's, the structure's name and the mask, so that the same mask is the same file. Throws std::runtime_error.
/// [any thread]
void write_secondary_capture(const std::filesystem::path& file, const cv::Mat& mask, const std::filesystem::path& source,
                             const std::string& structure);

}  // namespace dicom
