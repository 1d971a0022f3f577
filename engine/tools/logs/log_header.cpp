#include "leat/log_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace leat {

namespace {

using nlohmann::json;

/// A log from elsewhere can say anything. More than this is no run of Leat.
constexpr int most_credits = 4096, most_workers = 4096;

/// Computes the segments of an older log: the number of times that a path left the device lane and came back.
void find_segments(LogHeader::Phase& phase) {
  std::vector<int> left(phase.nodes.size(), 0);
  // Edges are not in topological order; each round reaches at least one node further.
  for (std::size_t round = 0; round < phase.nodes.size(); ++round)
    for (const LogHeader::Edge& edge : phase.edges) {
      const auto from = static_cast<std::size_t>(edge.from), to = static_cast<std::size_t>(edge.to);
      const bool leaves = phase.nodes[from].is_on_device() && !phase.nodes[to].is_on_device();
      left[to] = std::min(std::max(left[to], left[from] + (leaves ? 1 : 0)), static_cast<int>(phase.nodes.size()));
    }
  for (std::size_t k = 0; k < phase.nodes.size(); ++k)
    if (phase.nodes[k].is_on_device()) phase.nodes[k].segment = left[k];
}

LogHeader::Phase phase_of(const json& text) {
  LogHeader::Phase out;
  out.name = text.at("name");
  out.kind = text.value("kind", "");
  out.credits = std::clamp(text.value("credits", 0), 0, most_credits);
  out.steps = text.value("steps", std::int64_t{0});
  out.step_bytes = text.value("step_bytes", std::int64_t{0});
  out.memory_bytes = text.value("memory", std::int64_t{0});
  out.has_unknown_sizes = text.value("has_unknown_sizes", false);
  const int nodes = static_cast<int>(text.at("nodes").size());
  bool has_segments = true;
  for (const json& node : text.at("nodes")) {
    out.nodes.push_back({node.at("name"), node.at("type"), node.at("lane"), node.value("grain", ""),
                         std::clamp(node.value("segment", -1), -1, nodes - 1), node.value("ordered", false)});
    has_segments = has_segments && node.contains("segment");
  }
  for (const json& edge : text.at("edges")) {
    LogHeader::Edge& made = out.edges.emplace_back();
    made.from = edge.at(0);
    made.output = edge.at(1);
    made.to = edge.at(2);
    if (edge.size() > 4) made.per_step = edge.at(4);
    if (edge.size() > 5) made.bytes = edge.at(5);
    if (made.from < 0 || made.from >= nodes || made.to < 0 || made.to >= nodes) throw std::out_of_range("an edge names no node");
  }
  for (const json& stretch : text.value("cacheable", json::array())) {
    LogHeader::Cacheable& made =
        out.cacheable.emplace_back(stretch.at("nodes").get<std::vector<int>>(), stretch.at("epochs").get<double>(), stretch.at("bytes"));
    for (const int node : made.nodes)
      if (node < 0 || node >= nodes) throw std::out_of_range("a stretch names no node");
  }
  if (!has_segments) find_segments(out);
  return out;
}

}  // namespace

LogHeader read_log_header(std::string_view text) {
  try {
    const json head = json::parse(text);
    LogHeader out;
    out.begun = head.value("begun", 0.0);
    out.workers = std::clamp(head.value("workers", 0), 0, most_workers);
    out.is_async = head.value("is_async", false);
    for (const json& phase : head.at("phases")) out.phases.push_back(phase_of(phase));
    return out;
  } catch (const std::exception&) {
    throw std::runtime_error("the header of the event log names no phases, nodes and edges");
  }
}

}  // namespace leat
