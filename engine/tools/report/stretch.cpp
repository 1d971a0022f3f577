#include "report/stretch.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace leat::report {

namespace {

using record::Event;
using record::EventKind;

std::int64_t begin_of(const Event& event) { return event.ready_ns + event.waited_ns; }
std::int64_t end_of(const Event& event) { return begin_of(event) + event.busy_ns; }

}  // namespace

PhaseSums difference(PhaseSums now, const PhaseSums& before) {
  now.steps -= before.steps;
  now.length -= before.length;
  for (std::size_t k = 0; k < now.nodes.size(); ++k) {
    PhaseSums::Node& node = now.nodes[k];
    const PhaseSums::Node& old = before.nodes[k];
    node.calls -= old.calls;
    node.dropped -= old.dropped;
    node.busy -= old.busy;
    for (std::size_t state = 0; state < PhaseSums::states; ++state) node.within[state] -= old.within[state];
  }
  for (std::size_t k = 0; k < now.edges.size(); ++k) {
    now.edges[k].values -= before.edges[k].values;
    now.edges[k].waited -= before.edges[k].waited;
  }
  return now;
}

Stretch::Step& Stretch::step_of(std::uint32_t number, std::int64_t at) {
  Step& step = steps_[number];
  if (at >= step.start) return step;
  if (const auto known = starts_.find(step.start); known != starts_.end()) starts_.erase(known);
  starts_.insert(at);
  step.start = at;
  return step;
}

void Stretch::add(const Event& event) {
  if (event.kind == EventKind::Retired) {
    ++retired_;
    if (const auto step = steps_.find(event.step); step != steps_.end()) step->second.is_retired = true;
    return;
  }
  const bool is_late = folded_.contains(event.step);
  if (event.kind == EventKind::Admitted) {
    // After the first settlement, `begin_` is fixed: sums already count from it.
    if (!watermark_) begin_ = std::min(begin_.value_or(event.ready_ns), event.ready_ns);
    if (is_late) return;
    Step& step = step_of(event.step, event.ready_ns);
    if (!step.admitted) step.admitted = event.ready_ns;
    return;
  }
  end_ = std::max(end_, end_of(event));
  if (event.node >= sums_->nodes.size()) return;
  if (is_late) {
    Step alone;
    alone.events.push_back(event);
    fold(alone);
    return;
  }
  step_of(event.step, event.ready_ns).events.push_back(event);
}

void Stretch::fold(std::uint32_t number, std::int64_t retired_at) {
  // Without an admission, the begin of the stretch is not known.
  if (!begin_) return;
  if (!watermark_) watermark_ = *begin_;
  last_retirement_ = std::max(last_retirement_, retired_at);
  if (auto found = steps_.extract(number); !found.empty()) {
    starts_.erase(starts_.find(found.mapped().start));
    fold(found.mapped());
  }
  folded_.add(number, std::int64_t{number} + 1);
  // Invariant: a step whose admission is not read yet is admitted after the last retirement.
  settle(starts_.empty() ? last_retirement_ : std::min(*starts_.begin(), last_retirement_));
}

void Stretch::fold(Step& step) {
  std::sort(step.events.begin(), step.events.end(),
            [](const Event& a, const Event& b) { return std::pair(a.node, a.slot) < std::pair(b.node, b.slot); });
  for (const Event& event : step.events) {
    PhaseSums::Node& node = sums_->nodes[event.node];
    ++node.calls;
    if (event.kind == EventKind::Dropped) ++node.dropped;
    node.busy += event.busy_ns;
    add_interval(event.node, PhaseSums::running, begin_of(event), end_of(event));
    add_interval(event.node, PhaseSums::queued, event.ready_ns, begin_of(event));
    add_interval(event.node, PhaseSums::remaining, step.admitted.value_or(event.ready_ns), end_of(event));
  }
  for (PhaseSums::Edge& edge : sums_->edges) add_edge(edge, step.events);
}

