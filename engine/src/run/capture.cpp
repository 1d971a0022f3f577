#include "run/capture.h"

#include <algorithm>
#include <string>
#include <utility>

#include "leat/diagnostics.h"
#include "leat/thrown.h"

namespace leat::run {

StepOutputs::StepOutputs(const ProgramPhase& phase, const std::vector<OutputName>& names, Lane& lane)
    : phase_(phase), names_(names), lane_(lane) {
  for (const Wire& wire : phase.wires) {
    const ProgramNode& node = phase.nodes[static_cast<std::size_t>(wire.node)];
    OutputName name{node.name, std::string(wire.port->name())};
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    empty_[name] = {name, wire.contract, {}, {}, {}};
    if (node.segment >= 0) on_device_.insert(std::move(name));
  }
}

bool StepOutputs::add(const PutValue& put) {
  const OutputName name{std::string(put.node), std::string(put.port)};
  if (put.phase != phase_.name || !empty_.contains(name)) return true;
  if (!keeps(put.step)) return false;
  Value value = on_device_.contains(name) ? lane_.fetch(put.value) : put.value;
  const std::lock_guard guard(lock_);
  PreviewedOutput& output = steps_.try_emplace(put.step, empty_).first->second.at(name);
  output.values.insert_or_assign(put.slot, std::move(value));
  std::vector<Sample>& samples = output.samples;
  const auto first = static_cast<std::size_t>(std::max(put.slot, 0));
  if (samples.size() < first + put.samples.size()) samples.resize(first + put.samples.size());
  std::copy(put.samples.begin(), put.samples.end(), samples.begin() + static_cast<std::ptrdiff_t>(first));
  if (put.slot < 0) output.weights.assign(put.weights.begin(), put.weights.end());
  return true;
}

/// Steps that are done wait for the recorder, so only as many are kept as there are credits, and the one whose credit has just gone to the
/// next step.
bool StepOutputs::keeps(std::int64_t step) {
  const std::lock_guard guard(lock_);
  if (steps_.contains(step)) return true;
  if (static_cast<int>(steps_.size()) <= phase_.credits && !left_out_.contains(step)) {
    steps_.emplace(step, empty_);
    return true;
  }
  left_out_.insert(step);
  return false;
}

std::vector<PreviewedOutput> StepOutputs::take(std::int64_t step) {
  const std::lock_guard guard(lock_);
  left_out_.erase(step);
  std::vector<PreviewedOutput> out;
  if (const auto known = steps_.find(step); known != steps_.end())
    for (const OutputName& name : names_) out.push_back(known->second.at(name));
  steps_.erase(steps_.begin(), steps_.upper_bound(step));
  return out;
}

void Capture::begin(const std::vector<std::pair<std::int64_t, std::int64_t>>& seen_in_part) {
  const std::lock_guard guard(lock_);
  for (const auto& [first, end] : seen_in_part)
    for (std::int64_t step = first; step < end; ++step) seen_in_part_.insert(step);
  has_begun_ = true;
}

std::optional<CapturedStep> Capture::wait(std::chrono::milliseconds most, std::stop_token stop) {
  std::unique_lock guard(lock_);
  changed_.wait_for(guard, std::move(stop), most, [&] { return taken_.has_value() || !failure_.empty(); });
  if (!failure_.empty()) throw Refusal("the values could not be kept: " + failure_);
  return taken_;
}

void Capture::value_put(const PutValue& put) {
  if (slots_ > 0 && put.slot >= slots_) return;
  {
    const std::lock_guard guard(lock_);
    if (taken_ || !failure_.empty() || seen_in_part_.contains(put.step)) return;
  }
  // The run goes on, whatever happens to what is looked at.
  try {
    (void)outputs_.add(put);
  } catch (...) {
    const std::lock_guard guard(lock_);
    failure_ = words_of_current_exception();
    changed_.notify_all();
  }
}

void Capture::step_retired(const Progress& progress) {
  if (progress.phase != phase_.name) return;
  const std::int64_t step = progress.step - 1;
  std::vector<PreviewedOutput> values = outputs_.take(step);
  const std::lock_guard guard(lock_);
  const bool was_seen_in_part = seen_in_part_.erase(step) > 0;
  if (taken_ || !has_begun_ || was_seen_in_part || values.empty()) return;
  taken_ = CapturedStep{step, std::move(values)};
  changed_.notify_all();
}

}  // namespace leat::run
