#include "folder.h"

#include <algorithm>

#include "dicom_file.h"

namespace dicom {

namespace fs = std::filesystem;
using leat::Refusal;

void Folder::survey(const leat::Opening&) {
  files_.clear();
  std::error_code ignored;
  if (fs::is_directory(path->path, ignored)) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path->path, fs::directory_options::skip_permission_denied))
      if (entry.is_regular_file() && is_dicom(entry.path()))
        files_.push_back({entry.path(), entry.path().lexically_relative(path->path).generic_string()});
  } else if (fs::exists(path->path, ignored)) {
    if (!is_dicom(path->path)) throw Refusal("`" + path->path.string() + "` is no DICOM file", "path");
    files_.push_back({path->path, path->path.filename().string()});
  } else {
    throw Refusal("there is no `" + path->path.string() + "`", "path");
  }
  if (files_.empty()) throw Refusal("there is no DICOM file in `" + path->path.string() + "`", "path");
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.id < b.id; });
  most_pixels_ = 0;
  for (const File& one : files_) {
    const auto [width, height] = size_of(one.file);
    most_pixels_ = std::max(most_pixels_, std::int64_t{width} * height);
  }
}

}  // namespace dicom

LEAT_NODE(dicom::Folder, "dicom.folder", "A DICOM file, or all of a folder.")
