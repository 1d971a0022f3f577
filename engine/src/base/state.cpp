#include "leat/state.h"

#include "leat/node.h"

namespace leat {

StatePort::StatePort(Node* owner, std::string_view name) : name_(name), index_(static_cast<int>(owner->states_.size())) {
  owner->states_.push_back(this);
}

}  // namespace leat
