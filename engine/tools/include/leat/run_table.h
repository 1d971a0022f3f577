#pragma once

#include <string>
#include <utility>
#include <vector>

#include "leat/run_store.h"

namespace leat {

struct RunQuery {
  std::vector<std::pair<std::string, std::string>> where;  ///< Parameters, or title, seed, device or status, and what they must be.
  std::vector<std::string> show;                           ///< `phase.node.metric`; none: accuracy, AUC and Dice of the phases that test.
  bool takes_means = false;                                ///< Of finished runs that differ only in their seed, with t intervals.
};

enum class TableFormat { Text, Markdown };

/// Runs, or groups of them, in the order given: what they are, those parameters that differ among them, and metrics. Throws Refusal where
/// no run has what the query names.
[[nodiscard]] std::string run_table_text(const std::vector<StoredRun>& runs, const RunQuery& query, TableFormat format = TableFormat::Text);
[[nodiscard]] std::string run_table_csv(const std::vector<StoredRun>& runs, const RunQuery& query);  ///< RFC 4180, figures in full.

}  // namespace leat
