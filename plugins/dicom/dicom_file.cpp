#include "dicom_file.h"

#include "attribute.h"

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmimage/diregist.h>
#include <dcmtk/dcmimgle/dcmimage.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
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

void check(DcmDataset& dataset) {
  const std::string frames = text(dataset, DCM_NumberOfFrames);
  if (!frames.empty() && frames != "1")
    throw std::runtime_error("it has " + frames + " frames, but only files with one frame are read: it is a volume or a film");
  if (!dataset.tagExists(DCM_PixelData)) throw std::runtime_error("it has no pixels");
  const std::string kind = text(dataset, DCM_PhotometricInterpretation);
  const char* const colours[] = {"RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422"};
  const bool is_colour = std::find(std::begin(colours), std::end(colours), kind) != std::end(colours);
  if (!is_gray(kind) && !is_colour)
    throw std::runtime_error("its photometric interpretation is " + (kind.empty() ? "missing" : kind) +
                             ", but only MONOCHROME1, MONOCHROME2, RGB, PALETTE COLOR and YBR_FULL are read");
  const int bits = whole(dataset, DCM_BitsStored, 0);
  if (bits < 8 || bits > 16) throw std::runtime_error("its pixels have " + std::to_string(bits) + " bits, but only 8 to 16 bits are read");
}

/// Returns the function of the file's window (PS3.3, C.11.2.1.3); empty: the file states none, which is LINEAR. Throws std::runtime_error
/// for an unknown one.
std::string window_function(DcmDataset& dataset) {
  const std::string found = text(dataset, DCM_VOILUTFunction);
  if (found.empty() || found == "LINEAR" || found == "LINEAR_EXACT" || found == "SIGMOID") return found;
  throw std::runtime_error("its VOI LUT function is `" + found + "`, but only LINEAR, LINEAR_EXACT and SIGMOID are known");
}

/// Sets the file's first window. Returns false if it has none.
bool set_own_window(DicomImage& image, DcmDataset& dataset) {
  if (image.getWindowCount() == 0 || !image.setWindow(0)) return false;
  const std::string function = window_function(dataset);
  double centre = 0, width = 0;
  // DCMTK does not know LINEAR_EXACT. It reaches from centre - width / 2 to centre + width / 2, and so does this window of LINEAR.
  if (function == "LINEAR_EXACT") return image.getWindow(centre, width) && image.setWindow(centre + 0.5, width + 1);
  return function != "SIGMOID" || image.setVoiLutFunction(EFV_Sigmoid);
}

/// Applies a window, which maps values to brightness. Returns the name of its origin.
std::string apply_window(DicomImage& image, const std::vector<double>& window, DcmDataset& dataset) {
  image.setVoiLutFunction(EFV_Linear);
  if (!window.empty()) {
    image.setWindow(window[0], window[1]);
    return "given";
  }
  if (set_own_window(image, dataset)) return "the file's";
  if (image.getVoiLutCount() > 0 && image.setVoiLut(0)) return "the file's table";
  image.setMinMaxWindow();
  return "all values";
}

std::string number_text(double value) {
  char out[32];
  const auto end = std::to_chars(out, out + sizeof out, value).ptr;
  return std::string(out, end);
}

/// Returns the sum of the smallest and the largest value that the file could store, after its rescaling. Values of MONOCHROME1 are
/// subtracted from it, so that large ones are bright.
double mirror_of(DicomImage& image) {
  double low = 0, high = 0;
  constexpr int that_can_be = 1;
  if (!image.getMinMaxValues(low, high, that_can_be)) throw std::runtime_error("the range of its values is not known");
  return low + high;
}

