#pragma once

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <string>

namespace dicom {

/// An attribute's text, its values with `\\` between them; empty where there is none.
[[nodiscard]] inline std::string text(DcmItem& item, const DcmTagKey& tag) {
  OFString found;
  return item.findAndGetOFStringArray(tag, found).good() ? std::string(found.c_str()) : std::string();
}

}  // namespace dicom
