#include "leat/contract.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <sstream>

#include "base/port_sentence.h"

namespace leat {

std::string_view name(Dtype dtype) {
  switch (dtype) {
    case Dtype::Any:
      return "any";
    case Dtype::U8:
      return "8 bit";
    case Dtype::I64:
      return "int";
    case Dtype::F32:
      return "float";
    case Dtype::Other:
      return "another element type";
    case Dtype::U16:
      return "16 bit";
    case Dtype::U8OrU16:
      return "8 or 16 bit";
    case Dtype::U8OrU16OrF32:
      return "8 or 16 bit or float";
  }
  return "any";
}

std::int64_t bytes_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::U8:
      return 1;
    case Dtype::U16:
    case Dtype::U8OrU16:
      return 2;
    case Dtype::I64:
      return 8;
    case Dtype::Any:
    case Dtype::Other:
    case Dtype::F32:
    case Dtype::U8OrU16OrF32:
      return 4;
  }
  return 4;
}

bool is_within(Dtype given, Dtype wanted) {
  if (given == wanted || given == Dtype::Any || wanted == Dtype::Any) return true;
  const bool is_of_two = given == Dtype::U8 || given == Dtype::U16;
  if (wanted == Dtype::U8OrU16) return is_of_two;
  return wanted == Dtype::U8OrU16OrF32 && (is_of_two || given == Dtype::U8OrU16 || given == Dtype::F32);
}

namespace {

/// Returns the head of a sentence: up to the first period that ends a word (not that of `0..1`), or up to `...` and a space.
std::string_view head(std::string_view sentence) {
  for (std::size_t at = 0; at < sentence.size(); ++at) {
    if (sentence[at] != '.') continue;
    const bool is_ellipsis = sentence.substr(at, 3) == "...";
    const std::size_t end = at + (is_ellipsis ? 3 : 1);
    if (end == sentence.size() || sentence[end] == ' ') return sentence.substr(0, is_ellipsis ? end : at);
    at = end - 1;
  }
  return sentence;
}

std::optional<Dim> dim_of(std::string_view word) {
  Dim dim;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc() && end == word.data() + word.size()) {
    if (number < 0) return {};
    dim.size = number;
    return dim;
  }
  if (word.empty() || !std::isalpha(static_cast<unsigned char>(word[0]))) return {};
  for (const char letter : word)
    if (!std::isalnum(static_cast<unsigned char>(letter)) && letter != '_') return {};
  dim.symbol = word;
  return dim;
}

/// Reads "N x 1 x H x W" or "N". Returns false if the words are something else.
bool read_dims(std::string_view text, Contract& contract) {
  std::istringstream words{std::string(text)};
  std::vector<std::string> all;
  for (std::string word; words >> word;) all.push_back(word);
  if (all.size() % 2 == 0) return false;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (k % 2 == 1) {
      if (all[k] != "x") return false;
      continue;
    }
    if (all[k] == "..." && k + 1 == all.size() && k > 0) {
      contract.is_open = true;
      return true;
    }
    const auto dim = dim_of(all[k]);
    if (!dim) return false;
    contract.dims.push_back(*dim);
  }
  return true;
}

/// Returns the element type that the words name; nullopt if they name none.
std::optional<Dtype> dtype_of(std::string_view words) {
  for (const Dtype dtype : {Dtype::U8, Dtype::U16, Dtype::U8OrU16, Dtype::U8OrU16OrF32, Dtype::I64, Dtype::F32})
    if (words == name(dtype)) return dtype;
  return {};
}

/// Reads "one of C" or "of C". Returns false if the words are something else.
bool read_entries(std::string_view words, Contract& contract) {
  for (const std::string_view begin : {"one of ", "One of ", "of "}) {
    if (!words.starts_with(begin)) continue;
    const auto dim = dim_of(words.substr(begin.size()));
    if (!dim) return false;
    contract.has_entries = true;
    contract.entries = *dim;
    return true;
  }
  return false;
}

/// Reads "0..1". Returns false if the words are something else.
bool read_range(std::string_view word, Contract& contract) {
  const std::size_t dots = word.find("..");
  if (dots == std::string_view::npos) return false;
  double low = 0, high = 0;
  const auto first = std::from_chars(word.data(), word.data() + dots, low);
  const auto second = std::from_chars(word.data() + dots + 2, word.data() + word.size(), high);
  if (first.ptr != word.data() + dots || second.ptr != word.data() + word.size() || low > high) return false;
  contract.low = low;
  contract.high = high;
  contract.has_range = true;
  return true;
}

