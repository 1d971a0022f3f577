#pragma once

#include <string>
#include <string_view>

#include "leat/contract.h"
#include "leat/value.h"

namespace leat {

class Node;

/// How a port takes or outputs values. A node with a Gather or a Scatter runs once per step. A node without them runs once per slot or
/// step, depending on its inputs and its lane.
enum class PortKind {
  Input,     ///< One value per slot or per step.
  Optional,  ///< As Input; can stay unconnected.
  Maybe,     ///< As Optional; the node also runs for a dropped sample, without a value.
  Inputs,    ///< Any number of named values, `in: {port: {a: x.out, b: y.out}}`.
  Gather,    ///< The values of all slots of a step.
  OptionalGather,
  Output,   ///< One value per slot or per step.
  Scatter,  ///< One value for each slot that was gathered.
};

[[nodiscard]] constexpr bool is_output(PortKind kind) { return kind == PortKind::Output || kind == PortKind::Scatter; }
[[nodiscard]] constexpr bool is_gather(PortKind kind) { return kind == PortKind::Gather || kind == PortKind::OptionalGather; }
[[nodiscard]] constexpr bool is_optional(PortKind kind) {
  return kind == PortKind::Optional || kind == PortKind::OptionalGather || kind == PortKind::Inputs || kind == PortKind::Maybe;
}

/// Properties of a port in addition to its type; combined with `|`.
enum class PortFlags : unsigned {
  None = 0,
  AnyRows = 1,  ///< Its rows are not paired with rows of the node's other ports.
  /// Not for training: such an output connects only to such inputs. `keep` cannot use a node of which such an input is connected.
  Diagnostic = 2,
  /// Gradients flow through it. In a train phase, both nodes of an edge between two such ports are in one segment.
  Differentiable = 4,
};
[[nodiscard]] constexpr PortFlags operator|(PortFlags a, PortFlags b) {
  return static_cast<PortFlags>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
[[nodiscard]] constexpr bool has(PortFlags flags, PortFlags flag) {
  return (static_cast<unsigned>(flags) & static_cast<unsigned>(flag)) != 0;
}

inline constexpr PortFlags any_rows = PortFlags::AnyRows;
inline constexpr PortFlags diagnostic = PortFlags::Diagnostic;
inline constexpr PortFlags differentiable = PortFlags::Differentiable;

/// A port, independent of its C++ type. The node's constructor declares it. Invariant: it does not change afterwards.
class Port {
 public:
  Port(Node* owner, PortKind kind, const ValueType& type, std::string_view name, std::string_view sentence, PortFlags flags);
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] PortKind kind() const { return kind_; }
  [[nodiscard]] const ValueType& type() const { return *type_; }
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view sentence() const { return sentence_; }
  [[nodiscard]] const Contract& contract() const { return contract_; }
  [[nodiscard]] bool is(PortFlags flag) const { return has(flags_, flag); }
  [[nodiscard]] int index() const { return index_; }  ///< Index among the node's inputs, or among its outputs.

 private:
  PortKind kind_;
  const ValueType* type_;
  std::string_view name_;
  std::string_view sentence_;
  Contract contract_;
  PortFlags flags_;
  int index_;
};

namespace detail {
template <class T, PortKind which>
class TypedPort : public Port {
 public:
  using value = T;
  TypedPort(Node* owner, std::string_view name, std::string_view sentence, PortFlags flags = PortFlags::None)
      : Port(owner, which, value_type<T>(), name, sentence, flags) {}
};
}  // namespace detail

template <class T>
class Input final : public detail::TypedPort<T, PortKind::Input> {
  using detail::TypedPort<T, PortKind::Input>::TypedPort;
};
template <class T>
class OptionalInput final : public detail::TypedPort<T, PortKind::Optional> {
  using detail::TypedPort<T, PortKind::Optional>::TypedPort;
};
template <class T>
class Maybe final : public detail::TypedPort<T, PortKind::Maybe> {
  using detail::TypedPort<T, PortKind::Maybe>::TypedPort;
};
template <class T>
class Inputs final : public detail::TypedPort<T, PortKind::Inputs> {
  using detail::TypedPort<T, PortKind::Inputs>::TypedPort;
};
template <class T>
class Gather final : public detail::TypedPort<T, PortKind::Gather> {
  using detail::TypedPort<T, PortKind::Gather>::TypedPort;
};
template <class T>
class OptionalGather final : public detail::TypedPort<T, PortKind::OptionalGather> {
  using detail::TypedPort<T, PortKind::OptionalGather>::TypedPort;
};
template <class T>
class Output final : public detail::TypedPort<T, PortKind::Output> {
  using detail::TypedPort<T, PortKind::Output>::TypedPort;
};
template <class T>
class Scatter final : public detail::TypedPort<T, PortKind::Scatter> {
  using detail::TypedPort<T, PortKind::Scatter>::TypedPort;
};

}  // namespace leat
