#include "verdict/replay.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace leat::verdict {

Replay::Replay(const PhaseNames& names, const std::vector<RecordedStep>& recorded, std::vector<double> computes)
    : names_(&names), computes_(std::move(computes)) {
  for (const RecordedStep& one : recorded) steps_.push_back(step_of(one));
}

double Replay::tasks_a_step() const {
  std::size_t tasks = 0;
  for (const Step& step : steps_) tasks += step.tasks.size();
  return steps_.empty() ? 0 : static_cast<double>(tasks) / static_cast<double>(steps_.size());
}

Replay::Step Replay::step_of(const RecordedStep& recorded) const {
  Step step;
  std::vector<int> task_of;                                               // By recorded body.
  std::vector<std::vector<std::size_t>> bodies_of(names_->nodes.size());  // By node.
  std::vector<int> of_segment(static_cast<std::size_t>(names_->segments), -1);
  for (std::size_t k = 0; k < recorded.tasks.size(); ++k) {
    const RecordedStep::Task& body = recorded.tasks[k];
    const PhaseNames::Node& node = names_->nodes[static_cast<std::size_t>(body.node)];
    bodies_of[static_cast<std::size_t>(body.node)].push_back(k);
    int* known = node.segment >= 0 ? &of_segment[static_cast<std::size_t>(node.segment)] : nullptr;
    if (!known || *known < 0) {
      if (known) *known = static_cast<int>(step.tasks.size());
      task_of.push_back(static_cast<int>(step.tasks.size()));
      step.tasks.push_back({body.node, node.segment, 0, false, false, {}, {}});
    } else {
      task_of.push_back(*known);
    }
    step.tasks[static_cast<std::size_t>(task_of.back())].parts.emplace_back(body.node, body.seconds);
  }
  const auto connect = [&](int writer, int reader) {
    if (writer == reader) return;
    step.tasks[static_cast<std::size_t>(writer)].readers.push_back(reader);
    ++step.tasks[static_cast<std::size_t>(reader)].missing;
  };
  for (std::size_t reader = 0; reader < names_->nodes.size(); ++reader) {
    for (const int writer : names_->nodes[reader].reads)
      for (const std::size_t from : bodies_of[static_cast<std::size_t>(writer)])
        for (const std::size_t to : bodies_of[reader]) {
          const int one = recorded.tasks[from].slot, other = recorded.tasks[to].slot;
          if (one < 0 || other < 0 || one == other) connect(task_of[from], task_of[to]);
        }
    if (!names_->nodes[reader].is_ordered || names_->nodes[reader].is_device || bodies_of[reader].empty()) continue;
    for (std::size_t k = 1; k < bodies_of[reader].size(); ++k) connect(task_of[bodies_of[reader][k - 1]], task_of[bodies_of[reader][k]]);
    step.tasks[static_cast<std::size_t>(task_of[bodies_of[reader].front()])].is_first = true;
    step.tasks[static_cast<std::size_t>(task_of[bodies_of[reader].back()])].is_last = true;
  }
  for (const int task : of_segment)
    if (task >= 0) step.segments.push_back(task);
  return step;
}

/// One replay: the state of the workers, the lane and the steps in flight at a moment.
class Replay::Machine {
 public:
  Machine(const Replay& replay, const ReplaySettings& settings)
      : replay_(replay),
        settings_(settings),
        flights_(static_cast<std::size_t>(settings.credits)),
        stations_(replay.names_->nodes.size()),
        ordered_done_(replay.names_->nodes.size(), 0),
        workers_(static_cast<std::size_t>(settings.workers)) {}

  ReplayResult run() {
    // Of a long phase, the time of filling and draining does not count.
    const std::int64_t first = settings_.steps > 4 * settings_.credits + 20 ? 2 * std::int64_t{settings_.credits} : 0;
    double first_at = 0;
    look(-1);
    give_work();
    while (retired_ < settings_.steps && !running_.empty()) {
      advance();
      if (first > 0 && retired_ <= first) first_at = now_;
    }
    const std::int64_t counted = retired_ - (first > 0 ? first : 0);
    return {counted > 0 ? (now_ - first_at) / static_cast<double>(counted) : 0, busy_, work_};
  }

