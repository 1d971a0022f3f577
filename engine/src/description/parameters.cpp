#include "description/parameters.h"

#include <algorithm>
#include <cmath>

#include "base/empty_value.h"
#include "base/scalar.h"

namespace leat {

namespace {

ScalarKind kind_of(const Tree& tree) { return tree.is_quoted ? ScalarKind::Text : kind_of_scalar(tree.scalar); }

bool is_number(const Tree& tree) {
  return tree.is_scalar() && (kind_of(tree) == ScalarKind::Whole || kind_of(tree) == ScalarKind::Fraction) && any_number(tree.scalar);
}

void read_range(const Tree& range, Parameter& parameter, Reading& reading) {
  const bool is_pair = range.is_list() && range.items.size() == 2 && is_number(range.items[0]) && is_number(range.items[1]);
  if (!is_pair) {
    refuse_value(reading, range, "`range` of parameter `" + parameter.name + "`", "two numbers", "`range: [lowest, highest]`");
    return;
  }
  parameter.low = *any_number(range.items[0].scalar);
  parameter.high = *any_number(range.items[1].scalar);
  parameter.has_range = parameter.low <= parameter.high;
  parameter.range_text = range.items[0].scalar + ".." + range.items[1].scalar;
  if (!parameter.has_range)
    refuse_value(reading, range, "`range` of parameter `" + parameter.name + "`", "two numbers, the lower one first");
}

void read_declaration(const Tree& tree, Parameter& parameter, Reading& reading) {
  Section section(tree, "parameter `" + parameter.name + "`", parameter.place, {"value", "doc", "multiple_of", "one_of", "range"}, reading);
  if (const Tree* value = tree.find("value")) parameter.value = *value;
  if (const std::optional<Named> doc = section.word("doc")) parameter.doc = doc->text;
  parameter.multiple_of = section.whole("multiple_of", 1);
  if (const Tree* range = section.find("range")) read_range(*range, parameter, reading);
  if (const Tree* words = section.find("one_of")) {
    for (const Named& word : read_words(*words, section.subject("one_of"), "a list of texts", reading))
      parameter.one_of.push_back(word.text);
    if (words->is_list() && words->items.empty()) refuse_value(reading, *words, section.subject("one_of"), "a list of texts");
  }
  if (parameter.value && !is_number(*parameter.value) && (parameter.multiple_of || parameter.has_range)) {
    const bool refers = parameter.value->is_scalar() && parameter.value->scalar.starts_with("${");
    if (!refers) {
      refuse_value(reading, *parameter.value, "parameter `" + parameter.name + "` has a range or `multiple_of` and", "a number");
      reading.mark_broken(parameter.value->place);
    }
  }
}

/// Returns the type that a value must have to replace the default, in words; an empty string if any type is valid.
std::string wanted_in_place_of(const Tree& value) {
  switch (value.kind) {
    case Tree::Kind::Null:
      return {};
    case Tree::Kind::List:
      return "a list";
    case Tree::Kind::Map:
      return "a map";
    case Tree::Kind::Scalar:
      break;
  }
  switch (kind_of(value)) {
    case ScalarKind::Whole:
      return "a whole number";
    case ScalarKind::Fraction:
      return "a number";
    case ScalarKind::Truth:
      return "true or false";
    default:
      return "a text";
  }
}

bool may_replace(const Tree& own, const Tree& given) {
  if (own.is_null()) return true;
  if (own.kind != given.kind) return false;
  if (!own.is_scalar()) return true;
  const ScalarKind wanted = kind_of(own);
  const ScalarKind found = kind_of(given);
  return wanted == found || wanted == ScalarKind::Text || (wanted == ScalarKind::Fraction && found == ScalarKind::Whole);
}

bool is_one_of(const Parameter& parameter, const Tree& value) {
  return value.is_scalar() && std::find(parameter.one_of.begin(), parameter.one_of.end(), value.scalar) != parameter.one_of.end();
}

bool check_type(const Parameter& parameter, const Tree& own, const Tree& given, Reading& reading) {
  if (may_replace(own, given) || (!own.is_scalar() && is_one_of(parameter, given))) return true;
  const bool is_text = own.is_scalar() && kind_of(own) == ScalarKind::Text;
  const std::string words =
      !own.is_scalar() && !parameter.one_of.empty() ? name_hint(given.is_scalar() ? given.scalar : "", parameter.one_of) : "";
  const std::string empty = !own.is_scalar() || is_text ? empty_value_hint(given, own.kind)
                            : given.is_null()           ? "to keep the default, leave it out"
                                                        : "";
  const bool is_fraction = own.is_scalar() && kind_of(own) == ScalarKind::Whole && is_number(given);
  Diagnostic& mistake = reading.diagnostics.error(
      "param.type", given.place, "`" + parameter.name + "` must be " + wanted_in_place_of(own) + ", found " + given.describe(),
      is_fraction ? "a default written as " + own.scalar + ".0 allows fractions"
                  : empty + (empty.empty() || words.empty() ? "" : "; ") + words);
  mistake.notes.push_back({own.place, "its default is " + own.describe()});
  return false;
}

bool check_value(const Parameter& parameter, const Tree& value, Reading& reading) {
  // Words beside a default that is a list or a map: either may be given.
  const bool is_beside = parameter.value && !parameter.value->is_scalar() && parameter.value->kind == value.kind;
  if (!parameter.one_of.empty() && !is_beside && !is_one_of(parameter, value)) {
    reading.diagnostics.error("param.value", value.place,
                              "`" + parameter.name + "` cannot be " + (value.is_scalar() ? "`" + value.scalar + "`" : value.describe()),
                              name_hint(value.is_scalar() ? value.scalar : "", parameter.one_of));
    return false;
  }
  if (!parameter.has_range && !parameter.multiple_of) return true;
  if (!is_number(value)) {
    reading.diagnostics.error("param.type", value.place, "`" + parameter.name + "` must be a number, found " + value.describe());
    return false;
  }
  const double number = *any_number(value.scalar);
  if (parameter.has_range && (number < parameter.low || number > parameter.high)) {
    reading.diagnostics.error("param.range", value.place,
                              "`" + parameter.name + "` is " + value.scalar + "; the range is " + parameter.range_text);
    return false;
  }
  if (parameter.multiple_of && std::fmod(number, static_cast<double>(*parameter.multiple_of)) != 0) {
    reading.diagnostics.error(
        "param.multiple", value.place,
        "`" + parameter.name + "` is " + value.scalar + ", which is not a multiple of " + std::to_string(*parameter.multiple_of));
    return false;
  }
  return true;
}

std::size_t depth_of(const Tree& tree) {
  std::size_t below = 0;
  for (const Tree& item : tree.items) below = std::max(below, depth_of(item));
  for (const Tree::Entry& entry : tree.entries) below = std::max(below, depth_of(entry.value));
  return below + 1;
}

constexpr std::size_t most_depth = 64;

std::string with_commas(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

std::string Parameter::allowed() const {
  std::vector<std::string> parts;
  if (has_range) parts.push_back(range_text);
  if (multiple_of) parts.push_back("a multiple of " + std::to_string(*multiple_of));
  const std::string beside = value && value->is_list() ? "a list, or " : value && value->is_map() ? "a map, or " : "";
  if (!one_of.empty()) parts.push_back(beside + "one of " + with_commas(one_of));
  return with_commas(parts);
}

const std::optional<Tree>* Scope::look_up(const std::string& name) const {
  for (const Scope* scope = this; scope; scope = scope->outer_) {
    const auto found = scope->values_.find(name);
    if (found == scope->values_.end()) continue;
    scope->used_.insert(name);
    return &found->second;
  }
  return nullptr;
}

const Tree* Scope::peek(const std::string& name) const {
  const auto found = values_.find(name);
  return found != values_.end() && found->second ? &*found->second : nullptr;
}

std::vector<std::string> Scope::names() const {
  std::vector<std::string> names;
  for (const Scope* scope = this; scope; scope = scope->outer_)
    for (const auto& [name, value] : scope->values_) names.push_back(name);
  return names;
}

Tree Scope::substitute(const Tree& tree) const {
  reading_.spend(1 + tree.scalar.size());
  if (tree.is_scalar()) return substitute_scalar(tree);
  Tree out;
  out.kind = tree.kind;
  out.place = tree.place;
  out.directory = tree.directory;
  for (const Tree& item : tree.items) out.items.push_back(substitute(item));
  for (const Tree::Entry& entry : tree.entries) out.entries.push_back({entry.key, entry.key_place, substitute(entry.value)});
  return out;
}

Tree Scope::substitute_scalar(const Tree& tree) const {
  Tree out = tree;
  out.scalar.clear();
  const auto broken = [&] {
    reading_.mark_broken(tree.place);
    return tree;
  };
  const std::string& text = tree.scalar;
  std::size_t done = 0;
  for (std::size_t begin = text.find("${"); begin != std::string::npos; begin = text.find("${", done)) {
    const std::size_t end = text.find('}', begin);
    if (end == std::string::npos) {
      reading_.diagnostics.error("param.reference", tree.place, "`${` without a `}` in " + tree.describe(),
                                 "`${name}` inserts a parameter");
      return broken();
    }
    const std::string name = text.substr(begin + 2, end - begin - 2);
    const std::optional<Tree>* value = look_up(name);
    if (!value && !is_open()) {
      reading_.diagnostics.error("param.reference", tree.place, "there is no parameter `" + name + "`", name_hint(name, names()));
      return broken();
    }
    if (!value || !*value) {
      reading_.mark_told(tree.place);
      return broken();
    }
    const Tree& whole = **value;
    if (begin == 0 && end + 1 == text.size()) {
      reading_.spend(flow_text(whole).size());
      Tree copy = whole;
      copy.place = tree.place;
      return copy;
    }
    if (!whole.is_scalar()) {
      reading_.diagnostics.error("param.text", tree.place,
                                 "`${" + name + "}` is " + whole.describe() + ", which cannot be inserted into a text");
      return broken();
    }
    if (begin == 0) out.directory = whole.directory;
    out.scalar += text.substr(done, begin - done) + whole.scalar;
    reading_.spend(out.scalar.size());
    done = end + 1;
  }
  out.scalar += text.substr(done);
  return out;
}

std::vector<Parameter> read_parameters(const Tree* params, Reading& reading) {
  std::vector<Parameter> parameters;
  if (!params) return parameters;
  for (const Tree::Entry& entry : params->entries) {
    Parameter parameter;
    parameter.name = entry.key;
    parameter.place = entry.key_place;
    parameter.is_broken = !check_name(entry.key, entry.key_place, "parameter", NameRule::Plain, reading);
    if (entry.value.is_map()) read_declaration(entry.value, parameter, reading);
    else parameter.value = entry.value;
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

void bind_parameters(const std::vector<Parameter>& parameters, const GivenValues& given, Scope& scope, Reading& reading) {
  for (const Parameter& parameter : parameters) {
    const auto replaced = std::find_if(given.values.rbegin(), given.values.rend(),
                                       [&parameter](const GivenValues::One& one) { return one.name == parameter.name; });
    if (parameter.is_broken) {
      scope.bind_broken(parameter.name);
      continue;
    }
    std::optional<Tree> value;
    if (parameter.value) value = scope.substitute(*parameter.value);
    bool is_good = !value || !reading.is_broken(value->place);
    if (replaced != given.values.rend()) {
      Tree other = given.scope->substitute(replaced->value);
      is_good = !reading.is_broken(other.place) && (!value || !is_good || check_type(parameter, *value, other, reading));
      value = std::move(other);
    } else if (!value && given.meant.contains(parameter.name)) {
      is_good = false;
    } else if (!value) {
      reading.diagnostics.error(
          "param.unset", given.owner.text ? given.owner : parameter.place, "the parameter `" + parameter.name + "` has no value",
          given.owner.text ? "give it in the `with` of the instance" : "give it one here, or with --set " + parameter.name + "=…");
      is_good = false;
    }
    if (is_good && depth_of(*value) > most_depth) throw Reading::TooLarge();
    if (is_good && check_value(parameter, *value, reading)) scope.bind(parameter.name, std::move(*value));
    else scope.bind_broken(parameter.name);
  }
}

}  // namespace leat
