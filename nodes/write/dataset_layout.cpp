#include "write/dataset_layout.h"

#include <algorithm>

namespace leat {

std::string flat_name(const std::string& id, const std::string& own) {
  std::string out = std::filesystem::path(id).replace_extension().generic_string();
  if (out.starts_with(own + "/")) out.erase(0, own.size() + 1);
  std::replace(out.begin(), out.end(), '/', '_');
  return out + ".png";
}

std::vector<MaskPlace> mask_places(const std::vector<std::string>& names) {
  std::vector<MaskPlace> out;
  for (const std::string& name : names)
    out.push_back(out.empty() ? MaskPlace{"masks", "mask"} : MaskPlace{"masks_" + name, "mask_" + name});
  return out;
}

}  // namespace leat
