#include "verdict/phase_record.h"

#include <algorithm>

namespace leat::verdict {

using record::Event;
using record::EventKind;

namespace {

constexpr std::int64_t most_kept_tasks = 6'000;
constexpr std::int64_t least_kept_steps = 8;

void no_taker(int, std::int64_t) {}

}  // namespace

void Pauses::add(int phase, std::uint32_t occurrence, std::int64_t begin, std::int64_t end) {
  for (auto one = pauses_.rbegin(); one != pauses_.rend() && one - pauses_.rbegin() < 4; ++one) {
    if (one->phase != phase || one->occurrence != occurrence) continue;
    one->begin = std::min(one->begin, begin);
    one->end = std::max(one->end, end);
    return;
  }
  pauses_.push_back({phase, occurrence, begin, end});
}

class PhaseRecord::Wait {
 public:
  Wait(const Pauses& pauses, bool is_training, std::int64_t from, std::int64_t to)
      : pauses_(&pauses), is_training_(is_training), from_(from), at_(to) {}

  [[nodiscard]] bool is_over() const { return at_ <= from_; }
  /// Takes the end of what is left, back to `begin`. Returns its length without pauses.
  std::int64_t take(std::int64_t begin) {
    begin = std::max(begin, from_);
    if (begin >= at_) return 0;
    const std::int64_t end = std::exchange(at_, begin);
    return end - begin - pauses_->held(begin, end) - (is_training_ ? pauses_->within(begin, end, no_taker) : 0);
  }

