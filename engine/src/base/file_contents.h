#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <thread>
#include <vector>

namespace leat {

/// How much of a file is read.
enum class Extent {
  Middle,  ///< A block in the middle.
  Blocks,  ///< A block at the beginning, in the middle and at the end.
  Whole,
};

/// A hash of a file with so many bytes. A small one is read whole. Returns 0 if it cannot be read. `buffer` is for use again. [any thread]
[[nodiscard]] std::uint64_t hash_of_file(const std::filesystem::path& path, std::int64_t bytes, Extent extent, std::vector<char>& buffer);

/// Calls `act(place, buffer)` with each place below `count`, from several threads; each thread has a buffer.
template <class Act>
void for_each_place(std::size_t count, Act act) {
  // Opening files waits for the disk more than it computes.
  constexpr std::size_t most_threads = 8;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    std::vector<char> buffer;
    for (std::size_t place = next++; place < count; place = next++) act(place, buffer);
  };
  const std::size_t wanted =
      std::min({most_threads, static_cast<std::size_t>(std::max(1u, std::thread::hardware_concurrency())), count / 64});
  std::vector<std::thread> helpers;
  for (std::size_t k = 1; k < wanted; ++k) helpers.emplace_back(work);
  work();
  for (std::thread& one : helpers) one.join();
}

}  // namespace leat
