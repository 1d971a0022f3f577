#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/diagnostics.h"

namespace leat {

class Component;
class Tree;

/// A file or folder named in a graph; absolute after parsing (relative ones start from the text they stand in).
struct FilePath {
  std::filesystem::path path;
};

/// The values a number may have, both ends included.
template <class T>
struct Range {
  T low = std::numeric_limits<T>::lowest();
  T high = std::numeric_limits<T>::max();
};

struct Required {};
/// In place of a default: the graph has to give the parameter.
inline constexpr Required required{};

/// A parameter as loader, schema and docs see it. A name with a dot, `bridge.join`, stands for a map in the YAML.
class ParamPort {
 public:
  ParamPort(Component* owner, std::string_view name, std::string_view sentence, bool is_required);
  ParamPort(const ParamPort&) = delete;
  ParamPort& operator=(const ParamPort&) = delete;
  virtual ~ParamPort() = default;

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view sentence() const { return sentence_; }
  [[nodiscard]] bool is_required() const { return is_required_; }
  /// Reads the YAML's value; throws Refusal with what was observed. [setup]
  virtual void read(const Tree& tree) = 0;
  [[nodiscard]] virtual std::string type_name() const = 0;   ///< `int`, `list of text`
  [[nodiscard]] virtual std::string value_text() const = 0;  ///< The value as YAML would have it (the default before `read`).
  [[nodiscard]] virtual std::string range_text() const = 0;  ///< `1..16384`, `squash, pad`, or empty.
  [[nodiscard]] virtual std::optional<Range<double>> bounds() const { return {}; }  ///< Of a number that has some.
  [[nodiscard]] virtual std::vector<std::string> words() const { return {}; }       ///< Of a choice.
  [[nodiscard]] virtual std::optional<std::int64_t> whole() const { return {}; }    ///< For contracts that name the parameter.
  /// The symbol of the node's contracts whose entries the parameter names; empty: none.
  [[nodiscard]] virtual std::string_view named_symbol() const { return {}; }
  [[nodiscard]] virtual std::vector<std::string> given_names() const { return {}; }
  [[nodiscard]] virtual std::vector<std::string> found_names() const { return {}; }
  /// What the Program found out about that symbol: `given_names`, or those that arrive at an input. [setup]
  virtual void find_names(const std::vector<std::string>&) {}

 private:
  std::string_view name_;
  std::string_view sentence_;
  bool is_required_;
};

namespace detail {
/// Reading of one YAML value as a T; throws a Refusal that says what was found, with `name` as its subject.
template <class T>
[[nodiscard]] T read_value(const Tree& tree, std::string_view name = {});
template <class T>
[[nodiscard]] std::string type_name();
template <class T>
[[nodiscard]] std::string value_text(const T& value);

template <>
bool read_value<bool>(const Tree&, std::string_view);
template <>
int read_value<int>(const Tree&, std::string_view);
template <>
std::int64_t read_value<std::int64_t>(const Tree&, std::string_view);
template <>
double read_value<double>(const Tree&, std::string_view);
template <>
std::string read_value<std::string>(const Tree&, std::string_view);
template <>
FilePath read_value<FilePath>(const Tree&, std::string_view);
template <>
std::vector<int> read_value<std::vector<int>>(const Tree&, std::string_view);
template <>
std::vector<double> read_value<std::vector<double>>(const Tree&, std::string_view);
template <>
std::vector<std::string> read_value<std::vector<std::string>>(const Tree&, std::string_view);
template <>
std::map<std::string, double> read_value<std::map<std::string, double>>(const Tree&, std::string_view);
template <>
std::string type_name<bool>();
template <>
std::string type_name<int>();
template <>
std::string type_name<std::int64_t>();
template <>
std::string type_name<double>();
template <>
std::string type_name<std::string>();
template <>
std::string type_name<FilePath>();
template <>
std::string type_name<std::vector<int>>();
template <>
std::string type_name<std::vector<double>>();
template <>
std::string type_name<std::vector<std::string>>();
template <>
std::string type_name<std::map<std::string, double>>();
template <>
std::string value_text(const bool&);
template <>
std::string value_text(const int&);
template <>
std::string value_text(const std::int64_t&);
template <>
std::string value_text(const double&);
template <>
std::string value_text(const std::string&);
template <>
std::string value_text(const FilePath&);
template <>
std::string value_text(const std::vector<int>&);
template <>
std::string value_text(const std::vector<double>&);
template <>
std::string value_text(const std::vector<std::string>&);
template <>
std::string value_text(const std::map<std::string, double>&);
}  // namespace detail

template <class T>
concept Number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/// One line declares a parameter: type, name, sentence, default, range. `*width` is its value after the Program has read it.
/// T: bool, int, std::int64_t, double, std::string, FilePath, a vector of int, double or std::string, or a map from names to double.
template <class T>
class Param final : public ParamPort {
 public:
  Param(Component* owner, std::string_view name, std::string_view sentence, T value)
      : ParamPort(owner, name, sentence, false), value_(std::move(value)) {}
  Param(Component* owner, std::string_view name, std::string_view sentence, Required) : ParamPort(owner, name, sentence, true) {}
  Param(Component* owner, std::string_view name, std::string_view sentence, T value, Range<T> range) requires Number<T>
      : ParamPort(owner, name, sentence, false), value_(value), low_(range.low), high_(range.high), is_bounded_(true) {}
  Param(Component* owner, std::string_view name, std::string_view sentence, Required, Range<T> range) requires Number<T>
      : ParamPort(owner, name, sentence, true), low_(range.low), high_(range.high), is_bounded_(true) {}

