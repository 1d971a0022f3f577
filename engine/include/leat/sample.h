#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace leat {

/// The identity of the data in a slot. The source sets it; the ledger carries it. All nodes that the slot reaches see the same sample.
struct Sample {
  std::string id;     ///< Unique within its source; usually the file's path below the data folder.
  std::string file;   ///< File to open, and to name in errors; empty for generated data. Either all samples of a source have one, or none.
  std::string group;  ///< Group by which a gate aligns: a hospital, a folder.
  std::string patient;  ///< Patient, for intervals over patients; empty if each sample counts as one patient.
  /// Other facts: columns of a list, tags of a file. The names are the user's. Invariant: no node of Leat reads one.
  std::map<std::string, std::string> facts;
};

}  // namespace leat