 private:
  struct Flight {
    std::int64_t step = -1;
    const Step* recorded = nullptr;
    std::vector<int> missing;
    std::size_t left = 0;
  };
  using Ready = std::pair<std::int64_t, int>;  // Step and task.
  struct Station {
    std::set<Ready> ready;
    int tokens = 0;
  };
  struct Worker {
    std::deque<int> tokens;
    int home = -1;
    bool is_busy = false;
  };
  struct Running {
    int worker;  ///< -1: the lane.
    Ready task;
    double left;
    double computes;
  };

  Flight& flight_of(std::int64_t step) { return flights_[static_cast<std::size_t>(step % settings_.credits)]; }
  const Task& task_of(const Ready& ready) { return flight_of(ready.first).recorded->tasks[static_cast<std::size_t>(ready.second)]; }

  /// Retires finished steps and admits new ones.
  void look(int worker) {
    for (;;) {
      if (retired_ < admitted_ && flight_of(retired_).left == 0) {
        ++retired_;
        continue;
      }
      if (admitted_ >= settings_.steps || admitted_ - retired_ >= settings_.credits) return;
      const std::int64_t step = admitted_++;
      Flight& flight = flight_of(step);
      flight.step = step;
      flight.recorded = &replay_.steps_[static_cast<std::size_t>(step) % replay_.steps_.size()];
      flight.left = flight.recorded->tasks.size();
      flight.missing.clear();
      for (const Task& task : flight.recorded->tasks)
        flight.missing.push_back(task.missing + (task.is_first && ordered_done_[static_cast<std::size_t>(task.station)] < step ? 1 : 0));
      for (std::size_t k = 0; k < flight.missing.size(); ++k)
        if (flight.missing[k] == 0 && flight.recorded->tasks[k].segment < 0) leave_ready({step, static_cast<int>(k)}, worker);
    }
  }

  void leave_ready(const Ready& ready, int worker) {
    const int node = task_of(ready).station;
    Station& station = stations_[static_cast<std::size_t>(node)];
    station.ready.insert(ready);
    if (station.tokens >= settings_.workers) return;
    ++station.tokens;
    if (worker >= 0) give_up_home(worker);
    (worker >= 0 ? workers_[static_cast<std::size_t>(worker)].tokens : others_).push_back(node);
  }

  void give_up_home(int worker) {
    Worker& own = workers_[static_cast<std::size_t>(worker)];
    if (own.home < 0) return;
    const int home = std::exchange(own.home, -1);
    Station& station = stations_[static_cast<std::size_t>(home)];
    if (station.ready.empty()) --station.tokens;
    else own.tokens.push_back(home);
  }

  /// Returns a token's station; -1 if there is none.
  int find_token(int worker) {
    const auto take = [](std::deque<int>& tokens, bool newest) {
      const int node = newest ? tokens.back() : tokens.front();
      if (newest) tokens.pop_back();
      else tokens.pop_front();
      return node;
    };
    Worker& own = workers_[static_cast<std::size_t>(worker)];
    if (!own.tokens.empty()) return take(own.tokens, true);
    if (!others_.empty()) return take(others_, false);
    for (Worker& other : workers_)
      if (!other.tokens.empty()) return take(other.tokens, false);
    return -1;
  }

  void give_work() {
    for (int worker = 0; worker < settings_.workers; ++worker)
      while (!workers_[static_cast<std::size_t>(worker)].is_busy) {
        const int node = find_token(worker);
        if (node < 0) break;
        workers_[static_cast<std::size_t>(worker)].home = node;
        go_on_at_home(worker);
      }
    give_lane();
  }

  void go_on_at_home(int worker) {
    Worker& own = workers_[static_cast<std::size_t>(worker)];
    if (own.home < 0) return;
    Station& station = stations_[static_cast<std::size_t>(own.home)];
    if (station.ready.empty()) {
      --station.tokens;
      own.home = -1;
      return;
    }
    const Ready oldest = *station.ready.begin();
    station.ready.erase(station.ready.begin());
    begin(worker, oldest);
  }

  void give_lane() {
    if (is_lane_busy_ || replay_.names_->segments == 0 || lane_step_ >= admitted_) return;
    const Flight& flight = flight_of(lane_step_);
    if (flight.step != lane_step_) return;
    if (flight.recorded->segments.size() <= lane_segment_) return;
    const int task = flight.recorded->segments[lane_segment_];
    if (flight.missing[static_cast<std::size_t>(task)] > 0) return;
    is_lane_busy_ = true;
    begin(-1, {lane_step_, task});
  }

