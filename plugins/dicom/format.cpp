#include <leat/picture_format.h>

#include "dicom_file.h"

namespace {

/// DICOM files, for `io.split` and `image.decode`.
class Dicom final : public leat::PictureFormat {
 public:
  [[nodiscard]] std::string_view name() const override { return "DICOM"; }
  [[nodiscard]] std::string_view plugin() const override { return "dicom"; }
  [[nodiscard]] std::vector<std::string> endings() const override { return {".dcm", ".dicom", ".ima"}; }
  [[nodiscard]] bool begins(std::span<const std::uint8_t> bytes) const override { return dicom::begins_like_dicom(bytes); }

  [[nodiscard]] Header header(const std::filesystem::path& file) const override {
    dicom::Header read = dicom::header_of(file);
    return {.width = read.width,
            .height = read.height,
            .bits = read.bits,
            .channels = read.is_coloured ? 3 : 1,
            .patient = std::move(read.patient),
            .names = std::move(read.names),
            .facts = std::move(read.facts),
            .fault = std::move(read.fault)};
  }

  [[nodiscard]] cv::Mat decode(std::span<const std::uint8_t> bytes, Depth depth) const override {
    return dicom::read(bytes, depth == Depth::Bits8    ? dicom::Kind::Shown
                              : depth == Depth::Bits16 ? dicom::Kind::Values16
                                                       : dicom::Kind::Values);
  }
};

}  // namespace

LEAT_PICTURE_FORMAT(Dicom)
