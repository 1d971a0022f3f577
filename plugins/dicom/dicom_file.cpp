#include "dicom_file.h"

#include "attribute.h"

#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmimgle/dcmimage.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <cstring>
#include <fstream>
#include <mutex>
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

void check(DcmDataset& dataset) {
  const std::string frames = text(dataset, DCM_NumberOfFrames);
  if (!frames.empty() && frames != "1") throw std::runtime_error("it has " + frames + " frames, but only files with one frame are read");
  if (!dataset.tagExists(DCM_PixelData)) throw std::runtime_error("it has no pixels");
  const std::string kind = text(dataset, DCM_PhotometricInterpretation);
  if (kind != "MONOCHROME1" && kind != "MONOCHROME2")
    throw std::runtime_error("its photometric interpretation is " + (kind.empty() ? "missing" : kind) +
                             ", but only MONOCHROME1 and MONOCHROME2 are read");
  const int bits = whole(dataset, DCM_BitsStored, 0);
  if (bits < 8 || bits > 16) throw std::runtime_error("its pixels have " + std::to_string(bits) + " bits, but only 8 to 16 bits are read");
}

/// Applies a window, which maps values to brightness. Returns the name of its origin.
std::string apply_window(DicomImage& image, const std::vector<double>& window) {
  if (!window.empty()) {
    image.setWindow(window[0], window[1]);
    return "given";
  }
  if (image.getWindowCount() > 0 && image.setWindow(0)) return "the file's";
  if (image.getVoiLutCount() > 0 && image.setVoiLut(0)) return "the file's table";
  image.setMinMaxWindow();
  return "all values";
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
  return out;
}

Picture read(const std::filesystem::path& file, const std::vector<double>& window) {
  set_up();
  DcmFileFormat format;
  load(file, format);
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
  out.facts["window"] = apply_window(image, window);
  const void* pixels = image.getOutputData(8);
  if (!pixels) throw std::runtime_error("its pixels could not be windowed");
  out.pixels = cv::Mat(static_cast<int>(image.getHeight()), static_cast<int>(image.getWidth()), CV_8UC1, const_cast<void*>(pixels)).clone();
  return out;
}

}  // namespace dicom
