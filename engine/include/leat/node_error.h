#pragma once

#include <stdexcept>
#include <string>

#include "leat/diagnostics.h"

namespace leat {

/// Ends a run: a node or resource failed at one sample or moment.
class NodeError : public std::runtime_error {
 public:
  NodeError(std::string node, std::string type, Place place, std::string where, std::string cause);

  std::string node;
  std::string type;
  Place place;
  std::string where;  ///< "step 12, slot 3, sample `normal/a.jpg`"
  std::string cause;
};

}  // namespace leat
