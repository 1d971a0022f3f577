#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/value.h"

namespace leat {

class Node;

/// True if a checkpoint's numbers, double and std::int64_t, keep all bits of a number of this type. `long double` has more bits.
template <class T>
inline constexpr bool fits_archive = !std::is_arithmetic_v<T> || sizeof(T) <= 8;

/// Stores a state's type in a checkpoint. Defined for numbers, text, and vectors of double, float or std::int64_t. Also defined for types
/// that have `save` and `load`. For other types an author specialises it.
template <class T>
struct StateTraits {
  static_assert(fits_archive<T>, "a checkpoint keeps a number as double or std::int64_t, which has fewer bits: use one of these");

  static void save(Archive& archive, const std::string& name, const T& value) {
    if constexpr (std::is_same_v<T, std::string>) archive.put(name, value);
    else if constexpr (std::is_floating_point_v<T>) archive.put(name, static_cast<double>(value));
    else if constexpr (std::is_integral_v<T>) archive.put(name, static_cast<std::int64_t>(value));
    else if constexpr (std::is_same_v<T, std::vector<double>> || std::is_same_v<T, std::vector<float>> ||
                       std::is_same_v<T, std::vector<std::int64_t>>)
      archive.put(name, std::span(value));
    else {
      static_assert(
          requires { value.save(archive, name); }, "a State of this type needs `save` and `load`, or StateTraits of its own");
      value.save(archive, name);
    }
  }
  static void load(const Archive& archive, const std::string& name, T& value) {
    if constexpr (std::is_same_v<T, std::string>) value = archive.text(name);
    else if constexpr (std::is_floating_point_v<T>) value = static_cast<T>(archive.number(name));
    else if constexpr (std::is_integral_v<T>) value = static_cast<T>(archive.whole(name));
    else if constexpr (std::is_same_v<T, std::vector<double>>) value = archive.numbers(name);
    else if constexpr (std::is_same_v<T, std::vector<float>>) value = archive.floats(name);
    else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) value = archive.wholes(name);
    else value.load(archive, name);
  }
};

/// A state in the engine: created for each occurrence of a phase, copied after each step that a checkpoint can need.
class StateBox {
 public:
  virtual ~StateBox() = default;
  [[nodiscard]] virtual std::unique_ptr<StateBox> copy() const = 0;
  virtual void save(Archive& archive, const std::string& name) const = 0;
  virtual void load(const Archive& archive, const std::string& name) = 0;
  /// Replaces a state that is a value of an edge too, such as a tensor, by `keep` of it. Other states are unchanged.
  virtual void keep(const std::function<Value(Value)>& keep) = 0;
};

/// A state that a node declares. A node with a state runs in (step, slot) order, one call at a time.
class StatePort {
 public:
  StatePort(Node* owner, std::string_view name);
  StatePort(const StatePort&) = delete;
  StatePort& operator=(const StatePort&) = delete;
  virtual ~StatePort() = default;

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] int index() const { return index_; }
  [[nodiscard]] virtual std::unique_ptr<StateBox> make() const = 0;

 private:
  std::string_view name_;
  int index_;
};

/// `State<double> mean{this, "mean", 0.5}`. Read and write it through `frame.state(mean)`.
template <class T>
class State final : public StatePort {
 public:
  State(Node* owner, std::string_view name, T initial = {}) : StatePort(owner, name), initial_(std::move(initial)) {}

  struct Box final : StateBox {
    explicit Box(T from) : value(std::move(from)) {}
    [[nodiscard]] std::unique_ptr<StateBox> copy() const override { return std::make_unique<Box>(value); }
    void save(Archive& archive, const std::string& name) const override { StateTraits<T>::save(archive, name, value); }
    void load(const Archive& archive, const std::string& name) override { StateTraits<T>::load(archive, name, value); }
    void keep(const std::function<Value(Value)>& keep) override {
      if constexpr (requires { ValueTraits<T>::name; }) value = keep(Value::of<T>(std::move(value))).template take<T>();
    }
    T value;
  };
  [[nodiscard]] std::unique_ptr<StateBox> make() const override { return std::make_unique<Box>(initial_); }

 private:
  T initial_;
};

}  // namespace leat
