#include "io/split/folder_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "leat/diagnostics.h"
#include "leat/picture_format.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

/// Returns the endings of Leat's formats, and of those of plugins.
std::vector<std::string> picture_endings() {
  std::vector<std::string> out{".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"};
  for (const auto& format : picture_formats())
    for (std::string& ending : format->endings()) out.push_back(std::move(ending));
  return out;
}

bool is_of_the_system(const std::string& name) {
  return name.starts_with('.') || name == "__MACOSX" || name == "Thumbs.db" || name == "desktop.ini";
}

/// The links to folders on the path of a walk.
class Links {
 public:
  explicit Links(std::string_view at) : at_(at) {}

  /// Adds a link. Throws Refusal if it leads to a folder that the walk is in, directly or through other links.
  void enter(const fs::path& link, int depth) {
    leave(depth);
    const fs::path target = fs::canonical(link);
    entered_.emplace_back(depth, fs::canonical(link.parent_path()));
    for (const auto& [of_one, from] : entered_)
      if (is_within(from, target))
        throw Refusal("`" + link.string() + "` is a link to `" + target.string() + "`, a folder that contains it", std::string(at_));
  }
  void leave(int depth) {
    std::erase_if(entered_, [depth](const auto& one) { return one.first >= depth; });
  }

 private:
  std::string_view at_;
  std::vector<std::pair<int, fs::path>> entered_;  ///< Depth of each link, and the folder that contains it.
};

std::size_t count_pictures(const fs::path& folder) {
  std::size_t out = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    if (!is_of_the_system(entry.path().filename().string()) && !entry.is_directory() && is_picture(entry.path())) ++out;
  return out;
}

/// Returns the format of a volume, by the file's ending; empty: it is not a volume.
std::string volume_kind(const fs::path& file) {
  constexpr std::array<std::pair<const char*, const char*>, 5> kinds{
      {{".nii", "NIfTI"}, {".nii.gz", "NIfTI"}, {".mha", "MetaImage"}, {".mhd", "MetaImage"}, {".nrrd", "NRRD"}}};
  const std::string name = lower(file.filename().string());
  for (const auto& [ending, kind] : kinds)
    if (name.ends_with(ending)) return kind;
  return {};
}

/// Returns "`s.nii.gz` is a volume (NIfTI), but Leat reads images of two dimensions only"; empty: there is no volume.
std::string volumes_text(const std::vector<std::string>& files) {
  std::size_t count = 0;
  std::string first, kind_of_first;
  for (const std::string& file : files)
    if (const std::string kind = volume_kind(file); !kind.empty() && count++ == 0) first = "`" + file + "`", kind_of_first = kind;
  if (count == 0) return {};
  return (count == 1 ? first + " is a volume (" + kind_of_first + ")"
                     : std::to_string(count) + " of them are volumes, the first is " + first + " (" + kind_of_first + ")") +
         ", but Leat reads images of two dimensions only";
}

/// Returns the endings in words: "4 .webp, 2 .gif and 3 others".
std::string endings_text(const std::vector<std::string>& files) {
  std::map<std::string, int> counts;
  for (const std::string& file : files) ++counts[lower(fs::path(file).extension().string())];
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out;
  int others = 0;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    if (k >= 5) others += sorted[k].second;
    else
      out += (k > 0 ? ", " : "") + std::to_string(sorted[k].second) + " " + (sorted[k].first.empty() ? "without ending" : sorted[k].first);
  }
  return others > 0 ? out + " and " + std::to_string(others) + " others" : out;
}

/// Returns the names in words: "`a`, `b` and 3 others".
std::string names_text(const std::vector<std::string>& names) {
  std::string out;
  const std::size_t shown = names.size() <= 4 ? names.size() : 3;
  for (std::size_t k = 0; k < shown; ++k) out += (k == 0 ? "`" : k + 1 == names.size() ? " and `" : ", `") + names[k] + "`";
  return shown < names.size() ? out + " and " + std::to_string(names.size() - shown) + " others" : out;
}

}  // namespace

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