void Stretch::add_edge(PhaseSums::Edge& edge, const std::vector<Event>& events) {
  const auto of = [&](int node) {
    const auto is_less = [](const Event& event, int wanted) { return event.node < wanted; };
    const auto first = std::lower_bound(events.begin(), events.end(), node, is_less);
    return std::pair(first, std::lower_bound(first, events.end(), node + 1, is_less));
  };
  const auto [writers, writers_end] = of(edge.from);
  const auto [readers, readers_end] = of(edge.to);
  const auto add = [&](const Event& writer, const Event& reader) {
    ++edge.values;
    const std::int64_t given = end_of(writer), read = begin_of(reader);
    if (read <= given) return;
    edge.waited += read - given;
    add_interval(edge.from, PhaseSums::unread, given, read);
  };
  const auto is_less = [](const Event& event, int slot) { return event.slot < slot; };
  for (auto reader = readers; reader != readers_end; ++reader) {
    // Events are sorted: whole steps come before all slots.
    const bool has_slot = reader->slot >= 0;
    const auto whole_end = has_slot ? std::lower_bound(writers, writers_end, 0, is_less) : writers_end;
    for (auto writer = writers; writer != whole_end; ++writer) add(*writer, *reader);
    if (!has_slot) continue;
    for (auto writer = std::lower_bound(whole_end, writers_end, reader->slot, is_less);
         writer != writers_end && writer->slot == reader->slot; ++writer)
      add(*writer, *reader);
  }
}

void Stretch::add_interval(int node, PhaseSums::State state, std::int64_t begin, std::int64_t end) {
  begin = std::max(begin, *watermark_);
  if (end <= begin) return;
  if (unions_.empty()) unions_.resize(sums_->nodes.size());
  for (std::size_t k = state; k < PhaseSums::states; ++k) unions_[static_cast<std::size_t>(node)][k].add(begin, end);
}

void Stretch::settle(std::int64_t watermark) {
  watermark_ = std::max(*watermark_, watermark);
  bool is_empty = true;
  for (std::size_t node = 0; node < unions_.size(); ++node)
    for (std::size_t k = 0; k < PhaseSums::states; ++k) {
      sums_->nodes[node].within[k] += unions_[node][k].settle(*watermark_);
      is_empty = is_empty && unions_[node][k].is_empty();
    }
  if (is_empty && !unions_.empty()) std::exchange(unions_, {});
}

void Stretch::add_waiting(std::vector<std::int64_t>& by_edge) const {
  using Done = std::pair<int, std::int32_t>;  // Node and slot.
  std::vector<Done> done;
  for (const auto& [number, step] : steps_) {
    if (step.is_retired) continue;
    done.clear();
    for (const Event& event : step.events) done.emplace_back(event.node, event.slot);
    std::sort(done.begin(), done.end());
    done.erase(std::unique(done.begin(), done.end()), done.end());
    const auto begin_of_node = [&](int node) {
      return std::lower_bound(done.begin(), done.end(), Done{node, std::numeric_limits<std::int32_t>::min()});
    };
    const auto is_done = [&](int node, std::int32_t slot) { return std::binary_search(done.begin(), done.end(), Done{node, slot}); };
    for (std::size_t k = 0; k < sums_->edges.size(); ++k) {
      const int from = sums_->edges[k].from, to = sums_->edges[k].to;
      if (is_done(to, -1)) continue;
      const bool has_reader = begin_of_node(to) != begin_of_node(to + 1);
      // A reader of slots has processed the value of a whole step when its first slot has run.
      for (auto writer = begin_of_node(from); writer != done.end() && writer->first == from; ++writer)
        by_edge[k] += writer->second < 0 ? !has_reader : !is_done(to, writer->second);
    }
  }
}

void Stretch::close() {
  if (watermark_) settle(end_);
}

void Stretch::finish() {
  if (!begin_) return;
  if (!watermark_) watermark_ = *begin_;
  for (auto& [number, step] : steps_) fold(step);
  steps_.clear();
  starts_.clear();
  end_ = std::max(end_, *begin_);
  settle(end_);
  sums_->steps += retired_;
  sums_->length += end_ - *begin_;
}

}  // namespace leat::report
