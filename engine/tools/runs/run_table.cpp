#include "leat/run_table.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <utility>

#include "base/scalar.h"
#include "leat/csv.h"
#include "leat/statistics.h"
#include "report/finished_run.h"
#include "report/report_table.h"
#include "report/report_words.h"
#include "report/seed_groups.h"
#include "runs/run_filter.h"
#include "runs/run_lines.h"

namespace leat {

namespace {

using namespace report;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

using Line = RunLine;

struct Cell {
  ReportCell words;
  std::vector<std::string> fields;  ///< Fields in CSV.
};

struct Column {
  ReportTable::Column heading;
  std::vector<std::string> names;  ///< Names of the fields in CSV.
  std::vector<Cell> cells;         ///< One per line.
  bool is_cut = false;             ///< A CI ends at a bound of the metric.
  bool has_intervals = false;
  bool has_train = false;   ///< The values are of a train phase.
  bool has_kept = false;    ///< Some values are of a validation of the weights that `keep` selected.
  bool lacks_kept = false;  ///< Some values are of a last validation, because the other was not recorded. They have a `*`.
};

template <class Value>
void add_once(std::vector<Value>& all, const Value& one) {
  if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
}

const std::string* find_param(const StoredRun& run, const std::string& name) {
  for (const auto& [key, value] : run.params)
    if (key == name) return &value;
  return nullptr;
}

double value_of(const StoredRun& run, const std::string& phase, const std::string& name) {
  for (const StoredMetric& one : run.metrics)
    if (one.phase == phase && one.name == name) return one.value;
  return unknown;
}

std::string full_name(const StoredMetric& one) { return one.phase + "." + one.name; }

std::string metric_of(const std::string& name) { return name.substr(name.rfind('.') + 1); }

/// Returns a run's value of a fact or parameter, or nullopt if the run has none.
std::optional<std::string> fact(const StoredRun& run, const std::string& key) {
  if (key == "seed") return run.seed ? std::optional(std::to_string(*run.seed)) : std::nullopt;
  if (key == "device") return run.device;
  if (key == "status") return name(run.status);
  const std::string* param = find_param(run, key);
  return param ? std::optional(*param) : std::nullopt;
}

/// Returns "; did you mean `x`?", "; valid names are …", "; some of the valid names are …" or an empty string.
std::string hint_of(const std::string& wrong, std::vector<std::string> names) {
  std::string hint = name_hint(wrong, names);
  if (hint.empty() && !names.empty()) {
    names.resize(std::min<std::size_t>(names.size(), 8));
    hint = "some of the valid names are " + name_list(names);
  }
  return hint.empty() ? "" : "; " + hint;
}

void check_show(const std::vector<StoredRun>& runs, const RunQuery& query) {
  if (query.show.empty()) return;
  std::vector<std::string> names;
  // Headline metrics come first, because the hint shows only the first names.
  for (const bool is_headline : {true, false})
    for (const StoredRun& run : runs)
      for (const StoredMetric& one : run.metrics)
        if ((one.headline >= 0) == is_headline) add_once(names, full_name(one));
  for (const std::string& asked : query.show)
    if (std::find(names.begin(), names.end(), asked) == names.end())
      throw Refusal("no run has measured `" + asked + "`" + hint_of(asked, names));
}

RunList selected(const std::vector<StoredRun>& runs, const RunQuery& query) {
  const auto is_asked_for = run_filter(query.where, runs);
  RunList out;
  for (const StoredRun& run : runs)
    if (is_asked_for(run)) out.push_back(&run);
  return out;
}

constexpr const char* none = "-";

Cell plain(const std::string& text) { return {{text.empty() ? none : text, ""}, {text}}; }

/// Returns all words of a line, in the order in which its runs first have them; empty if no run has any.
std::string all_words(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == none) return "";
  std::string out;
  for (const std::string& one : words) out += (out.empty() ? "" : " and ") + one;
  return out;
}

/// Returns the values of a fact or parameter that the runs of a line have.
std::string facts_of(const Line& line, const std::string& key) {
  std::vector<std::string> values;
  for (const StoredRun* run : line.runs) {
    const std::string value = fact(*run, key).value_or("");
    add_once(values, value.empty() ? std::string(none) : value);
  }
  return all_words(values);
}

Column column_of(const std::string& name, const std::vector<Line>& lines, const std::function<Cell(const Line&)>& cell) {
  Column out{.heading = {"", name}, .names = {name}, .cells = {}};
  for (const Line& line : lines) out.cells.push_back(cell(line));
  return out;
}

Column time_column(const std::vector<Line>& lines) {
  Column out = column_of("time", lines, [](const Line& line) {
    double sum = 0;
    for (const StoredRun* run : line.runs) sum += run->seconds;
    const double seconds = sum / static_cast<double>(line.runs.size());
    return Cell{{seconds > 0 ? duration_words(seconds) : "-", ""}, {number_text(seconds)}};
  });
  out.names = {"seconds"};
  return out;
}

std::optional<std::int64_t> find_fact(const StoredRun& run, const std::string& resource, const std::string& name) {
  const auto facts = run.resources.find(resource);
  if (facts == run.resources.end()) return {};
  const auto found = facts->second.find(name);
  return found == facts->second.end() ? std::nullopt : std::optional(found->second);
}

/// Returns the column of one fact of a resource: "100 + 100" labels (training + validation), weights or multiply-adds per pixel.
Column fact_column(const std::string& resource, const std::string& what, const std::vector<Line>& lines) {
  const std::string validation = what == "labels" || what == "masks" ? "validation_" + what : "";
  Column out = column_of(what == "multiply_adds" ? "MACs/pixel" : what, lines, [&](const Line& line) {
    using Count = std::optional<std::int64_t>;
    std::vector<std::pair<Count, Count>> counts;
    for (const StoredRun* run : line.runs) add_once(counts, {find_fact(*run, resource, what), find_fact(*run, resource, validation)});
    std::vector<std::string> words, values, others;
    for (const auto& [count, other] : counts) {
      words.push_back((count ? with_separators(*count) : none) + (other ? " + " + with_separators(*other) : ""));
      values.push_back(count ? std::to_string(*count) : none);
      others.push_back(other ? std::to_string(*other) : none);
    }
    Cell cell = plain(all_words(words));
    cell.fields = {all_words(values)};
    if (!validation.empty()) cell.fields.push_back(all_words(others));
    return cell;
  });
  out.heading.upper = resource;
  out.names = {resource + "." + what};
  if (!validation.empty()) out.names.push_back(resource + "." + validation);
  return out;
}

void add_facts(std::vector<Column>& out, const std::vector<Line>& lines, const std::vector<std::string>& facts) {
  for (const std::string& what : facts) {
    std::vector<std::string> resources;
    for (const Line& line : lines)
      for (const StoredRun* run : line.runs)
        for (const auto& [name, known] : run->resources)
          if (known.contains(what)) add_once(resources, name);
    for (const std::string& resource : resources) out.push_back(fact_column(resource, what, lines));
  }
}

void add_differing(std::vector<Column>& out, const std::vector<Line>& lines, const std::string& key) {
  std::vector<std::string> values;
  for (const Line& line : lines)
    for (const StoredRun* run : line.runs)
      if (const auto value = fact(*run, key); value && !value->empty()) add_once(values, *value);
  if (values.size() < 2) return;
  out.push_back(column_of(key, lines, [&key](const Line& line) { return plain(facts_of(line, key)); }));
}

std::vector<StoredMetric> shown_metrics(const std::vector<Line>& lines, const RunQuery& query) {
  std::vector<StoredMetric> found;
  std::vector<std::string> names, phases;
  for (const Line& line : lines)
    for (const StoredRun* run : line.runs)
      for (const StoredMetric& one : run->metrics) {
        const bool is_shown = query.show.empty() ? one.kind == PhaseKind::Test && one.headline >= 0
                                                 : std::find(query.show.begin(), query.show.end(), full_name(one)) != query.show.end();
        if (!is_shown || std::find(names.begin(), names.end(), full_name(one)) != names.end()) continue;
        names.push_back(full_name(one));
        add_once(phases, one.phase);
        found.push_back(one);
      }
  const auto place = [&](const StoredMetric& one) {
    const auto in = [](const std::vector<std::string>& all, const std::string& word) {
      return std::find(all.begin(), all.end(), word) - all.begin();
    };
    return query.show.empty() ? std::pair(in(phases, one.phase), headline_order(one.headline, metric_of(one.name)))
                              : std::pair(in(query.show, full_name(one)), headline_order(0, ""));
  };
  std::stable_sort(found.begin(), found.end(), [&](const StoredMetric& a, const StoredMetric& b) { return place(a) < place(b); });
  return found;
}

std::string field_of(double number) { return std::isfinite(number) ? number_text(number) : ""; }

Column metric_column(const StoredMetric& metric, const std::vector<Line>& lines, bool has_means) {
  const std::string name = full_name(metric);
  bool is_cut = false, has_intervals = false, has_kept = false, lacks_kept = false;
  Column out = column_of(metric.name, lines, [&](const Line& line) {
    std::vector<double> values;
    for (const StoredRun* run : line.runs) values.push_back(value_of(*run, metric.phase, metric.name));
    Interval interval = values.size() > 1 ? mean_interval(values) : Interval{values[0], unknown, unknown};
    is_cut = cut(interval, metric.bounds) || is_cut;
    Cell cell{{number_words(interval.value), ""}, {field_of(interval.value)}};
    for (const StoredRun* run : line.runs) {
      if (run->validation != metric.phase || std::isnan(value_of(*run, metric.phase, metric.name))) continue;
      has_kept = has_kept || run->has_kept;
      lacks_kept = lacks_kept || !run->has_kept;
      if (!run->has_kept && !cell.words.figure.ends_with('*')) cell.words.figure += " *";
    }
    has_intervals = has_intervals || has_ends(interval);
    if (has_ends(interval)) cell.words.interval = number_words(interval.low) + ", " + number_words(interval.high);
    if (has_means) cell.fields.insert(cell.fields.end(), {field_of(interval.low), field_of(interval.high)});
    return cell;
  });
  out.is_cut = is_cut;
  out.has_train = metric.kind == PhaseKind::Train;
  out.has_intervals = has_intervals;
  out.has_kept = has_kept;
  out.lacks_kept = lacks_kept;
  out.heading.upper = metric.phase;
  out.names = has_means ? std::vector<std::string>{name, name + " low", name + " high"} : std::vector<std::string>{name};
  return out;
}

/// Returns true if fewer than a quarter of the lines have a value in a column that nobody asked for. Runs that are not finished have no
/// results yet, so they do not count.
bool is_rare_in(const std::vector<Line>& lines, const Column& column, const RunQuery& query) {
  if (std::find(query.show.begin(), query.show.end(), column.names.front()) != query.show.end()) return false;
  constexpr std::size_t most_lines_of_one = 4;
  std::size_t counted = 0, filled = 0;
  for (std::size_t k = 0; k < lines.size(); ++k) {
    if (lines[k].runs[0]->status != RunStatus::Finished) continue;
    ++counted;
    if (column.cells[k].words.figure != none) ++filled;
  }
  return filled * most_lines_of_one < counted;
}

std::vector<Column> columns_of(const std::vector<Line>& lines, const RunQuery& query) {
  std::vector<Column> out;
  if (query.takes_means) {
    out.push_back(column_of("seeds", lines, [](const Line& line) { return plain(std::to_string(line.runs.size())); }));
  } else {
    for (const std::string key : {"seed", "status"})
      out.push_back(column_of(key, lines, [&key](const Line& line) { return plain(fact(*line.runs[0], key).value_or("")); }));
    out.push_back(column_of("steps", lines, [](const Line& line) { return plain(std::to_string(line.runs[0]->steps)); }));
  }
  out.push_back(time_column(lines));
  add_differing(out, lines, "device");
  std::vector<std::string> names;
  for (const Column& column : out) names.push_back(column.heading.lower);
  const std::size_t first = names.size();
  // A parameter with the name of a column above, such as `steps`, gets no column of its own.
  for (const Line& line : lines)
    for (const StoredRun* run : line.runs)
      for (const auto& [name, value] : run->params) add_once(names, name);
  std::vector<Column> params, metrics, sizes;
  for (std::size_t k = first; k < names.size(); ++k) add_differing(params, lines, names[k]);
  add_facts(params, lines, {"labels", "masks"});
  for (const StoredMetric& metric : shown_metrics(lines, query)) metrics.push_back(metric_column(metric, lines, query.takes_means));
  add_facts(sizes, lines, {"weights", "multiply_adds"});
  // Results come before the sizes of networks. Of the columns that few lines have a value in, the results come first.
  const auto move_some = [&](std::vector<Column>& from, bool is_rare) {
    for (Column& one : from)
      if (!one.names.empty() && is_rare_in(lines, one, query) == is_rare) out.push_back(std::exchange(one, {}));
  };
  for (auto* part : {&params, &metrics, &sizes}) move_some(*part, false);
  for (auto* part : {&metrics, &params, &sizes}) move_some(*part, true);
  return out;
}

std::string remarks(const RunList& runs, const RunList& left_out, const RunQuery& query) {
  std::string out, unfinished, replaced;
  const auto add = [](std::string& all, const std::string& one) { all += (all.empty() ? "" : ", ") + one; };
  for (const StoredRun* run : runs) {
    if (run->status == RunStatus::Failed) out += wrapped(run->folder + " failed: " + run->error);
    else if (!run->error.empty()) out += wrapped(run->folder + ": " + run->error);
    if (run->status != RunStatus::Finished && run->status != RunStatus::Failed) add(unfinished, run->folder);
  }
  for (const StoredRun* run : left_out) add(replaced, run->folder);
  if (query.takes_means && !unfinished.empty()) out += wrapped("not counted, because they are not finished: " + unfinished);
  if (!replaced.empty()) out += wrapped(std::string("not counted, because ") + same_seed_reason + ": " + replaced);
  return out;
}

/// Returns what the values and intervals of the columns are of.
std::string footnotes(const std::vector<Column>& columns) {
  const auto any = [&columns](bool Column::*has) {
    return std::any_of(columns.begin(), columns.end(), [has](const Column& one) { return one.*has; });
  };
  std::string out;
  if (any(&Column::has_intervals))
    out +=
        wrapped(std::string("Means over the runs of a line, and 95 % intervals over seeds (Student's t). They do not count the variation "
                            "between images, which `leat report` of the same runs includes.") +
                (any(&Column::is_cut) ? " Intervals are limited to the bounds of their metric, such as 0 and 1 for a fraction." : ""));
  if (any(&Column::has_train)) out += wrapped("Metrics that a training has at every step are means over its last 50 steps.");
  if (any(&Column::has_kept)) out += wrapped("A validation is that of the weights that the plan's `keep` selected.");
  if (any(&Column::lacks_kept))
    out += wrapped(
        "* of the last validation, not of the weights that the plan's `keep` selected: the version of Leat that ran it did not record the "
        "other.");
  return out;
}

struct Listing {
  RunList runs, left_out;
  std::vector<Line> lines;
  std::vector<Column> columns;
};

Listing listing_of(const std::vector<StoredRun>& runs, const RunQuery& query) {
  if (runs.empty()) return {};
  check_show(runs, query);
  Listing out{selected(runs, query), {}, {}, {}};
  out.lines = query.takes_means ? mean_lines(out.runs, out.left_out) : single_lines(out.runs);
  out.columns = columns_of(out.lines, query);
  return out;
}

}  // namespace

