#pragma once

#include <string>
#include <vector>

#include "leat/run_store.h"

namespace leat {

struct RunQuery {
  std::vector<std::string> where;  ///< Comparisons that a run must fulfil, such as `lr<0.01`, `status!=failed` and `time>=2min`.
  std::vector<std::string> show;   ///< `phase.node.metric`. Empty: accuracy, AUC and Dice of test phases.
  bool takes_means = false;        ///< Means over finished runs that differ only in their seed, with t intervals.
};

enum class TableFormat { Text, Markdown };

/// Returns a table of runs, or of groups of runs, in the given order: their facts, the parameters that differ between them, and metrics.
/// Throws Refusal if the query has a comparison that cannot be understood, or names a metric that no run has.
[[nodiscard]] std::string run_table_text(const std::vector<StoredRun>& runs, const RunQuery& query, TableFormat format = TableFormat::Text);
[[nodiscard]] std::string run_table_csv(const std::vector<StoredRun>& runs, const RunQuery& query);  ///< RFC 4180; numbers have all digits.
/// Returns lines on runs of the table: those that failed or cannot be read, and those that do not count in means.
[[nodiscard]] std::string run_table_remarks(const std::vector<StoredRun>& runs, const RunQuery& query);

}  // namespace leat