  [[nodiscard]] const T& operator*() const { return value_; }
  [[nodiscard]] const T* operator->() const { return &value_; }

  void read(const Tree& tree) override {
    T value = detail::read_value<T>(tree, name());
    if constexpr (Number<T>) {
      if (is_bounded_ && !(value >= low_ && value <= high_))
        throw Refusal("`" + std::string(name()) + "` is " + detail::value_text(value) + ", its range is " + range_text());
    }
    value_ = std::move(value);
  }
  [[nodiscard]] std::string type_name() const override { return detail::type_name<T>(); }
  [[nodiscard]] std::string value_text() const override { return detail::value_text(value_); }
  [[nodiscard]] std::string range_text() const override {
    if constexpr (Number<T>) {
      if (is_bounded_) {
        if (high_ == std::numeric_limits<T>::max()) return "at least " + detail::value_text(low_);
        return detail::value_text(low_) + ".." + detail::value_text(high_);
      }
    }
    return {};
  }
  [[nodiscard]] std::optional<Range<double>> bounds() const override {
    if constexpr (Number<T>) {
      if (is_bounded_)
        return Range<double>{static_cast<double>(low_),
                             high_ == std::numeric_limits<T>::max() ? std::numeric_limits<double>::max() : static_cast<double>(high_)};
    }
    return {};
  }
  [[nodiscard]] std::optional<std::int64_t> whole() const override {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) return value_;
    return {};
  }

 private:
  struct Nothing {};
  using Bound = std::conditional_t<Number<T>, T, Nothing>;
  T value_{};
  Bound low_{};
  Bound high_{};
  bool is_bounded_ = false;
};

/// A parameter that is one of a few words.
class Choice final : public ParamPort {
 public:
  Choice(Component* owner, std::string_view name, std::string_view sentence, std::string value, std::vector<std::string> words)
      : ParamPort(owner, name, sentence, false), value_(std::move(value)), words_(std::move(words)) {}

  [[nodiscard]] bool operator==(std::string_view word) const { return value_ == word; }
  [[nodiscard]] const std::string& operator*() const { return value_; }

  void read(const Tree& tree) override;
  [[nodiscard]] std::string type_name() const override { return "choice"; }
  [[nodiscard]] std::string value_text() const override { return value_; }
  [[nodiscard]] std::string range_text() const override;
  [[nodiscard]] std::vector<std::string> words() const override { return words_; }

 private:
  std::string value_;
  std::vector<std::string> words_;
};

/// Names for the entries of a symbol in the node's contracts, such as the classes C of logits `N x C` and of a label "one of C":
/// `NamesOf classes{this, "classes", "C", "Names of the classes"}`. A graph that gives them says in which order this node has the entries;
/// otherwise they are those that arrive at its inputs. The Program compares the names of both ends of each edge, and brings values whose
/// entries are in another order into this node's.
class NamesOf final : public ParamPort {
 public:
  NamesOf(Component* owner, std::string_view name, std::string_view symbol, std::string_view sentence)
      : ParamPort(owner, name, sentence, false), symbol_(symbol) {}

  [[nodiscard]] const std::vector<std::string>& operator*() const { return names_; }  ///< Empty: they are not known.
  [[nodiscard]] const std::vector<std::string>* operator->() const { return &names_; }
  [[nodiscard]] bool is_given() const { return !given_.empty(); }
  /// The names, or numbers from 0 on in their place.
  [[nodiscard]] std::vector<std::string> or_numbers(std::int64_t count) const;

  void read(const Tree& tree) override;
  [[nodiscard]] std::string type_name() const override { return "list of text"; }
  [[nodiscard]] std::string value_text() const override { return detail::value_text(given_); }
  [[nodiscard]] std::string range_text() const override { return {}; }
  [[nodiscard]] std::string_view named_symbol() const override { return symbol_; }
  [[nodiscard]] std::vector<std::string> given_names() const override { return given_; }
  [[nodiscard]] std::vector<std::string> found_names() const override { return names_; }
  void find_names(const std::vector<std::string>& names) override { names_ = names; }

 private:
  std::string_view symbol_;
  std::vector<std::string> given_;
  std::vector<std::string> names_;
};

/// A source, or a resource that sources read, declares it where its samples have patients or files: `SharesWith shares_with{this};`. A
/// graph names there the data sets that may have patients and files of this one although one of the two trains and the other judges: a
/// resource, `phase.node` of a source that reads none, or the data set itself, of which two parts share some.
class SharesWith final : public ParamPort {
 public:
  explicit SharesWith(Component* owner);

  [[nodiscard]] const std::vector<std::string>& operator*() const { return names_; }

  void read(const Tree& tree) override;
  [[nodiscard]] std::string type_name() const override { return "list of text"; }
  [[nodiscard]] std::string value_text() const override { return detail::value_text(names_); }
  [[nodiscard]] std::string range_text() const override { return {}; }

 private:
  std::vector<std::string> names_;
};

}  // namespace leat
