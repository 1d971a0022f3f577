#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "base/working.h"
#include "leat/component.h"
#include "leat/diagnostics.h"
#include "leat/thrown.h"

namespace leat {

/// What is wrong with what a component declares, each as what comes after "declares": two parameters, resources, inputs, outputs or states
/// of one name, one without a name, one with a name that no graph can write, and a port's sentence without its contract. [setup]
[[nodiscard]] std::vector<std::string> declared_mistakes(const Component& component);

/// Throws Refusal with the type's id and the first of `declared_mistakes`, if there are any. [setup]
void check_declared(const Component& component, const std::string& type);

/// Names a type if an object of it crashes while it is made. Who works for a node or resource of a graph, names that.
class Making final : public Working {
 public:
  Making(const std::string& type, const std::string& plugin) : type_(type), plugin_(plugin) {}

 private:
  bool tell(CrashLine& line) const override;

  const std::string& type_;
  const std::string& plugin_;
};

/// Returns a new object of a node or resource type. Throws what its constructor throws, and std::runtime_error if there is no object.
/// [setup]
template <class Type>
[[nodiscard]] auto made_of(const Type& type) {
  const Making making(type.id, type.plugin);
  auto made = type.make();
  if (!made) throw std::runtime_error("its `make` returns null");
  return made;
}

/// The same, whose declarations are right. Throws Refusal with the type's id if its constructor throws, or declarations are wrong. [setup]
template <class Type>
[[nodiscard]] auto make_component(const Type& type) {
  decltype(type.make()) made;
  try {
    made = made_of(type);
  } catch (...) {
    throw Refusal("`" + type.id + "` cannot be made: " + words_of_current_exception());
  }
  check_declared(*made, type.id);
  return made;
}

}  // namespace leat
