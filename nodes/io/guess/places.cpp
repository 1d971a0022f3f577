#include "io/guess/places.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "io/split/folder_files.h"
#include "io/split/nnunet.h"
#include "leat/make_tree.h"

namespace leat::guess {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder, bool are_folders) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator one(folder, error), end; !error && one != end; one.increment(error)) {
    std::error_code ignored;
    if (one->is_directory(ignored) == are_folders) out.push_back(one->path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

namespace {

/// Returns the list of a folder. Throws Refusal if it has several.
std::optional<fs::path> list_in(const fs::path& folder) {
  std::vector<std::string> found;
  for (const std::string& name : names_in(folder, false)) {
    const std::string ending = lower(fs::path(name).extension().string());
    if (ending == ".csv" || ending == ".tsv" || ending == ".json") found.push_back(name);
  }
  if (found.empty()) return {};
  if (found.size() > 1)
    throw Refusal("`" + folder.string() + "` has several lists: `" + found[0] + "` and `" + found[1] + "`", {}, "name one of them");
  return folder / found[0];
}

/// Returns the folders in a folder whose names say that images are in them.
std::vector<fs::path> image_folders_in(const fs::path& folder) {
  static const std::set<std::string> usual{"images", "image", "imgs", "img", "pictures", "bilder", "jpg", "png", "dicom"};
  std::vector<fs::path> out;
  for (const std::string& name : names_in(folder, true))
    if (usual.contains(lower(name))) out.push_back(folder / name);
  return out;
}

/// Throws Refusal if the folders of a folder are data sets of their own, with images and masks.
void refuse_several(const fs::path& folder) {
  const std::vector<std::string> names = names_in(folder, true);
  std::string found;
  for (const std::string& name : names)
    if (!image_folders_in(folder / name).empty()) found = name;
  if (found.empty() || !image_folders_in(folder).empty()) return;
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "`" : ", `") + (folder / name).string() + "`";
  throw Refusal("`" + folder.string() + "` holds several data sets, because `" + found + "` has images of its own", {},
                "name one of " + all);
}

bool has_rows(const Split& found) {
  return std::any_of(found.entries().begin(), found.entries().end(), [](const SplitEntry& entry) { return !entry.rows.empty(); });
}

/// Tries a list with the images below `images`. Pictures there that the list does not name are images without a class, unless the list
/// has a column `split`: then they can be of any part.
std::unique_ptr<Split> listed_below(Trial& trial, const fs::path& images) {
  Trial named = trial;
  named.set("images", text_tree(images.string()));
  std::unique_ptr<Split> found = named.surveyed();
  trial = named;
  if (has_rows(*found)) return found;
  Trial whole = named;
  whole.set("unlisted", plain_tree("read"));
  std::unique_ptr<Split> more = whole.surveyed();
  if (more->entries().size() == found->entries().size()) return found;
  trial = whole;
  return more;
}

/// Returns the deepest folder that contains all images of a list.
fs::path folder_of(const Split& found) {
  fs::path out = found.entries().at(0).file.parent_path();
  for (const SplitEntry& entry : found.entries())
    while (!is_within(entry.file, out)) out = out.parent_path();
  return out;
}

/// Chooses the folder that contains all images of a list, whatever it is called, if its names can start there, and the pictures in it
/// that the list does not name.
std::unique_ptr<Split> narrowed(Trial& trial, std::unique_ptr<Split> found, const fs::path& searched) {
  const fs::path images = folder_of(*found);
  if (images == searched || !is_within(images, searched)) return found;
  Trial tried = trial;
  try {
    std::unique_ptr<Split> below = listed_below(tried, images);
    trial = tried;
    return below;
  } catch (const Refusal&) {
    // The names of the list start above that folder.
  }
  if (has_rows(*found)) return found;
  tried = trial;
  tried.set("unlisted", plain_tree("read"));
  std::unique_ptr<Split> more = tried.surveyed();
  const bool are_below =
      std::all_of(more->entries().begin(), more->entries().end(), [&](const SplitEntry& entry) { return is_within(entry.file, images); });
  if (!are_below || more->entries().size() == found->entries().size()) return found;
  trial = tried;
  return more;
}

/// Chooses the folder of a list's images: a usual one, or one below the list's own folder or the folder above it. Throws Refusal if several
/// usual ones have the images, or none of all; then the refusal is that of the first that was tried.
std::unique_ptr<Split> listed(Trial& trial, const fs::path& folder) {
  const Trial given = trial;
  std::unique_ptr<Split> found;
  fs::path chosen;
  std::exception_ptr refused;
  const auto survey = [&](const auto& surveyed) {
    try {
      return surveyed();
    } catch (const Refusal&) {
      // The names of the list do not start there.
      if (!refused) refused = std::current_exception();
    }
    return std::unique_ptr<Split>();
  };
  for (const fs::path& images : image_folders_in(folder)) {
    Trial tried = given;
    std::unique_ptr<Split> one = survey([&] { return listed_below(tried, images); });
    if (one && found)
      throw Refusal("the files of the list are in `" + chosen.string() + "` and in `" + images.string() + "`", {},
                    "move one of these folders away, or the list into one of them");
    if (!one) continue;
    found = std::move(one);
    chosen = images;
    trial = tried;
  }
  if (found) return found;
  if (std::unique_ptr<Split> own = survey([&] { return given.surveyed(); })) return narrowed(trial, std::move(own), folder);
  const fs::path above = folder.parent_path();
  trial.set("images", text_tree(above.string()));
  std::unique_ptr<Split> own = survey([&] { return trial.surveyed(); });
  if (!own) std::rethrow_exception(refused);
  return narrowed(trial, std::move(own), above);
}

}  // namespace

std::unique_ptr<Split> find_files(Trial& trial, const fs::path& whole) {
  const bool is_folder = fs::is_directory(whole);
  if (is_folder) refuse_several(whole);
  std::optional<fs::path> list = is_folder ? std::nullopt : std::optional(whole);
  if (is_folder && !is_nnunet(whole) && !fs::exists(whole / "split.csv")) list = list_in(whole);
  trial.set("path", text_tree((list ? *list : whole).string()));
  return list ? listed(trial, list->parent_path()) : trial.surveyed();
}

}  // namespace leat::guess
