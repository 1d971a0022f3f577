#include "dicom_file.h"

#include "attribute.h"

#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmimage/diregist.h>
#include <dcmtk/dcmimgle/dcmimage.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace dicom {
namespace {

/// Registers DCMTK's decoders, which are global, and turns its log off. Errors are thrown instead.
void set_up() {
  static std::once_flag once;
  std::call_once(once, [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    DcmRLEDecoderRegistration::registerCodecs();
    DJDecoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
  });
}

int whole(DcmItem& item, const DcmTagKey& tag, int otherwise) {
  Uint16 found = 0;
  return item.findAndGetUint16(tag, found).good() ? found : otherwise;
}

bool is_gray(const std::string& kind) { return kind == "MONOCHROME1" || kind == "MONOCHROME2"; }

bool is_mirrored(DcmDataset& dataset) { return text(dataset, DCM_PhotometricInterpretation) == "MONOCHROME1"; }

/// Returns the first of several numbers in an attribute; nullopt: there is none.
std::optional<double> number_in(DcmItem& item, const DcmTagKey& tag) {
  Float64 out = 0;
  return item.findAndGetFloat64(tag, out).good() ? std::optional<double>(out) : std::nullopt;
}

void check(DcmDataset& dataset) {
  const std::string frames = text(dataset, DCM_NumberOfFrames);
  if (!frames.empty() && frames != "1")
    throw std::runtime_error("it has " + frames + " frames, but only files with one frame are read: it is a volume or a film");
  if (!dataset.tagExists(DCM_PixelData)) throw std::runtime_error("it has no pixels");
  const DcmXfer syntax(dataset.getOriginalXfer());
  if (syntax.isEncapsulated() && !DcmCodecList::canChangeCoding(syntax.getXfer(), EXS_LittleEndianExplicit))
    throw std::runtime_error(std::string("its pixels are compressed as ") + syntax.getXferName() + ", which cannot be decoded");
  const std::string kind = text(dataset, DCM_PhotometricInterpretation);
  const char* const colours[] = {"RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422"};
  const bool is_colour = std::find(std::begin(colours), std::end(colours), kind) != std::end(colours);
  if (!is_gray(kind) && !is_colour)
    throw std::runtime_error("its photometric interpretation is " + (kind.empty() ? "missing" : kind) +
                             ", but only MONOCHROME1, MONOCHROME2, RGB, PALETTE COLOR and YBR_FULL are read");
  if (number_in(dataset, DCM_RescaleSlope).value_or(1) == 0) throw std::runtime_error("its rescale slope is 0, so it has one value only");
  const int bits = whole(dataset, DCM_BitsStored, 0);
  if (bits < 8 || bits > 16) throw std::runtime_error("its pixels have " + std::to_string(bits) + " bits, but only 8 to 16 bits are read");
}

std::string number_text(double value) {
  char out[32];
  const auto end = std::to_chars(out, out + sizeof out, value).ptr;
  return std::string(out, end);
}

/// Returns the decompressed image, without overlays, which are text and lines for human readers. `flags` are
/// DCMTK's.
std::unique_ptr<DicomImage> image_of(DcmDataset& dataset, unsigned long flags) {
  if (const OFCondition unpacked = dataset.chooseRepresentation(EXS_LittleEndianExplicit, nullptr); unpacked.bad())
    throw std::runtime_error(std::string("its pixels could not be decompressed: ") + unpacked.text());
  auto image = std::make_unique<DicomImage>(&dataset, dataset.getCurrentXfer(), flags);
  if (image->getStatus() != EIS_Normal)
    throw std::runtime_error(std::string("its pixels could not be read: ") + DicomImage::getString(image->getStatus()));
  image->hideAllOverlays();
  return image;
}

/// What maps the values that a file stores to those that it means.
struct Rescaling {
  double slope = 1;
  double intercept = 0;
};

/// Returns nullopt for a file with a table in place of a slope.
std::optional<Rescaling> rescaling_of(DcmDataset& dataset) {
  if (dataset.tagExists(DCM_ModalityLUTSequence)) return {};
  return Rescaling{number_in(dataset, DCM_RescaleSlope).value_or(1), number_in(dataset, DCM_RescaleIntercept).value_or(0)};
}

/// The values that a gray file could store, after its rescaling.
struct Range {
  double low = 0;
  double high = 0;
  bool is_whole = true;  ///< All values are whole numbers.
};

/// Returns nullopt for a file with a table in place of a slope.
std::optional<Range> range_of(DcmDataset& dataset) {
  const std::optional<Rescaling> rescaling = rescaling_of(dataset);
  if (!rescaling) return {};
  const auto [slope, intercept] = *rescaling;
  const int bits = whole(dataset, DCM_BitsStored, 16);
  const bool is_signed = whole(dataset, DCM_PixelRepresentation, 0) == 1;
  const double low = is_signed ? -std::exp2(bits - 1) : 0, high = is_signed ? std::exp2(bits - 1) - 1 : std::exp2(bits) - 1;
  const double one = low * slope + intercept, other = high * slope + intercept;
  return Range{std::min(one, other), std::max(one, other), slope == std::round(slope) && intercept == std::round(intercept)};
}

/// Returns the bits that the values need: 8 or 16 if they are whole and never negative, else 32 (float). Colours have 8.
int bits_of(DcmDataset& dataset) {
  if (!is_gray(text(dataset, DCM_PhotometricInterpretation))) return 8;
  const std::optional<Range> range = range_of(dataset);
  if (!range || !range->is_whole || range->low < 0 || range->high > 65535) return 32;
  return range->high <= 255 ? 8 : 16;
}

/// Returns the sum of the smallest and the largest value that the file could store, after its rescaling. Values of MONOCHROME1 are
/// subtracted from it, so that large ones are bright.
double mirror_of(DcmDataset& dataset) {
  if (const std::optional<Range> range = range_of(dataset)) return range->low + range->high;
  double low = 0, high = 0;
  constexpr int that_can_be = 1;
  if (!image_of(dataset, 0)->getMinMaxValues(low, high, that_can_be)) throw std::runtime_error("the range of its values is not known");
  return low + high;
}

/// Returns the values that DCMTK has before any window, as floats.
cv::Mat inner_values(const DicomImage& image) {
  const DiPixel* values = image.getInterData();
  const int height = static_cast<int>(image.getHeight()), width = static_cast<int>(image.getWidth());
  if (!values || values->getCount() < static_cast<unsigned long>(height) * static_cast<unsigned long>(width))
    throw std::runtime_error("its values could not be read");
  const auto as_floats = [&]<class T>(T) {
    const T* from = static_cast<const T*>(values->getData());
    cv::Mat out(height, width, CV_32F);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) out.at<float>(y, x) = static_cast<float>(from[static_cast<std::ptrdiff_t>(y) * width + x]);
    return out;
  };
  switch (values->getRepresentation()) {
    case EPR_Uint8:
      return as_floats(Uint8{});
    case EPR_Sint8:
      return as_floats(Sint8{});
    case EPR_Uint16:
      return as_floats(Uint16{});
    case EPR_Sint16:
      return as_floats(Sint16{});
    case EPR_Uint32:
      return as_floats(Uint32{});
    default:
      return as_floats(Sint32{});
  }
}

