#include "leat/run_table.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>

#include "base/scalar.h"
#include "leat/csv.h"
#include "leat/statistics.h"
#include "report/finished_run.h"
#include "report/report_table.h"
#include "report/report_words.h"

namespace leat {

namespace {

using namespace report;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

using Runs = std::vector<const StoredRun*>;

/// A line of the table: a run, or several runs that differ only in their seed.
struct Line {
  std::string label;
  Runs runs;
};

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

/// Returns a run's value of a key of `where`, or nullopt if the run has no such parameter.
std::optional<std::string> fact(const StoredRun& run, const std::string& key) {
  if (key == "title") return run.title;
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

void check_where(const std::vector<StoredRun>& runs, const RunQuery& query) {
  std::vector<std::string> names{"title", "seed", "device", "status"};
  for (const StoredRun& run : runs)
    for (const auto& [name, value] : run.params) add_once(names, name);
  for (const auto& [key, value] : query.where)
    if (std::find(names.begin(), names.end(), key) == names.end())
      throw Refusal("no run has a parameter `" + key + "`" + hint_of(key, names));
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

Runs selected(const std::vector<StoredRun>& runs, const RunQuery& query) {
  Runs out;
  for (const StoredRun& run : runs) {
    const bool is_asked_for = std::all_of(query.where.begin(), query.where.end(), [&run](const auto& one) {
      const std::optional<std::string> found = fact(run, one.first);
      return found && is_same_scalar(*found, one.second);
    });
    if (is_asked_for) out.push_back(&run);
  }
  return out;
}

std::string parent_of(const StoredRun& run) { return std::filesystem::path(run.folder).parent_path().generic_string(); }

/// Returns the folder that contains these runs and no other of the table, or else the common beginning of their folders' names.
std::string label_of(const Runs& group, const Runs& all) {
  if (group.size() == 1 && parent_of(*group[0]).empty()) return group[0]->folder;
  const std::string parent = parent_of(*group[0]);
  const auto is_there = [&parent](const StoredRun* run) { return parent_of(*run) == parent; };
  const bool is_theirs = !parent.empty() && std::all_of(group.begin(), group.end(), is_there) &&
                         std::count_if(all.begin(), all.end(), is_there) == static_cast<std::ptrdiff_t>(group.size());
  if (is_theirs) return parent;
  std::string begin = group[0]->folder;
  for (const StoredRun* run : group) {
    const auto end = std::mismatch(begin.begin(), begin.end(), run->folder.begin(), run->folder.end()).first;
    begin.erase(end, begin.end());
  }
  return group.size() == 1 ? begin : begin.empty() ? group[0]->title : begin + "*";
}

std::vector<Line> single_lines(const Runs& runs) {
  std::vector<Line> out;
  for (const StoredRun* run : runs) out.push_back({run->folder, {run}});
  return out;
}

/// Groups finished runs by graph and device. If two runs of a group have the same seed, only the newer one counts.
std::vector<Line> mean_lines(const Runs& runs) {
  std::vector<std::pair<std::string, std::string>> keys;
  std::vector<Runs> groups;
  Runs counted;
  for (const StoredRun* run : runs) {
    if (run->status != RunStatus::Finished) continue;
    const std::pair key(run->graph_hash, run->device);
    const auto place = static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
    if (place == keys.size()) {
      keys.push_back(key);
      groups.emplace_back();
    }
    Runs& group = groups[place];
    const auto same = std::find_if(group.begin(), group.end(), [run](const StoredRun* one) { return one->seed == run->seed; });
    if (same == group.end()) group.push_back(run);
    else if ((*same)->modified < run->modified) *same = run;
  }
  for (const Runs& group : groups) counted.insert(counted.end(), group.begin(), group.end());
  std::vector<Line> out;
  for (const Runs& group : groups) out.push_back({label_of(group, counted), group});
  return out;
}

Cell plain(const std::string& text) { return {{text.empty() ? "-" : text, ""}, {text}}; }

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
    const auto value = find_fact(*line.runs[0], resource, what), others = find_fact(*line.runs[0], resource, validation);
    Cell cell{{value ? with_separators(*value) : "-", ""}, {value ? std::to_string(*value) : ""}};
    if (others) cell.words.figure += " + " + with_separators(*others);
    if (!validation.empty()) cell.fields.push_back(others ? std::to_string(*others) : "");
    return cell;
  });
  out.heading.upper = resource;
  out.names = {resource + "." + what};
  if (!validation.empty()) out.names.push_back(resource + "." + validation);
  return out;
}

void add_facts(std::vector<Column>& out, const std::vector<Line>& lines) {
  for (const std::string what : {"labels", "masks", "weights", "multiply_adds"}) {
    std::vector<std::string> resources;
    for (const Line& line : lines)
      for (const auto& [name, facts] : line.runs[0]->resources)
        if (facts.contains(what)) add_once(resources, name);
    for (const std::string& resource : resources) out.push_back(fact_column(resource, what, lines));
  }
}

void add_differing(std::vector<Column>& out, const std::vector<Line>& lines, const std::string& key) {
  std::vector<std::string> values;
  for (const Line& line : lines)
    if (const auto value = fact(*line.runs[0], key); value && !value->empty()) add_once(values, *value);
  if (values.size() < 2) return;
  out.push_back(column_of(key, lines, [&key](const Line& line) { return plain(fact(*line.runs[0], key).value_or("")); }));
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
    for (const auto& [name, value] : line.runs[0]->params) add_once(names, name);
  for (std::size_t k = first; k < names.size(); ++k) add_differing(out, lines, names[k]);
  add_facts(out, lines);
  for (const StoredMetric& metric : shown_metrics(lines, query)) out.push_back(metric_column(metric, lines, query.takes_means));
  return out;
}

std::string remarks(const Runs& runs, const std::vector<Line>& lines, const RunQuery& query) {
  std::string out, unfinished, replaced;
  for (const StoredRun* run : runs) {
    if (run->status == RunStatus::Failed) out += wrapped(run->folder + " failed: " + run->error);
    else if (!run->error.empty()) out += wrapped(run->folder + ": " + run->error);
    if (run->status == RunStatus::Unfinished || run->status == RunStatus::Running || run->status == RunStatus::Paused)
      unfinished += (unfinished.empty() ? "" : ", ") + run->folder;
    const bool is_counted = std::any_of(lines.begin(), lines.end(), [run](const Line& line) {
      return std::find(line.runs.begin(), line.runs.end(), run) != line.runs.end();
    });
    if (run->status == RunStatus::Finished && !is_counted) replaced += (replaced.empty() ? "" : ", ") + run->folder;
  }
  if (query.takes_means && !unfinished.empty()) out += wrapped("not counted, because they are not finished: " + unfinished);
  if (!replaced.empty()) out += wrapped("not counted, because a newer run of the same graph has the same seed: " + replaced);
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
  Runs runs;
  std::vector<Line> lines;
  std::vector<Column> columns;
};

Listing listing_of(const std::vector<StoredRun>& runs, const RunQuery& query) {
  if (!runs.empty()) {
    check_where(runs, query);
    check_show(runs, query);
  }
  Listing out{selected(runs, query), {}, {}};
  out.lines = query.takes_means ? mean_lines(out.runs) : single_lines(out.runs);
  out.columns = columns_of(out.lines, query);
  return out;
}

}  // namespace

std::string run_table_text(const std::vector<StoredRun>& runs, const RunQuery& query, TableFormat format) {
  const Listing listing = listing_of(runs, query);
  if (runs.empty()) return "there are no runs\n";
  if (listing.runs.empty()) return "none of the " + std::to_string(runs.size()) + " runs matches the conditions\n";
  const std::string more = footnotes(listing.columns) + remarks(listing.runs, listing.lines, query);
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

}  // namespace leat
