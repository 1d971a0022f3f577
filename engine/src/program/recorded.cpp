#include "program/recorded.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text_table.h"
#include "program/period.h"
#include "program/saturating.h"

namespace leat::program {

namespace {

/// What a recording has besides the numbers of a value: its name, its description, its sample.
constexpr std::int64_t bytes_beside = 400;

template <class All>
std::vector<std::string> names_of(const All& all) {
  std::vector<std::string> out;
  for (const auto& one : all) out.push_back(one.name);
  return out;
}

/// Finds the phase of an edge; -1, and reports it, if there is none or the plan does not run it.
int find_phase(const Named& edge, const std::string& name, const GraphDescription& graph, const Program& program,
               Diagnostics& diagnostics) {
  const auto found = std::find_if(program.phases.begin(), program.phases.end(), [&](const ProgramPhase& one) { return one.name == name; });
  if (found == program.phases.end()) {
    if (graph.has_all_phases)
      diagnostics.error("plan.record", edge.place, "`" + edge.text + "` cannot be recorded: no phase is called `" + name + "`",
                        name_hint(name, names_of(program.phases)));
    return -1;
  }
  const int index = static_cast<int>(found - program.phases.begin());
  const ProgramPlan& plan = program.plan;
  const bool is_run =
      index == plan.train || index == plan.validate || std::find(plan.then.begin(), plan.then.end(), index) != plan.then.end();
  if (!is_run && !diagnostics.has_errors() && !graph.plan.is_broken)
    diagnostics.error("plan.record", edge.place, "`" + edge.text + "` cannot be recorded: the plan does not run `" + name + "`");
  return is_run ? index : -1;
}

/// Finds the wire of an edge; -1, and reports it, if there is none.
int find_wire(const Named& edge, const std::string& node_name, const std::string& port, const ProgramPhase& phase, const PhaseKnown& known,
              Diagnostics& diagnostics) {
  const int index = phase.find(node_name);
  if (index < 0) {
    if (!may_have(phase, known, node_name))
      diagnostics.error("plan.record", edge.place,
                        "`" + edge.text + "` cannot be recorded: no node of `" + phase.name + "` is called `" + node_name + "`",
                        name_hint(node_name, names_of(phase.nodes)));
    return -1;
  }
  const ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
  if (!node.node) return -1;
  std::vector<std::string> ports;
  for (const Port* one : node.node->outputs()) ports.emplace_back(one->name());
  const auto found = std::find(ports.begin(), ports.end(), port);
  if (found != ports.end()) return node.wires.empty() ? -1 : node.wires[static_cast<std::size_t>(found - ports.begin())];
  diagnostics.error("plan.record", edge.place,
                    "`" + edge.text + "` cannot be recorded: `" + node_name + "` (" + node.type->id + ") has " +
                        (ports.empty() ? "no outputs" : "no output `" + port + "`"),
                    name_hint(port, ports));
  return -1;
}

/// Returns how often a phase is recorded.
std::int64_t times(const Program& program, int phase) {
  const ProgramPlan& plan = program.plan;
  const auto periods = [&](const Period& period) {
    const double steps = static_cast<double>(plan.steps);
    return static_cast<std::int64_t>(period.length() > 0 ? std::min(steps, std::ceil(steps / period.length())) : 0);
  };
  if (phase == plan.train) return periods(plan.record.every);
  std::int64_t out = std::count(plan.then.begin(), plan.then.end(), phase);
  if (phase == plan.validate) out += periods(plan.validate_every);
  return out;
}

/// Returns the size of one recording of an output, as far as the size of its values is known.
std::int64_t recorded_bytes(const Program& program, const ProgramRecord::Output& output) {
  const ProgramPhase& phase = program.phases[static_cast<std::size_t>(output.phase)];
  const Wire& wire = phase.wires[static_cast<std::size_t>(output.wire)];
  const std::int64_t value = wire.is_size_known ? wire.bytes : 0;
  if (wire.origin < 0) return saturating_sum(value, bytes_beside);
  const std::int64_t rows = std::max(1, phase.origins[static_cast<std::size_t>(wire.origin)].rows);
  const std::int64_t kept = std::min<std::int64_t>(rows, program.plan.record.slots);
  if (wire.grain == Grain::Slot) return saturating_product(kept, saturating_sum(value, bytes_beside));
  return saturating_sum(value / rows * kept, bytes_beside);
}

}  // namespace

void build_record(const GraphDescription& graph, Program& program, const std::vector<PhaseKnown>& known, Diagnostics& diagnostics) {
  const RecordText& text = *graph.plan.record;
  ProgramRecord& record = program.plan.record;
  record.slots = static_cast<int>(std::min<std::int64_t>(text.slots, 1'000'000));
  record.budget_bytes = text.budget_bytes;
  const std::size_t mistakes = diagnostics.all().size();
  for (const Named& edge : text.edges) {
    // The description ensures that there are two dots.
    const std::size_t first = edge.text.find('.'), last = edge.text.rfind('.');
    const int phase = find_phase(edge, edge.text.substr(0, first), graph, program, diagnostics);
    if (phase < 0) continue;
    const auto index = static_cast<std::size_t>(phase);
    const int wire = find_wire(edge, edge.text.substr(first + 1, last - first - 1), edge.text.substr(last + 1), program.phases[index],
                               known[index], diagnostics);
    if (wire < 0) continue;
    program.phases[index].wires[static_cast<std::size_t>(wire)].is_recorded = true;
    record.outputs.push_back({phase, wire});
  }
  const int train = program.plan.train;
  if (train >= 0 && record.has(train))
    record.every = build_period(
        text.every, "record", text.place,
        {*graph.plan.train, program.phases[static_cast<std::size_t>(train)], known[static_cast<std::size_t>(train)]}, diagnostics);
  if (diagnostics.all().size() > mistakes || diagnostics.has_errors()) return;
  for (const ProgramRecord::Output& one : record.outputs)
    record.expected_bytes =
        saturating_sum(record.expected_bytes, saturating_product(times(program, one.phase), recorded_bytes(program, one)));
  // A budget that is no amount has been reported.
  if (record.budget_bytes <= 0 || record.expected_bytes <= record.budget_bytes) return;
  diagnostics.warning("plan.record", text.place,
                      "the values to record take about " + size_words(record.expected_bytes) + ", but `budget` is " +
                          size_words(record.budget_bytes) + ": steps that do not fit will be left out",
                      "raise `budget`, record fewer `slots`, or with `every` less often");
}

}  // namespace leat::program

namespace leat {

bool ProgramRecord::has(int phase) const {
  return std::any_of(outputs.begin(), outputs.end(), [&](const Output& one) { return one.phase == phase; });
}

bool ProgramPlan::is_recorded(int phase, std::int64_t step, std::int64_t end) const {
  return step + 1 == (phase == train ? record.every.next_end(step, end) : end);
}

}  // namespace leat
