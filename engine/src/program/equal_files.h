#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/sample.h"

namespace leat::program {

/// Returns what an id says below its file, which can be an archive: of `set/a/k1` in `/data/set/a.tar`, `k1`. Such an id begins with the
/// end of the file's path, without an ending. It is then found in a copy of the archive under another name. Returns other ids whole.
[[nodiscard]] std::string_view id_in_file(std::string_view id, std::string_view file);

/// The file of a sample, and the purpose of the sample.
struct SampleFile {
  std::string path;
  /// Its `id_in_file`. Distinguishes samples in the same file, such as an archive; empty: the sample is the whole file.
  std::string entry;
  bool trains = false;
  bool judges = false;
  std::string id = {};  ///< Its `id_in_file`. It is compared if another sample in an equal file has an entry.
  FilePart part = {};   ///< It is compared as a file of its own.
};

struct FileClasses {
  std::vector<std::size_t> of;  ///< For each file, the index of the first file that is equal to it.
  bool is_whole = true;         ///< False: only a block at the beginning, in the middle and at the end of each file was compared.
};

/// Finds equal files: paths that lead to the same file, and files of equal size and contents of which at least one is for training and one
/// for evaluation. Reads one block of each such file of equal size. Reads those that still seem equal whole if they have at most
/// FileMarks::whole_bytes together, else three blocks of each. In equal files with entries, samples are equal if their entries are. There a
/// sample without an entry, the only one that its data set has of the file, counts by its id.
[[nodiscard]] FileClasses find_equal_files(std::span<const SampleFile> files);

}  // namespace leat::program
