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

/// A file or folder named in a graph. Absolute after parsing: a relative path starts from the folder of its text.
struct FilePath {
  std::filesystem::path path;
};

/// One number for all channels of an image, or one for each.
struct PerChannel {
  std::vector<double> numbers{0};

  PerChannel() = default;
  PerChannel(double one) : numbers{one} {}
  explicit PerChannel(std::vector<double> each) : numbers(std::move(each)) {}
  [[nodiscard]] bool is_one() const { return numbers.size() == 1; }
  [[nodiscard]] double of(std::size_t channel) const { return is_one() ? numbers[0] : numbers.at(channel); }
};

/// The valid values of a number, both ends included.
template <class T>
struct Range {
  T low = std::numeric_limits<T>::lowest();
  T high = std::numeric_limits<T>::max();
};

struct Required {};
/// Given instead of a default: the graph must set the parameter.
inline constexpr Required required{};

/// A parameter, independent of its C++ type. A name with a dot, such as `bridge.join`, is an entry of a map in the YAML.
class ParamPort {
 public:
  ParamPort(Component* owner, std::string_view name, std::string_view sentence, bool is_required);
  ParamPort(const ParamPort&) = delete;
  ParamPort& operator=(const ParamPort&) = delete;
  virtual ~ParamPort() = default;

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view sentence() const { return sentence_; }
  [[nodiscard]] bool is_required() const { return is_required_; }
  /// Reads the value from YAML. Throws Refusal that says what was found. [setup]
  virtual void read(const Tree& tree) = 0;
  [[nodiscard]] virtual std::string type_name() const = 0;                          ///< `int`, `list of text`
  [[nodiscard]] virtual std::string value_text() const = 0;                         ///< Value as YAML; the default before `read`.
  [[nodiscard]] virtual std::string range_text() const = 0;                         ///< `1..16384`, `at least 1`, `squash, pad` or empty.
  [[nodiscard]] virtual std::optional<Range<double>> bounds() const { return {}; }  ///< For a number with a range.
  [[nodiscard]] virtual std::vector<std::string> words() const { return {}; }       ///< For a Choice.
  [[nodiscard]] virtual std::optional<std::int64_t> whole() const { return {}; }    ///< For contracts that use its name as a symbol.
  /// Returns the symbol in the node's contracts whose entries this parameter names; an empty string if there is none.
  [[nodiscard]] virtual std::string_view named_symbol() const { return {}; }
  [[nodiscard]] virtual std::vector<std::string> given_names() const { return {}; }
  [[nodiscard]] virtual std::vector<std::string> found_names() const { return {}; }
  /// The parameter says whether several entries of this symbol can hold at once. Empty if it says nothing.
  [[nodiscard]] virtual std::string_view multi_label_symbol() const { return {}; }
  [[nodiscard]] virtual bool is_multi_label() const { return false; }
  /// Takes the names that the Program found for `named_symbol`: `given_names`, or the names that arrive at an input. [setup]
  virtual void find_names(const std::vector<std::string>&) {}

 private:
  std::string_view name_;
  std::string_view sentence_;
  bool is_required_;
};

namespace detail {
/// Returns one YAML value as a T. Throws Refusal that says what was found; `name` is its subject.
template <class T>
[[nodiscard]] T read_value(const Tree& tree, std::string_view name = {});
template <class T>
[[nodiscard]] std::string type_name();
template <class T>
[[nodiscard]] std::string value_text(const T& value);

template <>
PerChannel read_value<PerChannel>(const Tree&, std::string_view);
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
std::string type_name<PerChannel>();
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
std::string value_text(const PerChannel&);
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

namespace detail {
/// The type of one number of a parameter.
template <class T>
struct NumberOf {
  using type = T;
};
template <>
struct NumberOf<PerChannel> {
  using type = double;
};
}  // namespace detail

template <class T>
concept Bounded = Number<typename detail::NumberOf<T>::type>;

/// Declares a parameter in one line: type, name, sentence, default, range. `*width` is its value after the Program has read it.
/// T: bool, int, std::int64_t, double, std::string, FilePath, PerChannel, a vector of int, double or std::string, or a map from names to
/// double.
template <class T>
class Param final : public ParamPort {
 public:
  Param(Component* owner, std::string_view name, std::string_view sentence, T value)
      : ParamPort(owner, name, sentence, false), value_(std::move(value)) {}
  Param(Component* owner, std::string_view name, std::string_view sentence, Required) : ParamPort(owner, name, sentence, true) {}
  using Bound = typename detail::NumberOf<T>::type;
  Param(Component* owner, std::string_view name, std::string_view sentence, T value, Range<Bound> range) requires Bounded<T>
      : ParamPort(owner, name, sentence, false), value_(value), low_(range.low), high_(range.high), is_bounded_(true) {}
  Param(Component* owner, std::string_view name, std::string_view sentence, Required, Range<Bound> range) requires Bounded<T>
      : ParamPort(owner, name, sentence, true), low_(range.low), high_(range.high), is_bounded_(true) {}

