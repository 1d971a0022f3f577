#include "run/flow.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "run/body.h"
#include "run/working_at.h"

namespace leat::run {

void Shared::add_bytes(std::int64_t change, std::int64_t most) {
  const std::int64_t now = bytes.fetch_add(change, std::memory_order_relaxed) + most;
  if (most <= 0) return;
  std::int64_t peak = peak_bytes.load(std::memory_order_relaxed);
  while (now > peak && !peak_bytes.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

void Shared::fail(std::exception_ptr error) {
  const std::lock_guard guard(lock_);
  if (!error_) error_ = std::move(error);
  has_failed = true;
}

std::exception_ptr Shared::error() {
  const std::lock_guard guard(lock_);
  return error_;
}

Flow::Flow(Shared& shared, ProgramPhase& phase, FlowOptions options)
    : shared_(shared),
      phase_(phase),
      options_(std::move(options)),
      layout_(phase),
      key_{phase.name, phase.kind, options_.occurrence, 0, phase.kind == PhaseKind::Train ? phase.steps : 0, -1},
      phase_index_(static_cast<int>(&phase - shared.program->phases.data())),
      stations_(phase.nodes.size()),
      history_(phase.nodes.size()) {
  int most_rows = 1;
  for (const Origin& origin : phase.origins) most_rows = std::max(most_rows, origin.rows);
  ones_.assign(static_cast<std::size_t>(most_rows), 1.0f);
  for (const ProgramNode& node : phase.nodes) {
    NodeStates& states = states_.emplace_back();
    for (const StatePort* port : node.node->states()) states.push_back(port->make());
    RandomKey key;
    key.key = RandomKey::of(shared.program->settings.seed, phase.name, node.name);
    keys_.push_back(key);
  }
  for (int k = 0; k < phase.credits; ++k) free_.push_back(ledgers_.emplace_back(std::make_unique<Ledger>(phase, layout_)).get());
  next_step_ = retired_ = lane_step_ = lane_limit_ = limit_ = options_.first_step;
  end_step_ = options_.end_step;
}

Flow::~Flow() { abandon(); }

void Flow::load_states(const Archive& states) {
  for (std::size_t k = 0; k < phase_.nodes.size(); ++k)
    for (const StatePort* port : phase_.nodes[k].node->states())
      states_[k][static_cast<std::size_t>(port->index())]->load(states, phase_.nodes[k].name + "." + std::string(port->name()));
}

void Flow::start() {
  for (std::size_t k = 0; k < stations_.size(); ++k) {
    stations_[k].start(phase_.nodes[k].is_ordered(), options_.first_step, shared_.executor->threads());
    remember(static_cast<int>(k), options_.first_step);
  }
  std::unique_lock guard(lock_);
  admit(guard);
}

// ---- admission and retirement ----

/// Loaders run ahead of a device lane, which waits at the limit; a phase without one waits there itself.
std::int64_t Flow::admission_end() const { return phase_.segments.empty() ? std::min(end_step_, limit_) : end_step_; }

void Flow::admit(std::unique_lock<std::mutex>& guard) {
  while (next_step_ < admission_end() && !free_.empty() && !shared_.has_failed) {
    Ledger* ledger = free_.back();
    free_.pop_back();
    ledger->is_finished = false;
    const std::int64_t step = next_step_++;
    open_[step] = ledger;
    guard.unlock();
    open(*ledger, step);
    guard.lock();
  }
}

void Flow::open(Ledger& ledger, std::int64_t step) {
  ledger.step = step;
  ledger.has_border = false;
  ledger.resources.clear();
  for (std::size_t k = 0; k < phase_.origins.size(); ++k) {
    const Origin& origin = phase_.origins[k];
    std::int64_t rows = origin.rows;
    if (phase_.kind != PhaseKind::Train) {
      const Source& source = *phase_.nodes[static_cast<std::size_t>(origin.source)].source;
      rows = std::clamp<std::int64_t>(source.length() - step * origin.rows, 0, origin.rows);
    }
    ledger.rows[k] = static_cast<int>(rows);
    for (std::int64_t slot = 0; slot < rows; ++slot) ledger.samples[static_cast<std::size_t>(layout_.sample[k] + slot)] = Sample();
  }
  int outstanding = 0;
  for (std::size_t k = 0; k < phase_.nodes.size(); ++k) {
    const ProgramNode& node = phase_.nodes[k];
    if (node.grain != Grain::Slot) continue;
    const int rows = ledger.rows[static_cast<std::size_t>(node.origin)];
    const int arrivals = static_cast<int>(layout_.slots[k].reads.size());
    for (int slot = 0; slot < rows; ++slot)
      ledger.missing[static_cast<std::size_t>(layout_.unit[k] + slot)].store(arrivals, std::memory_order_relaxed);
    outstanding += rows;
  }
  std::vector<int> ready_now;
  for (const Origin& origin : phase_.origins) {
    const auto source = static_cast<std::size_t>(origin.source);
    for (int slot = 0; slot < ledger.rows[static_cast<std::size_t>(phase_.nodes[source].origin)]; ++slot)
      ready_now.push_back(layout_.unit[source] + slot);
  }
  for (const Layout::StepUnit& one : layout_.step_units) {
    int arrivals = one.values;
    for (const int origin : one.gathered) arrivals += ledger.rows[static_cast<std::size_t>(origin)];
    ledger.missing[static_cast<std::size_t>(one.unit)].store(arrivals, std::memory_order_relaxed);
    if (arrivals == 0) ready_now.push_back(one.unit);
    ++outstanding;
  }
  for (std::size_t k = 0; k < phase_.wires.size(); ++k) {
    const Wire& wire = phase_.wires[k];
    const int cells = wire.grain == Grain::Slot ? ledger.rows[static_cast<std::size_t>(wire.origin)] : 1;
    for (int cell = 0; cell < cells; ++cell)
      ledger.unread[static_cast<std::size_t>(layout_.cell[k] + cell)].store(layout_.readers[k], std::memory_order_relaxed);
    ledger.row_states[k] = nullptr;
  }
  ledger.outstanding.store(outstanding, std::memory_order_release);
  log_step(step, record::EventKind::Admitted);
  // After the last of them the ledger may be through already.
  for (const int unit : ready_now) ready_unit(unit, ledger);
}

void Flow::units_done(Ledger& ledger, int count) {
  if (ledger.outstanding.fetch_sub(count, std::memory_order_acq_rel) != count) return;
  std::unique_lock guard(lock_);
  ledger.is_finished = true;
  // One thread retires at a time, in step order; who finds it busy leaves its ledger to that one.
  if (is_retiring_) return;
  is_retiring_ = true;
  while (!open_.empty() && open_.begin()->second->is_finished && !shared_.has_failed) {
    Ledger* oldest = open_.begin()->second;
    guard.unlock();
    try {
      retire(*oldest);
    } catch (...) {
      shared_.fail(std::current_exception());
    }
    guard.lock();
    open_.erase(oldest->step);
    free_.push_back(oldest);
    retired_ = oldest->step + 1;
    admit(guard);
  }
  is_retiring_ = false;
  // Not for every step: waking the thread that waits costs more than a step of small nodes.
  if (is_through()) moved_.notify_all();
}

void Flow::add_skipped(const ProgramNode& node, const Item& item, const NodeError& error) {
  const std::lock_guard guard(skipped_lock_);
  Skipped& skipped = skipped_[node.name];
  const std::pair at{item.step, item.slot};
  if (skipped.samples++ > 0 && skipped.at < at) return;
  skipped.at = at;
  skipped.first = error.where + ": " + error.cause;
}

std::vector<std::string> Flow::skipped() {
  const std::lock_guard guard(skipped_lock_);
  std::vector<std::string> out;
  for (const auto& [node, one] : skipped_) {
    const std::string which =
        one.samples == 1 ? " sample, which `on_error: skip` left out: " : " samples, which `on_error: skip` left out; the first: ";
    out.push_back("`" + node + "` failed for " + std::to_string(one.samples) + which + one.first);
  }
  return out;
}

/// What nodes measured in this step, in the order of nodes; what a node measured for each slot becomes one mean.
std::vector<std::pair<std::string, double>> Flow::step_metrics(Ledger& ledger) const {
  std::stable_sort(ledger.metrics.begin(), ledger.metrics.end(),
                   [](const MetricEntry& a, const MetricEntry& b) { return std::tie(a.node, a.slot) < std::tie(b.node, b.slot); });
  std::vector<std::pair<std::string, double>> metrics;
  std::map<std::string, std::pair<std::size_t, int>> known;  // where it stands, how many it is the sum of
  for (MetricEntry& entry : ledger.metrics) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(entry.node)];
    if (entry.later) {
      try {
        entry.number = entry.later();
      } catch (const std::exception& failed) {
        throw NodeError(node.name, node.type->id, node.place, "step " + std::to_string(ledger.step) + " of `" + phase_.name + "`",
                        failed.what());
      }
    }
    const std::string name = node.name + "." + entry.name;
    const auto [at, is_new] = known.try_emplace(name, metrics.size(), 0);
    if (is_new) metrics.emplace_back(name, 0.0);
    metrics[at->second.first].second += entry.number;
    ++at->second.second;
  }
  for (const auto& [name, entry] : known) metrics[entry.first].second /= entry.second;
  return metrics;
}

void Flow::retire(Ledger& ledger) {
  log_step(ledger.step, record::EventKind::Retired);
  RetiredStep retired;
  retired.step = ledger.step;
  for (const int rows : ledger.rows) retired.images += rows;
  retired.metrics = step_metrics(ledger);
  ledger.metrics.clear();
  ledger.warnings.clear();
  const std::int64_t done = ledger.step + 1;
  bool is_asked = false;
  if (phase_.kind == PhaseKind::Train) {
    const std::lock_guard guard(lane_lock_);
    is_asked = border_ == done;
  }
  if (ledger.has_border || is_asked || (options_.checkpoint_every > 0 && done % options_.checkpoint_every == 0)) {
    // Without a segment nothing changes resources, so they are saved here.
    if (!ledger.has_border) save_border(ledger);
    retired.has_border = true;
    retired.resources = std::move(ledger.resources);
    retired.states = states_at(done);
  }
  if (options_.retired) options_.retired(std::move(retired));
}

void Flow::run_until(std::int64_t limit) {
  Item item;
  bool has_segment = false;
  {
    std::unique_lock guard(lock_);
    limit_ = limit;
    {
      const std::lock_guard lane_guard(lane_lock_);
      // A stop may have come already.
      lane_limit_ = std::min(limit, end_step_);
      has_segment = claim_segment(item);
    }
    admit(guard);
  }
  if (has_segment) post_segment(item);
  std::unique_lock guard(lock_);
  moved_.wait(guard, [&] { return is_through(); });
}

bool Flow::is_through() const { return retired_ >= std::min(limit_, end_step_) || shared_.has_failed; }

void Flow::wake() {
  const std::lock_guard guard(lock_);
  moved_.notify_all();
}

void Flow::cut_off() {
  std::unique_lock guard(lock_);
  const std::lock_guard lane_guard(lane_lock_);
  std::int64_t last = next_step_;
  if (!phase_.segments.empty()) last = lane_step_ + (lane_is_busy_ || lane_segment_ > 0 ? 1 : 0);
  end_step_ = std::min(end_step_, last);
  lane_limit_ = std::min(lane_limit_, end_step_);
  border_ = end_step_;
  moved_.notify_all();
}

void Flow::abandon() {
  for (auto& [step, ledger] : open_) {
    for (std::size_t k = 0; k < ledger->cells.size(); ++k) {
      shared_.add_bytes(-std::exchange(ledger->sizes[k], 0), 0);
      ledger->cells[k].reset();
    }
    for (Value& value : ledger->device) value.reset();
    ledger->metrics.clear();
  }
  open_.clear();
}

std::vector<std::pair<std::string, double>> Flow::finish() {
  std::vector<std::pair<std::string, double>> metrics;
  for (const int index : phase_.order) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    Frame::Site site(*this, key_);
    site.enter(index, node, layout_.slots[static_cast<std::size_t>(index)], nullptr, retired_, -1);
    site.finished = &metrics;
    Frame frame(site);
    const WorkingAt working(site);
    try {
      node.node->finish(frame);
    } catch (const std::exception& failed) {
      throw NodeError(node.name, node.type->id, node.place, "the end of `" + phase_.name + "`", failed.what());
    }
  }
  return metrics;
}