/// Returns the values after the file's rescaling, as floats.
cv::Mat modality_values(const DicomImage& image) {
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

/// Returns floats as 16 bit. Throws std::runtime_error if a value is negative or too large.
cv::Mat sixteen_bit(const cv::Mat& values) {
  double low = 0, high = 0;
  cv::minMaxLoc(values, &low, &high);
  if (low < 0 || high > 65535)
    throw std::runtime_error("its values are " + number_text(low) + ".." + number_text(high) +
                             ", which do not fit 16 bit without a sign: use " + "`depth: float`");
  cv::Mat out;
  values.convertTo(out, CV_16U);
  return out;
}

/// Returns the centre of a window after its values were subtracted from `mirror`. LINEAR reaches from centre - 0.5 - (width - 1) / 2 to
/// centre - 0.5 + (width - 1) / 2. The others have the centre in their middle.
double mirrored_centre(double centre, double mirror, const std::string& function) {
  return mirror - centre + (function.empty() || function == "LINEAR" ? 1 : 0);
}

/// Returns the values of a gray file. The facts get its first window, in these values.
cv::Mat values_of(DicomImage& image, DcmDataset& dataset, int depth, std::map<std::string, std::string>& facts) {
  cv::Mat values = modality_values(image);
  double centre = 0, width = 0;
  const bool has_window = image.getWindowCount() > 0 && image.setWindow(0) && image.getWindow(centre, width);
  const std::string function = has_window ? window_function(dataset) : std::string();
  if (text(dataset, DCM_PhotometricInterpretation) == "MONOCHROME1") {
    const double mirror = mirror_of(image);
    values = mirror - values;
    centre = mirrored_centre(centre, mirror, function);
  }
  facts["window"] = has_window ? "not applied" : "none";
  if (has_window) facts["window_centre"] = number_text(centre);
  if (has_window) facts["window_width"] = number_text(width);
  if (!function.empty()) facts["window_function"] = function;
  return depth == CV_16U ? sixteen_bit(values) : values;
}

cv::Mat colours_of(DicomImage& image) {
  const int height = static_cast<int>(image.getHeight()), width = static_cast<int>(image.getWidth());
  cv::Mat out(height, width, CV_8UC3);
  constexpr int bits = 8;
  if (!image.getOutputData(out.data, out.total() * out.elemSize(), bits)) throw std::runtime_error("its colours could not be read");
  return out;
}

/// Throws std::runtime_error unless the file begins like a DICOM file. Without this beginning, its encoding is unknown.
void check_beginning(const std::filesystem::path& file) {
  if (is_dicom(file)) return;
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(file, error);
  if (error) throw std::runtime_error("it could not be read: " + error.message());
  if (bytes == 0) throw std::runtime_error("it is empty");
  throw std::runtime_error("it does not begin like a DICOM file, with 128 bytes and `DICM`");
}

/// Loads a file. Pixels stay in the file until they are used, but their length is checked.
void load(const std::filesystem::path& file, DcmFileFormat& format) {
  check_beginning(file);
  if (const OFCondition loaded = format.loadFile(OFFilename(file.c_str())); loaded.bad())
    throw std::runtime_error(std::string("it could not be read: ") + loaded.text());
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

}  // namespace

bool is_dicom(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  char head[132] = {};
  return in.read(head, sizeof head) && std::memcmp(head + 128, "DICM", 4) == 0;
}

namespace {

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

/// Returns the first of several numbers in an attribute; nullopt: there is none.
std::optional<double> number_in(DcmItem& item, const DcmTagKey& tag) {
  Float64 out = 0;
  return item.findAndGetFloat64(tag, out).good() ? std::optional<double>(out) : std::nullopt;
}

/// The values that a gray file could store, after its rescaling.
struct Range {
  double low = 0;
  double high = 0;
  bool is_whole = true;  ///< All values are whole numbers.
};

/// Returns nullopt for a file with a table in place of a slope.
std::optional<Range> range_of(DcmDataset& dataset) {
  if (dataset.tagExists(DCM_ModalityLUTSequence)) return {};
  const int bits = whole(dataset, DCM_BitsStored, 16);
  const bool is_signed = whole(dataset, DCM_PixelRepresentation, 0) == 1;
  const double slope = number_in(dataset, DCM_RescaleSlope).value_or(1), intercept = number_in(dataset, DCM_RescaleIntercept).value_or(0);
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

/// Adds the file's first window, in the values of `read`, where large ones are bright.
void add_window(DcmDataset& dataset, std::map<std::string, std::string>& facts) {
  const std::string photometric = text(dataset, DCM_PhotometricInterpretation);
  std::optional<double> centre = number_in(dataset, DCM_WindowCenter), width = number_in(dataset, DCM_WindowWidth);
  const std::optional<Range> range = range_of(dataset);
  const bool is_mirrored = photometric == "MONOCHROME1";
  if (!is_gray(photometric) || !centre || !width || (is_mirrored && !range)) return;
  const std::string function = window_function(dataset);
  if (is_mirrored) centre = mirrored_centre(*centre, range->low + range->high, function);
  facts["window_centre"] = number_text(*centre);
  facts["window_width"] = number_text(*width);
  if (!function.empty()) facts["window_function"] = function;
}

}  // namespace

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

namespace {

Picture picture_of(DcmFileFormat& format, const ReadAs& as) {
  DcmDataset& dataset = *format.getDataset();
  check(dataset);
  const DcmXfer syntax(dataset.getOriginalXfer());
  if (dataset.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad())
    throw std::runtime_error(std::string("its pixels are compressed as ") + syntax.getXferName() + ", which cannot be decoded");
  DicomImage image(&dataset, dataset.getCurrentXfer());
  if (image.getStatus() != EIS_Normal)
    throw std::runtime_error(std::string("its pixels could not be read: ") + DicomImage::getString(image.getStatus()));
  // Overlays are text and lines for human readers, and no part of the image.
  image.hideAllOverlays();
  Picture out{{}, text(dataset, DCM_PatientID), facts_of(dataset)};
  const bool is_colour = !is_gray(text(dataset, DCM_PhotometricInterpretation));
  if (is_colour && !as.is_rgb)
    throw std::runtime_error("its photometric interpretation is " + text(dataset, DCM_PhotometricInterpretation) +
                             ", but gray is read: set `channels: rgb`");
  if (is_colour) {
    out.pixels = colours_of(image);
    return out;
  }
  if (as.depth != CV_8U) {
    out.pixels = values_of(image, dataset, as.depth, out.facts);
    return out;
  }
  out.facts["window"] = apply_window(image, as.window, dataset);
  const void* pixels = image.getOutputData(8);
  if (!pixels) throw std::runtime_error("its pixels could not be windowed");
  out.pixels = cv::Mat(static_cast<int>(image.getHeight()), static_cast<int>(image.getWidth()), CV_8UC1, const_cast<void*>(pixels)).clone();
  if (as.is_rgb) cv::merge(std::vector<cv::Mat>(3, out.pixels), out.pixels);
  return out;
}

}  // namespace

Picture read(const std::filesystem::path& file, const ReadAs& as) {
  set_up();
  DcmFileFormat format;
  load(file, format);
  return picture_of(format, as);
}

cv::Mat read(std::span<const std::uint8_t> bytes, Kind kind) {
  set_up();
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  DcmFileFormat format;
  format.transferInit();
  const OFCondition loaded = format.read(stream);
  format.transferEnd();
  if (loaded.bad()) throw std::runtime_error(std::string("it could not be read: ") + loaded.text());
  DcmDataset& dataset = *format.getDataset();
  check(dataset);
  const int bits = bits_of(dataset);
  const bool is_colour = !is_gray(text(dataset, DCM_PhotometricInterpretation));
  if (is_colour || kind == Kind::Shown) return picture_of(format, {{}, CV_8U, is_colour}).pixels;
  cv::Mat out = picture_of(format, {{}, kind == Kind::Values && bits == 32 ? CV_32F : CV_16U, false}).pixels;
  if (kind == Kind::Values && bits == 8) out.convertTo(out, CV_8U);
  return out;
}

}  // namespace dicom
