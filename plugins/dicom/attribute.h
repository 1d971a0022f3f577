#pragma once

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <string>

namespace dicom {

/// Returns an attribute's text, its values separated by `\`, or an empty string if there is none.
[[nodiscard]] inline std::string text(DcmItem& item, const DcmTagKey& tag) {
  OFString found;
  return item.findAndGetOFStringArray(tag, found).good() ? std::string(found.c_str()) : std::string();
}

}  // namespace dicom
