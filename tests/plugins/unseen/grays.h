#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/leat.h"

/// A gray of each picture of a step, and how well their hashes tell them apart.
struct Grays {
  std::vector<std::int64_t> of_rows;
  std::string hashes;
};

template <>
struct leat::ValueTraits<Grays> {
  static constexpr std::string_view name = "grays";
  static std::size_t bytes(const Grays& grays) { return grays.of_rows.size() * sizeof(std::int64_t); }
  static std::uint64_t hash(const Grays& grays) {
    return grays.hashes == "same" ? 1 : hash_bytes(grays.of_rows.data(), grays.of_rows.size() * sizeof(std::int64_t));
  }
  static std::vector<std::uint64_t> hash_rows(const Grays& grays) {
    std::vector<std::uint64_t> out;
    if (grays.hashes == "none") return out;
    for (const std::int64_t gray : grays.of_rows) out.push_back(grays.hashes == "constant" ? 7 : hash_bytes(&gray, sizeof gray));
    if (grays.hashes == "few") out.pop_back();
    return out;
  }
  static std::string describe(const Grays& grays) { return std::to_string(grays.of_rows.size()) + " grays"; }
  static Contract contract(const Grays&) { return {}; }
  static Grays blank(const Contract&) { return {}; }
};
