#include "conformance/ranges.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/scalar.h"
#include "conformance/numbers.h"

namespace leat::conformance {
namespace {

/// Returns a number outside of the range, or nullopt. Rows with the weight 0 do not count, and NaN can stand for an unknown number.
std::optional<double> find_outside(const Value& value, const Contract& promised, std::span<const float> weights) {
  const double rounding = 1e-5 * (promised.high - promised.low);
  for (const Numbers& numbers : numbers_of(value)) {
    const std::vector<double> all = doubles_of(numbers);
    const bool has_rows = !weights.empty() && !numbers.dims.empty() && numbers.dims[0] == static_cast<std::int64_t>(weights.size());
    const std::size_t of_row = has_rows ? all.size() / weights.size() : 1;
    for (std::size_t k = 0; k < all.size(); ++k)
      if ((all[k] < promised.low - rounding || all[k] > promised.high + rounding) && !(has_rows && weights[k / of_row] == 0)) return all[k];
  }
  return {};
}

}  // namespace

Ranges::Ranges(const Program& program, Lane& lane) : program_(program), lane_(lane) {
  for (std::size_t k = 0; k < program.phases.size(); ++k)
    for (const Wire& wire : program.phases[k].wires) {
      // A number that refers to an entry is compared with the number of entries.
      if (!wire.promised.has_range || (wire.promised.has_entries && wire.promised.dtype == Dtype::I64)) continue;
      const ProgramPhase& phase = program.phases[k];
      outputs_.emplace(std::tuple(phase.name, phase.nodes[static_cast<std::size_t>(wire.node)].name, std::string(wire.port->name())),
                       Output{{k, wire.node, wire.output}, &wire});
    }
}

void Ranges::value_put(const PutValue& put) {
  const auto found = outputs_.find({std::string(put.phase), std::string(put.node), std::string(put.port)});
  if (found == outputs_.end()) return;
  const auto& [place, wire] = found->second;
  const ProgramNode& node = program_.phases[std::get<0>(place)].nodes[static_cast<std::size_t>(wire->node)];
  const Value value = node.segment >= 0 && put.value.type().is_same(wire->port->type()) ? lane_.fetch(put.value) : put.value;
  const std::optional<double> number = find_outside(value, wire->promised, put.weights);
  if (!number) return;
  const std::lock_guard guard(lock_);
  outside_.try_emplace(place, *number);
}

bool Ranges::reads_broken(const ProgramPhase& phase, std::size_t phase_index, int node, std::set<int>& seen) const {
  if (!seen.insert(node).second) return false;
  for (const BoundInput& input : phase.nodes[static_cast<std::size_t>(node)].inputs)
    for (const Feed& feed : input.feeds) {
      const Wire& read = phase.wires[static_cast<std::size_t>(feed.wire)];
      if (outside_.contains({phase_index, read.node, read.output}) || reads_broken(phase, phase_index, read.node, seen)) return true;
    }
  return false;
}

std::vector<Finding> Ranges::broken(const std::set<std::string>& types) const {
  std::vector<Finding> out;
  std::set<std::pair<std::string, std::string>> told;
  for (const auto& [place, number] : outside_) {
    const auto& [phase_index, node_index, output] = place;
    const ProgramPhase& phase = program_.phases[phase_index];
    const ProgramNode& node = phase.nodes[static_cast<std::size_t>(node_index)];
    const Wire& wire = phase.wires[static_cast<std::size_t>(node.wires[static_cast<std::size_t>(output)])];
    std::set<int> seen;
    if (!types.contains(node.type->id) || reads_broken(phase, phase_index, node_index, seen)) continue;
    const std::string port(wire.port->name());
    if (!told.emplace(node.type->id, port).second) continue;
    out.push_back({node.type->id, "puts " + rounded_text(number, 6) + " into `" + port + "`, where " + number_text(wire.promised.low) +
                                      ".." + number_text(wire.promised.high) + " is promised"});
  }
  return out;
}

}  // namespace leat::conformance
