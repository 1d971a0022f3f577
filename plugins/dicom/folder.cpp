#include "folder.h"

#include <algorithm>
#include <map>

#include "dicom_file.h"

namespace dicom {

namespace fs = std::filesystem;
using leat::Refusal;

namespace {

/// Of `a/1.2.3.dcm`, `a/1.2.3`; the last number of a name that is a UID is no ending.
std::string without_ending(const std::string& id) {
  const std::string ending = fs::path(id).extension().string();
  const bool is_usual = ending == ".dcm" || ending == ".DCM" || ending == ".dicom" || ending == ".ima" || ending == ".IMA";
  return is_usual ? id.substr(0, id.size() - ending.size()) : id;
}

}  // namespace

void Folder::survey(const leat::Opening& opening) {
  files_.clear();
  std::error_code ignored;
  if (fs::is_directory(path->path, ignored)) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path->path, fs::directory_options::skip_permission_denied))
      if (entry.is_regular_file() && is_dicom(entry.path()))
        files_.push_back({entry.path(), entry.path().lexically_relative(path->path).generic_string(), {}});
  } else if (fs::exists(path->path, ignored)) {
    if (!is_dicom(path->path)) throw Refusal("`" + path->path.string() + "` is no DICOM file", "path");
    files_.push_back({path->path, path->path.filename().string(), {}});
  } else {
    throw Refusal("there is no `" + path->path.string() + "`", "path");
  }
  if (files_.empty()) throw Refusal("there is no DICOM file in `" + path->path.string() + "`", "path");
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.id < b.id; });
  std::map<std::string, int> counts;
  for (const File& one : files_) ++counts[without_ending(one.id)];
  for (File& one : files_) one.stem = counts[without_ending(one.id)] == 1 ? without_ending(one.id) : one.id;
  most_pixels_ = 0;
  for (const File& one : files_) {
    const auto [width, height] = size_of(one.file);
    most_pixels_ = std::max(most_pixels_, std::int64_t{width} * height);
  }
  changes_.clear();
  if (!opening.recorded) return;
  changes_ = marks().look_since(leat::FileMarks::load(*opening.recorded, "files")).words("DICOM file");
  if (!changes_.empty() && !opening.accepts_changed_files)
    throw Refusal("the folder is not as the run had it: " + changes_, "path",
                  "put back what was there, or go on with --accept-changed-files: then what is there now is read");
}

void Folder::open(const leat::Opening& opening) {
  if (!changes_.empty()) opening.warn("`" + opening.name + "`: the run goes on with the files that are there now: " + changes_);
}

void Folder::record(leat::Archive& archive) const {
  leat::FileMarks files = marks();
  files.look();
  files.save(archive, "files");
}

leat::FileMarks Folder::marks() const {
  leat::FileMarks out;
  for (const File& one : files_) out.add(one.id, one.file);
  return out;
}

}  // namespace dicom

LEAT_NODE(dicom::Folder, "dicom.folder", "A DICOM file, or all of a folder.")