/// Reads what follows the shape. Returns what is wrong with it; empty: nothing.
std::string read_property(std::string_view word, Contract& contract) {
  const std::string quoted = "`" + std::string(word) + "`";
  if (const std::optional<Dtype> dtype = dtype_of(word)) {
    if (contract.dtype != Dtype::Any) return quoted + " is a second element type";
    contract.dtype = *dtype;
    return {};
  }
  if (word == "or unknown") {
    if (contract.or_unknown) return quoted + " is said twice";
    contract.or_unknown = true;
    return {};
  }
  if (const bool had = contract.has_entries; read_entries(word, contract)) return had ? quoted + " is a second word for the entries" : "";
  if (const bool had = contract.has_range; read_range(word, contract)) return had ? quoted + " is a second range" : "";
  return quoted +
         " is not an element type (`8 bit`, `16 bit`, `8 or 16 bit`, `8 or 16 bit or float`, `int` or `float`), a range such as `0..1`, "
         "the "
         "entries, `of C` or `one of C`, or `or unknown`";
}

/// The parts of a head, between commas.
std::vector<std::string_view> parts_of(std::string_view head) {
  std::vector<std::string_view> out;
  for (std::size_t begin = 0; begin <= head.size();) {
    const std::size_t end = std::min(head.find(',', begin), head.size());
    std::string_view part = head.substr(begin, end - begin);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    out.push_back(part);
    begin = end + 1;
  }
  return out;
}

/// Reads "N x C", "Any shape", "A scalar" or "One of C". Returns false if the words are something else.
bool read_shape(std::string_view words, bool has_dtype, Contract& contract) {
  if (read_entries(words, contract)) return true;
  if (words.starts_with("Any ")) return words.find(' ', 4) == std::string_view::npos;
  if (words == "A scalar") {
    contract.has_shape = true;
    return true;
  }
  // One word alone is a shape only where it is the rows or where an element type follows: "N." and "C, float." but not "Pixels."
  const bool is_one_word = words.find(" x ") == std::string_view::npos;
  if ((is_one_word && words != "N" && !has_dtype) || !read_dims(words, contract)) {
    contract = {};
    return false;
  }
  contract.has_shape = true;
  return true;
}

/// Returns a name for a list with commas: in backticks if it has blanks or signs that could end it.
std::string in_a_list(const std::string& name) {
  return name.find_first_of(" \t,;|()") == std::string::npos && name.find("\xC2\xA0") == std::string::npos ? name : "`" + name + "`";
}

}  // namespace

PortSentence read_port_sentence(std::string_view sentence) {
  PortSentence out;
  const std::string_view text = head(sentence);
  const std::vector<std::string_view> parts = parts_of(text);
  out.is_contract = read_shape(parts[0], parts.size() > 1 && dtype_of(parts[1]).has_value(), out.contract);
  if (!out.is_contract) return out;
  if (sentence.substr(text.size()).starts_with(" x ")) out.mistake = "`...` is for all dimensions that follow, so it comes last";
  for (std::size_t k = 1; k < parts.size(); ++k) {
    std::string mistake = read_property(parts[k], out.contract);
    if (out.mistake.empty()) out.mistake = std::move(mistake);
  }
  return out;
}

Dim Dim::named(std::vector<std::string> list, const Component* by, std::string param) {
  Dim out;
  out.size = static_cast<std::int64_t>(list.size());
  if (!list.empty()) out.names = std::make_shared<const EntryNames>(EntryNames{std::move(list), by, std::move(param)});
  return out;
}

Dim Dim::with_multi_label(bool is_on, const Component* by, std::string param) const {
  Dim out = *this;
  out.multi_label = std::make_shared<const MultiLabel>(MultiLabel{is_on, by, std::move(param)});
  return out;
}

std::string Dim::str() const {
  if (!is_known()) return symbol;
  std::string out = std::to_string(size);
  if (!names) return out;
  out += " (";
  for (const std::string& name : names->list) out += (&name == &names->list.front() ? "" : ", ") + in_a_list(name);
  return out + ")";
}

Contract Contract::parse(std::string_view sentence) { return read_port_sentence(sentence).contract; }

std::string Contract::str() const {
  std::string out;
  for (const Dim& dim : dims) out += (out.empty() ? "" : " x ") + (dim.is_known() || !dim.symbol.empty() ? dim.str() : std::string("?"));
  if (is_open) out += " x ...";
  if (has_shape && out.empty()) out = "a scalar";
  if (!has_shape) out = has_entries ? "" : "any shape";
  if (dtype != Dtype::Any) out += (out.empty() ? "" : ", ") + std::string(name(dtype));
  const bool says_entries = has_entries && (entries.is_known() || !entries.symbol.empty());
  if (says_entries) out += (out.empty() ? "one of " : ", of ") + entries.str();
  if (out.empty()) out = "any shape";
  return or_unknown ? out + ", or unknown" : out;
}

}  // namespace leat
