#include "support/rank_calls.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace leat::test {

namespace {

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("wrong: " + what);
}

/// Returns a text of a length that shows the rank and the round.
std::string text_of(int rank, int round, std::size_t length) {
  std::string out(length, '\0');
  for (std::size_t i = 0; i < length; ++i) out[i] = static_cast<char>(rank * 31 + round * 7 + static_cast<int>(i) * 13);
  return out;
}

void check_gather(JoinedRanks& ranks, int round, const std::function<std::size_t(int)>& length) {
  const std::vector<std::string> all = ranks.gather(text_of(ranks.rank(), round, length(ranks.rank())));
  expect(static_cast<int>(all.size()) == ranks.size(), "number of texts");
  for (int r = 0; r < ranks.size(); ++r)
    expect(all[static_cast<std::size_t>(r)] == text_of(r, round, length(r)), "text of rank " + std::to_string(r));
}

/// Returns numbers whose sum depends on its order.
std::vector<float> numbers_of(int rank, std::size_t count, std::size_t kind) {
  std::vector<float> out(count);
  std::uint32_t state = static_cast<std::uint32_t>(rank + 1) * 2654435761u + static_cast<std::uint32_t>(kind);
  for (float& number : out) {
    state = state * 1664525u + 1013904223u;
    number = (static_cast<float>(state >> 8) / 16777216.0f - 0.5f) * (state % 7 == 0 ? 1000.0f : 1.0f);
  }
  return out;
}

std::string bytes_of(const std::vector<float>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
}

void check_sum(JoinedRanks& ranks, const std::vector<float>& sums, std::size_t kind) {
  std::vector<double> exact(sums.size());
  for (int r = 0; r < ranks.size(); ++r) {
    const std::vector<float> numbers = numbers_of(r, sums.size(), kind);
    for (std::size_t i = 0; i < sums.size(); ++i) exact[i] += numbers[i];
  }
  for (std::size_t i = 0; i < sums.size(); ++i) expect(std::abs(exact[i] - sums[i]) <= 4e-4, "sum " + std::to_string(i));
  std::uint64_t hash = 1469598103934665603u;
  for (const char byte : bytes_of(sums)) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  for (const std::string& other : ranks.gather(std::to_string(hash))) expect(other == std::to_string(hash), "bits of the ranks differ");
}

}  // namespace

void gathers(JoinedRanks& ranks) {
  const std::vector<std::size_t> lengths{0, 1, 100'000, 3, 4096, 4097, 0, 70'000, 20};
  for (int round = 0; round < 60; ++round) {
    const std::size_t at = static_cast<std::size_t>(round);
    check_gather(ranks, round, [&](int) { return lengths[at % lengths.size()]; });
    check_gather(ranks, round, [&](int rank) { return lengths[(at + static_cast<std::size_t>(rank)) % lengths.size()]; });
    const std::size_t length = lengths[at % lengths.size()];
    expect(ranks.from_first(text_of(ranks.rank(), round, ranks.rank() == 0 ? length : 17)) == text_of(0, round, length),
           "text of the first");
  }
}

void blocks(JoinedRanks& ranks) {
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{1'000'003}, std::size_t{9'000'001}}) {
    const std::string own = text_of(ranks.rank(), 1, length);
    std::string all(length * static_cast<std::size_t>(ranks.size()), ' ');
    ranks.gather_blocks(std::as_bytes(std::span(own)), std::as_writable_bytes(std::span(all)));
    for (int r = 0; r < ranks.size(); ++r)
      expect(all.substr(static_cast<std::size_t>(r) * length, length) == text_of(r, 1, length), "block");
  }
}

void sums(JoinedRanks& ranks) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{4096}, std::size_t{1'000'003}}) {
    std::vector<float> first;
    for (int repeat = 0; repeat < 4; ++repeat) {
      std::vector<float> numbers = numbers_of(ranks.rank(), count, count);
      ranks.sum(numbers);
      if (repeat == 0) first = numbers;
      expect(bytes_of(numbers) == bytes_of(first), "bits of a repeat differ");
    }
    check_sum(ranks, first, count);
  }
}

void asynchronous_sums(JoinedRanks& ranks) {
  for (int round = 0; round < 5; ++round) {
    std::vector<std::vector<float>> all;
    for (const std::size_t count : {std::size_t{50'000}, std::size_t{1}, std::size_t{4096}, std::size_t{300'000}, std::size_t{7}})
      all.push_back(numbers_of(ranks.rank(), count, all.size()));
    for (std::vector<float>& numbers : all) ranks.begin_sum(numbers);
    ranks.finish_sums();
    for (std::size_t i = 0; i < all.size(); ++i) {
      std::vector<float> alone = numbers_of(ranks.rank(), all[i].size(), i);
      ranks.sum(alone);
      expect(bytes_of(alone) == bytes_of(all[i]), "a sum in a row differs from one alone");
      check_sum(ranks, all[i], i);
    }
  }
}

void measure(JoinedRanks& ranks) {
  using Clock = std::chrono::steady_clock;
  const auto show = [&](const std::string& what, int times, const std::function<void()>& call) {
    std::vector<double> all;
    for (int i = 0; i < times; ++i) {
      const auto begin = Clock::now();
      call();
      all.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    }
    std::sort(all.begin(), all.end());
    if (ranks.rank() == 0)
      std::cout << what << ": median " << all[all.size() / 2] << " us, tenth " << all[all.size() / 10] << " us" << std::endl;
  };
  for (const std::size_t length : {std::size_t{8}, std::size_t{2048}, std::size_t{4096}, std::size_t{100'000}}) {
    const std::string text = text_of(ranks.rank(), 0, length);
    show("gather of " + std::to_string(length) + " bytes", 1000, [&] { (void)ranks.gather(text); });
    show("from_first of " + std::to_string(length) + " bytes", 1000, [&] { (void)ranks.from_first(text); });
  }
  for (const std::size_t count : {std::size_t{64}, std::size_t{4096}, std::size_t{1'000'003}, std::size_t{8'000'000}}) {
    std::vector<float> numbers(count);
    show("sum of " + std::to_string(count) + " floats", count > 10'000 ? 20 : 1000, [&] { ranks.sum(numbers); });
  }
}

}  // namespace leat::test
