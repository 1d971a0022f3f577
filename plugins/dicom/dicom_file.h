#pragma once

#include <filesystem>
#include <map>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

namespace dicom {

/// Contents of the header; 0 or empty for missing attributes.
struct Header {
  int width = 0;
  int height = 0;
  std::string patient;  ///< Id of the patient (0010,0020).
  std::string fault;    ///< Why `read` fails, as far as it can be known without the pixels, as for a truncated file; empty: no reason.
};

/// Returns the header of a file; its attributes are empty if they cannot be read. Reads no pixels. [any thread]
[[nodiscard]] Header header_of(const std::filesystem::path& file);
/// Returns true if a file begins like a DICOM file: 128 bytes, then `DICM`. [any thread]
[[nodiscard]] bool is_dicom(const std::filesystem::path& file);

struct Picture {
  cv::Mat pixels;       ///< Gray, 8 bit. Large values are bright, for both photometric interpretations.
  std::string patient;  ///< The patient's id. Empty: the file has none.
  std::map<std::string, std::string> facts;
};

/// Reads one image, rescaled and windowed. The window is `window` (centre, width) if it is not empty, else the file's first window, else
/// its first table, else the range of its values. Throws std::runtime_error unless the file has one gray frame that can be decoded. [any
/// thread]
[[nodiscard]] Picture read(const std::filesystem::path& file, const std::vector<double>& window);

}  // namespace dicom
