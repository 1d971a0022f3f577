#include "write/dataset_layout.h"

#include <algorithm>

#include "leat/diagnostics.h"
#include "leat/result_name.h"

namespace leat {

// Invariant: drawn samples with different ids have different paths. `/` becomes `_`, `_` becomes `%_`, and `%` becomes `%%`.
std::filesystem::path dataset_path(const Sample& sample) {
  if (!sample.file.empty()) return result_path(sample, "", ".png");
  Sample flat{.id = {}};
  for (const char letter : sample.id) {
    if (letter == '_' || letter == '%') flat.id += '%';
    flat.id += letter == '/' ? '_' : letter;
  }
  return result_path(flat, "", ".png");
}

void check_folder_names(const std::vector<std::string>& names, const std::string& param) {
  for (const std::string& name : names)
    if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos || name == "__MACOSX" || name.size() > 240)
      throw Refusal("`" + name + "` cannot be the name of a data set's folder", param,
                    "use a name of at most 240 bytes, without `/`, that does not begin with a dot");
}

std::vector<MaskPlace> mask_places(const std::vector<std::string>& names) {
  std::vector<MaskPlace> out;
  for (const std::string& name : names)
    out.push_back(out.empty() ? MaskPlace{"masks", "mask"} : MaskPlace{"masks_" + name, "mask_" + name});
  return out;
}

}  // namespace leat
