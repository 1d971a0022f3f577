#include "leat/contract.h"

#include <cctype>
#include <charconv>
#include <optional>
#include <sstream>

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
  }
  return "any";
}

std::int64_t bytes_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::U8:
      return 1;
    case Dtype::I64:
      return 8;
    case Dtype::Any:
    case Dtype::F32:
      return 4;
  }
  return 4;
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

/// Returns true if the first of these properties is an element type.
bool names_dtype(std::string_view properties) {
  std::string_view word = properties.substr(0, properties.find(','));
  while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
  return word == name(Dtype::U8) || word == name(Dtype::I64) || word == name(Dtype::F32);
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

void read_property(std::string_view word, Contract& contract) {
  if (read_entries(word, contract)) return;
  for (const Dtype dtype : {Dtype::U8, Dtype::I64, Dtype::F32})
    if (word == name(dtype)) contract.dtype = dtype;
  const std::size_t dots = word.find("..");
  if (dots == std::string_view::npos) return;
  double low = 0, high = 0;
  const auto first = std::from_chars(word.data(), word.data() + dots, low);
  const auto second = std::from_chars(word.data() + dots + 2, word.data() + word.size(), high);
  if (first.ptr != word.data() + dots || second.ptr != word.data() + word.size()) return;
  contract.low = low;
  contract.high = high;
  contract.has_range = true;
}

}  // namespace

Dim Dim::named(std::vector<std::string> list, const Component* by, std::string param) {
  Dim out;
  out.size = static_cast<std::int64_t>(list.size());
  if (!list.empty()) out.names = std::make_shared<const EntryNames>(EntryNames{std::move(list), by, std::move(param)});
  return out;
}

std::string Dim::str() const {
  if (!is_known()) return symbol;
  std::string out = std::to_string(size);
  if (!names) return out;
  out += " (";
  for (const std::string& name : names->list) out += (&name == &names->list.front() ? "" : ", ") + name;
  return out + ")";
}

Contract Contract::parse(std::string_view sentence) {
  const std::string_view text = head(sentence);
  const std::size_t comma = text.find(',');
  Contract contract;
  const std::string_view dims = text.substr(0, comma);
  if (read_entries(dims, contract)) return contract;
  // A single word is a shape only if it is `N`, or if an element type follows: "N." and "C, float." are shapes, "Pixels." is not.
  const bool is_one_word = dims.find(" x ") == std::string_view::npos;
  if (is_one_word && dims != "N" && !names_dtype(comma == std::string_view::npos ? "" : text.substr(comma + 1))) return {};
  // "Any size, 8 bit": the words after the comma hold for every shape.
  if (!dims.starts_with("Any ")) {
    if (!read_dims(dims, contract)) return {};
    contract.has_shape = true;
  }
  for (std::size_t at = comma; at != std::string_view::npos;) {
    std::string_view word = text.substr(at + 1, text.find(',', at + 1) - at - 1);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    read_property(word, contract);
    at = text.find(',', at + 1);
  }
  return contract;
}

std::string Contract::str() const {
  std::string out;
  for (const Dim& dim : dims) out += (out.empty() ? "" : " x ") + (dim.is_known() || !dim.symbol.empty() ? dim.str() : std::string("?"));
  if (is_open) out += " x ...";
  if (!has_shape) out = has_entries ? "" : "any shape";
  if (dtype != Dtype::Any) out += (out.empty() ? "" : ", ") + std::string(name(dtype));
  const bool says_entries = has_entries && (entries.is_known() || !entries.symbol.empty());
  if (says_entries) out += (out.empty() ? "one of " : ", of ") + entries.str();
  return out.empty() ? "any shape" : out;
}

}  // namespace leat
