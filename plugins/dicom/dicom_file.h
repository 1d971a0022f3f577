#pragma once

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
  std::map<std::string, std::string> facts;  ///< As `Picture::facts`, without `window`.
  std::string fault;  ///< Why `read` fails, as far as it can be known without the pixels, as for a truncated file; empty: no reason.
};

/// Returns the header of a file; its attributes are empty if they cannot be read. Reads no pixels. [any thread]
[[nodiscard]] Header header_of(const std::filesystem::path& file);
/// Returns true if a file begins like a DICOM file: 128 bytes, then `DICM`. [any thread]
[[nodiscard]] bool is_dicom(const std::filesystem::path& file);

/// The kind of image that a file is read to.
struct ReadAs {
  std::vector<double> window;  ///< Centre and width of the window to use, for 8 bit. Empty: the file's.
  int depth = CV_8U;           ///< CV_8U: windowed. CV_16U, CV_32F: the file's values after its rescaling.
  bool is_rgb = false;         ///< R, G, B, 8 bit; gray is repeated.
};

struct Picture {
  cv::Mat pixels;       ///< Gray, or R, G, B. Large values are bright, for both photometric interpretations.
  std::string patient;  ///< The patient's id. Empty: the file has none.
  std::map<std::string, std::string> facts;
};

/// Reads one image, rescaled. 8 bit: windowed, by `window`, else the file's first window, else its first table, else the range of its
/// values. Other depths: the values themselves; the facts have the file's first window as `window_centre`, `window_width` and, if
/// the file states it, `window_function`. Throws
/// std::runtime_error unless the file has one frame of this kind that can be decoded. [any thread]
[[nodiscard]] Picture read(const std::filesystem::path& file, const ReadAs& as);
/// Reads a file in memory to gray or R, G, B, as it has them. 8 bit: windowed as `read` does. 16 bit: the values. Else the values with as
/// many bits as `Header::bits`. Throws like `read`. [any thread]
enum class Kind { Shown, Values16, Values };
[[nodiscard]] cv::Mat read(std::span<const std::uint8_t> bytes, Kind kind);

}  // namespace dicom
