#pragma once

#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "leat/leat.h"
#include "leat/run.h"

// Minimal nodes that make faults of the engine visible: the identity of a number travels with it.
namespace leat::toys {

/// A number with its position in the source's stream (`id`), and the value after all nodes so far.
struct Number {
  std::int64_t id = 0;
  std::int64_t value = 0;
};

/// Adds every toy node and resource.
void add_to(Registry& registry);

/// Observations by nodes, for a test. A test makes one and passes its address to the nodes with `watch`.
struct Witness {
  std::mutex lock;
  std::vector<std::int64_t> order;     ///< Ids in the order in which an ordered node got them; -1 for a dropped sample.
  std::atomic<std::int64_t> wrong{0};  ///< Pairs whose ids differ.
  std::atomic<std::int64_t> pairs{0};
  std::atomic<int> running{0};
  std::atomic<int> most_running{0};
  std::function<void(std::int64_t step)> learning;  ///< Called by toy.learn, on the lane's thread.
};
void watch(Witness* witness);

}  // namespace leat::toys

namespace leat {

template <>
struct ValueTraits<toys::Number> {
  static constexpr std::string_view name = "number";
  static std::size_t bytes(const toys::Number&) { return sizeof(toys::Number); }
  static std::uint64_t hash(const toys::Number& number) { return hash_bytes(&number, sizeof number); }
  static std::string describe(const toys::Number& number) { return std::to_string(number.value); }
  static Contract contract(const toys::Number&) { return {}; }
  static toys::Number blank(const Contract&) { return {-1, 0}; }
  static std::vector<std::byte> pack(const toys::Number& number) {
    const auto bytes = std::as_bytes(std::span(&number, 1));
    return {bytes.begin(), bytes.end()};
  }
  static toys::Number unpack(std::span<const std::byte> bytes) {
    toys::Number out;
    std::memcpy(&out, bytes.data(), sizeof out);
    return out;
  }
  static Numbers numbers(const toys::Number& number) {
    const std::int64_t both[]{number.id, number.value};
    return Numbers::of({2}, both);
  }
};

template <>
struct ValueTraits<std::vector<toys::Number>> {
  static constexpr std::string_view name = "numbers";
  static std::size_t bytes(const std::vector<toys::Number>& all) { return all.size() * sizeof(toys::Number); }
  static std::uint64_t hash(const std::vector<toys::Number>& all) { return hash_bytes(all.data(), all.size() * sizeof(toys::Number)); }
  static std::vector<std::uint64_t> hash_rows(const std::vector<toys::Number>& all) {
    std::vector<std::uint64_t> out;
    for (const toys::Number& one : all) out.push_back(ValueTraits<toys::Number>::hash(one));
    return out;
  }
  static std::string describe(const std::vector<toys::Number>& all) { return std::to_string(all.size()) + " numbers"; }
  static Contract contract(const std::vector<toys::Number>&) { return {}; }
  static std::vector<toys::Number> blank(const Contract&) { return {}; }
  static std::vector<std::byte> pack_rows(const std::vector<toys::Number>& all) {
    const auto bytes = std::as_bytes(std::span(all));
    return {bytes.begin(), bytes.end()};
  }
  static std::vector<toys::Number> join_rows(const std::vector<toys::Number>&, std::span<const std::string_view> packed, int) {
    std::vector<toys::Number> out;
    for (std::size_t slot = 0;; ++slot) {
      const std::string_view rows = packed[slot % packed.size()];
      const std::size_t place = slot / packed.size() * sizeof(toys::Number);
      if (place >= rows.size()) return out;
      std::memcpy(&out.emplace_back(), rows.data() + place, sizeof(toys::Number));
    }
  }
  static std::vector<toys::Number> take_rows(const std::vector<toys::Number>& all, BatchShare share) {
    std::vector<toys::Number> out;
    for (auto slot = static_cast<std::size_t>(share.rank); slot < all.size(); slot += static_cast<std::size_t>(share.ranks))
      out.push_back(all[slot]);
    return out;
  }
};

}  // namespace leat
