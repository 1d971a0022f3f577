#include "leat/frame.h"

#include <algorithm>
#include <stdexcept>

#include "base/thrown.h"
#include "run/flow.h"

namespace leat {

std::string_view name(PhaseKind kind) {
  switch (kind) {
    case PhaseKind::Train:
      return "train";
    case PhaseKind::Validate:
      return "validate";
    case PhaseKind::Test:
      return "test";
    case PhaseKind::Predict:
      return "predict";
  }
  return "train";
}

void detail::no_such_row(int row, int count) {
  const std::string rows = count == 0   ? "there are no rows"
                           : count == 1 ? "there is one row, 0"
                                        : "there are " + std::to_string(count) + " rows, 0.." + std::to_string(count - 1);
  throw std::out_of_range("row " + std::to_string(row) + " is asked for, but " + rows);
}

const Sample& RowList::sample(int row) const { return (*samples_)[static_cast<std::size_t>(first_) + place_of(row)]; }

const std::string& RowList::reason(int row) const {
  static const std::string none;
  const std::size_t place = place_of(row);
  return reasons_ ? (*reasons_)[place] : none;
}

namespace {

std::logic_error not_in_finish(const std::string& what) {
  return std::logic_error(what + " is not possible in `finish`, which has only metrics, states and warnings");
}

/// `function` belongs to one sample.
void check_slot(const Frame::Call& call, const char* function) {
  if (!call.ledger) throw not_in_finish(function);
  if (call.place < 0)
    throw std::logic_error(std::string(function) + " is for nodes that run once per sample, but this one runs once per step");
}

[[noreturn, gnu::cold]] void refuse_source(const Frame::Call& call, const char* function) {
  if (!call.node->source) throw std::logic_error(std::string(function) + " is for sources, but this node is not a source");
  throw not_in_finish(function);
}

inline void check_source(const Frame::Call& call, const char* function) {
  if (!call.node->source || !call.ledger) [[unlikely]]
    refuse_source(call, function);
}

[[noreturn, gnu::cold]] void refuse_value(const Frame::Call& call, int input, const Value& held) {
  LEAT_CHECK(!run::is_tombstone(held));
  throw std::logic_error("`" + std::string(call.node->inputs[static_cast<std::size_t>(input)].port->name()) +
                         "` was taken in this call already");
}

}  // namespace

const Wire& Frame::Call::wire(int input, int member) const {
  const Feed& feed = node->inputs[static_cast<std::size_t>(input)].feeds[static_cast<std::size_t>(member)];
  return flow.phase().wires[static_cast<std::size_t>(feed.wire)];
}

Value& Frame::Call::step_cell(int input, int member) const {
  if (!ledger) throw not_in_finish("reading the input `" + std::string(node->inputs[static_cast<std::size_t>(input)].port->name()) + "`");
  const auto wire_index =
      static_cast<std::size_t>(node->inputs[static_cast<std::size_t>(input)].feeds[static_cast<std::size_t>(member)].wire);
  const Wire& from = flow.phase().wires[wire_index];
  if (from.grain == Grain::Step && node->segment >= 0) return ledger->device[wire_index];
  return ledger->cells[static_cast<std::size_t>(flow.layout().cell[wire_index])];
}

namespace {

/// Multiplies `by` into `rows`.
void multiply(std::shared_ptr<run::RowState>& rows, const run::RowState& by) {
  if (!rows) {
    rows = std::make_shared<run::RowState>(by);
    return;
  }
  for (std::size_t k = 0; k < by.weights.size(); ++k) {
    rows->weights[k] *= by.weights[k];
    if (rows->reasons[k].empty()) rows->reasons[k] = by.reasons[k];
  }
}

/// The values of all slots, tombstones replaced by the last living row before them (or the first one after), or the other way round; null:
/// all live.
std::shared_ptr<run::RowState> living_rows(std::vector<const Value*>& values, const Wire& wire, bool repeats_next,
                                           std::vector<Value>& blanks) {
  const auto is_dead = [](const Value* value) { return run::is_tombstone(*value); };
  if (std::none_of(values.begin(), values.end(), is_dead)) return nullptr;
  auto rows = std::make_shared<run::RowState>();
  for (const Value* value : values) {
    const bool dead = is_dead(value);
    rows->weights.push_back(dead ? 0.0f : 1.0f);
    rows->reasons.push_back(dead ? value->as<run::Tombstone>().reason : std::string());
  }
  const auto repeat = [&](auto begin, auto end) {
    const auto first = std::find_if_not(begin, end, is_dead);
    const Value* living = first != end ? *first : &blanks.emplace_back(wire.port->type().blank(wire.contract));
    for (auto value = begin; value != end; ++value) {
      if (is_dead(*value)) *value = living;
      else living = *value;
    }
  };
  if (repeats_next) repeat(values.rbegin(), values.rend());
  else repeat(values.begin(), values.end());
  return rows;
}

}  // namespace

std::vector<const Value*> Frame::Call::inputs() const {
  std::vector<const Value*> out;
  const auto add = [&out](const Value& value) {
    if (value && !run::is_tombstone(value)) out.push_back(&value);
  };
  for (std::size_t input = 0; input < node->inputs.size(); ++input) {
    if (step && !step->gathered[input].empty()) {
      for (const Value* value : step->gathered[input]) add(*value);
      continue;
    }
    for (std::size_t member = 0; member < node->inputs[input].feeds.size(); ++member)
      add(cell(static_cast<int>(input), static_cast<int>(member)));
  }
  return out;
}

void Frame::Call::tell_request() const {
  observers->tell(Hears::Requests, [](Observer& one) { one.requested(); });
}

std::string Frame::Call::where() const {
  if (finished) return "the end of `" + std::string(key.phase) + "`";
  std::string out = "step " + std::to_string(key.step) + " of `" + std::string(key.phase) + "`";
  if (place < 0) return out;
  out += ", slot " + std::to_string(key.slot);
  const Sample& sample = ledger->samples[static_cast<std::size_t>(flow.layout().sample[static_cast<std::size_t>(node->origin)] + place)];
  if (!sample.id.empty()) out += ", sample `" + sample.id + "`";
  return out;
}

std::exception_ptr Frame::Call::named_exception() const {
  try {
    throw;
  } catch (const NodeError&) {
    return std::current_exception();
  } catch (...) {
    const std::string cause = words_of_current_exception();
    if (!node) return std::make_exception_ptr(std::runtime_error("the engine failed in `" + std::string(key.phase) + "`: " + cause));
    return std::make_exception_ptr(NodeError(node->name, node->type->id, node->place, where(), cause));
  }
}

bool Frame::Call::gather() {
  auto& [row_puts, rows, gathered, gathered_rows, blanks] = *step;
  gathered.resize(node->inputs.size());
  gathered_rows.resize(node->inputs.size());
  blanks.reserve(node->inputs.size());
  std::shared_ptr<run::RowState> weights;
  const auto& repeats_next = flow.context().repeats_next;
  for (std::size_t input = 0; input < node->inputs.size(); ++input) {
    const BoundInput& bound = node->inputs[input];
    for (std::size_t member = 0; member < bound.feeds.size(); ++member) {
      const auto wire_index = static_cast<std::size_t>(bound.feeds[member].wire);
      const Wire& from = flow.phase().wires[wire_index];
      std::shared_ptr<const run::RowState> brought;
      if (from.grain == Grain::Slot) {
        const int count = ledger->rows[static_cast<std::size_t>(from.origin)];
        if (count == 0) return false;
        auto& values = gathered[input];
        for (int slot = 0; slot < count; ++slot)
          values.push_back(&ledger->cells[static_cast<std::size_t>(flow.layout().cell[wire_index] + slot)]);
        brought = living_rows(values, from, repeats_next && repeats_next(key.phase, key.step), blanks);
      } else {
        if (run::is_tombstone(cell(static_cast<int>(input), static_cast<int>(member)))) {
          if (bound.port->kind() == PortKind::Optional) continue;
          return false;
        }
        brought = ledger->row_states[wire_index];
      }
      gathered_rows[input] = brought;
      if (brought && from.origin == node->origin && !bound.port->is(any_rows)) multiply(weights, *brought);
    }
  }
  rows = weights;
  return true;
}

const FrameKey& Frame::key() const { return call_->key; }

bool Frame::is_connected(const Port& port) const {
  if (is_output(port.kind())) {
    const int wire = call_->node->wires[static_cast<std::size_t>(port.index())];
    return !call_->flow.phase().wires[static_cast<std::size_t>(wire)].readers.empty();
  }
  return !call_->node->inputs[static_cast<std::size_t>(port.index())].feeds.empty();
}

const Value& Frame::value(int port) const {
  call_->requested();
  const Value& held = call_->cell(port);
  if (!held || run::is_tombstone(held)) [[unlikely]]
    refuse_value(*call_, port, held);
  return held;
}

const Value* Frame::maybe_value(int port) const {
  call_->requested();
  if (call_->node->inputs[static_cast<std::size_t>(port)].feeds.empty()) return nullptr;
  const Value& held = call_->cell(port);
  return held && !run::is_tombstone(held) ? &held : nullptr;
}

Value* Frame::sole_value(int port) {
  call_->requested();
  const Wire& from = call_->wire(port);
  if (from.readers.size() != 1) return nullptr;
  Value& held = call_->cell(port);
  if (!held) [[unlikely]]
    refuse_value(*call_, port, held);
  return &held;
}

std::vector<const Value*> Frame::gathered(int port) const {
  call_->requested();
  return call_->step->gathered[static_cast<std::size_t>(port)];
}

int Frame::inputs_count(int port) const { return static_cast<int>(call_->node->inputs[static_cast<std::size_t>(port)].feeds.size()); }

std::string_view Frame::inputs_name(int port, int which) const {
  return call_->node->inputs[static_cast<std::size_t>(port)].feeds[static_cast<std::size_t>(which)].member;
}

const Value& Frame::inputs_value(int port, int which) const {
  call_->requested();
  return call_->cell(port, which);
}

StateBox& Frame::state_box(int index) const {
  call_->requested();
  return call_->flow.states().now(call_->node_index, index);
}

namespace {

[[noreturn, gnu::cold]] void refuse_put(const Frame::Call& call, int output, const std::string& row = {}) {
  if (!call.ledger) throw not_in_finish("`frame.put`");
  const std::string name(call.node->node->outputs()[static_cast<std::size_t>(output)]->name());
  throw std::logic_error("a second value is put into " + row + "`" + name + "` in one call");
}

}  // namespace

void Frame::put_value(int port, Value value) {
  call_->requested();
  Value& put = call_->puts[static_cast<std::size_t>(port)];
  if (put) [[unlikely]]
    refuse_put(*call_, port);
  put = std::move(value);
}

void Frame::put_row(int port, int row, Value value) {
  call_->requested();
  if (!call_->ledger) refuse_put(*call_, port);
  const int origin = call_->node->origin, count = origin < 0 ? 0 : call_->ledger->rows[static_cast<std::size_t>(origin)];
  if (row < 0 || row >= count) detail::no_such_row(row, count);
  if (!call_->step->row_puts.try_emplace({port, row}, std::move(value)).second)
    refuse_put(*call_, port, "row " + std::to_string(row) + " of ");
}

void Frame::Call::refuse_puts() {
  for (std::size_t output = 0; output < node->wires.size(); ++output)
    if (puts[output]) throw not_in_finish("`frame.put`");
}

void Frame::drop(std::string reason) {
  call_->requested();
  check_slot(*call_, "`frame.drop`");
  call_->dropped = std::move(reason);
}

namespace {

RandomKey random_key(const Frame::Call& call) {
  RandomKey key = call.flow.random_key(call.node_index);
  key.occurrence = static_cast<std::uint32_t>(call.key.occurrence);
  key.step = static_cast<std::uint32_t>(call.key.step);
  key.slot = static_cast<std::uint32_t>(call.key.slot);
  return key;
}

}  // namespace

Random Frame::random() const {
  call_->requested();
  if (call_->has_drawn)
    throw std::logic_error(
        "`frame.random()` is called a second time here and would give the same numbers again: keep one, `Random random = frame.random();`");
  call_->has_drawn = true;
  return Random(random_key(*call_));
}

namespace {

/// The most rows that a value has which the node can see.
int rows_count(const Frame::Call& call) {
  if (!call.ledger) return 0;
  const auto rows_of = [&call](int origin) { return origin < 0 ? 0 : call.ledger->rows[static_cast<std::size_t>(origin)]; };
  int count = rows_of(call.node->origin);
  for (const BoundInput& input : call.node->inputs)
    for (const Feed& feed : input.feeds)
      count = std::max(count, rows_of(call.flow.phase().wires[static_cast<std::size_t>(feed.wire)].origin));
  return count;
}

}  // namespace

Random Frame::random(int row) const {
  call_->requested();
  if (const int count = rows_count(*call_); row < 0 || row >= count) detail::no_such_row(row, count);
  RandomKey key = random_key(*call_);
  key.slot = static_cast<std::uint32_t>(call_->flow.slot_of(row));
  return Random(key);
}

namespace {

int sample_index(const Frame::Call& call) { return call.flow.layout().sample[static_cast<std::size_t>(call.node->origin)] + call.place; }

}  // namespace

const Sample& Frame::sample() const {
  check_slot(*call_, "`frame.sample`");
  return call_->ledger->samples[static_cast<std::size_t>(sample_index(*call_))];
}

void Frame::identify(Sample sample) {
  call_->requested();
  check_source(*call_, "`frame.identify`");
  call_->ledger->samples[static_cast<std::size_t>(sample_index(*call_))] = std::move(sample);
}

void Frame::note(std::string warning) {
  call_->requested();
  check_slot(*call_, "`frame.note`");
  const std::lock_guard guard(call_->ledger->notes);
  call_->ledger->warnings.emplace_back(sample_index(*call_), std::move(warning));
}

std::vector<std::string> Frame::notes() const {
  check_slot(*call_, "`frame.notes`");
  std::vector<std::string> sentences;
  {
    const std::lock_guard guard(call_->ledger->notes);
    for (const auto& [sample, sentence] : call_->ledger->warnings)
      if (sample == sample_index(*call_)) sentences.push_back(sentence);
  }
  std::sort(sentences.begin(), sentences.end());
  sentences.erase(std::unique(sentences.begin(), sentences.end()), sentences.end());
  return sentences;
}

const std::string& Frame::reason() const {
  static const std::string none;
  return call_->reason ? *call_->reason : none;
}

RowList Frame::rows(const Port& port) const {
  if (!call_->ledger) throw not_in_finish("`frame.rows`");
  if (!call_->step) throw std::logic_error("`frame.rows` is for nodes that run once per step, but this one runs once per sample");
  const auto index = static_cast<std::size_t>(port.index());
  const bool is_out = is_output(port.kind());
  const int origin = is_out || call_->node->inputs[index].feeds.empty() ? call_->node->origin : call_->wire(port.index()).origin;
  if (origin < 0) return {};
  const int count = call_->ledger->rows[static_cast<std::size_t>(origin)];
  // What is paired has the product of all weights of its rows.
  const bool is_paired = origin == call_->node->origin && !port.is(any_rows);
  const run::RowState* rows = is_paired ? call_->step->rows.get() : call_->step->gathered_rows[index].get();
  const std::span<const float> weights = rows ? std::span<const float>(rows->weights) : call_->flow.ones(count);
  return RowList(&call_->ledger->samples, call_->flow.layout().sample[static_cast<std::size_t>(origin)], weights,
                 rows ? &rows->reasons : nullptr);
}

namespace {

void tell_metric(const Frame::Call& call, std::string_view name, const std::function<double()>& later) {
  call.observers->tell(Hears::Metrics,
                       [&](Observer& one) { one.metric_given(call.node->name + "." + std::string(name), call.key.step, later); });
}

}  // namespace

void Frame::metric(std::string_view name, double number) {
  call_->requested();
  if (call_->finished) {
    call_->finished->emplace_back(call_->node->name + "." + std::string(name), number);
    return;
  }
  // One metric can be given in both ways, and is their mean.
  if (call_->observers) [[unlikely]]
    tell_metric(*call_, name, [number] { return number; });
  const std::lock_guard guard(call_->ledger->notes);
  call_->ledger->metrics.push_back({call_->node_index, call_->key.slot, std::string(name), number, {}});
}

void Frame::metric(std::string_view name, std::function<double()> later) {
  call_->requested();
  if (!later) throw std::invalid_argument("the metric `" + std::string(name) + "` is given as an empty function");
  if (call_->finished) {
    call_->finished->emplace_back(call_->node->name + "." + std::string(name), later());
    return;
  }
  if (call_->observers) [[unlikely]]
    tell_metric(*call_, name, later);
  const std::lock_guard guard(call_->ledger->notes);
  call_->ledger->metrics.push_back({call_->node_index, call_->key.slot, std::string(name), 0, std::move(later)});
}

void Frame::warn(std::string sentence) { call_->flow.context().warn(sentence); }

std::int64_t Frame::draw() const {
  check_source(*call_, "`frame.draw`");
  return call_->key.step * *call_->node->source->batch + call_->key.slot;
}

}  // namespace leat
