#include "leat/frame.h"

#include <algorithm>

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

const Sample& RowList::sample(int row) const { return (*samples_)[static_cast<std::size_t>(first_ + row)]; }

const std::string& RowList::reason(int row) const {
  static const std::string none;
  return reasons_ ? (*reasons_)[static_cast<std::size_t>(row)] : none;
}

const Wire& Frame::Site::wire(int input, int member) const {
  const Feed& feed = node->inputs[static_cast<std::size_t>(input)].feeds[static_cast<std::size_t>(member)];
  return flow.phase().wires[static_cast<std::size_t>(feed.wire)];
}

Value& Frame::Site::step_cell(int input, int member) const {
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

/// The values of all slots, tombstones replaced by the last living row before them (or the first one after); null: all live.
std::shared_ptr<run::RowState> living_rows(std::vector<const Value*>& values, const Wire& wire, std::vector<Value>& blanks) {
  const auto is_dead = [](const Value* value) { return run::is_tombstone(*value); };
  if (std::none_of(values.begin(), values.end(), is_dead)) return nullptr;
  auto rows = std::make_shared<run::RowState>();
  const Value* living = nullptr;
  const auto first = std::find_if_not(values.begin(), values.end(), is_dead);
  if (first != values.end()) living = *first;
  if (!living) living = &blanks.emplace_back(wire.port->type().blank(wire.contract));
  for (const Value*& value : values) {
    const bool dead = is_dead(value);
    rows->weights.push_back(dead ? 0.0f : 1.0f);
    rows->reasons.push_back(dead ? value->as<run::Tombstone>().reason : std::string());
    if (dead) value = living;
    else living = value;
  }
  return rows;
}

}  // namespace