bool is_within(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

bool has_picture_ending(const fs::path& file) {
  const std::vector<std::string> known = picture_endings();
  return std::find(known.begin(), known.end(), lower(file.extension().string())) != known.end();
}

bool is_picture(const fs::path& file) { return has_picture_ending(file) || find_picture_format(file) != nullptr; }

std::string picture_endings_text() {
  std::string out = "pictures end in ";
  const std::vector<std::string> known = picture_endings();
  for (std::size_t k = 0; k < known.size(); ++k) out.append(k == 0 ? "" : k + 1 == known.size() ? " or " : ", ").append(known[k]);
  return out;
}

void refuse_volume(const fs::path& file) {
  if (const std::string kind = volume_kind(file); !kind.empty())
    throw Refusal("`" + file.string() + "` is a volume (" + kind + "), but Leat reads images of two dimensions only", "path",
                  "write its slices as PNG or TIFF files");
}

bool is_spreadsheet(const fs::path& file) {
  const std::string ending = lower(file.extension().string());
  return ending == ".xlsx" || ending == ".xlsm" || ending == ".xls" || ending == ".ods";
}

bool is_mask_folder(const fs::path& folder) {
  std::string word;
  for (const char letter : lower(folder.filename().string()) + ' ') {
    if (std::isalnum(static_cast<unsigned char>(letter))) word += letter;
    else if (word == "masks") return true;
    else word.clear();
  }
  return false;
}

FolderFiles files_below(const fs::path& folder, std::string_view at_parameter, const std::function<FolderUse(const fs::path&)>& use_of) {
  FolderFiles out;
  out.folder = folder;
  const std::size_t prefix = (folder / "").string().size();
  std::set<std::string> folders, filled;
  Links links(at_parameter);
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::follow_directory_symlink), end; at != end; ++at) {
    const std::string below = at->path().generic_string().substr(prefix);
    const bool is_folder = at->is_directory();
    links.leave(at.depth());
    if (is_of_the_system(at->path().filename().string())) {
      if (is_folder) at.disable_recursion_pending();
    } else if (is_folder) {
      const FolderUse use = use_of(at->path());
      if (use != FolderUse::Pictures) at.disable_recursion_pending();
      else if (at->is_symlink()) links.enter(at->path(), at.depth());
      if (use == FolderUse::Masks) out.mask_folders.push_back(below);
      if (use == FolderUse::LeftOut) out.left_out_folders.emplace_back(below, count_pictures(at->path()));
      if (use == FolderUse::Pictures && at.depth() == 0) folders.insert(below);
    } else if (is_picture(at->path())) {
      out.pictures.push_back(below);
      filled.insert(below.substr(0, below.find('/')));
    } else {
      out.others.push_back(below);
    }
  }
  for (auto* each : {&out.pictures, &out.others, &out.mask_folders}) std::sort(each->begin(), each->end());
  std::sort(out.left_out_folders.begin(), out.left_out_folders.end());
  std::set_difference(folders.begin(), folders.end(), filled.begin(), filled.end(), std::back_inserter(out.bare_folders));
  return out;
}

std::string FolderFiles::left_out(bool with_bare_folders) const {
  std::string out;
  const auto add = [&](const std::string& part, const std::string& verb) {
    out += (out.empty() ? part + " in `" + folder.string() + "`" : "; " + part) + verb;
  };
  const std::string count = " of " + std::to_string(pictures.size() + others.size()) + " files";
  if (others.size() == 1) add("1" + count, " is not read: `" + others[0] + "`");
  if (others.size() > 1)
    add(std::to_string(others.size()) + count, " are not read (" + endings_text(others) + "), the first is `" + others[0] + "`");
  if (const std::string volumes = volumes_text(others); !volumes.empty()) out += "; " + volumes;
  const auto add_folders = [&](const std::vector<std::string>& names, const std::string& of_one, const std::string& of_several) {
    if (!names.empty())
      add((names.size() == 1 ? "the folder " : "the folders ") + names_text(names), names.size() == 1 ? of_one : of_several);
  };
  if (with_bare_folders) add_folders(bare_folders, " has no picture", " have no picture");
  add_folders(mask_folders, " seems to hold masks, so none of its files is read as an image",
              " seem to hold masks, so none of their files is read as an image");
  for (const auto& [name, count] : left_out_folders)
    add("the folder `" + name + "`",
        " is left out, so " + std::to_string(count) + (count == 1 ? " picture in it is" : " pictures in it are") + " not read");
  return out;
}

std::string FolderFiles::instead() const {
  std::string out = others.empty() ? "" : ", only " + endings_text(others);
  if (!mask_folders.empty()) out += ", apart from masks in " + names_text(mask_folders);
  for (const auto& [name, count] : left_out_folders) out += ", apart from `" + name + "`, which is left out";
  return out;
}

std::string FolderFiles::hint() const {
  const bool has_dicom = std::any_of(others.begin(), others.end(), [](const std::string& file) {
    const std::string ending = lower(fs::path(file).extension().string());
    return ending == ".dcm" || ending == ".dicom" || ending == ".ima";
  });
  const auto sheet = std::find_if(others.begin(), others.end(), [](const std::string& file) { return is_spreadsheet(file); });
  return std::string(has_dicom ? "; DICOM files need the plugin in plugins/dicom: `--plugin dicom.plugin`" : "") +
         (sheet != others.end() ? "; if `" + *sheet + "` is a list of images, save it as .csv" : "");
}

}  // namespace leat
