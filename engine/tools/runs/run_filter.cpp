#include "runs/run_filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "leat/diagnostics.h"
#include "report/report_words.h"

namespace leat {

namespace {

using namespace report;
using Test = std::function<bool(const StoredRun&)>;

constexpr const char* operators = "= != < <= > >=";
constexpr std::array<std::pair<std::string_view, double>, 5> units{{{"ms", 0.001}, {"min", 60}, {"s", 1}, {"h", 3600}, {"d", 86400}}};
/// Values that a sentence lists.
constexpr std::size_t most_listed = 8;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\n\r";
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? "" : std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Returns the number that a text is; nullopt for other texts. Large whole numbers, such as some seeds, would be rounded.
std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return {};
  constexpr double largest_exact = 9007199254740991;
  if (number == std::floor(number) && std::abs(number) > largest_exact) return {};
  return number;
}

/// Returns `12,000` as `12000`, and other texts as they are.
std::string without_separators(const std::string& text) {
  std::string out;
  std::size_t digits = 0;
  bool has_separator = false;
  for (std::size_t k = 0; k < text.size() && text[k] != '.'; ++k) {
    const bool is_sign = k == 0 && text[k] == '-';
    if (text[k] == ',') {
      if (digits == 0 || digits > 3 || (has_separator && digits != 3)) return text;
      has_separator = true;
      digits = 0;
    } else if (is_digit(text[k])) {
      ++digits;
    } else if (!is_sign) {
      return text;
    }
  }
  if (!has_separator || digits != 3) return text;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return c != ','; });
  return out;
}

/// Returns `90`, `1.5min` or `1 h 5 min` in seconds; nullopt if it is no time.
std::optional<double> seconds_of(const std::string& text) {
  if (!text.empty() && text.find_first_not_of("0123456789.") == std::string::npos) return number_of(text);
  double sum = 0;
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  do {
    const std::size_t begin = at;
    while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) ++at;
    const std::optional<double> number = number_of(std::string_view(text).substr(begin, at - begin));
    skip_blanks();
    const auto unit =
        std::find_if(units.begin(), units.end(), [&](const auto& one) { return std::string_view(text).substr(at).starts_with(one.first); });
    if (!number || unit == units.end()) return {};
    sum += *number * unit->second;
    at += unit->first.size();
    skip_blanks();
  } while (at < text.size());
  return sum;
}

struct Value {
  std::string text;              ///< As the table shows it.
  std::optional<double> number;  ///< Of a text that is a number.
};

struct Column {
  std::string name;
  std::vector<std::string> heads;  ///< Its heads in tables, if these are other names.
  bool is_metric = false, is_number = false;
  std::function<Value(const StoredRun&)> value;
};

constexpr const char* missing = "-";

Value text_value(const std::string& text) { return {text, number_of(text)}; }

Value metric_value(const StoredRun& run, const std::string& name) {
  for (const StoredMetric& one : run.metrics)
    if (one.phase + "." + one.name == name)
      return std::isfinite(one.value) ? Value{number_words(one.value), one.value} : Value{"undefined", {}};
  return {missing, {}};
}

Value param_value(const StoredRun& run, const std::string& name) {
  for (const auto& [key, value] : run.params)
    if (key == name) return text_value(value);
  return {missing, {}};
}

