#include "io/split/channel_files.h"

#include <algorithm>
#include <utility>

#include "leat/diagnostics.h"
#include "leat/wording.h"

// Images of several files, as nnU-Net names them.

namespace leat {

namespace fs = std::filesystem;

namespace {

/// Returns the image and the channel that the name of a file states; -1: it states no channel.
std::pair<std::string, int> image_and_channel(const std::string& file) {
  const std::string stem = fs::path(file).replace_extension().generic_string();
  const std::size_t line = stem.rfind('_');
  const std::string number = line == std::string::npos ? "" : stem.substr(line + 1);
  if (number.size() != 4 || number.find_first_not_of("0123456789") != std::string::npos) return {stem, -1};
  return {stem.substr(0, line), std::stoi(number)};
}

/// Returns the number of a channel as the names of files have it: `_0001`.
std::string suffix_of(int channel) {
  const std::string digits = std::to_string(channel);
  return "_" + std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + digits;
}

}  // namespace

std::map<std::string, ChannelFiles> images_by_name(const FolderFiles& found) {
  std::map<std::string, ChannelFiles> out;
  for (const std::string& file : found.pictures) {
    const auto [name, channel] = image_and_channel(file);
    if (channel < 0)
      throw Refusal("`" + (found.folder / file).string() + "` does not end in the number of a channel, such as `_0000`", "path");
    std::string& place = out[name][channel];
    if (!place.empty()) throw Refusal("`" + place + "` and `" + file + "` are the same channel of one case", "path");
    place = file;
  }
  return out;
}

SplitEntry entry_of_channels(const FolderFiles& found, const std::string& name, const ChannelFiles& files, int channels,
                             const std::string& says) {
  const std::string subject = "the case `" + name + "` of `" + found.folder.filename().string() + "` has ";
  if (files.size() != static_cast<std::size_t>(channels))
    throw Refusal(subject + counted(files.size(), "channel") + ", but " + says, "path");
  SplitEntry out;
  for (int channel = 0; channel < channels; ++channel) {
    const auto file = files.find(channel);
    if (file == files.end()) throw Refusal(subject + "no file `" + name + suffix_of(channel) + "`, but " + says, "path");
    const fs::path path = (found.folder / file->second).lexically_normal();
    if (channel == 0) out.id = file->second, out.file = path;
    else out.channels.push_back(path);
  }
  out.mask_name = name;
  return out;
}

int likely_channel_files(const FolderFiles& found) {
  constexpr int most = 8;  // More are frames or slices.
  std::map<std::string, ChannelFiles> images;
  for (const std::string& file : found.pictures) {
    const auto [name, channel] = image_and_channel(file);
    if (channel < 0 || !images[name].emplace(channel, file).second) return 1;
  }
  if (images.size() < 2) return 1;
  const std::size_t files = images.begin()->second.size();
  const bool are_alike = std::all_of(images.begin(), images.end(), [&](const auto& image) {
    return image.second.size() == files && image.second.begin()->first == 0 && image.second.rbegin()->first == static_cast<int>(files) - 1;
  });
  return are_alike && files <= most ? static_cast<int>(files) : 1;
}

}  // namespace leat
