#include "leat/component.h"

namespace leat {

RandomKey Opening::random_key(std::string_view of_name) const {
  RandomKey key;
  key.key = RandomKey::of(seed, phase, of_name);
  return key;
}

UsePort::UsePort(Component* owner, std::string_view name, std::string_view sentence, Access access, bool is_optional)
    : name_(name), sentence_(sentence), access_(access), is_optional_(is_optional) {
  owner->uses_.push_back(this);
}

}  // namespace leat