/// Returns where the stored values are padding around the image (PS3.3, C.7.5.1.1.2); empty: nowhere.
cv::Mat padding_in(DcmDataset& dataset, const cv::Mat& stored) {
  const auto number = [&](const DcmTagKey& tag) -> std::optional<double> {
    Uint16 plain = 0;
    Sint16 with_sign = 0;
    if (whole(dataset, DCM_PixelRepresentation, 0) == 1)
      return dataset.findAndGetSint16(tag, with_sign).good() ? std::optional<double>(with_sign) : std::nullopt;
    return dataset.findAndGetUint16(tag, plain).good() ? std::optional<double>(plain) : std::nullopt;
  };
  const std::optional<double> one = number(DCM_PixelPaddingValue);
  if (!one) return {};
  const double other = number(DCM_PixelPaddingRangeLimit).value_or(*one);
  cv::Mat out;
  cv::inRange(stored, std::min(*one, other), std::max(*one, other), out);
  return out;
}

/// Returns the values of a gray file after its rescaling, where large ones are bright. Padding has the lowest of the others.
cv::Mat values_of(DcmDataset& dataset) {
  // DCMTK rounds values after a rescaling to whole numbers.
  const std::optional<Rescaling> rescaling = rescaling_of(dataset);
  cv::Mat values = inner_values(*image_of(dataset, rescaling ? CIF_IgnoreModalityTransformation : 0));
  const cv::Mat padding = rescaling ? padding_in(dataset, values) : cv::Mat();
  if (rescaling) values.convertTo(values, CV_32F, rescaling->slope, rescaling->intercept);
  if (is_mirrored(dataset)) values = mirror_of(dataset) - values;
  if (padding.empty() || cv::countNonZero(padding) == 0 || cv::countNonZero(padding == 0) == 0) return values;
  double low = 0;
  cv::minMaxLoc(values, &low, nullptr, nullptr, nullptr, padding == 0);
  values.setTo(low, padding);
  return values;
}

