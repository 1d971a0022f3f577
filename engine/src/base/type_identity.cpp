#include "leat/type_identity.h"

#include "base/class_name.h"

namespace leat {

std::string TypeIdentity::str() const {
  return "`" + class_name(*type) + "` (" + std::to_string(size) + (size == 1 ? " byte)" : " bytes)");
}

}  // namespace leat
