#include "verdict/phase_names.h"

#include <algorithm>

namespace leat::verdict {

namespace {

PhaseNames phase_of(const LogHeader::Phase& from) {
  PhaseNames phase;
  phase.name = from.name;
  phase.is_training = from.kind == "train";
  phase.credits = from.credits;
  phase.step_bytes = from.step_bytes;
  phase.memory_bytes = from.memory_bytes;
  phase.has_unknown_sizes = from.has_unknown_sizes;
  phase.cacheable = from.cacheable;
  for (const LogHeader::Node& node : from.nodes) {
    phase.nodes.push_back({node.name, node.is_on_device(), node.is_ordered, node.segment, {}});
    phase.segments = std::max(phase.segments, node.segment + 1);
  }
  for (const LogHeader::Edge& edge : from.edges) {
    std::vector<int>& reads = phase.nodes[static_cast<std::size_t>(edge.to)].reads;
    if (std::find(reads.begin(), reads.end(), edge.from) == reads.end()) reads.push_back(edge.from);
  }
  return phase;
}

}  // namespace

LogNames names_of(const LogHeader& header) {
  LogNames names;
  names.workers = header.workers;
  names.is_async = header.is_async;
  for (const LogHeader::Phase& phase : header.phases) names.phases.push_back(phase_of(phase));
  return names;
}

}  // namespace leat::verdict