/// Returns floats as 8 or 16 bit. Throws std::runtime_error if a value does not fit.
cv::Mat whole_numbers(const cv::Mat& values, int bits) {
  double low = 0, high = 0;
  cv::minMaxLoc(values, &low, &high);
  const std::string hint = std::to_string(bits) + " bit without a sign: set `depth: as_is`";
  if (low < 0 || high > std::exp2(bits) - 1)
    throw std::runtime_error("its values are " + number_text(low) + ".." + number_text(high) + ", which do not fit " + hint);
  cv::Mat out, back;
  values.convertTo(out, bits == 8 ? CV_8U : CV_16U);
  out.convertTo(back, CV_32F);
  if (cv::countNonZero(back != values) > 0) throw std::runtime_error("its values have fractions, which do not fit " + hint);
  return out;
}

/// A file's first window, in the values of `values_of`.
struct Window {
  double centre = 0;
  double width = 0;
  std::string function;  ///< Empty: the file states none, which is LINEAR.

  [[nodiscard]] bool is_linear() const { return function.empty() || function == "LINEAR"; }
  [[nodiscard]] bool is_usable() const { return is_linear() ? width >= 1 : width > 0; }
};

/// Throws std::runtime_error for an unknown function (PS3.3, C.11.2.1.3).
std::optional<Window> window_of(DcmDataset& dataset) {
  const std::optional<double> centre = number_in(dataset, DCM_WindowCenter), width = number_in(dataset, DCM_WindowWidth);
  if (!centre || !width) return {};
  Window out{*centre, *width, text(dataset, DCM_VOILUTFunction)};
  if (!out.is_linear() && out.function != "LINEAR_EXACT" && out.function != "SIGMOID")
    throw std::runtime_error("its VOI LUT function is `" + out.function + "`, but only LINEAR, LINEAR_EXACT and SIGMOID are known");
  // LINEAR reaches from centre - 0.5 - (width - 1) / 2 to centre - 0.5 + (width - 1) / 2. The others have the centre in their middle.
  if (is_mirrored(dataset)) out.centre = mirror_of(dataset) - out.centre + (out.is_linear() ? 1 : 0);
  return out;
}

/// Where the brightness of a gray file comes from, if it is shown with 8 bit.
enum class Origin { Window, Table, AllValues };

Origin origin_of(DcmDataset& dataset, const std::optional<Window>& window) {
  if (window && window->is_usable()) return Origin::Window;
  return dataset.tagExists(DCM_VOILUTSequence) ? Origin::Table : Origin::AllValues;
}

cv::Mat through_table(DcmDataset& dataset) {
  const std::unique_ptr<DicomImage> image = image_of(dataset, 0);
  const void* pixels = image->setVoiLut(0) ? image->getOutputData(8) : nullptr;
  if (!pixels) throw std::runtime_error("its VOI LUT could not be applied");
  return cv::Mat(static_cast<int>(image->getHeight()), static_cast<int>(image->getWidth()), CV_8UC1, const_cast<void*>(pixels)).clone();
}

/// Returns the brightness, 0..1 within the window, for each value.
cv::Mat through_window(const cv::Mat& values, const Window& window) {
  const double centre = window.centre - (window.is_linear() ? 0.5 : 0), width = window.width - (window.is_linear() ? 1 : 0);
  cv::Mat out;
  if (window.function == "SIGMOID") {
    cv::exp((centre - values) * (4 / width), out);
    return 1 / (1 + out);
  }
  if (width > 0) return (values - centre) / width + 0.5;
  cv::Mat(values > centre).convertTo(out, CV_32F, 1.0 / 255);
  return out;
}

/// Returns a gray file as a viewer shows it.
cv::Mat shown(DcmDataset& dataset) {
  const std::optional<Window> window = window_of(dataset);
  const Origin origin = origin_of(dataset, window);
  if (origin == Origin::Table) return through_table(dataset);
  const cv::Mat values = values_of(dataset);
  double low = 0, high = 0;
  cv::minMaxLoc(values, &low, &high);
  const cv::Mat brightness =
      through_window(values, origin == Origin::Window ? *window : Window{(low + high) / 2, high - low, "LINEAR_EXACT"});
  cv::Mat out;
  brightness.convertTo(out, CV_8U, 255);
  return out;
}

cv::Mat colours_of(DcmDataset& dataset) {
  const std::unique_ptr<DicomImage> image = image_of(dataset, 0);
  const int height = static_cast<int>(image->getHeight()), width = static_cast<int>(image->getWidth());
  cv::Mat out(height, width, CV_8UC3);
  constexpr int bits = 8;
  if (!image->getOutputData(out.data, out.total() * out.elemSize(), bits)) throw std::runtime_error("its colours could not be read");
  return out;
}

/// Throws std::runtime_error unless a file was loaded. DCMTK has two words for one that ends too early, or whose lengths are wrong.
void check_loaded(const OFCondition& loaded) {
  if (loaded == EC_StreamNotifyClient || loaded == EC_InvalidStream)
    throw std::runtime_error("it ends too early: it is truncated or malformed");
  if (loaded.bad()) throw std::runtime_error(std::string("it could not be read: ") + loaded.text());
}

