#include "report/log_part.h"

#include <algorithm>
#include <stdexcept>

namespace leat::report {

namespace {

using record::Event;
using record::EventKind;

double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

}  // namespace

PhaseActivity activity_of(const LogHeader::Phase& phase, const PhaseSums& sums) {
  PhaseActivity out;
  out.name = phase.name;
  out.steps = sums.steps;
  out.seconds = seconds(sums.length);
  for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
    const auto& within = sums.nodes[k].within;
    NodeActivity& node = out.nodes.emplace_back();
    node.name = phase.nodes[k].name;
    node.type = phase.nodes[k].type;
    node.lane = phase.nodes[k].lane;
    node.calls = sums.nodes[k].calls;
    node.dropped = sums.nodes[k].dropped;
    node.busy = seconds(sums.nodes[k].busy);
    node.running = seconds(within[PhaseSums::running]);
    node.queued = seconds(within[PhaseSums::queued] - within[PhaseSums::running]);
    node.waiting_for_input = seconds(within[PhaseSums::remaining] - within[PhaseSums::queued]);
    node.blocked_by_output = seconds(within[PhaseSums::unread] - within[PhaseSums::remaining]);
    node.waiting_for_credit = seconds(sums.length - within[PhaseSums::unread]);
  }
  for (std::size_t k = 0; k < phase.edges.size(); ++k) {
    const LogHeader::Edge& edge = phase.edges[k];
    out.edges.push_back({phase.nodes[static_cast<std::size_t>(edge.from)].name, edge.output,
                         phase.nodes[static_cast<std::size_t>(edge.to)].name, sums.edges[k].values, seconds(sums.edges[k].waited)});
  }
  return out;
}

PhaseSums PartPhase::settled() const {
  PhaseSums out = sums;
  for (const auto& [occurrence, stretch] : stretches) {
    out.length += stretch.settled_length();
    out.steps += stretch.retired();
  }
  return out;
}

LogPart::LogPart(const LogHeader& header) : phases_(header.phases.size()) {
  for (std::size_t p = 0; p < phases_.size(); ++p) {
    phases_[p].sums.nodes.resize(header.phases[p].nodes.size());
    for (const LogHeader::Edge& edge : header.phases[p].edges) phases_[p].sums.edges.push_back({edge.from, edge.to});
  }
}

void LogPart::add(const Event& event) {
  if (event.phase >= phases_.size()) return;
  if (const auto one = held_.add(event)) take(*one);
}

void LogPart::note(std::string_view text) {
  for (const Event& one : held_.note(text)) take(one);
}

void LogPart::take(const Event& event) {
  ++read_;
  stretch_of(event).add(event);
  if (event.kind == EventKind::Retired) retired_.push_back({event.phase, event.occurrence, event.step, event.ready_ns, read_});
}

Stretch& LogPart::stretch_of(const Event& event) {
  PartPhase& phase = phases_[event.phase];
  const auto [found, is_new] = phase.stretches.try_emplace(event.occurrence, phase.sums);
  if (is_new && event.occurrence > phase.newest) {
    const auto before = phase.stretches.find(phase.newest);
    if (before != phase.stretches.end() && !before->second.has_steps()) before->second.close();
  }
  phase.newest = phase.has_run ? std::max(phase.newest, event.occurrence) : event.occurrence;
  phase.has_run = true;
  return found->second;
}

void LogPart::fold(const Retirement& retired) {
  PartPhase& phase = phases_[retired.phase];
  const auto found = phase.stretches.find(retired.occurrence);
  if (found == phase.stretches.end()) return;
  found->second.fold(retired.step, retired.at);
  if (retired.occurrence != phase.newest) {
    if (!found->second.has_steps()) found->second.close();
    return;
  }
  // Earlier occurrences are over for as long as it takes to settle a step. Their events are all read.
  for (auto one = phase.stretches.begin(); one != found;) {
    if (one->second.has_steps()) {
      ++one;
      continue;
    }
    one->second.finish();
    one = phase.stretches.erase(one);
  }
}

void LogPart::fold_until(std::int64_t events) {
  for (; !retired_.empty() && retired_.front().read <= events; retired_.pop_front()) fold(retired_.front());
}

void LogPart::settle() {
  fold_until(read_);
  for (PartPhase& phase : phases_)
    for (auto& [occurrence, stretch] : phase.stretches)
      if (!stretch.has_steps()) stretch.close();
}

void LogPart::finish() {
  for (const Event& one : held_.finish()) take(one);
  retired_.clear();
  for (PartPhase& phase : phases_) {
    for (auto& [occurrence, stretch] : phase.stretches) stretch.finish();
    phase.stretches.clear();
  }
}

}  // namespace leat::report
