#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/frame.h"

namespace leat {

/// The groups of samples that a node has met, numbered in order of appearance: a state.
class GroupNames {
 public:
  /// The number of each row's group. There are at most `most`; rows of others, and dropped ones, get the number `most`.
  [[nodiscard]] std::vector<std::int64_t> numbers(const RowList& rows, int most);
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);

 private:
  std::vector<std::string> names_;
};

}  // namespace leat
