#include "leat/param.h"

#include <algorithm>

#include "base/empty_value.h"
#include "base/scalar.h"
#include "leat/component.h"
#include "leat/tree.h"

namespace leat {

namespace {

[[noreturn]] void refuse(const Tree& tree, std::string_view name, const std::string& wanted, const std::string& hint = {}) {
  const std::string subject = name.empty() ? "the value" : "`" + std::string(name) + "`";
  throw Refusal(subject + " must be " + wanted + ", found " + tree.describe(), {}, hint);
}

ScalarKind kind_of(const Tree& tree) { return tree.is_scalar() && !tree.is_quoted ? kind_of_scalar(tree.scalar) : ScalarKind::Text; }

std::string quoted_number_hint(const Tree& tree) {
  const bool hides_number = tree.is_scalar() && tree.is_quoted && any_number(tree.scalar);
  return hides_number ? "a quoted number is text: write " + tree.scalar + " without quotes" : std::string();
}

template <class T>
T read_whole(const Tree& tree, std::string_view name) {
  if (kind_of(tree) != ScalarKind::Whole) refuse(tree, name, "a whole number", quoted_number_hint(tree));
  const std::optional<std::int64_t> value = whole_number(tree.scalar);
  if (!value || *value < std::numeric_limits<T>::lowest() || *value > std::numeric_limits<T>::max())
    refuse(
        tree, name,
        "a whole number from " + std::to_string(std::numeric_limits<T>::lowest()) + " to " + std::to_string(std::numeric_limits<T>::max()));
  return static_cast<T>(*value);
}

double read_double(const Tree& tree, std::string_view name) {
  const ScalarKind kind = kind_of(tree);
  if (kind != ScalarKind::Whole && kind != ScalarKind::Fraction) refuse(tree, name, "a number", quoted_number_hint(tree));
  const std::optional<double> value = any_number(tree.scalar);
  if (!value) refuse(tree, name, "a number that fits a double");
  return *value;
}

std::string read_text(const Tree& tree, std::string_view name) {
  if (!tree.is_scalar()) refuse(tree, name, "a text", empty_value_hint(tree, Tree::Kind::Scalar));
  return tree.scalar;
}

template <class T, class Read>
std::vector<T> read_list(const Tree& tree, std::string_view name, const std::string& wanted, Read read) {
  if (!tree.is_list()) refuse(tree, name, wanted, empty_value_hint(tree, Tree::Kind::List));
  std::vector<T> values;
  for (const Tree& item : tree.items) values.push_back(read(item, std::string(name) + "[" + std::to_string(values.size()) + "]"));
  return values;
}

template <class T>
std::string list_text(const std::vector<T>& values) {
  std::string out = "[";
  for (const T& value : values) out += (out.size() > 1 ? ", " : "") + detail::value_text(value);
  return out + "]";
}

}  // namespace

namespace detail {

template <>
PerChannel read_value<PerChannel>(const Tree& tree, std::string_view name) {
  if (!tree.is_list()) {
    if (!tree.is_scalar()) refuse(tree, name, "a number, or a list with one for each channel", empty_value_hint(tree, Tree::Kind::Scalar));
    return read_double(tree, name);
  }
  std::vector<double> each = read_value<std::vector<double>>(tree, name);
  if (each.empty()) refuse(tree, name, "a number, or a list with one for each channel");
  return PerChannel(std::move(each));
}

template <>
bool read_value<bool>(const Tree& tree, std::string_view name) {
  if (kind_of(tree) != ScalarKind::Truth) refuse(tree, name, "true or false");
  return tree.scalar.front() == 't' || tree.scalar.front() == 'T';
}

template <>
int read_value<int>(const Tree& tree, std::string_view name) {
  return read_whole<int>(tree, name);
}

template <>
std::int64_t read_value<std::int64_t>(const Tree& tree, std::string_view name) {
  return read_whole<std::int64_t>(tree, name);
}

template <>
double read_value<double>(const Tree& tree, std::string_view name) {
  return read_double(tree, name);
}

template <>
std::string read_value<std::string>(const Tree& tree, std::string_view name) {
  return read_text(tree, name);
}

template <>
FilePath read_value<FilePath>(const Tree& tree, std::string_view name) {
  if (!tree.is_scalar() || tree.scalar.empty()) refuse(tree, name, "a path");
  return {(tree.directory / tree.scalar).lexically_normal()};
}

template <>
std::vector<int> read_value<std::vector<int>>(const Tree& tree, std::string_view name) {
  return read_list<int>(tree, name, "a list of whole numbers", read_whole<int>);
}

template <>
std::vector<double> read_value<std::vector<double>>(const Tree& tree, std::string_view name) {
  return read_list<double>(tree, name, "a list of numbers", read_double);
}

template <>
std::vector<std::string> read_value<std::vector<std::string>>(const Tree& tree, std::string_view name) {
  return read_list<std::string>(tree, name, "a list of texts", read_text);
}

template <>
std::map<std::string, double> read_value<std::map<std::string, double>>(const Tree& tree, std::string_view name) {
  if (!tree.is_map()) refuse(tree, name, "a map from names to numbers", empty_value_hint(tree, Tree::Kind::Map));
  std::map<std::string, double> values;
  for (const Tree::Entry& entry : tree.entries) values[entry.key] = read_double(entry.value, std::string(name) + "." + entry.key);
  return values;
}

template <>
std::string type_name<PerChannel>() {
  return "number or list of number";
}
template <>
std::string type_name<bool>() {
  return "true or false";
}
template <>
std::string type_name<int>() {
  return "int";
}
template <>
std::string type_name<std::int64_t>() {
  return "int";
}
template <>
std::string type_name<double>() {
  return "number";
}
template <>
std::string type_name<std::string>() {
  return "text";
}
template <>
std::string type_name<FilePath>() {
  return "path";
}
template <>
std::string type_name<std::vector<int>>() {
  return "list of int";
}
template <>
std::string type_name<std::vector<double>>() {
  return "list of number";
}
template <>
std::string type_name<std::vector<std::string>>() {
  return "list of text";
}
template <>
std::string type_name<std::map<std::string, double>>() {
  return "map of number";
}

template <>
std::string value_text(const PerChannel& value) {
  return value.is_one() ? number_text(value.numbers[0]) : list_text(value.numbers);
}
template <>
std::string value_text(const bool& value) {
  return value ? "true" : "false";
}
template <>
std::string value_text(const int& value) {
  return std::to_string(value);
}
template <>
std::string value_text(const std::int64_t& value) {
  return std::to_string(value);
}
template <>
std::string value_text(const double& value) {
  return number_text(value);
}
template <>
std::string value_text(const std::string& value) {
  return text_yaml(value);
}
template <>
std::string value_text(const FilePath& value) {
  return text_yaml(value.path.string());
}
template <>
std::string value_text(const std::vector<int>& value) {
  return list_text(value);
}
template <>
std::string value_text(const std::vector<double>& value) {
  return list_text(value);
}
template <>
std::string value_text(const std::vector<std::string>& value) {
  return list_text(value);
}
template <>
std::string value_text(const std::map<std::string, double>& value) {
  std::string out = "{";
  for (const auto& [name, number] : value) out += (out.size() > 1 ? ", " : "") + text_yaml(name) + ": " + number_text(number);
  return out + "}";
}

}  // namespace detail

void Choice::read(const Tree& tree) {
  const std::string word = read_text(tree, name());
  if (std::find(words_.begin(), words_.end(), word) == words_.end())
    throw Refusal("`" + std::string(name()) + "` cannot be `" + word + "`", {}, name_hint(word, words_));
  value_ = word;
}

void NamesOf::read(const Tree& tree) {
  std::vector<std::string> names = detail::read_value<std::vector<std::string>>(tree, name());
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (names[k].empty()) throw Refusal("`" + std::string(name()) + "` has an empty name");
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(k), names[k]) !=
        names.begin() + static_cast<std::ptrdiff_t>(k))
      throw Refusal("`" + std::string(name()) + "` has `" + names[k] + "` twice");
  }
  given_ = std::move(names);
  names_ = given_;
}

std::vector<std::string> NamesOf::or_numbers(std::int64_t count) const {
  if (!names_.empty()) return names_;
  std::vector<std::string> out;
  for (std::int64_t k = 0; k < count; ++k) out.push_back(std::to_string(k));
  return out;
}

SharesWith::SharesWith(Component* owner)
    : ParamPort(owner, "shares_with",
                "Names of data sets that can share patients or files with this one, although one is for training and the other for "
                "evaluation. A resource is a data set with the resource's name. A source that reads no resource is a data set with the "
                "name `phase.node`. A resource can name itself: then its parts can share them.",
                false) {}

void SharesWith::read(const Tree& tree) {
  std::vector<std::string> names = detail::read_value<std::vector<std::string>>(tree, name());
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    throw Refusal("`" + std::string(name()) + "` has `" + *twice + "` twice");
  names_ = std::move(names);
}

std::string Choice::range_text() const {
  std::string out;
  for (const std::string& word : words_) out += (out.empty() ? "" : ", ") + word;
  return out;
}

ParamPort::ParamPort(Component* owner, std::string_view name, std::string_view sentence, bool is_required)
    : name_(name), sentence_(sentence), is_required_(is_required) {
  owner->params_.push_back(this);
}

}  // namespace leat