// ---- states ----

void Flow::remember(int node, std::int64_t steps_done) {
  const ProgramNode& one = phase_.nodes[static_cast<std::size_t>(node)];
  if (!one.is_ordered() || phase_.kind != PhaseKind::Train) return;
  NodeStates copies;
  for (const auto& state : states_[static_cast<std::size_t>(node)]) copies.push_back(state->copy());
  const std::lock_guard guard(history_lock_);
  auto& kept = history_[static_cast<std::size_t>(node)];
  kept.emplace_back(steps_done, std::move(copies));
  while (kept.size() > static_cast<std::size_t>(phase_.credits) + 1) kept.pop_front();
}

Archive Flow::states_at(std::int64_t steps_done) {
  Archive archive;
  const std::lock_guard guard(history_lock_);
  for (std::size_t k = 0; k < phase_.nodes.size(); ++k) {
    const ProgramNode& node = phase_.nodes[k];
    if (!node.is_ordered()) continue;
    const auto found = std::find_if(history_[k].begin(), history_[k].end(), [&](const auto& entry) { return entry.first == steps_done; });
    LEAT_CHECK(found != history_[k].end());
    for (const StatePort* port : node.node->states())
      found->second[static_cast<std::size_t>(port->index())]->save(archive, node.name + "." + std::string(port->name()));
  }
  return archive;
}

}  // namespace leat::run
