#include "secondary_capture.h"

#include <stdexcept>

#include <leat/value.h>

#include "attribute.h"

namespace dicom {
namespace {

/// The attributes that a derived image copies from its source: patient, study and geometry.
const DcmTagKey kept[] = {
    DCM_SpecificCharacterSet,
    DCM_PatientName,
    DCM_PatientID,
    DCM_PatientBirthDate,
    DCM_PatientSex,
    DCM_PatientAge,
    DCM_StudyInstanceUID,
    DCM_StudyDate,
    DCM_StudyTime,
    DCM_StudyID,
    DCM_StudyDescription,
    DCM_AccessionNumber,
    DCM_ReferringPhysicianName,
    DCM_BodyPartExamined,
    DCM_ViewPosition,
    DCM_Laterality,
    DCM_PatientOrientation,
    DCM_FrameOfReferenceUID,
    DCM_PositionReferenceIndicator,
    DCM_ImagePositionPatient,
    DCM_ImageOrientationPatient,
    DCM_SliceLocation,
    DCM_SliceThickness,
    DCM_PixelSpacing,
    DCM_ImagerPixelSpacing,
    DCM_PixelSpacingCalibrationType,
    DCM_PixelSpacingCalibrationDescription,
    DCM_NominalScannedPixelSpacing,
    DCM_PixelAspectRatio,
    DCM_LossyImageCompression,
    DCM_LossyImageCompressionRatio,
    DCM_LossyImageCompressionMethod,
};

/// The attributes that must exist but can be empty (DICOM PS3.3, type 2).
const DcmTagKey required_tags[] = {DCM_PatientName, DCM_PatientID,       DCM_PatientBirthDate,       DCM_PatientSex, DCM_StudyDate,
                                   DCM_StudyTime,   DCM_AccessionNumber, DCM_ReferringPhysicianName, DCM_StudyID};

/// Returns a UID for a text: `2.25.` and a hash of 128 bits (DICOM PS3.5, B.2).
std::string uid_of(const std::string& text) {
  auto number =
      static_cast<unsigned __int128>(leat::hash_bytes(text.data(), text.size(), 1)) << 64 | leat::hash_bytes(text.data(), text.size(), 2);
  std::string digits;
  for (; number > 0; number /= 10) digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
  return "2.25." + (digits.empty() ? "0" : digits);
}

void put(DcmItem& item, const DcmTagKey& tag, const std::string& value) { item.putAndInsertString(tag, value.c_str()); }

void refer_to(DcmDataset& out, DcmDataset& source) {
  DcmItem* item = nullptr;
  if (out.findOrCreateSequenceItem(DCM_SourceImageSequence, item, 0).bad()) return;
  put(*item, DCM_ReferencedSOPClassUID, text(source, DCM_SOPClassUID));
  put(*item, DCM_ReferencedSOPInstanceUID, text(source, DCM_SOPInstanceUID));
}

/// Invariant: `mask` is continuous in memory.
void put_pixels(DcmDataset& out, const cv::Mat& mask) {
  put(out, DCM_PhotometricInterpretation, "MONOCHROME2");
  const auto put_whole = [&out](const DcmTagKey& tag, int number) { out.putAndInsertUint16(tag, static_cast<Uint16>(number)); };
  put_whole(DCM_SamplesPerPixel, 1);
  put_whole(DCM_Rows, mask.rows);
  put_whole(DCM_Columns, mask.cols);
  put_whole(DCM_BitsAllocated, 8);
  put_whole(DCM_BitsStored, 8);
  put_whole(DCM_HighBit, 7);
  put_whole(DCM_PixelRepresentation, 0);
  out.putAndInsertUint8Array(DCM_PixelData, mask.data, static_cast<unsigned long>(mask.total()));
}

}  // namespace

void write_secondary_capture(const std::filesystem::path& file, const cv::Mat& mask, const std::filesystem::path& source,
                             const std::string& structure) {
  DcmFileFormat of, made;
  if (of.loadFileUntilTag(OFFilename(source.c_str()), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect, DCM_PixelData).bad())
    throw std::runtime_error("cannot read the header of " + source.string() + " again");
  DcmDataset& from = *of.getDataset();
  DcmDataset& out = *made.getDataset();
  for (const DcmTagKey& tag : kept) (void)from.findAndInsertCopyOfElement(tag, &out);
  for (const DcmTagKey& tag : required_tags)
    if (!out.tagExists(tag)) out.insertEmptyElement(tag);
  const cv::Mat whole = mask.isContinuous() ? mask : mask.clone();
  const std::uint64_t pixels = leat::hash_bytes(whole.data, whole.total());
  const std::string series = text(from, DCM_SeriesInstanceUID), instance = text(from, DCM_SOPInstanceUID);
  put(out, DCM_SOPClassUID, UID_SecondaryCaptureImageStorage);
  put(out, DCM_SOPInstanceUID, uid_of("Leat mask " + structure + " of " + instance + ": " + std::to_string(pixels)));
  put(out, DCM_SeriesInstanceUID, uid_of("Leat masks " + structure + " of " + series));
  put(out, DCM_Modality, "OT");
  put(out, DCM_ConversionType, "WSD");
  put(out, DCM_ImageType, "DERIVED\\SECONDARY");
  put(out, DCM_SeriesNumber, "1");
  put(out, DCM_InstanceNumber, text(from, DCM_InstanceNumber).empty() ? "1" : text(from, DCM_InstanceNumber));
  put(out, DCM_SeriesDescription, structure + ", segmented");
  put(out, DCM_DerivationDescription, "Mask of " + structure + " by a neural network");
  put(out, DCM_Manufacturer, "Leat");
  refer_to(out, from);
  put_pixels(out, whole);
  // A name of the maximum length has no room for `.part`, so a hash replaces it.
  constexpr std::size_t most_bytes = 255;
  const std::string own = file.filename().string() + ".part";
  const std::filesystem::path part =
      file.parent_path() / (own.size() <= most_bytes ? own : std::to_string(std::filesystem::hash_value(file)) + ".part");
  const OFCondition saved = made.saveFile(OFFilename(part.c_str()), EXS_LittleEndianExplicit);
  if (saved.bad()) throw std::runtime_error("cannot write " + file.string() + ": " + saved.text());
  std::filesystem::rename(part, file);
}

}  // namespace dicom
