#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "description/reading.h"

namespace leat {

/// A parameter of a graph or a template: `size: {value: 256, range: [64, 1024]}`, or a plain value.
struct Parameter {
  std::string name;
  Place place;
  std::optional<Tree> value;
  std::string doc;
  std::optional<std::int64_t> multiple_of;
  double low = 0, high = 0;
  bool has_range = false;
  std::string range_text;
  std::vector<std::string> one_of;  ///< Valid texts; empty if every value is valid.
  bool is_broken = false;           ///< A mistake was reported, so its value is unknown.

  [[nodiscard]] std::string allowed() const;  ///< Returns the text for ParamText::allowed.
};

class Scope;

/// Values that replace those of parameters: from `--set`, or from the `with` of a template's instance.
struct GivenValues {
  struct One {
    std::string name;
    Tree value;
  };
  std::vector<One> values;       ///< If a name occurs twice, the last value counts.
  const Scope* scope = nullptr;  ///< Scope for `${name}` in these values.
  Place owner;                   ///< Place at which a parameter without a value is reported; empty: its declaration.
  std::set<std::string> meant;   ///< Parameters whose values were probably given under wrong names, which is reported already.
};

/// The parameters that `${name}` can refer to. A template's parameters hide the graph's.
class Scope {
 public:
  explicit Scope(Reading& reading, const Scope* outer = nullptr) : reading_(reading), outer_(outer) {}

  void bind(const std::string& name, Tree value) { values_.insert_or_assign(name, std::move(value)); }
  /// Binds a parameter without a usable value. References to it are not reported.
  void bind_broken(const std::string& name) { values_.insert_or_assign(name, std::nullopt); }
  /// Marks that a mistake hides parameters. References to unknown names are then not reported.
  void leave_open() { is_open_ = true; }
  /// Returns the scope's own value; null if there is none. Does not count as a use.
  [[nodiscard]] const Tree* peek(const std::string& name) const;
  /// Returns a copy in which every `${name}` in scalars is replaced.
  [[nodiscard]] Tree substitute(const Tree& tree) const;
  /// Returns true if something has referred to this parameter of the scope.
  [[nodiscard]] bool is_used(const std::string& name) const { return used_.contains(name); }

 private:
  [[nodiscard]] Tree substitute_scalar(const Tree& tree) const;
  [[nodiscard]] const std::optional<Tree>* look_up(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] bool is_open() const { return is_open_ || (outer_ && outer_->is_open()); }

  Reading& reading_;
  const Scope* outer_;
  bool is_open_ = false;
  std::map<std::string, std::optional<Tree>> values_;
  mutable std::set<std::string> used_;
};

/// Reads `params`, which can be null.
[[nodiscard]] std::vector<Parameter> read_parameters(const Tree* params, Reading& reading);
/// Binds each parameter, in order, to its given value or its own, so that a value can refer to those above it. Checks type, range,
/// `multiple_of` and `one_of`. The caller must refuse given names that are not parameters.
void bind_parameters(const std::vector<Parameter>& parameters, const GivenValues& given, Scope& scope, Reading& reading);

}  // namespace leat