  void begin(int worker, const Ready& ready) {
    double length = 0, computes = 0;
    for (const auto& [node, seconds] : task_of(ready).parts) {
      const double part = seconds * settings_.factors[static_cast<std::size_t>(node)];
      length += part;
      computes += part * replay_.computes_[static_cast<std::size_t>(node)];
    }
    work_ += length;
    running_.push_back({worker, ready, length, length > 0 ? computes / length : 0});
    if (worker >= 0) workers_[static_cast<std::size_t>(worker)].is_busy = true;
  }

  /// Returns how fast a body goes on, if the bodies that run now want to compute on so many cores.
  [[nodiscard]] double speed(const Running& one, double wanted) const {
    if (settings_.cores <= 0 || wanted <= settings_.cores) return 1;
    const double computes = std::min(one.computes, 1.0);
    return 1 / (1 - computes + computes * wanted / settings_.cores);
  }

  void advance() {
    double wanted = 0, next = std::numeric_limits<double>::max();
    for (const Running& one : running_) wanted += one.computes;
    for (const Running& one : running_) next = std::min(next, one.left / speed(one, wanted));
    now_ += next;
    busy_ += next * static_cast<double>(running_.size());
    std::vector<Running> ended;
    for (std::size_t k = 0; k < running_.size();) {
      running_[k].left -= next * speed(running_[k], wanted);
      if (running_[k].left > 1e-12) {
        ++k;
        continue;
      }
      ended.push_back(running_[k]);
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(k));
    }
    for (const Running& one : ended) end(one);
    give_work();
  }

  void end(const Running& one) {
    const Task& task = task_of(one.task);
    Flight& flight = flight_of(one.task.first);
    --flight.left;
    if (one.worker >= 0) workers_[static_cast<std::size_t>(one.worker)].is_busy = false;
    std::vector<Ready> ready;
    for (const int reader : task.readers)
      if (--flight.missing[static_cast<std::size_t>(reader)] == 0 && flight.recorded->tasks[static_cast<std::size_t>(reader)].segment < 0)
        ready.emplace_back(one.task.first, reader);
    if (task.is_last) end_ordered(task.station, one.task.first, ready);
    if (one.worker < 0) {
      is_lane_busy_ = false;
      if (++lane_segment_ == flight.recorded->segments.size()) {
        lane_segment_ = 0;
        ++lane_step_;
      }
      for (const Ready& made : ready) leave_ready(made, -1);
      look(-1);
      return;
    }
    for (std::size_t k = 1; k < ready.size(); ++k) leave_ready(ready[k], one.worker);
    std::optional<Ready> next;
    if (!ready.empty()) {
      next = ready.front();
      Station& station = stations_[static_cast<std::size_t>(task_of(*next).station)];
      if (!station.ready.empty() && *station.ready.begin() < *next) {
        station.ready.insert(*next);
        next = *station.ready.begin();
        station.ready.erase(station.ready.begin());
      }
      begin(one.worker, *next);
    }
    look(replay_.names_->has_device() ? -1 : one.worker);
    if (!next) go_on_at_home(one.worker);
  }

  void end_ordered(int node, std::int64_t step, std::vector<Ready>& ready) {
    ordered_done_[static_cast<std::size_t>(node)] = step + 1;
    if (step + 1 >= admitted_) return;
    Flight& flight = flight_of(step + 1);
    if (flight.step != step + 1) return;
    for (std::size_t k = 0; k < flight.missing.size(); ++k) {
      const Task& task = flight.recorded->tasks[k];
      if (task.is_first && task.station == node && --flight.missing[k] == 0) ready.emplace_back(step + 1, static_cast<int>(k));
    }
  }

  const Replay& replay_;
  const ReplaySettings& settings_;
  std::vector<Flight> flights_;
  std::vector<Station> stations_;
  std::vector<std::int64_t> ordered_done_;
  std::vector<Worker> workers_;
  std::deque<int> others_;  ///< Tokens that no worker has posted.
  std::vector<Running> running_;
  bool is_lane_busy_ = false;
  std::int64_t lane_step_ = 0;
  std::size_t lane_segment_ = 0;
  std::int64_t admitted_ = 0;
  std::int64_t retired_ = 0;
  double now_ = 0;
  double busy_ = 0;
  double work_ = 0;
};

ReplayResult Replay::run(const ReplaySettings& settings) const { return Machine(*this, settings).run(); }

}  // namespace leat::verdict
