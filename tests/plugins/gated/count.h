#pragma once

#include "gate.h"
#include "leat/leat.h"

struct Count {
  std::int64_t value = 0;
};

template <>
struct leat::ValueTraits<Count> {
  static constexpr std::string_view name = "count";
  static std::size_t bytes(const Count&) { return sizeof(Count); }
  static std::uint64_t hash(const Count& count) { return hash_bytes(&count, sizeof count); }
  static std::string describe(const Count& count) { return std::to_string(count.value); }
  static Contract contract(const Count&) { return {}; }
  static Count blank(const Contract&) { return {}; }
};

/// What learns.
struct Weight : leat::Resource {
  static constexpr std::string_view kind = "weight";
  leat::Param<std::string> ends_after{this, "ends_after", "The file that its end waits for.", ""};

  std::int64_t value = 1;

  void add(std::int64_t more) {
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) * 6364136223846793005u + static_cast<std::uint64_t>(more));
  }
  ~Weight() override { pass_gate(*ends_after); }
  void save(leat::Archive& archive) const override { archive.put("value", value); }
  void load(const leat::Archive& archive) override { value = archive.whole("value"); }
};
