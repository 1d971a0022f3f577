#include "leat/node_error.h"

#include <utility>

namespace leat {

NodeError::NodeError(std::string node_name, std::string type_name, Place at, std::string which, std::string why)
    : std::runtime_error(at.str() + ": error: `" + node_name + "` (" + type_name + ") failed at " + which + ": " + why),
      node(std::move(node_name)),
      type(std::move(type_name)),
      place(std::move(at)),
      where(std::move(which)),
      cause(std::move(why)) {}

}  // namespace leat