/// Returns all columns that there can be. A parameter that is called like a fact has `params.` before its name.
std::vector<Column> columns_of(const std::vector<StoredRun>& runs) {
  const auto whole = [](std::int64_t number) { return Value{with_separators(number), static_cast<double>(number)}; };
  const auto text = [](const char* name, const auto& get) {
    return Column{name, {}, false, false, [get](const StoredRun& run) { return Value{get(run), {}}; }};
  };
  const auto number = [](const char* name, const auto& value) { return Column{name, {}, false, true, value}; };
  const auto time = [](const StoredRun& run) {
    return run.seconds > 0 ? Value{duration_words(run.seconds), run.seconds} : Value{missing, {}};
  };
  const auto seed = [](const StoredRun& run) { return run.seed ? text_value(std::to_string(*run.seed)) : Value{missing, {}}; };
  std::vector<Column> out{text("run", [](const StoredRun& run) { return run.folder; }),
                          text("status", [](const StoredRun& run) { return name(run.status); }),
                          number("done", [whole](const StoredRun& run) { return whole(run.steps); }),
                          number("time", time),
                          number("seed", seed),
                          text("title", [](const StoredRun& run) { return run.title; }),
                          text("device", [](const StoredRun& run) { return run.device; })};
  out[2].heads = {"steps done"};
  const std::size_t facts = out.size();
  std::vector<std::string> params, metrics;
  const auto add_once = [](std::vector<std::string>& all, const std::string& one) {
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  };
  for (const StoredRun& run : runs) {
    for (const auto& [name, value] : run.params) add_once(params, name);
    for (const StoredMetric& one : run.metrics) add_once(metrics, one.phase + "." + one.name);
  }
  for (const std::string& param : params) {
    const bool is_taken =
        std::any_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(facts), [&](const Column& one) { return one.name == param; });
    out.push_back(
        {(is_taken ? "params." : "") + param, {}, false, false, [param](const StoredRun& run) { return param_value(run, param); }});
  }
  // The head of the column `done` in the table of `leat runs`.
  if (std::find(params.begin(), params.end(), "steps") == params.end()) out[2].heads.emplace_back("steps");
  for (const std::string& metric : metrics)
    out.push_back({metric, {lower(metric).replace(metric.find('.'), 1, " ")}, true, true, [metric](const StoredRun& run) {
                     return metric_value(run, metric);
                   }});
  return out;
}

/// Returns the columns that a name can mean: those of this name or head, else metrics that end with it.
std::vector<const Column*> named(const std::vector<Column>& columns, const std::string& name) {
  std::vector<const Column*> exact, own, ends;
  for (const Column& one : columns) {
    if (one.name == name) exact.push_back(&one);
    const bool is_head = std::find(one.heads.begin(), one.heads.end(), lower(name)) != one.heads.end();
    if (is_head || lower(one.name) == lower(name)) own.push_back(&one);
    if (one.is_metric && lower(one.name).ends_with("." + lower(name))) ends.push_back(&one);
  }
  return !exact.empty() ? exact : !own.empty() ? own : ends;
}

std::string listed(const std::vector<std::string>& all) {
  std::string out;
  for (std::size_t k = 0; k < std::min(all.size(), most_listed); ++k) out += (k == 0 ? "" : ", ") + all[k];
  return out + (all.size() > most_listed ? ", …" : "");
}

[[noreturn]] void refuse(const std::string& comparison, const std::string& why) { throw Refusal("`--where " + comparison + "`: " + why); }

std::string names_words(const std::vector<Column>& columns) {
  std::string out;
  for (const Column& one : columns)
    if (!one.is_metric) out += (out.empty() ? "names are " : ", ") + one.name;
  return out + ", and those of metrics";
}

bool holds(double a, const std::string& sign, double b) {
  return sign == "<" ? a < b : sign == "<=" ? a <= b : sign == ">" ? a > b : a >= b;
}

Test equal(const std::string& sign, Test same) {
  if (sign == "=") return same;
  return [same = std::move(same)](const StoredRun& run) { return !same(run); };
}

struct Comparison {
  std::string text, name, sign, wanted;
};

Comparison parsed(const std::string& text) {
  constexpr std::string_view signs = "!=<>";
  const std::size_t at = text.find_first_of(signs);
  if (at == std::string::npos) {
    const std::size_t colon = text.find(':');
    refuse(text, (colon == std::string::npos || colon == 0 ? "it is not a comparison such as `lr<0.01`"
                                                           : "write `" + text.substr(0, colon) + "=…`") +
                     std::string("; operators are ") + operators);
  }
  const std::size_t end = std::min(text.find_first_not_of(signs, at), text.size());
  Comparison out{text, trimmed(text.substr(0, at)), text.substr(at, end - at), text.substr(end)};
  std::erase(out.wanted, '"');
  out.wanted = trimmed(out.wanted);
  if (out.sign == "==") out.sign = "=";
  constexpr std::array<std::string_view, 6> known{"=", "!=", "<", "<=", ">", ">="};
  if (std::find(known.begin(), known.end(), out.sign) == known.end())
    refuse(text, "`" + out.sign + "` is not an operator; operators are " + operators);
  return out;
}

