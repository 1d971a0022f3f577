#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace leat {

/// Who a slot is. Made by its source, carried by the ledger, the same for every node that the slot reaches.
struct Sample {
  std::string id;     ///< Unique within its source; the file's path below the data folder, as a rule.
  std::string file;   ///< What to open or to name in an error; empty for drawn data.
  std::string group;  ///< What a gate aligns by: a hospital, a folder.
  std::map<std::string, std::string> facts;
};

}  // namespace leat
