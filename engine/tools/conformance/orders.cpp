#include "conformance/orders.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>

namespace leat::conformance {
namespace {

/// Returns the hash of a value with its entries in other orders; nullopt if it cannot be reordered.
std::optional<std::uint64_t> hash_in(const Value& value, const Orders& orders) {
  if (!value.type().reorder) return {};
  try {
    Value out = value;
    for (const auto& [axis, order] : orders) out = out.reordered({axis, order, static_cast<int>(order.size())});
    return out.hash();
  } catch (...) {
    return {};
  }
}

}  // namespace

Order in_order(std::size_t count) {
  Order out(count);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

std::vector<Order> tried_orders(std::size_t count) {
  Order exchanged = in_order(count), moved = in_order(count);
  std::swap(exchanged[0], exchanged[1]);
  std::rotate(moved.begin(), moved.begin() + 1, moved.end());
  return count == 2 ? std::vector<Order>{exchanged} : std::vector<Order>{exchanged, moved};
}

std::vector<Order> other_orders(std::size_t count) {
  constexpr std::size_t few = 5;
  std::vector<Order> out{in_order(count)};
  Order order = out.front();
  if (count <= few)
    while (std::next_permutation(order.begin(), order.end())) out.push_back(order);
  else
    for (std::size_t a = 0; a < count; ++a)
      for (std::size_t b = a + 1; b < count; ++b) {
        Order one = in_order(count);
        std::swap(one[a], one[b]);
        out.push_back(std::move(one));
      }
  return out;
}

Order order_between(const Names& from, const Names& to) {
  Order out = in_order(from.size());
  for (std::size_t k = 0; k < from.size(); ++k) {
    const auto found = std::find(to.begin(), to.end(), from[k]);
    if (found == to.end()) return in_order(from.size());
    out[k] = static_cast<int>(found - to.begin());
  }
  return out;
}

Orders on_all(const std::vector<int>& axes, const Order& order) {
  Orders out;
  for (const int axis : axes) out.emplace_back(axis, order);
  return out;
}

bool is_order(const BySlot& plain, const BySlot& other, const Orders& orders) {
  if (plain.empty() || plain.size() != other.size()) return false;
  return std::all_of(plain.begin(), plain.end(), [&](const auto& one) {
    const auto found = other.find(one.first);
    return found != other.end() && hash_in(one.second, orders) == found->second.hash();
  });
}

bool has_order(const BySlot& plain, const Orders& orders) {
  return std::any_of(plain.begin(), plain.end(), [&](const auto& one) {
    const auto hash = hash_in(one.second, orders);
    return hash && *hash != one.second.hash();
  });
}

}  // namespace leat::conformance
