#pragma once

#include <map>
#include <string>

#include "io/split/entry.h"

namespace leat {

/// Returns a finding of a list's field: 1, 0, -1 (unknown), also written as `1.0` or `1,0`. An empty field and `ignore` are unknown. -2: it
/// is another text.
[[nodiscard]] int finding_in(const std::string& field);
/// Returns the number of a fold as text: `2` for `2`, `2.0` and `02`; other texts as they are.
[[nodiscard]] std::string fold_in(const std::string& field);

/// Joins the rows of a list that name one image.
class RowMerge {
 public:
  RowMerge(SplitEntries& all, bool has_findings) : all_(all), has_findings_(has_findings) {}

  /// Adds the entry of a row to `all`, or joins it with the entry of an earlier row. Throws Refusal at `path` if they contradict.
  void add(SplitEntry entry);
  void tell();

 private:
  void join(SplitEntry& first, SplitEntry& other);
  void join_field(std::string& first, const std::string& other, const SplitEntry& one, const SplitEntry& two, const char* what);

  SplitEntries& all_;
  bool has_findings_;
  std::map<std::string, std::size_t> places_;
  std::size_t joined_ = 0;
  std::string first_;
};

}  // namespace leat
