#include "report/learning_curves.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace leat::report {

namespace {

using nlohmann::ordered_json;

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

struct Series {
  std::vector<std::int64_t> step;
  std::vector<double> value;
};

LearningCurve in_points(const std::pair<std::string, std::string>& name, const Series& series, std::size_t most) {
  LearningCurve out{name.first, name.second, {}, {}, {}, {}, static_cast<std::int64_t>(series.value.size())};
  const std::size_t count = series.value.size(), points = std::min(count, most);
  for (std::size_t point = 0; point < points; ++point) {
    const std::size_t begin = point * count / points, end = (point + 1) * count / points;
    double sum = 0, low = undefined, high = undefined;
    std::size_t numbers = 0;
    for (std::size_t k = begin; k < end; ++k) {
      if (!std::isfinite(series.value[k])) continue;
      sum += series.value[k];
      ++numbers;
      low = std::fmin(low, series.value[k]);
      high = std::fmax(high, series.value[k]);
    }
    out.step.push_back(series.step[end - 1]);
    out.mean.push_back(numbers == 0 ? undefined : sum / static_cast<double>(numbers));
    out.low.push_back(low);
    out.high.push_back(high);
  }
  return out;
}

bool varies(const Series& series) {
  const auto is_number = [](double value) { return std::isfinite(value); };
  const auto first = std::find_if(series.value.begin(), series.value.end(), is_number);
  return first != series.value.end() &&
         std::any_of(first, series.value.end(), [&](double value) { return std::isfinite(value) && value != *first; });
}

}  // namespace

std::vector<LearningCurve> read_learning_curves(const std::filesystem::path& run, std::size_t most) {
  std::ifstream in(run / "metrics.jsonl", std::ios::binary);
  std::vector<std::pair<std::string, std::string>> names;
  std::map<std::pair<std::string, std::string>, Series> all;
  for (std::string line; std::getline(in, line);) {
    const ordered_json entry = ordered_json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("phase") || !entry["phase"].is_string() || !entry.contains("step") ||
        !entry["step"].is_number_integer() || !entry.contains("metrics") || !entry["metrics"].is_object())
      continue;
    for (const auto& [metric, value] : entry["metrics"].items()) {
      const std::pair name{entry["phase"].get<std::string>(), metric};
      const auto [found, is_new] = all.try_emplace(name);
      if (is_new) names.push_back(name);
      found->second.step.push_back(entry["step"]);
      found->second.value.push_back(value.is_number() ? value.get<double>() : undefined);
    }
  }
  std::vector<LearningCurve> out;
  for (const auto& name : names)
    if (const Series& series = all.at(name); series.value.size() > 1 && varies(series)) out.push_back(in_points(name, series, most));
  return out;
}

}  // namespace leat::report