std::vector<const Value*> Frame::Site::inputs() const {
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

bool Frame::Site::gather() {
  auto& [row_puts, rows, gathered, gathered_rows, blanks] = *step;
  gathered.resize(node->inputs.size());
  gathered_rows.resize(node->inputs.size());
  blanks.reserve(node->inputs.size());
  std::shared_ptr<run::RowState> weights;
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
        brought = living_rows(values, from, blanks);
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

const FrameKey& Frame::key() const { return site_->key; }

bool Frame::is_connected(const Port& port) const {
  if (is_output(port.kind())) {
    const int wire = site_->node->wires[static_cast<std::size_t>(port.index())];
    return !site_->flow.phase().wires[static_cast<std::size_t>(wire)].readers.empty();
  }
  return !site_->node->inputs[static_cast<std::size_t>(port.index())].feeds.empty();
}

const Value& Frame::value(int port) const {
  site_->asked();
  const Value& held = site_->cell(port);
  LEAT_CHECK(held && !run::is_tombstone(held));
  return held;
}

const Value* Frame::maybe_value(int port) const {
  site_->asked();
  if (site_->node->inputs[static_cast<std::size_t>(port)].feeds.empty()) return nullptr;
  const Value& held = site_->cell(port);
  return held && !run::is_tombstone(held) ? &held : nullptr;
}

Value* Frame::sole_value(int port) {
  site_->asked();
  const Wire& from = site_->wire(port);
  return from.readers.size() == 1 ? &site_->cell(port) : nullptr;
}

std::vector<const Value*> Frame::gathered(int port) const {
  site_->asked();
  return site_->step->gathered[static_cast<std::size_t>(port)];
}

int Frame::inputs_count(int port) const { return static_cast<int>(site_->node->inputs[static_cast<std::size_t>(port)].feeds.size()); }

std::string_view Frame::inputs_name(int port, int which) const {
  return site_->node->inputs[static_cast<std::size_t>(port)].feeds[static_cast<std::size_t>(which)].member;
}

const Value& Frame::inputs_value(int port, int which) const {
  site_->asked();
  return site_->cell(port, which);
}

StateBox& Frame::state_box(int index) const {
  site_->asked();
  return site_->flow.state(site_->node_index, index);
}

void Frame::put_value(int port, Value value) {
  site_->asked();
  site_->puts[static_cast<std::size_t>(port)] = std::move(value);
}

void Frame::put_row(int port, int row, Value value) {
  site_->asked();
  site_->step->row_puts[{port, row}] = std::move(value);
}

void Frame::drop(std::string reason) {
  site_->asked();
  LEAT_CHECK(site_->node->grain == Grain::Slot);
  site_->dropped = std::move(reason);
}

namespace {

RandomKey random_key(const Frame::Site& site) {
  RandomKey key = site.flow.random_key(site.node_index);
  key.occurrence = static_cast<std::uint32_t>(site.key.occurrence);
  key.step = static_cast<std::uint32_t>(site.key.step);
  key.slot = static_cast<std::uint32_t>(site.key.slot);
  return key;
}

}  // namespace

Random Frame::random() const {
  site_->asked();
  if (site_->has_drawn)
    throw std::logic_error(
        "`frame.random()` is called a second time here and would give the same numbers again: keep one, `Random random = frame.random();`");
  site_->has_drawn = true;
  return Random(random_key(*site_));
}

Random Frame::random(int row) const {
  site_->asked();
  RandomKey key = random_key(*site_);
  key.slot = static_cast<std::uint32_t>(row);
  return Random(key);
}

namespace {

int sample_index(const Frame::Site& site) { return site.flow.layout().sample[static_cast<std::size_t>(site.node->origin)] + site.key.slot; }

}  // namespace

const Sample& Frame::sample() const {
  LEAT_CHECK(site_->node->grain == Grain::Slot);
  return site_->ledger->samples[static_cast<std::size_t>(sample_index(*site_))];
}

void Frame::identify(Sample sample) {
  site_->asked();
  LEAT_CHECK(site_->node->source != nullptr);
  site_->ledger->samples[static_cast<std::size_t>(sample_index(*site_))] = std::move(sample);
}

void Frame::note(std::string warning) {
  site_->asked();
  LEAT_CHECK(site_->node->grain == Grain::Slot);
  const std::lock_guard guard(site_->ledger->notes);
  site_->ledger->warnings.emplace_back(sample_index(*site_), std::move(warning));
}

std::vector<std::string> Frame::notes() const {
  std::vector<std::string> sentences;
  {
    const std::lock_guard guard(site_->ledger->notes);
    for (const auto& [sample, sentence] : site_->ledger->warnings)
      if (sample == sample_index(*site_)) sentences.push_back(sentence);
  }
  std::sort(sentences.begin(), sentences.end());
  sentences.erase(std::unique(sentences.begin(), sentences.end()), sentences.end());
  return sentences;
}

const std::string& Frame::reason() const {
  static const std::string none;
  return site_->reason ? *site_->reason : none;
}

RowList Frame::rows(const Port& port) const {
  const auto index = static_cast<std::size_t>(port.index());
  const bool is_out = is_output(port.kind());
  const int origin = is_out || site_->node->inputs[index].feeds.empty() ? site_->node->origin : site_->wire(port.index()).origin;
  if (origin < 0) return {};
  const int count = site_->ledger->rows[static_cast<std::size_t>(origin)];
  // What is paired has the product of all weights of its rows.
  const bool is_paired = origin == site_->node->origin && !port.is(any_rows);
  const run::RowState* rows = is_paired ? site_->step->rows.get() : site_->step->gathered_rows[index].get();
  const std::span<const float> weights = rows ? std::span<const float>(rows->weights) : site_->flow.ones(count);
  return RowList(&site_->ledger->samples, site_->flow.layout().sample[static_cast<std::size_t>(origin)], weights,
                 rows ? &rows->reasons : nullptr);
}

void Frame::metric(std::string_view name, double number) {
  site_->asked();
  if (site_->finished) {
    site_->finished->emplace_back(site_->node->name + "." + std::string(name), number);
    return;
  }
  const std::lock_guard guard(site_->ledger->notes);
  site_->ledger->metrics.push_back({site_->node_index, site_->key.slot, std::string(name), number, {}});
}

void Frame::metric(std::string_view name, std::function<double()> later) {
  site_->asked();
  if (site_->finished) {
    site_->finished->emplace_back(site_->node->name + "." + std::string(name), later());
    return;
  }
  const std::lock_guard guard(site_->ledger->notes);
  site_->ledger->metrics.push_back({site_->node_index, site_->key.slot, std::string(name), 0, std::move(later)});
}

void Frame::warn(std::string sentence) { site_->flow.shared().warn(sentence); }

std::int64_t Frame::draw() const { return site_->key.step * *site_->node->source->batch + site_->key.slot; }

}  // namespace leat
