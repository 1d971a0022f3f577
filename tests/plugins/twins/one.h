#pragma once

#include "leat/leat.h"

// What one plugin calls a num and a weight; two.h is what another one calls so.

struct Num {
  std::int64_t value = 0;
};

template <>
struct leat::ValueTraits<Num> {
  static constexpr std::string_view name = "num";
  static std::size_t bytes(const Num&) { return sizeof(Num); }
  static std::uint64_t hash(const Num& num) { return hash_bytes(&num, sizeof num); }
  static std::string describe(const Num& num) { return std::to_string(num.value); }
  static Contract contract(const Num&) { return {}; }
  static Num blank(const Contract&) { return {}; }
};

struct Weight : leat::Resource {
  static constexpr std::string_view kind = "twin weight";
  std::int64_t value = 1;
};
