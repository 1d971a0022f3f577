#include "verdict/phase_names.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace leat::verdict {

namespace {

using nlohmann::json;

/// A log from elsewhere can say anything. More than this is no run of Leat.
constexpr int most_credits = 4096, most_workers = 4096;

/// Computes the segments of an older log: the number of times that a path left the device lane and came back.
void find_segments(PhaseNames& phase) {
  std::vector<int> left(phase.nodes.size(), 0);
  // Nodes are not in topological order; each round reaches at least one node further.
  for (std::size_t round = 0; round < phase.nodes.size(); ++round)
    for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
      int most = 0;
      for (const int read : phase.nodes[k].reads) {
        const bool leaves = phase.nodes[static_cast<std::size_t>(read)].is_device && !phase.nodes[k].is_device;
        most = std::max(most, left[static_cast<std::size_t>(read)] + (leaves ? 1 : 0));
      }
      left[k] = most;
    }
  for (std::size_t k = 0; k < phase.nodes.size(); ++k)
    if (phase.nodes[k].is_device) phase.nodes[k].segment = left[k];
}

PhaseNames phase_of(const json& from) {
  PhaseNames phase;
  phase.name = from.at("name");
  phase.is_training = from.value("kind", "") == "train";
  phase.credits = std::clamp(from.value("credits", 0), 0, most_credits);
  phase.step_bytes = from.value("step_bytes", std::int64_t{0});
  phase.memory_bytes = from.value("memory", std::int64_t{0});
  phase.has_unknown_sizes = from.value("has_unknown_sizes", false);
  bool has_segments = true;
  for (const json& one : from.at("nodes")) {
    PhaseNames::Node& node = phase.nodes.emplace_back();
    node.name = one.at("name");
    node.is_device = one.at("lane") == "device";
    node.is_slot = one.value("grain", "") == "slot";
    node.is_ordered = one.value("ordered", false);
    node.segment = std::clamp(one.value("segment", -1), -1, static_cast<int>(from.at("nodes").size()) - 1);
    has_segments = has_segments && one.contains("segment");
  }
  for (const json& edge : from.at("edges")) {
    const int writer = edge.at(0), reader = edge.at(2);
    (void)phase.nodes.at(static_cast<std::size_t>(writer));
    std::vector<int>& reads = phase.nodes.at(static_cast<std::size_t>(reader)).reads;
    if (std::find(reads.begin(), reads.end(), writer) == reads.end()) reads.push_back(writer);
  }
  if (!has_segments) find_segments(phase);
  for (const PhaseNames::Node& node : phase.nodes) phase.segments = std::max(phase.segments, node.segment + 1);
  return phase;
}

}  // namespace

LogNames names_in(std::string_view header) {
  const json from = json::parse(header);
  LogNames names;
  names.workers = std::clamp(from.value("workers", 0), 0, most_workers);
  for (const json& phase : from.at("phases")) names.phases.push_back(phase_of(phase));
  return names;
}

}  // namespace leat::verdict
