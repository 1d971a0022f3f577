#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "leat/contract.h"

namespace leat::program {

/// The dimensions of one phase: a union-find of symbols, each with an optional size and optional names of its entries.
class Dimensions {
 public:
  /// The relation between two dimensions.
  enum class Fit {
    Same,        ///< They are now one dimension.
    OtherSize,   ///< Their sizes differ.
    OtherOrder,  ///< The same names in another order.
    Subset,      ///< The first has some of the second's names, and no others.
    OtherNames,
    OtherMultiLabel,  ///< Of one several entries may hold at once, of the other exactly one.
  };

  /// Returns what `Link::in` has for these dimensions. No other object of this process has it, also after this one's end.
  [[nodiscard]] const void* tag() const { return tag_; }
  /// Adds a dimension that is equal to no other, and returns its index.
  int make(const Dim& dim);
  /// Makes two dimensions one if they fit, and returns `Same`. Otherwise changes nothing.
  Fit unify(int a, int b);
  [[nodiscard]] Dim dim(int at) const;
  [[nodiscard]] bool is_same(int a, int b) const { return find(a) == find(b); }
  /// Returns the dimension's own names, otherwise those of a dimension that is equal to it. Null if the entries have no names, or unknown
  /// ones.
  [[nodiscard]] std::shared_ptr<const EntryNames> names(int at) const;

  /// Returns a mark, with which `go_back` undoes all later calls of `unify`.
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

  [[nodiscard]] static const void* next_tag();

  const void* tag_ = next_tag();
  std::vector<Entry> all_;
  std::vector<Change> undo_;
};

}  // namespace leat::program
