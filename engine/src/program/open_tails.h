#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "leat/diagnostics.h"

namespace leat::program {

/// The tails of open contracts: the dimensions behind those that a contract states, as its readers take them. Values whose shapes a node
/// has equated share one tail.
class OpenTails {
 public:
  struct Tail {
    std::size_t from;  ///< Index of the first dimension of the tail.
    std::vector<int> dims;
    bool is_open = true;
    std::string reader;  ///< The reader that gave dimensions first.
    Place place;
  };
  /// Returns the index of a new tail.
  int make(std::size_t from);
  [[nodiscard]] const Tail& at(int tail) const { return tails_[find(tail)]; }
  /// Gives a tail the dimensions that a reader takes. So its other readers are compared with them.
  void close(int tail, const std::vector<int>& wanted, bool is_wanted_open, const std::string& reader, const Place& place);
  /// Makes two tails one if they begin at the same dimension: what a later reader takes of one, it takes of both.
  void join(int one, int other);

 private:
  [[nodiscard]] std::size_t find(int tail) const;

  std::vector<int> parents_;
  std::vector<Tail> tails_;
};

}  // namespace leat::program
