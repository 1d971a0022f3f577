#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace leat::program {

/// The file of a sample, and what the sample is for.
struct SampleFile {
  std::string path;
  std::string entry;  ///< Tells apart the samples of a file that has several, as an archive; empty: the sample is all of the file.
  bool trains = false;
  bool judges = false;
};

struct FileClasses {
  std::vector<std::size_t> of;  ///< By file the number of the first one that is equal to it.
  bool is_whole = true;         ///< False: contents were compared by a block at the beginning, in the middle and at the end of each file.
};

/// Finds files that are one through links, and, among those of equal size of which some train and some judge, those of equal contents.
/// Looks at each file once. Reads a block of each that has another one's size, and of those that then still seem equal at most
/// FileMarks::whole_bytes together, else three blocks of each.
[[nodiscard]] FileClasses find_equal_files(std::span<const SampleFile> files);

}  // namespace leat::program
