#include "leat/port.h"

#include "leat/node.h"

namespace leat {

Port::Port(Node* owner, PortKind kind, const ValueType& type, std::string_view name, std::string_view sentence, PortFlags flags)
    : kind_(kind), type_(&type), name_(name), sentence_(sentence), contract_(Contract::parse(sentence)), flags_(flags) {
  auto& ports = is_output(kind) ? owner->outputs_ : owner->inputs_;
  index_ = static_cast<int>(ports.size());
  ports.push_back(this);
}

}  // namespace leat
