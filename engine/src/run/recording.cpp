#include "run/recording.h"

#include <system_error>
#include <utility>

#include "base/text_table.h"
#include "leat/thrown.h"
#include "run/recorded.h"

namespace leat::run {

namespace fs = std::filesystem;

RecordedValues::RecordedValues(const Program& program, Lane& lane) : plan_(program.plan), outputs_(program.phases.size()) {
  for (std::size_t index = 0; index < program.phases.size(); ++index) {
    const ProgramPhase& phase = program.phases[index];
    std::vector<OutputName> names;
    for (const ProgramRecord::Output& one : plan_.record.outputs) {
      if (one.phase != static_cast<int>(index)) continue;
      const Wire& wire = phase.wires[static_cast<std::size_t>(one.wire)];
      names.push_back({phase.nodes[static_cast<std::size_t>(wire.node)].name, std::string(wire.port->name())});
    }
    if (!names.empty()) outputs_[index] = std::make_unique<StepOutputs>(phase, names, lane);
  }
}

void RecordedValues::add(int phase, const PutValue& put) noexcept {
  if (put.slot >= plan_.record.slots || !outputs_[static_cast<std::size_t>(phase)]) return;
  // The run goes on, whatever happens to what is recorded.
  try {
    outputs_[static_cast<std::size_t>(phase)]->add(put);
  } catch (...) {
    has_failed_ = true;
  }
}

std::vector<PreviewedOutput> RecordedValues::take(int phase, std::int64_t step) {
  std::vector<PreviewedOutput> out = outputs_[static_cast<std::size_t>(phase)]->take(step);
  if (has_failed_.exchange(false)) out.clear();
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

void RecordedFolder::write(const std::string& phase, std::int64_t trained, std::int64_t step, const std::vector<PreviewedOutput>& values) {
  const fs::path file = recorded_file(run_folder_, phase, trained), beside = file.string() + ".new";
  try {
    if (values.empty()) throw std::runtime_error("their nodes put no value, or there was no memory for them");
    Recording recording{phase, trained, step, {}};
    for (const PreviewedOutput& one : values) recording.outputs.push_back(shown_output(one, plan_.slots));
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
}

}  // namespace leat::run
