#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace leat {

/// A part of a file, such as an entry of an archive that is not compressed.
struct FilePart {
  std::int64_t begin = 0;
  std::int64_t bytes = -1;  ///< -1: the whole file.

  [[nodiscard]] bool is_whole() const { return bytes < 0; }
  auto operator<=>(const FilePart&) const = default;
};

/// The identity of the data in a slot. The source sets it; the ledger carries it. All nodes that the slot reaches see the same sample.
struct Sample {
  std::string id;     ///< Unique within its source; usually the file's path below the data folder.
  std::string file;   ///< File to open, and to name in errors; empty for generated data. Either all samples of a source have one, or none.
  std::string group;  ///< Group by which a gate aligns: a hospital, a folder.
  std::string patient;  ///< Patient, for intervals over patients; empty if each sample counts as one patient.
  /// Other facts: columns of a list, tags of a file. The names are the user's. Invariant: no node of Leat reads one.
  std::map<std::string, std::string> facts;
  FilePart part = {};  ///< The part of the file that is the sample. Training and evaluation are compared by the bytes of their parts.
};

}  // namespace leat
