#pragma once

#include <filesystem>
#include <map>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

namespace dicom {

struct Header {
  int width = 0;  ///< 0: it does not state it.
  int height = 0;
  std::string patient;  ///< Its id; empty: the file does not say it.
};

/// Reads no pixels. Of a file that cannot be read nothing is known.
[[nodiscard]] Header header_of(const std::filesystem::path& file);
/// Whether a file begins as DICOM files do: 128 bytes, then `DICM`.
[[nodiscard]] bool is_dicom(const std::filesystem::path& file);

struct Picture {
  cv::Mat pixels;       ///< Gray, 8 bit; large is bright, whatever the file's photometric interpretation.
  std::string patient;  ///< Its id; empty: the file does not say it.
  std::map<std::string, std::string> facts;
};

/// One picture, rescaled and windowed: by `window` (centre, width) where it is given, else by the file's first window or table, else from
/// its lowest to its highest value. Throws std::runtime_error for what is no gray picture of one frame that could be decoded. [any thread]
[[nodiscard]] Picture read(const std::filesystem::path& file, const std::vector<double>& window);

}  // namespace dicom
