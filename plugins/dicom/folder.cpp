#include "folder.h"

#include <leat/file_contents.h>
#include <algorithm>
#include <cctype>

#include "dicom_file.h"

namespace dicom {

namespace fs = std::filesystem;
using leat::Refusal;

namespace {

/// Returns true if a name has an ending of DICOM files, in upper or lower case.
bool has_usual_ending(const fs::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return ending == ".dcm" || ending == ".dicom" || ending == ".ima";
}

bool is_within(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

/// Walks through a folder and the folders below it, through links.
class Walk {
 public:
  std::vector<fs::path> files;   ///< DICOM files, and files with such an ending. The latter can fail when they are read.
  std::vector<fs::path> others;  ///< Other files, except files of operating systems.

  void look_into(const fs::path& folder) {
    const fs::path real = fs::canonical(folder);
    for (const fs::path& above : above_)
      if (is_within(above, real))
        throw Refusal("`" + folder.string() + "` is a link to `" + real.string() + "`, a folder that contains it", "path");
    above_.push_back(real);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      if (entry.is_directory()) look_into(entry.path());
      else take(entry);
    }
    above_.pop_back();
  }

 private:
  void take(const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    const bool is_file = entry.is_regular_file();
    const bool is_gone = !entry.exists();  // a link whose target does not exist
    const bool is_of_the_system = name.starts_with('.') || name == "Thumbs.db" || name == "desktop.ini";
    if ((is_file && is_dicom(entry.path())) || (has_usual_ending(name) && !is_of_the_system && (is_file || is_gone)))
      files.push_back(entry.path());
    else if (!is_of_the_system) others.push_back(entry.path());
  }

  std::vector<fs::path> above_;  ///< Folders on the path of the walk, with links resolved.
};

/// Returns "2 of 9 files in `scans` are not DICOM and not read, the first is `notes.txt`".
std::string left_out(const Walk& walk, const fs::path& folder) {
  const std::size_t count = walk.others.size();
  const fs::path& first = *std::min_element(walk.others.begin(), walk.others.end());
  return std::to_string(count) + " of " + std::to_string(count + walk.files.size()) + " files in `" + folder.string() +
         (count == 1 ? "` is not DICOM and not read: `" : "` are not DICOM and not read, the first is `") +
         first.lexically_relative(folder).generic_string() + "`";
}

}  // namespace

void Folder::survey(const leat::Opening& opening) {
  files_.clear();
  std::error_code ignored;
  if (fs::is_directory(path->path, ignored)) {
    Walk walk;
    try {
      walk.look_into(path->path);
    } catch (const fs::filesystem_error& error) {
      throw Refusal("`" + error.path1().string() + "` cannot be read: " + error.code().message(), "path");
    }
    for (const fs::path& file : walk.files) files_.push_back({file, file.lexically_relative(path->path).generic_string(), {}, false});
    if (!walk.others.empty() && opening.warn) opening.warn("`" + opening.name + "`: " + left_out(walk, path->path));
  } else if (fs::exists(path->path, ignored)) {
    if (!is_dicom(path->path)) throw Refusal("`" + path->path.string() + "` is not a DICOM file", "path");
    files_.push_back({path->path, path->path.filename().string(), {}, false});
  } else {
    throw Refusal("there is no `" + path->path.string() + "`", "path");
  }
  if (files_.empty()) throw Refusal("there is no DICOM file in `" + path->path.string() + "`", "path");
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.id < b.id; });
  most_pixels_ = 0;
  std::size_t faulty = 0;
  std::string first;
  std::vector<Header> headers(files_.size());
  leat::for_each_place(files_.size(), [&](std::size_t place, std::vector<char>&) { headers[place] = header_of(files_[place].file); });
  for (std::size_t k = 0; k < files_.size(); ++k) {
    File& one = files_[k];
    Header& header = headers[k];
    if (!header.fault.empty() && faulty++ == 0) first = "`" + one.id + "`: " + header.fault;
    most_pixels_ = std::max(most_pixels_, std::int64_t{header.width} * header.height);
    one.patient = std::move(header.patient);
    one.is_coloured = header.is_coloured && header.fault.empty();
  }
  if (faulty > 0 && opening.warn)
    opening.warn("`" + opening.name + "`: " + std::to_string(faulty) + " of " + std::to_string(files_.size()) +
                 (files_.size() == 1 ? " DICOM file" : " DICOM files") + " cannot be used; the first is " + first);
  changes_.clear();
  if (!opening.recorded) return;
  changes_ = marks().look_since(leat::FileMarks::load(*opening.recorded, "files")).words("DICOM file");
  if (!changes_.empty() && !opening.accepts_changed_files)
    throw Refusal("the folder is not as it was in the run: " + changes_, "path",
                  "restore the files, or resume with --accept-changed-files: then the current files are read");
}

void Folder::open(const leat::Opening& opening) {
  if (!changes_.empty()) opening.warn("`" + opening.name + "`: the run continues with the current files: " + changes_);
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

LEAT_NODE(dicom::Folder, "dicom.folder", "A DICOM file, or all DICOM files of a folder.")
