#pragma once

#include <string>

#include "leat/rank_activity.h"
#include "report/report_table.h"

namespace leat::report {

/// Returns the ranks with their times in ms per step, that with the longest part first; of many, only the first.
[[nodiscard]] ReportTable rank_table(const RanksActivity& ranks);
/// Returns what is said below the table, in lines: on ranks without a row, on the late rank, and on steps that do not count.
[[nodiscard]] std::string below_rank_table(const RanksActivity& ranks);

}  // namespace leat::report
