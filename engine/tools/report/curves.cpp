#include "leat/curves.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "base/json.h"

namespace leat {

namespace {

void join(CurvePoint& to, const CurvePoint& more) {
  if (more.count > more.undefined) {
    const bool had_none = to.count == to.undefined;
    to.low = had_none ? more.low : std::min(to.low, more.low);
    to.high = had_none ? more.high : std::max(to.high, more.high);
  }
  to.step = more.step;
  to.count += more.count;
  to.undefined += more.undefined;
  to.sum += more.sum;
}

/// Joins each `group` successive points.
std::vector<CurvePoint> joined(const std::vector<CurvePoint>& points, std::size_t group) {
  std::vector<CurvePoint> out;
  out.reserve(points.size() / group + 1);
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (k % group == 0) out.push_back(points[k]);
    else join(out.back(), points[k]);
  }
  return out;
}

}  // namespace

double CurvePoint::mean() const {
  // The mean of equal values is that value, to its last digit.
  return count > undefined ? std::clamp(sum / static_cast<double>(count - undefined), low, high) : std::numeric_limits<double>::quiet_NaN();
}

void Curve::add(std::int64_t step, double value) {
  CurvePoint one{step, 1, 0, value, value, value};
  if (!std::isfinite(value)) one = {step, 1, 1, 0, 0, 0};
  if (!points_.empty() && points_.back().count < per_point_) join(points_.back(), one);
  else points_.push_back(one);
  ++values_;
  last_ = value;
  if (points_.size() <= most_points || points_.back().count < per_point_) return;
  points_ = joined(points_, 2);
  per_point_ *= 2;
}

std::vector<CurvePoint> Curve::points(std::size_t most) const {
  if (most < 1) throw std::invalid_argument("a curve needs at least one point");
  return joined(points_, std::max<std::size_t>(1, (points_.size() + most - 1) / most));
}

bool Curves::read(std::int64_t most_bytes) {
  is_behind_ = false;
  std::error_code error;
  if (!std::filesystem::is_regular_file(file_, error)) return false;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file_, error));
  if (error) return false;
  std::ifstream in(file_, std::ios::binary);
  std::string begin(begin_.size(), '\0');
  in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (size < read_ || begin != begin_) {
    *this = Curves(file_);
    return read(most_bytes);
  }
  if (size == read_) return false;
  in.clear();
  in.seekg(read_);
  std::string block(static_cast<std::size_t>(std::min(most_bytes, size - read_)), '\0');
  in.read(block.data(), static_cast<std::streamsize>(block.size()));
  block.resize(static_cast<std::size_t>(in.gcount()));
  std::size_t taken = 0;
  for (std::size_t end; (end = block.find('\n', taken)) != std::string::npos; taken = end + 1) {
    if (begin_.empty()) begin_ = block.substr(taken, std::min<std::size_t>(end - taken, 256));
    if (!std::exchange(is_line_too_long_, false)) add_line(block.substr(taken, end - taken));
  }
  // A line that is longer than a block is none of a run. The rest of it is left out.
  if (taken == 0 && static_cast<std::int64_t>(block.size()) == most_bytes) {
    if (!std::exchange(is_line_too_long_, true)) ++lines_left_out_;
    taken = block.size();
  }
  read_ += static_cast<std::int64_t>(taken);
  is_behind_ = taken > 0 && static_cast<std::int64_t>(block.size()) == most_bytes && read_ < size;
  return taken > 0;
}

void Curves::add_line(const std::string& line) {
  const nlohmann::json entry = nlohmann::json::parse(line, nullptr, false);
  const auto member = [&](const char* key) { return entry.is_object() ? entry.find(key) : entry.end(); };
  const auto phase = member("phase"), step = member("step"), metrics = member("metrics");
  const bool is_entry = entry.is_object() && phase != entry.end() && phase->is_string() && step != entry.end() &&
                        step->is_number_integer() && metrics != entry.end() && metrics->is_object();
  if (!is_entry) {
    ++lines_left_out_;
    return;
  }
  newest_steps_[phase->get<std::string>()] = step->get<std::int64_t>();
  auto found = std::find_if(phases_.begin(), phases_.end(), [&](const auto& one) { return one.first == *phase; });
  if (found == phases_.end()) found = phases_.insert(phases_.end(), {phase->get<std::string>(), {}});
  for (const auto& [name, value] : metrics->items()) found->second[name].add(step->get<std::int64_t>(), number_or_nan(value));
}

std::int64_t Curves::newest_step(const std::string& phase) const {
  const auto found = newest_steps_.find(phase);
  return found == newest_steps_.end() ? 0 : found->second;
}

const Curve* Curves::find(const std::string& phase, const std::string& metric) const {
  for (const auto& [name, metrics] : phases_)
    if (name == phase)
      if (const auto found = metrics.find(metric); found != metrics.end()) return &found->second;
  return nullptr;
}

}  // namespace leat
