#include "report/rank_table.h"

#include <algorithm>
#include <cstdio>

#include "report/report_words.h"

namespace leat {

namespace report {

namespace {

constexpr std::size_t most_rows = 8;

std::string milliseconds(double seconds) {
  const double ms = seconds * 1e3;
  char text[32];
  std::snprintf(text, sizeof text, ms >= 99.95 ? "%.0f" : ms >= 9.995 ? "%.1f" : ms > 0 ? "%.2f" : "%.0f", ms);
  return text;
}

std::size_t rows_of(const RanksActivity& ranks) {
  // A fold that hides one row saves nothing.
  return ranks.ranks.size() <= most_rows + 1 ? ranks.ranks.size() : most_rows;
}

}  // namespace

ReportTable rank_table(const RanksActivity& ranks) {
  ReportTable out;
  out.corner = "ms a step of " + ranks.phase;
  out.columns = {{"", "its part"}, {"", "computing"}, {"waiting for", "its images"}, {"waiting for", "others"}};
  const std::vector<int> order = ranks.longest_first();
  for (std::size_t k = 0; k < rows_of(ranks); ++k) {
    const RankActivity& one = ranks.ranks[static_cast<std::size_t>(order[k])];
    ReportTable::Row row{one.name + (order[k] == ranks.late ? ", late" : ""), {}};
    for (const double seconds : {one.part(), one.compute, one.data, one.waiting}) row.cells.push_back({milliseconds(seconds), ""});
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::string below_rank_table(const RanksActivity& ranks) {
  std::string out;
  const std::vector<int> order = ranks.longest_first();
  if (const std::size_t rows = rows_of(ranks); rows < order.size()) {
    const auto part = [&](int rank) { return milliseconds(ranks.ranks[static_cast<std::size_t>(rank)].part()); };
    const std::string shortest = part(order.back()), longest = part(order[rows]);
    out += wrapped("The parts of the other " + std::to_string(order.size() - rows) + " ranks take " +
                   (shortest == longest ? "" : shortest + " to ") + longest + " ms.");
  }
  out += wrapped(ranks.sentence);
  if (ranks.other_steps > 0)
    out += wrapped("These are means over " + with_separators(ranks.steps) + " steps. " + with_separators(ranks.other_steps) +
                   " other steps were done on another number of ranks, and are left out.");
  return out;
}

}  // namespace report

std::string ranks_text(const RanksActivity& ranks) {
  if (ranks.ranks.empty()) return {};
  return report::rank_table(ranks).text() + report::below_rank_table(ranks);
}

}  // namespace leat
