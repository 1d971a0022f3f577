#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "description/reading.h"

namespace leat {

/// A declared parameter of a graph or a template: `size: {value: 256, range: [64, 1024]}`, or a plain value.
struct Parameter {
  std::string name;
  Place place;
  std::optional<Tree> value;
  std::string doc;
  std::optional<std::int64_t> multiple_of;
  double low = 0, high = 0;
  bool has_range = false;
  std::string range_text;
  std::vector<std::string> one_of;  ///< Texts; empty: any value.
  bool is_broken = false;           ///< A mistake in it was reported, so that its value is not known.

  [[nodiscard]] std::string allowed() const;  ///< In words, as ParamText has it.
};

class Scope;

/// Values that replace parameters' own: from `--set`, or from the `with` of a template's instance.
struct GivenValues {
  struct One {
    std::string name;
    Tree value;
  };
  std::vector<One> values;       ///< Of equal names the last counts.
  const Scope* scope = nullptr;  ///< What `${name}` refers to in them.
  Place owner;                   ///< Where a parameter without a value is reported; empty: where it is declared.
  std::set<std::string> meant;   ///< Parameters whose values seem to stand under wrong names, which is told already.
};

/// The parameters that `${name}` may refer to; a template's stand before the graph's.
class Scope {
 public:
  explicit Scope(Reading& reading, const Scope* outer = nullptr) : reading_(reading), outer_(outer) {}

  void bind(const std::string& name, Tree value) { values_.insert_or_assign(name, std::move(value)); }
  /// For a parameter without a usable value: what refers to it is passed over in silence.
  void bind_broken(const std::string& name) { values_.insert_or_assign(name, std::nullopt); }
  /// For parameters that a mistake hides: what refers to a name that is not there is passed over too.
  void leave_open() { is_open_ = true; }
  /// The scope's own value; does not count as a use.
  [[nodiscard]] const Tree* peek(const std::string& name) const;
  /// A copy with every `${name}` in its scalars replaced.
  [[nodiscard]] Tree substitute(const Tree& tree) const;
  /// Whether anything referred to this scope's own parameter.
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

/// Reads `params`; null where there are none.
[[nodiscard]] std::vector<Parameter> read_parameters(const Tree* params, Reading& reading);
/// Binds each parameter to its given value or its own, in their order, so that a value may refer to those above it. Checks type, range,
/// `multiple_of` and `one_of`. Given names that are no parameter are the caller's to refuse.
void bind_parameters(const std::vector<Parameter>& parameters, const GivenValues& given, Scope& scope, Reading& reading);

}  // namespace leat
