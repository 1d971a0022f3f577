#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace leat::guess {

/// Returns up to 16 of them, evenly spread: so many files are read for a guess.
template <class T>
std::vector<T> some_of_all(const std::vector<T>& all) {
  constexpr std::size_t most = 16;
  std::vector<T> out;
  const std::size_t count = std::min(most, all.size());
  for (std::size_t k = 0; k < count; ++k) out.push_back(all[k * all.size() / count]);
  return out;
}

}  // namespace leat::guess
