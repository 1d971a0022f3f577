#pragma once

#include "leat/leat.h"

// Types with the names of those in one.h, which are others.

/// Of the same C++ name.
struct Num {
  std::string text;
};

/// Of another C++ name.
struct Word {
  std::string text;
};

namespace detail {
template <class T>
struct TextTraits {
  static constexpr std::string_view name = "num";
  static std::size_t bytes(const T& word) { return word.text.size(); }
  static std::uint64_t hash(const T& word) { return leat::hash_bytes(word.text.data(), word.text.size()); }
  static std::string describe(const T& word) { return word.text; }
  static leat::Contract contract(const T&) { return {}; }
  static T blank(const leat::Contract&) { return {}; }
};
}  // namespace detail

template <>
struct leat::ValueTraits<Num> : ::detail::TextTraits<Num> {};
template <>
struct leat::ValueTraits<Word> : ::detail::TextTraits<Word> {};

struct Weight : leat::Resource {
  static constexpr std::string_view kind = "twin weight";
  std::string text = "one";
  std::vector<double> values = {1, 2, 3};
};