  [[nodiscard]] const T& operator*() const { return value_; }
  [[nodiscard]] const T* operator->() const { return &value_; }

  void read(const Tree& tree) override {
    T value = detail::read_value<T>(tree, name());
    if constexpr (Number<T>) check(value);
    if constexpr (std::is_same_v<T, PerChannel>)
      for (const double one : value.numbers) check(one);
    value_ = std::move(value);
  }
  [[nodiscard]] std::string type_name() const override { return detail::type_name<T>(); }
  [[nodiscard]] std::string value_text() const override { return detail::value_text(value_); }
  [[nodiscard]] std::string range_text() const override {
    if constexpr (Bounded<T>) {
      if (is_bounded_) {
        if (high_ == std::numeric_limits<Bound>::max()) return "at least " + detail::value_text(low_);
        return detail::value_text(low_) + ".." + detail::value_text(high_);
      }
    }
    return {};
  }
  [[nodiscard]] std::optional<Range<double>> bounds() const override {
    if constexpr (Bounded<T>) {
      if (is_bounded_)
        return Range<double>{static_cast<double>(low_),
                             high_ == std::numeric_limits<Bound>::max() ? std::numeric_limits<double>::max() : static_cast<double>(high_)};
    }
    return {};
  }
  [[nodiscard]] std::optional<std::int64_t> whole() const override {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) return value_;
    return {};
  }

 private:
  void check(Bound number) const requires Bounded<T> {
    if (is_bounded_ && !(number >= low_ && number <= high_))
      throw Refusal("`" + std::string(name()) + "` is " + detail::value_text(number) + "; the range is " + range_text());
  }

  struct Nothing {};
  using Limit = std::conditional_t<Bounded<T>, Bound, Nothing>;
  T value_{};
  Limit low_{};
  Limit high_{};
  bool is_bounded_ = false;
};

/// A parameter whose value is one of a few words.
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

/// Whether several entries of a symbol in the node's contracts can hold at once (findings, sigmoids) or exactly one (classes, softmax):
/// `MultiLabelOf multi_label{this, "multi_label", "C", "Several classes can hold at once."}`. The default is false. The Program compares
/// what both ends of every edge say.
class MultiLabelOf final : public ParamPort {
 public:
  MultiLabelOf(Component* owner, std::string_view name, std::string_view symbol, std::string_view sentence)
      : ParamPort(owner, name, sentence, false), symbol_(symbol) {}

  [[nodiscard]] bool operator*() const { return is_on_; }

  void read(const Tree& tree) override { is_on_ = detail::read_value<bool>(tree, name()); }
  [[nodiscard]] std::string type_name() const override { return detail::type_name<bool>(); }
  [[nodiscard]] std::string value_text() const override { return detail::value_text(is_on_); }
  [[nodiscard]] std::string range_text() const override { return {}; }
  [[nodiscard]] std::string_view multi_label_symbol() const override { return symbol_; }
  [[nodiscard]] bool is_multi_label() const override { return is_on_; }

 private:
  std::string_view symbol_;
  bool is_on_ = false;
};

/// Names of the entries of a symbol in the node's contracts, such as the classes C of logits `N x C` and of a label "one of C": `NamesOf
/// classes{this, "classes", "C", "Names of the classes"}`. If the graph gives the names, they define the order of entries in this node.
/// Otherwise the node uses the names that arrive at its inputs. The Program compares the names at both ends of every edge. If their order
/// differs, it has values reordered before this node reads them.
class NamesOf final : public ParamPort {
 public:
  NamesOf(Component* owner, std::string_view name, std::string_view symbol, std::string_view sentence)
      : ParamPort(owner, name, sentence, false), symbol_(symbol) {}

  [[nodiscard]] const std::vector<std::string>& operator*() const { return names_; }  ///< Empty if unknown.
  [[nodiscard]] const std::vector<std::string>* operator->() const { return &names_; }
  [[nodiscard]] bool is_given() const { return !given_.empty(); }
  /// Returns the names; if they are unknown, `count` numbers from 0.
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

/// The parameter `shares_with` of a source, or of a resource that sources read: `SharesWith shares_with{this};`. Declare it if samples have
/// patients or files. In it, a graph names the data sets that can share patients or files with this one, although one is for training and
/// the other for evaluation: a resource, `phase.node` of a source that reads none, or the data set itself if two of its parts share them.
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
