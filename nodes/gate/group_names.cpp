#include "gate/group_names.h"

#include <algorithm>

namespace leat {

std::vector<std::int64_t> GroupNames::numbers(const RowList& rows, int most) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(rows.size()), most);
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.weight(row) == 0) continue;
    const std::string& name = rows.sample(row).group;
    auto at = std::find(names_.begin(), names_.end(), name);
    if (at == names_.end() && static_cast<int>(names_.size()) < most) at = names_.insert(names_.end(), name);
    if (at != names_.end()) out[static_cast<std::size_t>(row)] = at - names_.begin();
  }
  return out;
}

void GroupNames::save(Archive& archive, const std::string& name) const { archive.put(name, names_); }

void GroupNames::load(const Archive& archive, const std::string& name) { names_ = archive.texts(name); }

}  // namespace leat
