#include "io/split/named_pictures.h"

#include <algorithm>
#include <system_error>

#include "io/split/folder_files.h"
#include "leat/diagnostics.h"
#include "leat/file_contents.h"
#include "leat/picture_format.h"
#include "leat/spelling.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

/// Returns a path in one Unicode form, with its ending in lower case.
std::string plain(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const bool has_ending = dot != std::string::npos && path.find('/', dot) == std::string::npos;
  return plain_spelling(has_ending ? path.substr(0, dot) + lower(path.substr(dot)) : path);
}

/// Returns false for two names that look the same, such as in NFC and NFD.
bool differs_in_look(const std::string& one, const std::string& other) { return plain_spelling(one) != plain_spelling(other); }

/// Calls `take` with the path, then without its first folder, and so on.
template <class Take>
void each_end(std::string path, Take take) {
  for (;;) {
    take(path);
    const std::size_t slash = path.find('/');
    if (slash == std::string::npos) return;
    path.erase(0, slash + 1);
  }
}

}  // namespace

const std::vector<std::string>& NamedPictures::all() {
  if (all_) return *all_;
  all_ = look_();
  for (std::size_t k = 0; k < all_->size(); ++k) {
    const std::string path = plain((*all_)[k]);
    each_end(path, [&](const std::string& end) { by_name_[end].push_back(k); });
    each_end(fs::path(path).replace_extension().generic_string(), [&](const std::string& end) { by_stem_[end].push_back(k); });
  }
  return *all_;
}

std::vector<std::string> NamedPictures::identified(const std::string& name) {
  if (picture_formats().empty()) return {};
  if (!by_identity_) {
    by_identity_.emplace();
    std::vector<std::vector<std::pair<std::string, std::string>>> names(all().size());
    for_each_place(names.size(), [&](std::size_t k, std::vector<char>&) {
      const fs::path file = folder_ / (*all_)[k];
      if (const PictureFormat* format = find_picture_format(file)) names[k] = format->header(file).names;
    });
    for (std::size_t k = 0; k < names.size(); ++k)
      for (const auto& [kind, text] : names[k]) {
        auto found =
            std::find_if(by_identity_->begin(), by_identity_->end(), [&kind = kind](const auto& one) { return one.first == kind; });
        if (found == by_identity_->end()) found = by_identity_->insert(found, {kind, {}});
        found->second[text].push_back(k);
      }
  }
  std::vector<std::string> out;
  for (const auto& [kind, places] : *by_identity_) {
    const auto found = places.find(name);
    if (found == places.end()) continue;
    ++kinds_[kind];
    for (const std::size_t k : found->second) out.push_back((*all_)[k]);
    break;
  }
  return out;
}

std::string NamedPictures::find(const std::string& name, const std::string& place) {
  std::error_code ignored;
  if (name.empty() || (fs::exists(folder_ / name, ignored) && !fs::is_directory(folder_ / name, ignored))) return name;
  (void)all();
  std::string wanted;
  for (const fs::path& part : fs::path(name).lexically_normal().relative_path())
    if (part != "..") wanted += (wanted.empty() ? "" : "/") + part.string();
  wanted = plain(wanted);
  const Places& places = is_picture(wanted) ? by_name_ : by_stem_;
  const auto found = places.find(wanted);
  if (found == places.end()) return name;
  const std::vector<std::size_t>& which = found->second;
  if (which.size() > 1)
    throw Refusal(place + " names `" + name + "`, which can be `" + (*all_)[which[0]] + "` or `" + (*all_)[which[1]] + "` in `" +
                      folder_.string() + "`",
                  "path", "write the path of the image, relative to that folder");
  const std::string& file = (*all_)[which[0]];
  if (found_++ == 0) first_ = differs_in_look(name, file) ? "`" + name + "` is `" + file + "`" : "`" + file + "` in another Unicode form";
  return file;
}

}  // namespace leat
