#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "leat/value.h"

// Orders of the entries of values, for the trial of names.
namespace leat::conformance {

using Names = std::vector<std::string>;
using Order = std::vector<int>;                     ///< Entry k moves to place `order[k]`.
using Orders = std::vector<std::pair<int, Order>>;  ///< An order for each of several axes.
using BySlot = std::map<int, Value>;                ///< Values of an output; -1: the value of a whole step.

/// Returns the order that changes nothing.
[[nodiscard]] Order in_order(std::size_t count);
/// Returns the orders to test a node with: the first two entries exchanged, and all entries moved by one.
[[nodiscard]] std::vector<Order> tried_orders(std::size_t count);
/// Returns the orders to compare an output with: all orders of at most five entries; otherwise the original order and all exchanges of two.
[[nodiscard]] std::vector<Order> other_orders(std::size_t count);
/// Returns the order that brings `from` into the order of `to`; the same order if `to` has other names.
[[nodiscard]] Order order_between(const Names& from, const Names& to);
[[nodiscard]] Orders on_all(const std::vector<int>& axes, const Order& order);

/// Returns true if the second values are the first with their entries in these orders.
[[nodiscard]] bool is_order(const BySlot& plain, const BySlot& other, const Orders& orders);
/// Returns true if other orders change these values, so that their entries differ.
[[nodiscard]] bool has_order(const BySlot& plain, const Orders& orders);

}  // namespace leat::conformance