 private:
  const Pauses* pauses_;
  bool is_training_;
  std::int64_t from_;
  std::int64_t at_;
};

void PhaseRecord::add(const Event& event) {
  if (event.occurrence < first_open_) return;
  Passage& passage = passages_[event.occurrence];
  const std::int64_t begin = event.ready_ns + event.waited_ns, end = begin + event.busy_ns;
  passage.begin = std::min(passage.begin, begin);
  passage.end = std::max(passage.end, end);
  Step& step = passage.steps[event.step];
  step.number = event.step;
  if (event.kind == EventKind::Admitted) {
    step.admitted = event.ready_ns;
    return;
  }
  if (event.kind == EventKind::Retired) {
    step.retired = event.ready_ns;
    return;
  }
  if (event.node >= names_->nodes.size()) return;
  if (!names_->nodes[event.node].is_device) sums_.threads.insert(event.thread);
  step.tasks.push_back({event.node, event.slot, event.ready_ns, begin, end});
}

void PhaseRecord::fold(std::uint32_t occurrence, std::uint32_t number, std::int64_t retired_at) {
  if (occurrence < first_open_) return;
  // Earlier occurrences are over when a step of a later one is.
  while (passages_.size() > 1 && passages_.begin()->first < occurrence && passages_.begin()->second.steps.empty()) {
    first_open_ = passages_.begin()->first + 1;
    finish(passages_.begin()->second);
    passages_.erase(passages_.begin());
  }
  Passage& passage = passages_[occurrence];
  if (auto found = passage.steps.extract(number); !found.empty()) {
    found.mapped().retired = retired_at;
    fold(passage, std::move(found.mapped()));
  }
}

void PhaseRecord::finish() {
  for (auto& [occurrence, passage] : passages_) finish(passage);
  passages_.clear();
}

void PhaseRecord::finish(Passage& passage) {
  for (auto& [number, step] : passage.steps) fold(passage, std::move(step));
  passage.steps.clear();
  if (passage.end <= passage.begin) return;
  ++sums_.occurrences;
  sums_.length += passage.end - passage.begin - pauses_->held(passage.begin, passage.end);
  if (names_->is_training)
    sums_.length -=
        pauses_->within(passage.begin, passage.end, [this](int phase, std::int64_t length) { sums_.of_phases[phase] += length; });
}

void PhaseRecord::fold(Passage& passage, Step step) {
  std::sort(step.tasks.begin(), step.tasks.end(),
            [](const Task& a, const Task& b) { return std::pair(a.node, a.slot) < std::pair(b.node, b.slot); });
  if (step.retired) ++sums_.steps;
  std::vector<const Task*> on_device;
  for (const Task& task : step.tasks) {
    PhaseSums::Node& node = sums_.nodes[static_cast<std::size_t>(task.node)];
    ++node.calls;
    node.busy += task.end - task.begin;
    if (!names_->nodes[static_cast<std::size_t>(task.node)].is_device) continue;
    sums_.device_busy += task.end - task.begin;
    on_device.push_back(&task);
  }
  std::sort(on_device.begin(), on_device.end(), [](const Task* a, const Task* b) { return a->begin < b->begin; });
  if (!passage.sink_end) passage.sink_end = passage.begin;
  for (const Task* task : on_device) {
    trace(passage, step, task, *passage.sink_end, task->begin);
    passage.sink_end = std::max(*passage.sink_end, task->end);
  }
  if (!names_->has_device() && step.retired) {
    trace(passage, step, nullptr, *passage.sink_end, *step.retired);
    passage.sink_end = std::max(*passage.sink_end, *step.retired);
  }
  if (step.retired && step.admitted) keep(step);
  const auto in_flight = std::count_if(passage.recent.begin(), passage.recent.end(),
                                       [&](const Step& one) { return one.retired && step.admitted && *one.retired > *step.admitted; });
  sums_.in_flight = std::max(sums_.in_flight, static_cast<int>(in_flight) + 1);
  passage.recent.push_back(std::move(step));
  if (static_cast<int>(passage.recent.size()) > std::max(names_->credits, 1)) passage.recent.pop_front();
}

std::pair<std::vector<PhaseRecord::Task>::const_iterator, std::vector<PhaseRecord::Task>::const_iterator> PhaseRecord::of(const Step& step,
                                                                                                                          int node) {
  const auto is_less = [](const Task& task, int wanted) { return task.node < wanted; };
  const auto first = std::lower_bound(step.tasks.begin(), step.tasks.end(), node, is_less);
  return {first, std::lower_bound(first, step.tasks.end(), node + 1, is_less)};
}

/// Returns the body whose value arrived last at the task; null for a source.
const PhaseRecord::Task* PhaseRecord::last_input(const Step& step, const Task& task) const {
  const Task* last = nullptr;
  for (const int read : names_->nodes[static_cast<std::size_t>(task.node)].reads) {
    const auto [first, end] = of(step, read);
    for (auto one = first; one != end; ++one)
      if ((task.slot < 0 || one->slot < 0 || one->slot == task.slot) && (!last || one->end > last->end)) last = &*one;
  }
  return last;
}

const PhaseRecord::Task* PhaseRecord::last_end(const Step& step) {
  const auto last = std::max_element(step.tasks.begin(), step.tasks.end(), [](const Task& a, const Task& b) { return a.end < b.end; });
  return last == step.tasks.end() ? nullptr : &*last;
}

/// Counts the wait of the sink in [from, to) for the parts of the critical path: backwards from the task that the sink waited to begin, or,
/// if that is null, from the retirement of the step.
void PhaseRecord::trace(const Passage& passage, const Step& first, const Task* task, std::int64_t from, std::int64_t to) {
  if (to <= from) return;
  Wait wait(*pauses_, names_->is_training, from, to);
  const Step* step = &first;
  sums_.wait += Wait(wait).take(from);
  if (task) {
    sums_.handover += wait.take(task->ready);
  } else {
    task = last_end(first);
    if (!task) {
      sums_.handover += wait.take(from);
      return;
    }
    sums_.metrics += wait.take(task->end);
    sums_.nodes[static_cast<std::size_t>(task->node)].waited_for += wait.take(task->begin);
  }
  while (!wait.is_over()) {
    const auto index = static_cast<std::size_t>(task->node);
    (names_->nodes[index].is_ordered ? sums_.nodes[index].turn : sums_.nodes[index].queued) += wait.take(task->ready);
    const Task* input = last_input(*step, *task);
    // A log from elsewhere can contradict itself. The way leads back in time, or ends.
    if (input && input->begin >= task->begin) break;
    if (!input) {
      if (step->admitted) sums_.handover += wait.take(*step->admitted);
      sums_.late += Wait(wait).take(from);
      const auto before = std::find_if(passage.recent.begin(), passage.recent.end(),
                                       [&](const Step& one) { return one.number == step->number - std::max(names_->credits, 1); });
      if (before == passage.recent.end()) break;
      step = &*before;
      input = last_end(*step);
      if (!input) break;
      if (step->retired) sums_.handover += wait.take(*step->retired);
      sums_.metrics += wait.take(input->end);
    } else {
      sums_.handover += wait.take(input->end);
    }
    sums_.nodes[static_cast<std::size_t>(input->node)].waited_for += wait.take(input->begin);
    task = input;
  }
  sums_.handover += wait.take(from);
}

/// Records the step for the replay. If too many are recorded, every second one goes.
void PhaseRecord::keep(const Step& step) {
  // A log that is cut, or read in the middle of a round, lacks tasks of its last steps.
  std::set<int> segments;
  for (const Task& task : step.tasks)
    if (const int segment = names_->nodes[static_cast<std::size_t>(task.node)].segment; segment >= 0) segments.insert(segment);
  if (step.tasks.empty() || static_cast<int>(segments.size()) < names_->segments) return;
  if (since_kept_++ % stride_ != 0) return;
  RecordedStep kept;
  for (const Task& task : step.tasks) kept.tasks.push_back({task.node, task.slot, static_cast<double>(task.end - task.begin) * 1e-9});
  kept_tasks_ += static_cast<std::int64_t>(kept.tasks.size());
  sums_.recorded.push_back(std::move(kept));
  while (kept_tasks_ > most_kept_tasks && static_cast<std::int64_t>(sums_.recorded.size()) > least_kept_steps) {
    std::size_t left = 0;
    kept_tasks_ = 0;
    for (std::size_t k = 0; k < sums_.recorded.size(); k += 2) {
      kept_tasks_ += static_cast<std::int64_t>(sums_.recorded[k].tasks.size());
      if (left != k) sums_.recorded[left] = std::move(sums_.recorded[k]);
      ++left;
    }
    sums_.recorded.resize(left);
    stride_ *= 2;
    since_kept_ = 1;
  }
}

}  // namespace leat::verdict
