#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/frame.h"

namespace leat {

/// State of a node: names of the groups of samples seen so far, numbered in order of appearance.
class GroupNames {
 public:
  /// Returns the group number of each row. At most `most` groups get a number. Rows of other groups and dropped rows get the number `most`.
  [[nodiscard]] std::vector<std::int64_t> numbers(const RowList& rows, int most);
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);

 private:
  std::vector<std::string> names_;
};

}  // namespace leat
