#pragma once

#include <map>
#include <string>

#include "io/split/entry.h"
#include "io/split/folder_files.h"

namespace leat {

/// The files of one image, by channel.
using ChannelFiles = std::map<int, std::string>;

/// Returns the images of a folder by their names: `C_0000.png` is channel 0 of the image `C`. Throws Refusal at `path` for a file whose
/// name has no number of a channel, and for two files of one channel.
[[nodiscard]] std::map<std::string, ChannelFiles> images_by_name(const FolderFiles& found);

/// Returns an entry with the files of its channels, the first of which gives its id, below `images`. Throws Refusal at `path` if the image
/// has not exactly `channels` files. `says`: "`dataset.json` names 2".
[[nodiscard]] SplitEntry entry_of_channels(const FolderFiles& found, const std::string& name, const ChannelFiles& files, int channels,
                                           const std::string& says);

/// Returns the number of files per image if all files of a folder look like channels of several images, as nnU-Net names them; 1: they do
/// not.
[[nodiscard]] int likely_channel_files(const FolderFiles& found);

}  // namespace leat
