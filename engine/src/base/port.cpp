#include "leat/port.h"

#include "base/port_sentence.h"
#include "leat/node.h"

namespace leat {

Port::Port(Node* owner, PortKind kind, const ValueType& type, std::string_view name, std::string_view sentence, PortFlags flags)
    : kind_(kind), type_(&type), name_(name), sentence_(sentence), contract_(Contract::parse(sentence)), flags_(flags) {
  auto& ports = is_output(kind) ? owner->outputs_ : owner->inputs_;
  index_ = static_cast<int>(ports.size());
  ports.push_back(this);
}

namespace {

/// Returns true if values of the type have a shape.
bool has_shapes(const ValueType& type) {
  try {
    return type.blank({}).contract().has_shape;
  } catch (...) {
    return false;
  }
}

}  // namespace

std::string sentence_mistake(const Port& port) {
  const PortSentence read = read_port_sentence(port.sentence());
  if (read.is_contract ? read.mistake.empty() : !has_shapes(port.type())) return {};
  const std::string sentence(port.sentence());
  return std::string(is_output(port.kind()) ? "an output" : "an input") + " called `" + std::string(port.name()) +
         "` with the sentence \"" + sentence + "\": " +
         (read.is_contract ? read.mistake
                           : "it has to begin with what its values are, such as `N x C, float.`, `height x width, 8 bit.`, `One of C.`, `A "
                             "scalar, float.` or `Any shape.`");
}

}  // namespace leat
