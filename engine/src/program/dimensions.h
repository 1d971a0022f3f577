#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "leat/contract.h"

namespace leat::program {

/// The dimensions of one phase: a union-find over symbols, each of which may have a number and names for its entries.
class Dimensions {
 public:
  /// How the entries of two dimensions go together.
  enum class Fit {
    Same,        ///< They are one dimension now.
    OtherSize,   ///< Of different numbers.
    OtherOrder,  ///< The same names in another order.
    Subset,      ///< The first has some of the names of the second.
    OtherNames,
    OtherMultiLabel,  ///< Of one several entries may hold at once, of the other exactly one.
  };

  /// A new dimension, equal to no other.
  int make(const Dim& dim);
  /// Nothing changes unless they fit as `Same`.
  Fit unify(int a, int b);
  [[nodiscard]] Dim dim(int at) const;
  [[nodiscard]] bool is_same(int a, int b) const { return find(a) == find(b); }
  /// Its own names, else those of a dimension that it is equal to. Null: its entries have no names, or they are not known.
  [[nodiscard]] std::shared_ptr<const EntryNames> names(int at) const;

  /// A mark to go back to, with all that is the same dimension since.
  [[nodiscard]] std::size_t mark() const { return undo_.size(); }
  void go_back(std::size_t mark);

 private:
  struct Entry {
    int parent;
    std::int64_t size;
    std::string symbol;
    std::shared_ptr<const EntryNames> names;
    std::shared_ptr<const MultiLabel> multi_label;
  };
  struct Change {
    int at;
    Entry before;
  };

  [[nodiscard]] int find(int at) const;
  Entry& change(int at);

  std::vector<Entry> all_;
  std::vector<Change> undo_;
};

}  // namespace leat::program
