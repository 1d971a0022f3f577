#include "run/flow.h"

#include <algorithm>
#include <utility>

#include "run/in_name_of.h"
#include "run/named_call.h"
#include "run/step_metrics.h"

namespace leat::run {

Flow::Flow(RunContext& context, ProgramPhase& phase, FlowOptions options)
    : context_(context),
      phase_(phase),
      options_(std::move(options)),
      phase_index_(static_cast<int>(&phase - context.program->phases.data())),
      layout_(phase, phase.share),
      key_{phase.name, phase.kind, options_.occurrence, 0, phase.kind == PhaseKind::Train ? phase.steps : 0, -1},
      states_(phase),
      steps_(phase, layout_, options_.first_step),
      borders_(options_.checkpoint_every, phase.kind == PhaseKind::Train ? options_.checkpoint_seconds : 0),
      workers_(*this, options_.first_station),
      device_lane_(*this, borders_, options_.first_step),
      end_step_(options_.end_step),
      limit_(options_.first_step) {
  int most_rows = 1;
  for (const Origin& origin : phase.origins) {
    const ProgramNode& source = phase.nodes[static_cast<std::size_t>(origin.source)];
    most_rows = std::max<int>(most_rows, *source.source->batch);
    lengths_.push_back(phase.kind == PhaseKind::Train ? 0 : in_name_of(source, "the start of `" + phase.name + "`", [&] {
      return source.source->length();
    }));
  }
  ones_.assign(static_cast<std::size_t>(most_rows), 1.0f);
  for (const ProgramNode& node : phase.nodes) {
    RandomKey key;
    key.key = RandomKey::of(context.program->settings.seed, phase.name, node.name);
    keys_.push_back(key);
  }
}

Flow::~Flow() {
  if (stream_) stream_->stop();
  context_.add_bytes(-steps_.abandon(), 0);
}

void Flow::start() {
  workers_.start(options_.first_step);
  for (std::size_t k = 0; k < phase_.nodes.size(); ++k)
    in_name_of(phase_.nodes[k], "the copying of its state", [&] { states_.remember(static_cast<int>(k), options_.first_step); });
  start_stream();
  look();
}

/// Starts the source of a phase whose number of steps is not known before its end.
void Flow::start_stream() {
  const ProgramNode* found = phase_.stream();
  if (!found) return;
  const ProgramNode& source = *found;
  const auto index = static_cast<int>(found - phase_.nodes.data());
  stream_ = dynamic_cast<StreamsSamples*>(source.node.get());
  Frame::Call call(*this, key_);
  call.enter(index, source, layout_.slots[static_cast<std::size_t>(index)], nullptr, options_.first_step, -1, -1);
  Frame frame(call);
  in_name_of(source, "the start of `" + phase_.name + "`", [&] { stream_->start(frame, [this] { context_.bell.ring(); }); });
}

/// Returns the first step that cannot be admitted. With a device lane, sources run ahead of the limit, and the lane waits there. Without
/// one, the limit stops the admission.
std::int64_t Flow::admission_end() const { return has_lane() ? end_step_.load() : std::min(end_step_.load(), limit_.load()); }

bool Flow::is_through() const {
  if (is_closing_ && steps_.retired() >= steps_.next()) return true;
  return steps_.retired() >= std::min(limit_.load(), end_step_.load()) || context_.has_failed;
}

std::vector<int> Flow::rows_of(std::int64_t step) const {
  std::vector<int> rows;
  for (std::size_t k = 0; k < phase_.origins.size(); ++k) {
    const Origin& origin = phase_.origins[k];
    const int most = options_.first_slots > 0 ? std::min(options_.first_slots, origin.rows) : origin.rows;
    if (phase_.kind == PhaseKind::Train) {
      rows.push_back(most);
      continue;
    }
    const ProgramNode& source = phase_.nodes[static_cast<std::size_t>(origin.source)];
    const std::string where = "step " + std::to_string(step) + " of `" + phase_.name + "`";
    const std::int64_t length = in_name_of(source, where, [&] { return source.source->length(); });
    if (length != lengths_[k])
      throw NodeError(source.name, source.type->id, source.place, where,
                      "its length was " + std::to_string(lengths_[k]) + " when the phase began, and is " + std::to_string(length) + " now");
    const std::int64_t batch = *source.source->batch;
    rows.push_back(std::min(most, phase_.share.places_of(static_cast<int>(std::clamp<std::int64_t>(length - step * batch, 0, batch)))));
  }
  return rows;
}

std::optional<int> Flow::rows_of_stream(std::int64_t step) {
  const Origin& origin = phase_.origins[0];
  const ProgramNode& source = phase_.nodes[static_cast<std::size_t>(origin.source)];
  const std::int64_t batch = *source.source->batch;
  const std::optional<std::int64_t> count =
      in_name_of(source, "step " + std::to_string(step) + " of `" + phase_.name + "`", [&] { return stream_->count((step + 1) * batch); });
  if (!count) return {};
  const auto rows = static_cast<int>(std::clamp<std::int64_t>(*count - step * batch, 0, batch));
  if (rows < batch) {
    stream_end_ = step + (rows > 0 ? 1 : 0);
    lower_end(stream_end_);
  }
  const int own = phase_.share.places_of(rows);
  return options_.first_slots > 0 ? std::min(own, options_.first_slots) : own;
}

std::optional<std::vector<int>> Flow::next_rows(std::int64_t step) {
  if (!stream_) return rows_of(step);
  const std::optional<int> rows = rows_of_stream(step);
  if (!rows || *rows == 0) return {};
  return std::vector<int>{*rows};
}

void Flow::lower_end(std::int64_t lowest) {
  std::int64_t end = end_step_.load();
  while (lowest < end && !end_step_.compare_exchange_weak(end, lowest)) {
  }
}

void Flow::admit() {
  while (steps_.next() < admission_end() && steps_.has_credit() && !context_.has_failed && !context_.is_paused && !is_closing_) {
    const std::int64_t step = steps_.next();
    const std::optional<std::vector<int>> rows = next_rows(step);
    if (!rows) return;
    skipped_.admit(*rows);
    plan_border(step);
    Ledger& ledger = steps_.admit();
    const std::vector<int> ready = ledger.open(phase_, step, *rows);
    log_step(step, record::EventKind::Admitted);
    // The last of these tasks can finish the ledger.
    for (const int task : ready) workers_.make_ready(task, ledger);
  }
}

/// In a phase that trains, states are copied after each step. Those of other phases grow with the phase, so they are copied only after
/// steps that are chosen before they begin.
void Flow::plan_border(std::int64_t step) {
  if (phase_.kind == PhaseKind::Train || options_.checkpoint_seconds <= 0 || states_.planned() >= 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_border_ < std::chrono::duration<double>(options_.checkpoint_seconds)) return;
  last_border_ = now;
  states_.plan(step + 1);
}

void Flow::run_until(std::int64_t limit) {
  limit_ = limit;
  device_lane_.allow(std::min(limit, end_step_.load()));
  for (;;) {
    const std::uint32_t rings = context_.bell.count();
    look();
    // The last step counts as retired before its metrics are read, so wait for `look` to end.
    if (is_through() && looks_ == 0) return;
    context_.bell.wait(rings);
  }
}

void Flow::look() noexcept {
  if (looks_.fetch_add(1) > 0) return;
  int looks = 1;
  do {
    try {
      admit();
      while (Ledger* ledger = context_.has_failed ? nullptr : steps_.finished()) retire(*ledger);
    } catch (...) {
      context_.fail(std::current_exception());
    }
  } while (!looks_.compare_exchange_strong(looks, 0));
  if (is_through()) context_.bell.ring();
}

void Flow::retire(Ledger& ledger) {
  log_step(ledger.step, record::EventKind::Retired);
  RetiredStep retired;
  retired.step = ledger.step;
  // Of all ranks.
  for (std::size_t k = 0; k < ledger.rows.size(); ++k)
    retired.images +=
        phase_.share.ranks > 1 ? *phase_.nodes[static_cast<std::size_t>(phase_.origins[k].source)].source->batch : ledger.rows[k];
  std::vector<MetricEntry> metrics = std::move(ledger.metrics);
  ledger.metrics.clear();
  ledger.warnings.clear();
  retired.is_recorded = records(ledger.step);
  const std::int64_t done = ledger.step + 1;
  retired.has_border = ledger.has_border;
  retired.resources = std::move(ledger.resources);
  if (!has_lane() && borders_.is_due(done)) {
    // Without a device lane no node changes resources, so they can be saved here.
    save_resources(*context_.program, retired.resources);
    retired.has_border = true;
  }
  if (done == states_.planned()) retired.has_border = true;
  if (retired.has_border) retired.states = states_.at(done);
  if (done == states_.planned()) states_.forget_planned();
  // Free the ledger for the next step before the metrics are read, which can take long.
  steps_.retire();
  workers_.retired();
  admit();
  context_.observers.tell(Hears::Metrics, [&](Observer& one) { one.metrics_due(phase_.name, retired.step); });
  // They are read when the device has computed them. Later steps may be on the device already.
  retired.metrics = step_metrics(phase_, retired.step, std::move(metrics), [this](const std::function<void()>& work) {
    if (has_lane()) device_lane_.read(work);
    else work();
  });
  if (options_.retired) options_.retired(std::move(retired));
}

void Flow::cut_off() {
  if (options_.finishes_admitted) {
    // Tasks of a step beyond the end would be skipped, and the states would be those of a part of it.
    is_closing_ = true;
    context_.bell.ring();
    return;
  }
  const std::int64_t last = has_lane() ? device_lane_.cut_off() : steps_.next();
  lower_end(last);
  if (phase_.kind == PhaseKind::Train) borders_.ask(end_step_.load());
  context_.bell.ring();
}

void Flow::leave() {
  if (has_lane()) (void)device_lane_.cut_off();
  context_.executor->wait();
  context_.wait_for_lane();
  // A segment that ended meanwhile can have posted bodies.
  context_.executor->wait();
}

std::vector<std::pair<std::string, double>> Flow::finish() {
  std::vector<std::pair<std::string, double>> metrics;
  for (const int index : phase_.order) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    Frame::Call call(*this, key_);
    call.enter(index, node, layout_.slots[static_cast<std::size_t>(index)], nullptr, steps_.retired(), -1, -1);
    call.finished = &metrics;
    Frame frame(call);
    const NamedCall named(call);
    try {
      node.node->finish(frame);
      call.refuse_puts();
    } catch (...) {
      throw NodeError(node.name, node.type->id, node.place, "the end of `" + phase_.name + "`", words_of_current_exception());
    }
  }
  return metrics;
}

void Flow::log_step(std::int64_t step, record::EventKind kind) {
  if (!context_.log) return;
  record::EventLog::ThreadLog& log = context_.log->of_this_thread();
  record::Span& span = log.next();
  span = record::Span::of(kind, phase_index_, options_.occurrence);
  span.ready = context_.ticks.now();
  span.step = static_cast<std::uint32_t>(step);
  log.commit();
}

}  // namespace leat::run
