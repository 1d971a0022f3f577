#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/registry.h"

namespace leat {

/// A format of image files besides PNG, JPEG, TIFF and BMP, such as DICOM. A plugin adds it with LEAT_PICTURE_FORMAT. Then `io.split` finds
/// such files in folders and lists, and `image.decode` reads them. [any thread]
class PictureFormat {
 public:
  /// What a file says besides its pixels. Empty, or 0: not known.
  struct Header {
    int width = 0;
    int height = 0;
    int bits = 0;      ///< Of a value of the image that `decode` returns for `Depth::AsIs`: 8, 16, or 32 for float.
    int channels = 0;  ///< 1 or 3.
    std::string patient;
    /// What a list can call the image besides its path: the kind and the name, such as {"SOPInstanceUID", "1.2.840.1"}. The first kind that
    /// fits is taken. A name of several images stands for all of them.
    std::vector<std::pair<std::string, std::string>> names;
    std::map<std::string, std::string> facts;  ///< Facts of the sample, such as `spacing_mm`.
    std::string fault;                         ///< Why `decode` will fail.
  };
  enum class Depth {
    Bits8,  ///< As a viewer shows the image.
    Bits16,
    AsIs,  ///< The values of the file: 8 bit, 16 bit without a sign, or float.
  };

  virtual ~PictureFormat() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;             ///< "DICOM".
  [[nodiscard]] virtual std::string_view plugin() const = 0;           ///< The plugin that has it.
  [[nodiscard]] virtual std::vector<std::string> endings() const = 0;  ///< In lower case: ".dcm". Files without them are opened.
  [[nodiscard]] virtual bool begins(std::span<const std::uint8_t> bytes) const = 0;  ///< The bytes begin like a file of the format.
  [[nodiscard]] virtual Header header(const std::filesystem::path& file) const = 0;
  /// Returns the upright image: gray, or R, G, B. Throws std::runtime_error.
  [[nodiscard]] virtual cv::Mat decode(std::span<const std::uint8_t> bytes, Depth depth) const = 0;
};

/// Adds a format; one of an equal name is replaced. [setup]
void add_picture_format(std::shared_ptr<const PictureFormat> format);
[[nodiscard]] const std::vector<std::shared_ptr<const PictureFormat>>& picture_formats();
/// Returns the format of a file by its first bytes, null for Leat's own formats and for others. [any thread]
[[nodiscard]] const PictureFormat* find_picture_format(std::span<const std::uint8_t> bytes);
[[nodiscard]] const PictureFormat* find_picture_format(const std::filesystem::path& file);

}  // namespace leat

/// Registers the format of this file: `LEAT_PICTURE_FORMAT(Dicom)`. The file is one of the plugin's NODES.
#define LEAT_PICTURE_FORMAT(Type) \
  void LEAT_JOIN(leat_register_, LEAT_FILE)(leat::Registry&) { leat::add_picture_format(std::make_shared<Type>()); }