std::string run_table_text(const std::vector<StoredRun>& runs, const RunQuery& query, TableFormat format) {
  const Listing listing = listing_of(runs, query);
  if (runs.empty()) return "there are no runs\n";
  if (listing.runs.empty()) return "none of the " + std::to_string(runs.size()) + " runs matches the conditions\n";
  const std::string more = footnotes(listing.columns) + remarks(listing.runs, listing.left_out, query);
  if (listing.lines.empty()) return "none of these runs has finished\n" + more;
  ReportTable table;
  table.corner = query.takes_means ? "runs" : "run";
  table.has_intervals_below = true;
  for (const Line& line : listing.lines) table.rows.push_back({line.label, {}});
  for (const Column& column : listing.columns) {
    table.columns.push_back(column.heading);
    for (std::size_t k = 0; k < column.cells.size(); ++k) table.rows[k].cells.push_back(column.cells[k].words);
  }
  return (format == TableFormat::Markdown ? table.markdown() : table.text()) + (more.empty() ? "" : "\n" + more);
}

std::string run_table_csv(const std::vector<StoredRun>& runs, const RunQuery& query) {
  const Listing listing = listing_of(runs, query);
  std::string out = query.takes_means ? "runs" : "run";
  for (const Column& column : listing.columns)
    for (const std::string& name : column.names) out += "," + csv_field(name);
  out += "\r\n";
  for (std::size_t k = 0; k < listing.lines.size(); ++k) {
    out += csv_field(listing.lines[k].label);
    for (const Column& column : listing.columns)
      for (const std::string& field : column.cells[k].fields) out += "," + csv_field(field);
    out += "\r\n";
  }
  return out;
}

std::string run_table_remarks(const std::vector<StoredRun>& runs, const RunQuery& query) {
  const Listing listing = listing_of(runs, query);
  return remarks(listing.runs, listing.left_out, query);
}

}  // namespace leat
