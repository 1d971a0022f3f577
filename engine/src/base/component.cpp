#include "leat/component.h"

#include "leat/node.h"

namespace leat {

RandomKey Opening::random_key(std::string_view of_name) const {
  RandomKey key;
  key.key = RandomKey::of(seed, phase, of_name);
  return key;
}

ParamPort::ParamPort(Component* owner, std::string_view name, std::string_view sentence, bool is_required)
    : name_(name), sentence_(sentence), is_required_(is_required) {
  owner->params_.push_back(this);
}

UsePort::UsePort(Component* owner, std::string_view name, std::string_view sentence, Access access, bool is_optional)
    : name_(name), sentence_(sentence), access_(access), is_optional_(is_optional) {
  owner->uses_.push_back(this);
}

Port::Port(Node* owner, PortKind kind, const ValueType& type, std::string_view name, std::string_view sentence, PortFlags flags)
    : kind_(kind), type_(&type), name_(name), sentence_(sentence), contract_(Contract::parse(sentence)), flags_(flags) {
  auto& ports = is_output(kind) ? owner->outputs_ : owner->inputs_;
  index_ = static_cast<int>(ports.size());
  ports.push_back(this);
}

StatePort::StatePort(Node* owner, std::string_view name) : name_(name), index_(static_cast<int>(owner->states_.size())) {
  owner->states_.push_back(this);
}

std::int64_t Source::pick(const Frame& frame, std::int64_t length, bool shuffled) const {
  const std::int64_t draw = frame.draw();
  const std::int64_t pass = draw / length;
  const std::int64_t place = draw % length;
  if (!shuffled) return place;
  // The pass takes the place of the step: one permutation for each, whatever the batch.
  RandomKey key = frame.random().key();
  key.step = static_cast<std::uint32_t>(pass);
  key.slot = 0xFFFFFFFFu;
  return Permutation(key, length)(place);
}

}  // namespace leat
