#include "run/recording.h"

#include <limits>
#include <set>
#include <system_error>
#include <utility>

#include "base/text_table.h"
#include "leat/thrown.h"
#include "run/recorded.h"

namespace leat::run {

namespace fs = std::filesystem;

namespace {

/// Returns the end of the steps of an evaluation in which a wire has values: that of the first source that it depends on.
std::int64_t end_of(const ProgramPhase& phase, int wire, std::set<int>& seen) {
  const int at = phase.wires[static_cast<std::size_t>(wire)].node;
  std::int64_t out = std::numeric_limits<std::int64_t>::max();
  if (!seen.insert(at).second) return out;
  const ProgramNode& node = phase.nodes[static_cast<std::size_t>(at)];
  if (node.source && node.length > 0) out = (node.length + *node.source->batch - 1) / *node.source->batch;
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) out = std::min(out, end_of(phase, feed.wire, seen));
  return out;
}

}  // namespace

RecordedValues::RecordedValues(const Program& program, Lane& lane)
    : plan_(program.plan), outputs_(program.phases.size()), ends_(program.phases.size(), std::numeric_limits<std::int64_t>::max()) {
  for (std::size_t index = 0; index < program.phases.size(); ++index) {
    const ProgramPhase& phase = program.phases[index];
    std::vector<OutputName> names;
    std::set<int> seen;
    for (const ProgramRecord::Output& one : plan_.record.outputs) {
      if (one.phase != static_cast<int>(index)) continue;
      const Wire& wire = phase.wires[static_cast<std::size_t>(one.wire)];
      // A source of a training begins again.
      if (phase.kind != PhaseKind::Train) ends_[index] = std::min(ends_[index], end_of(phase, one.wire, seen));
      names.push_back({phase.nodes[static_cast<std::size_t>(wire.node)].name, std::string(wire.port->name())});
    }
    if (!names.empty()) outputs_[index] = std::make_unique<StepOutputs>(phase, names, lane);
  }
}

void RecordedValues::add(int phase, const PutValue& put) noexcept {
  if (put.slot >= plan_.record.slots || !outputs_[static_cast<std::size_t>(phase)]) return;
  // The run goes on, whatever happens to what is recorded.
  try {
    if (!outputs_[static_cast<std::size_t>(phase)]->add(put)) throw std::runtime_error("too many steps waited to be written");
  } catch (...) {
    const std::lock_guard guard(lock_);
    if (failure_.empty()) failure_ = words_of_current_exception();
  }
}

RecordedOutputs RecordedValues::take(int phase, std::int64_t step) {
  RecordedOutputs out{outputs_[static_cast<std::size_t>(phase)]->take(step), {}};
  const std::lock_guard guard(lock_);
  out.failure = std::exchange(failure_, {});
  return out;
}

void RecordedFolder::open(std::int64_t trained) {
  for (const RecordedStep& one : recorded_steps(run_folder_)) {
    if (one.trained <= trained) {
      bytes_ += one.bytes;
      continue;
    }
    fs::remove(recorded_file(run_folder_, one.phase, one.trained));
  }
}

void RecordedFolder::write(const std::string& phase, std::int64_t trained, std::int64_t step, const RecordedOutputs& values) {
  const fs::path file = recorded_file(run_folder_, phase, trained), beside = file.string() + ".new";
  if (values.outputs.empty() && values.failure.empty()) {
    ++valueless_[phase];
    return;
  }
  try {
    if (!values.failure.empty()) throw std::runtime_error(values.failure);
    for (const PreviewedOutput& one : values.outputs) {
      bool& has_value = has_value_[phase + "." + one.name.node + "." + one.name.port];
      has_value = has_value || !one.values.empty();
    }
    Recording recording{phase, trained, step, {}};
    for (const PreviewedOutput& one : values.outputs) recording.outputs.push_back(shown_output(one, plan_.slots));
    const Archive archive = archive_of(recording);
    // A resumed run can do a step again.
    std::error_code none;
    const auto before = static_cast<std::int64_t>(fs::file_size(file, none));
    const std::int64_t others = bytes_ - (none ? 0 : before);
    if (others + most_bytes(archive) > plan_.budget_bytes) {
      ++left_out_;
      return;
    }
    fs::create_directories(recorded_folder(run_folder_));
    archive.write(beside);
    fs::rename(beside, file);
    bytes_ = others + static_cast<std::int64_t>(fs::file_size(file));
  } catch (...) {
    if (failed_++ == 0) why_ = words_of_current_exception();
    std::error_code ignored;
    fs::remove(beside, ignored);
  }
}

void RecordedFolder::warn_of_left_out() const {
  const auto steps = [](std::int64_t count) { return std::to_string(count) + (count == 1 ? " step" : " steps"); };
  if (left_out_ > 0)
    messages_.warn("the values of " + steps(left_out_) +
                   " were not recorded, because they do not fit into the `budget` of `plan.record`, " + size_words(plan_.budget_bytes));
  if (failed_ > 0) messages_.warn("the values of " + steps(failed_) + " could not be recorded: " + why_);
  for (const auto& [phase, count] : valueless_)
    messages_.warn("nothing of " + steps(count) + " of `" + phase + "` was recorded: the samples of " + (count == 1 ? "its" : "their") +
                   " first slots were dropped");
  for (const auto& [output, has_value] : has_value_)
    if (!has_value)
      messages_.warn("`" + output + "` had no value in the steps that were recorded: the samples of their first slots were dropped");
}

}  // namespace leat::run
