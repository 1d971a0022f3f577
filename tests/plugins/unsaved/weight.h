#pragma once

#include "leat/image.h"
#include "leat/leat.h"

struct Sum {
  std::int64_t value = 0;
};

template <>
struct leat::ValueTraits<Sum> {
  static constexpr std::string_view name = "sum";
  static std::size_t bytes(const Sum&) { return sizeof(Sum); }
  static std::uint64_t hash(const Sum& sum) { return hash_bytes(&sum, sizeof sum); }
  static std::string describe(const Sum& sum) { return std::to_string(sum.value); }
  static Contract contract(const Sum&) { return {}; }
  static Sum blank(const Contract&) { return {}; }
};

/// What learns; it is saved.
struct Weight final : leat::Resource {
  static constexpr std::string_view kind = "weight";
  std::int64_t value = 1;
  void save(leat::Archive& archive) const override { archive.put("value", value); }
  void load(const leat::Archive& archive) override { value = archive.whole("value"); }
};

/// Changes the weight by all that it has seen, which it does not save.
struct Momentum final : leat::Resource {
  static constexpr std::string_view kind = "momentum";
  leat::Changes<Weight> weight{this, "weight", "What it changes."};
  std::int64_t seen = 0;
  void update(std::int64_t sum) {
    seen += sum;
    weight->value = (weight->value + seen) % 1000003;
  }
};
