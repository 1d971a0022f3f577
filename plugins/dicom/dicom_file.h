#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace dicom {

/// Contents of the header; 0 or empty for missing attributes.
struct Header {
  int width = 0;
  int height = 0;
  bool is_coloured = false;
  int bits = 0;         ///< Of the values: 8, 16, or 32 for float.
  std::string patient;  ///< Id of the patient (0010,0020).
  /// Kinds and texts of what identifies the file, from SOPInstanceUID to PatientID.
  std::vector<std::pair<std::string, std::string>> names;
  /// Of the sample: `modality`, `photometric`, `spacing_mm` (of rows, of columns), `detector_spacing_mm` and, of gray files, `window`:
  /// where the brightness of `Kind::Shown` comes from ("the file's", "the file's table" or "all values"). `window_centre`, `window_width`
  /// and `window_function` are the file's first window, for the values of the other kinds.
  std::map<std::string, std::string> facts;
  std::string fault;  ///< Why `read` fails, as far as it can be known without the pixels, as for a truncated file; empty: no reason.
};

/// Returns the header of a file; its attributes are empty if they cannot be read. Decodes no pixels, except to mirror the window of
/// a MONOCHROME1 file with a table in place of a slope. [any thread]
[[nodiscard]] Header header_of(const std::filesystem::path& file);
/// Returns true if bytes begin like a DICOM file: any 128, then `DICM`. [any thread]
[[nodiscard]] bool begins_like_dicom(std::span<const std::uint8_t> bytes);
[[nodiscard]] bool is_dicom(const std::filesystem::path& file);  ///< The same for a file. [any thread]

/// Values that a gray file is read to. Shown: 8 bit, by the file's first window, else its first table, else the range of its values.
/// Values16: the values after its rescaling, 16 bit. Values: the same, with as many bits as `Header::bits`.
enum class Kind { Shown, Values16, Values };

/// Reads a file in memory, to gray or R, G, B as it has them; colours have 8 bit. Large values are bright, for both photometric
/// interpretations. Throws std::runtime_error unless the file has one frame that can be decoded to this kind. [any thread]
[[nodiscard]] cv::Mat read(std::span<const std::uint8_t> bytes, Kind kind);

}  // namespace dicom
