#include "leat/metrics_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "base/text_table.h"

namespace leat {

std::string metrics_text(const Metrics& metrics) {
  std::vector<TextRow> rows;
  for (const auto& [name, value] : metrics) {
    char number[32] = "-";
    if (!std::isnan(value)) std::snprintf(number, sizeof number, "%.4g", value);
    rows.push_back({name, number});
  }
  return text_table(rows);
}

Metrics main_metrics(const Metrics& metrics, const Program& program, const std::string& phase) {
  const auto found = std::find_if(program.phases.begin(), program.phases.end(), [&phase](const auto& one) { return one.name == phase; });
  if (found == program.phases.end()) return metrics;
  std::set<std::string> headlines;
  for (const ProgramNode& node : found->nodes)
    for (const Metric* metric : node.node->metrics())
      if (metric->shown() == Shown::Headline) headlines.insert(node.name + "." + std::string(metric->name()));
  for (const std::string& kept : program.plan.keep)
    if (kept.starts_with(phase + ".")) headlines.insert(kept.substr(phase.size() + 1));
  Metrics out;
  for (const auto& [name, value] : metrics) {
    const auto is_of = [&name = name](const std::string& headline) {
      return name == headline || (name.starts_with(headline + "_") && name.find("_pooled") == std::string::npos);
    };
    if (name.ends_with(".loss") || std::any_of(headlines.begin(), headlines.end(), is_of)) out.emplace(name, value);
  }
  return out.empty() ? metrics : out;
}

std::string cache_text(const CacheUse& use, const ProgramCache& cache) {
  std::string out =
      (use.since_step > 0 ? "since the resume at step " + std::to_string(use.since_step) + ", the cache held " : "the cache held ") +
      std::to_string(use.values) + (use.values == 1 ? " image (" : " images (") + size_words(use.bytes) + " in memory" +
      (use.file_bytes > 0 ? ", " + size_words(use.file_bytes) + " in its file" : "") + "); " + std::to_string(use.found) + " of " +
      std::to_string(use.found + use.missed) + " images were taken from it";
  if (use.left_out == 0) return out;
  const std::string instead = cache.file_bytes > 0 ? "or its `file` larger" : "or give it a `file`";
  if (!cache.is_size_known) return out + "; others did not fit: make `memory` of the cache larger, " + instead;
  return out + "; " + std::to_string(use.values) + " of at most " + std::to_string(cache.values) + " images fit: all of them need " +
         size_words(cache.expected_bytes) + ", so make `memory` of the cache larger, " + instead;
}

}  // namespace leat
