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

/// The head of a sentence: up to the first full stop that ends a word (those of `0..1` do not), or up to `...` and a space.
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

/// "N x 1 x H x W" or "N"; false when the words are something else.
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

void read_property(std::string_view word, Contract& contract) {
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

Contract Contract::parse(std::string_view sentence) {
  const std::string_view text = head(sentence);
  const std::size_t comma = text.find(',');
  Contract contract;
  const std::string_view dims = text.substr(0, comma);
  // One word alone is a shape only where it is the rows or where an element type follows: "N." and "C, float." but not "Pixels."
  const bool is_one_word = dims.find(" x ") == std::string_view::npos;
  if (is_one_word && dims != "N" && !names_dtype(comma == std::string_view::npos ? "" : text.substr(comma + 1))) return {};
  if (!read_dims(dims, contract)) return {};
  contract.has_shape = true;
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
  if (!has_shape) out = "any shape";
  if (dtype != Dtype::Any) out += ", " + std::string(name(dtype));
  return out;
}

}  // namespace leat
