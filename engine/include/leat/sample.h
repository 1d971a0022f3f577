#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace leat {

/// Who a slot is. Made by its source, carried by the ledger, the same for every node that the slot reaches.
struct Sample {
  std::string id;       ///< Unique within its source; the file's path below the data folder, as a rule.
  std::string file;     ///< What to open or to name in an error; empty for drawn data. All samples of a source have one, or none has.
  std::string group;    ///< What a gate aligns by: a hospital, a folder.
  std::string patient;  ///< Whose data it is, for intervals over patients; empty: the sample is a patient by itself.
  /// What the data say besides: columns of a list, tags of a file. These names are the user's, and no node of Leat reads one.
  std::map<std::string, std::string> facts;
};

}  // namespace leat
