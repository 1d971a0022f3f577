#pragma once

#include <vector>

#include "leat/value.h"

namespace leat {

/// One number per class for one sample, on the host: probabilities for a writer.
struct Scores {
  std::vector<float> values;
};

template <>
struct ValueTraits<Scores> {
  static constexpr std::string_view name = "scores";
  static std::size_t bytes(const Scores& scores);
  static std::uint64_t hash(const Scores& scores);
  static std::string describe(const Scores& scores);
  static Contract contract(const Scores& scores);
  static Scores blank(const Contract& contract);
  static Scores reorder(const Scores& scores, const Reorder& order);
  static Numbers numbers(const Scores& scores);
};

}  // namespace leat
