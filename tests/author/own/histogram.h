#pragma once

#include <leat/leat.h>
#include <array>
#include <cstdint>
#include <string>

/// How many pixels are of each of 16 grays: a value that Leat has not.
struct Histogram {
  std::array<std::int64_t, 16> counts{};
};

template <>
struct leat::ValueTraits<Histogram> {
  static constexpr std::string_view name = "own histogram";
  static std::size_t bytes(const Histogram& histogram) { return sizeof histogram.counts; }
  static std::uint64_t hash(const Histogram& histogram) { return hash_bytes(histogram.counts.data(), sizeof histogram.counts); }
  static std::string describe(const Histogram&) { return "16 counts"; }
  static Contract contract(const Histogram&) { return Contract::parse("16, int. Counts."); }
  static Histogram blank(const Contract&) { return {}; }
};
