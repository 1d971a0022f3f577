#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace leat {

/// A sample's id as one file name: its folders joined with `_`, `.png` in place of the ending, and a folder at its head that the layout
/// makes itself (`own`: the class, `images`) left out.
[[nodiscard]] std::string flat_name(const std::string& id, const std::string& own);

/// The folder of a mask and its column in the list, as JSRT has them: `masks` and `mask` for the first, `masks_heart` and `mask_heart`.
struct MaskPlace {
  std::string folder;
  std::string column;
};
[[nodiscard]] std::vector<MaskPlace> mask_places(const std::vector<std::string>& names);

}  // namespace leat