Test time_test(const Column& column, const Comparison& asked) {
  const std::optional<double> seconds = seconds_of(lower(asked.wanted));
  if (!seconds)
    refuse(asked.text, "`" + asked.wanted + "` is not a time: write it like 90s, 1.5min or 1h30min; units are ms, s, min, h, d");
  if (asked.sign == "=" || asked.sign == "!=")
    return equal(asked.sign,
                 [value = column.value, words = duration_words(*seconds)](const StoredRun& run) { return value(run).text == words; });
  return [sign = asked.sign, seconds = *seconds](const StoredRun& run) { return run.seconds > 0 && holds(run.seconds, sign, seconds); };
}

Test order_test(const Column& column, const Comparison& asked, std::optional<double> number, const std::vector<StoredRun>& runs) {
  if (!number) refuse(asked.text, "it compares with something that is not a number");
  const auto is_number = [&](const StoredRun& run) { return column.value(run).number.has_value(); };
  if (!runs.empty() && std::none_of(runs.begin(), runs.end(), is_number))
    refuse(asked.text, "`" + column.name + "` has no numbers, so it can be compared with = and != only");
  return [value = column.value, sign = asked.sign, number = *number](const StoredRun& run) {
    const std::optional<double> own = value(run).number;
    return own && holds(*own, sign, number);
  };
}

Test equality_test(const Column& column, const Comparison& asked, std::optional<double> number, const std::vector<StoredRun>& runs) {
  const Test same = [value = column.value, wanted = lower(asked.wanted), number](const StoredRun& run) {
    const Value own = value(run);
    // A metric is equal to what the table shows of it.
    return lower(own.text) == wanted || (number && own.number && (*own.number == *number || number_of(own.text) == number));
  };
  std::vector<std::string> values;
  if (column.name == "status")
    for (const RunStatus one :
         {RunStatus::Running, RunStatus::Paused, RunStatus::Finished, RunStatus::Failed, RunStatus::Stopped, RunStatus::Unfinished})
      values.emplace_back(name(one));
  const bool is_status = std::find(values.begin(), values.end(), lower(asked.wanted)) != values.end();
  const bool is_known = column.name == "status" ? is_status : (column.is_number && number) || std::any_of(runs.begin(), runs.end(), same);
  if (is_known) return equal(asked.sign, same);
  if (column.name != "status")
    for (const StoredRun& run : runs)
      if (const std::string own = column.value(run).text; std::find(values.begin(), values.end(), own) == values.end())
        values.push_back(own);
  refuse(asked.text, "no run has the " + column.name + " `" + asked.wanted + "`; " +
                         (column.name == "status" ? "it can be " : "there are ") + listed(values));
}

Test test_of(const std::string& text, const std::vector<Column>& columns, const std::vector<StoredRun>& runs) {
  const Comparison asked = parsed(text);
  if (asked.name.empty()) refuse(text, "it has no name before `" + asked.sign + "`; " + names_words(columns));
  const std::vector<const Column*> found = named(columns, asked.name);
  if (found.size() > 1) {
    std::vector<std::string> names;
    for (const Column* one : found) names.push_back(one->name);
    refuse(text, "`" + asked.name + "` is the end of several names: " + listed(names));
  }
  if (found.empty()) {
    std::vector<std::string> names;
    for (const Column& one : columns) names.push_back(one.name);
    const std::string near = nearest_name(asked.name, names);
    refuse(text,
           "there is no column `" + asked.name + "`; " + (near.empty() ? "" : "did you mean `" + near + "`? ") + names_words(columns));
  }
  const Column& column = *found.front();
  if (asked.wanted.empty()) refuse(text, "it has no value after `" + asked.sign + "`");
  if (column.name == "time") return time_test(column, asked);
  const std::optional<double> number = number_of(without_separators(asked.wanted));
  return asked.sign == "=" || asked.sign == "!=" ? equality_test(column, asked, number, runs) : order_test(column, asked, number, runs);
}

}  // namespace

Test run_filter(const std::vector<std::string>& comparisons, const std::vector<StoredRun>& runs) {
  const std::vector<Column> columns = columns_of(runs);
  std::vector<Test> tests;
  for (const std::string& one : comparisons) tests.push_back(test_of(one, columns, runs));
  return [tests = std::move(tests)](const StoredRun& run) {
    return std::all_of(tests.begin(), tests.end(), [&run](const Test& one) { return one(run); });
  };
}

}  // namespace leat
