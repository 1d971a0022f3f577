#include "run/capture.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "leat/diagnostics.h"
#include "leat/thrown.h"

namespace leat::run {

namespace {

OutputName name_of(const ProgramPhase& phase, const Wire& wire) {
  return {phase.nodes[static_cast<std::size_t>(wire.node)].name, std::string(wire.port->name())};
}

/// Writes samples beginning at a slot; there can be fewer before.
void write(std::vector<Sample>& to, std::size_t first, std::span<const Sample> samples) {
  if (to.size() < first + samples.size()) to.resize(first + samples.size());
  std::copy(samples.begin(), samples.end(), to.begin() + static_cast<std::ptrdiff_t>(first));
}

}  // namespace

StepOutputs::StepOutputs(const ProgramPhase& phase, const std::vector<OutputName>& names, Lane& lane)
    : phase_(phase), names_(names), lane_(lane) {
  std::set<int> origins;
  for (const Wire& wire : phase.wires) {
    OutputName name = name_of(phase, wire);
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    empty_[name] = {name, wire.contract, {}, {}, {}};
    if (wire.origin >= 0) origins.insert(wire.origin);
    if (phase.nodes[static_cast<std::size_t>(wire.node)].segment >= 0) on_device_.insert(std::move(name));
  }
  for (const Wire& wire : phase.wires)
    if (origins.contains(wire.origin)) origins_.emplace(name_of(phase, wire), wire.origin);
}

bool StepOutputs::add(const PutValue& put) {
  if (put.phase != phase_.name) return true;
  const OutputName name{std::string(put.node), std::string(put.port)};
  const bool is_wanted = empty_.contains(name);
  const auto origin = origins_.find(name);
  if (!is_wanted && origin == origins_.end()) return true;
  if (!keeps(put.step)) return false;
  Value value;
  if (is_wanted) value = on_device_.contains(name) ? lane_.fetch(put.value) : put.value;
  const auto first = static_cast<std::size_t>(std::max(put.slot, 0));
  const std::lock_guard guard(lock_);
  Step& step = steps_.try_emplace(put.step, Step{empty_, {}}).first->second;
  if (origin != origins_.end()) write(step.samples[origin->second], first, put.samples);
  if (!is_wanted) return true;
  PreviewedOutput& output = step.outputs.at(name);
  output.values.insert_or_assign(put.slot, std::move(value));
  write(output.samples, first, put.samples);
  if (put.slot < 0) output.weights.assign(put.weights.begin(), put.weights.end());
  return true;
}

/// Steps that are done wait for the recorder, so only as many are kept as there are credits, and the one whose credit has just gone to the
/// next step.
bool StepOutputs::keeps(std::int64_t step) {
  const std::lock_guard guard(lock_);
  if (steps_.contains(step)) return true;
  if (static_cast<int>(steps_.size()) <= phase_.credits && !left_out_.contains(step)) {
    steps_.emplace(step, Step{empty_, {}});
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
    for (const OutputName& name : names_) {
      PreviewedOutput output = known->second.outputs.at(name);
      // A slot has the same sample in all outputs of its origin. Only those with a value have told it.
      if (const auto origin = origins_.find(name); origin != origins_.end()) output.samples = known->second.samples[origin->second];
      out.push_back(std::move(output));
    }
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