/// Loads a file. Pixels stay in the file until they are used, but their length is checked.
void load(const std::filesystem::path& file, DcmFileFormat& format) { check_loaded(format.loadFile(OFFilename(file.c_str()))); }

void load(std::span<const std::uint8_t> bytes, DcmFileFormat& format) {
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  format.transferInit();
  const OFCondition loaded = format.read(stream);
  format.transferEnd();
  check_loaded(loaded);
}

/// Reads the attributes before the pixels of a file that could not be loaded.
void load_beginning(const std::filesystem::path& file, DcmFileFormat& format) {
  format.clear();
  if (format.loadFileUntilTag(OFFilename(file.c_str()), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect, DCM_PixelData).bad())
    format.clear();
}

template <class Act>
std::string fault_of(Act act) {
  try {
    act();
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::map<std::string, std::string> facts_of(DcmDataset& dataset) {
  std::map<std::string, std::string> facts;
  for (const auto& [name, tag] : {std::pair("modality", DCM_Modality), {"photometric", DCM_PhotometricInterpretation}})
    if (const std::string found = text(dataset, tag); !found.empty()) facts[name] = found;
  // The image on the detector is magnified, so the detector's spacing is not the patient's.
  for (const auto& [name, tag] : {std::pair("spacing_mm", DCM_PixelSpacing), {"detector_spacing_mm", DCM_ImagerPixelSpacing}})
    if (std::string spacing = text(dataset, tag); spacing.find('\\') != std::string::npos)
      facts[name] = spacing.replace(spacing.find('\\'), 1, " ");
  return facts;
}

/// Adds the origin of the file's brightness, and its first window.
void add_window(DcmDataset& dataset, std::map<std::string, std::string>& facts) {
  if (!is_gray(text(dataset, DCM_PhotometricInterpretation))) return;
  const std::optional<Window> window = window_of(dataset);
  const Origin origin = origin_of(dataset, window);
  facts["window"] = origin == Origin::Window ? "the file's" : origin == Origin::Table ? "the file's table" : "all values";
  if (!window) return;
  facts["window_centre"] = number_text(window->centre);
  facts["window_width"] = number_text(window->width);
  if (!window->function.empty()) facts["window_function"] = window->function;
}

}  // namespace

bool begins_like_dicom(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 132 && std::memcmp(bytes.data() + 128, "DICM", 4) == 0;
}

bool is_dicom(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<std::uint8_t, 132> head{};
  return in.read(reinterpret_cast<char*>(head.data()), head.size()) && begins_like_dicom(head);
}

Header header_of(const std::filesystem::path& file) {
  set_up();
  Header out;
  DcmFileFormat format;
  out.fault = fault_of([&] { load(file, format); });
  if (!out.fault.empty()) load_beginning(file, format);
  else out.fault = fault_of([&] { check(*format.getDataset()); });
  DcmDataset& dataset = *format.getDataset();
  out.width = whole(dataset, DCM_Columns, 0);
  out.height = whole(dataset, DCM_Rows, 0);
  out.patient = text(dataset, DCM_PatientID);
  const std::string kind = text(dataset, DCM_PhotometricInterpretation);
  out.is_coloured = !kind.empty() && !is_gray(kind);
  for (const auto& [name, tag] : {std::pair("SOPInstanceUID", DCM_SOPInstanceUID),
                                  {"SeriesInstanceUID", DCM_SeriesInstanceUID},
                                  {"StudyInstanceUID", DCM_StudyInstanceUID},
                                  {"AccessionNumber", DCM_AccessionNumber},
                                  {"PatientID", DCM_PatientID}})
    if (std::string found = text(dataset, tag); !found.empty()) out.names.emplace_back(name, std::move(found));
  if (!out.fault.empty()) return out;
  out.bits = bits_of(dataset);
  out.facts = facts_of(dataset);
  out.fault = fault_of([&] { add_window(dataset, out.facts); });
  return out;
}

cv::Mat read(std::span<const std::uint8_t> bytes, Kind kind) {
  set_up();
  DcmFileFormat format;
  load(bytes, format);
  DcmDataset& dataset = *format.getDataset();
  check(dataset);
  if (!is_gray(text(dataset, DCM_PhotometricInterpretation))) return colours_of(dataset);
  if (kind == Kind::Shown) return shown(dataset);
  const int bits = kind == Kind::Values16 ? 16 : bits_of(dataset);
  const cv::Mat values = values_of(dataset);
  return bits == 32 ? values : whole_numbers(values, bits);
}

}  // namespace dicom
