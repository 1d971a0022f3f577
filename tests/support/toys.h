#pragma once

#include <atomic>
#include <functional>
#include <mutex>
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
};

}  // namespace leat
