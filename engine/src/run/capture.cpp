#include "run/capture.h"

#include <algorithm>
#include <string>
#include <utility>

namespace leat::run {

StepOutputs::StepOutputs(const ProgramPhase& phase, const std::vector<OutputName>& names, Lane& lane)
    : phase_(phase), names_(names), lane_(lane) {
  for (const Wire& wire : phase.wires) {
    const ProgramNode& node = phase.nodes[static_cast<std::size_t>(wire.node)];
    OutputName name{node.name, std::string(wire.port->name())};
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    empty_[name] = {name, wire.contract, {}, {}};
    if (node.segment >= 0) on_device_.insert(std::move(name));
  }
}

void StepOutputs::add(const PutValue& put) {
  const OutputName name{std::string(put.node), std::string(put.port)};
  if (put.phase != phase_.name || !empty_.contains(name)) return;
  Value value = on_device_.contains(name) ? lane_.fetch(put.value) : put.value;
  const std::lock_guard guard(lock_);
  PreviewedOutput& output = steps_.try_emplace(put.step, empty_).first->second.at(name);
  output.values.insert_or_assign(put.slot, std::move(value));
  std::vector<Sample>& samples = output.samples;
  const auto first = static_cast<std::size_t>(std::max(put.slot, 0));
  if (samples.size() < first + put.samples.size()) samples.resize(first + put.samples.size());
  std::copy(put.samples.begin(), put.samples.end(), samples.begin() + static_cast<std::ptrdiff_t>(first));
}

std::vector<PreviewedOutput> StepOutputs::take(std::int64_t step) {
  const std::lock_guard guard(lock_);
  Outputs found = empty_;
  if (const auto known = steps_.find(step); known != steps_.end()) found = std::move(known->second);
  steps_.erase(steps_.begin(), steps_.upper_bound(step));
  std::vector<PreviewedOutput> out;
  for (const OutputName& name : names_) out.push_back(found.at(name));
  return out;
}

void Capture::skip_until(std::int64_t step) {
  const std::lock_guard guard(lock_);
  first_ = step;
}

std::optional<CapturedStep> Capture::wait(std::chrono::milliseconds most) {
  std::unique_lock guard(lock_);
  // A phase that has not begun has no step in flight.
  if (!first_) first_ = 0;
  changed_.wait_for(guard, most, [&] { return taken_.has_value(); });
  return taken_;
}

void Capture::value_put(const PutValue& put) {
  if (slots_ > 0 && put.slot >= slots_) return;
  {
    const std::lock_guard guard(lock_);
    if (taken_ || (first_ && put.step < *first_)) return;
  }
  outputs_.add(put);
}

void Capture::step_retired(const Progress& progress) {
  if (progress.phase != phase_.name) return;
  std::vector<PreviewedOutput> values = outputs_.take(progress.step - 1);
  const std::lock_guard guard(lock_);
  if (taken_ || !first_ || progress.step - 1 < *first_) return;
  taken_ = CapturedStep{progress.step - 1, std::move(values)};
  changed_.notify_all();
}

}  // namespace leat::run
