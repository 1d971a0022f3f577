#include "run/whole_step.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat::run {

namespace {

/// What stands at the place of a value in a message.
enum Kind : std::int64_t { Living, Dropped, Absent };

Kind kind_of(const Value& value) {
  if (!is_tombstone(value)) return Living;
  return value.as<Tombstone>().is_absence ? Absent : Dropped;
}

}  // namespace

WholeStep::WholeStep(const ProgramPhase& phase, Ranks& ranks)
    : phase_(phase),
      ranks_(ranks),
      layout_(phase, {}),
      ledger_(phase, layout_),
      has_samples_(phase.origins.size()),
      has_wire_(phase.wires.size()) {}

int WholeStep::rows_of(int rank, int origin) const {
  return BatchShare{rank, ranks_.size()}.places_of(layout_.rows[static_cast<std::size_t>(origin)]);
}

void WholeStep::begin(const Ledger& own) {
  ledger_.step = own.step;
  ledger_.rows = layout_.rows;
  std::fill(ledger_.cells.begin(), ledger_.cells.end(), Value());
  std::fill(ledger_.device.begin(), ledger_.device.end(), Value());
  std::fill(ledger_.row_states.begin(), ledger_.row_states.end(), nullptr);
  std::fill(has_samples_.begin(), has_samples_.end(), 0);
  std::fill(has_wire_.begin(), has_wire_.end(), 0);
}

bool WholeStep::is_missing(const Feed& feed) const {
  const auto wire = static_cast<std::size_t>(feed.wire);
  return phase_.wires[wire].origin >= 0 && !has_wire_[wire];
}

void WholeStep::collect(const ProgramNode& node, const Ledger& own) {
  std::vector<int> wires, origins;
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) {
      const auto w = static_cast<std::size_t>(feed.wire);
      // A value without rows is equal on all ranks.
      if (phase_.wires[w].origin < 0 && !ledger_.device[w]) ledger_.device[w] = own.device[w];
      if (!is_missing(feed)) continue;
      has_wire_[static_cast<std::size_t>(feed.wire)] = 1;
      wires.push_back(feed.wire);
      const int origin = phase_.wires[static_cast<std::size_t>(feed.wire)].origin;
      if (!std::exchange(has_samples_[static_cast<std::size_t>(origin)], 1)) origins.push_back(origin);
    }
  // All ranks have the same graph, so all come to the same decision.
  if (wires.empty()) return;
  Packed packed;
  for (const int origin : origins) pack_samples(origin, own, packed);
  for (const int wire : wires) pack_values(wire, own, packed);
  const std::vector<std::string> all = ranks_.gather(packed.text());
  std::vector<Unpacked> from(all.begin(), all.end());
  for (const int origin : origins) unpack_samples(origin, from);
  for (const int wire : wires)
    if (phase_.wires[static_cast<std::size_t>(wire)].grain == Grain::Slot) unpack_slots(wire, own, from);
    else unpack_rows(wire, own, from);
}

void WholeStep::pack_samples(int origin, const Ledger& own, Packed& to) const {
  const Sample* first = own.samples.data() + own.layout.sample[static_cast<std::size_t>(origin)];
  for (const Sample* one = first; one != first + own.rows[static_cast<std::size_t>(origin)]; ++one) {
    for (const std::string& text : {one->id, one->file, one->group, one->patient}) to.add(std::string_view(text));
    to.add(static_cast<std::int64_t>(one->facts.size()));
    for (const auto& [name, value] : one->facts) {
      to.add(std::string_view(name));
      to.add(std::string_view(value));
    }
  }
}

void WholeStep::unpack_samples(int origin, std::vector<Unpacked>& from) {
  Sample* first = ledger_.samples.data() + layout_.sample[static_cast<std::size_t>(origin)];
  for (int rank = 0; rank < ranks_.size(); ++rank)
    for (int place = 0; place < rows_of(rank, origin); ++place) {
      Unpacked& message = from[static_cast<std::size_t>(rank)];
      Sample& sample = first[BatchShare{rank, ranks_.size()}.slot_of(place)];
      sample = Sample();
      for (std::string* text : {&sample.id, &sample.file, &sample.group, &sample.patient}) *text = message.text();
      for (std::int64_t facts = message.number(); facts > 0; --facts) {
        std::string name(message.text());
        sample.facts[std::move(name)] = message.text();
      }
    }
}

void WholeStep::pack_values(int wire_index, const Ledger& own, Packed& to) const {
  const auto w = static_cast<std::size_t>(wire_index);
  const Wire& wire = phase_.wires[w];
  const auto add = [&to](const Value& value, bool has_rows) {
    const Kind kind = kind_of(value);
    to.add(kind);
    if (kind != Living) to.add(std::string_view(value.as<Tombstone>().reason));
    else to.add(std::span<const std::byte>(has_rows ? value.pack_rows() : value.pack()));
  };
  if (wire.grain == Grain::Slot) {
    for (int place = 0; place < own.rows[static_cast<std::size_t>(wire.origin)]; ++place)
      add(own.cells[static_cast<std::size_t>(own.layout.cell[w] + place)], false);
    return;
  }
  add(own.device[w], true);
  const RowState* rows = own.row_states[w].get();
  to.add(std::int64_t{rows != nullptr});
  for (std::size_t row = 0; rows && row < rows->weights.size(); ++row) {
    to.add(std::bit_cast<std::int32_t>(rows->weights[row]));
    to.add(std::string_view(rows->reasons[row]));
  }
}

void WholeStep::unpack_slots(int wire_index, const Ledger& own, std::vector<Unpacked>& from) {
  const auto w = static_cast<std::size_t>(wire_index);
  const Wire& wire = phase_.wires[w];
  for (int rank = 0; rank < ranks_.size(); ++rank)
    for (int place = 0; place < rows_of(rank, wire.origin); ++place) {
      Unpacked& message = from[static_cast<std::size_t>(rank)];
      const auto kind = static_cast<Kind>(message.number());
      const std::string_view content = message.text();
      Value& cell = ledger_.cells[static_cast<std::size_t>(layout_.cell[w] + BatchShare{rank, ranks_.size()}.slot_of(place))];
      if (rank == ranks_.rank()) cell = own.cells[static_cast<std::size_t>(own.layout.cell[w] + place)];
      else if (kind != Living) cell = Value::of(Tombstone{std::string(content), kind == Absent});
      else cell = wire.port->type().unpack(std::as_bytes(std::span(content)));
    }
}

void WholeStep::unpack_rows(int wire_index, const Ledger& own, std::vector<Unpacked>& from) {
  const auto w = static_cast<std::size_t>(wire_index);
  const Wire& wire = phase_.wires[w];
  auto rows = std::make_shared<RowState>();
  const auto batch = static_cast<std::size_t>(layout_.rows[static_cast<std::size_t>(wire.origin)]);
  rows->weights.assign(batch, 1);
  rows->reasons.resize(batch);
  bool has_rows = false;
  std::vector<std::string_view> packed;
  std::vector<Kind> kinds;
  for (int rank = 0; rank < ranks_.size(); ++rank) {
    Unpacked& message = from[static_cast<std::size_t>(rank)];
    kinds.push_back(static_cast<Kind>(message.number()));
    packed.push_back(message.text());
    if (message.number() == 0) continue;
    has_rows = true;
    for (int place = 0; place < rows_of(rank, wire.origin); ++place) {
      const auto slot = static_cast<std::size_t>(BatchShare{rank, ranks_.size()}.slot_of(place));
      rows->weights[slot] = std::bit_cast<float>(static_cast<std::int32_t>(message.number()));
      rows->reasons[slot] = message.text();
    }
  }
  if (has_rows) ledger_.row_states[w] = std::move(rows);
  const auto lacks = std::find_if(kinds.begin(), kinds.end(), [](Kind kind) { return kind != Living; });
  if (lacks == kinds.end()) {
    ledger_.device[w] = own.device[w].with_rows(packed, ranks_.rank());
    return;
  }
  if (std::find(kinds.begin(), kinds.end(), Living) != kinds.end())
    throw std::runtime_error(
        ranks_.name_of(static_cast<int>(lacks - kinds.begin())) + " has no value of `" +
        phase_.nodes[static_cast<std::size_t>(wire.node)].name + "." + std::string(wire.port->name()) +
        "` in this step, but other ranks have: " + std::string(packed[static_cast<std::size_t>(lacks - kinds.begin())]));
  ledger_.device[w] = own.device[w];
}

bool WholeStep::stays_whole(const Wire& wire) const {
  return wire.stays_in_segment && std::all_of(wire.readers.begin(), wire.readers.end(), [this](const Wire::Reader& reader) {
           return phase_.nodes[static_cast<std::size_t>(reader.node)].sees_all_ranks;
         });
}

void WholeStep::give_back(const ProgramNode& node, Ledger& own) {
  const BatchShare& share = own.layout.share;
  for (const int index : node.wires) {
    const auto w = static_cast<std::size_t>(index);
    const Wire& wire = phase_.wires[w];
    has_wire_[w] = 1;
    const Value& all = ledger_.device[w];
    const bool has_rows = wire.origin >= 0 && all && !is_tombstone(all);
    own.device[w] = has_rows ? stays_whole(wire) ? Value() : all.rows_of(share) : all;
    if (const RowState* rows = ledger_.row_states[w].get()) {
      auto of_own = std::make_shared<RowState>();
      for (int place = 0; place < own.rows[static_cast<std::size_t>(wire.origin)]; ++place) {
        of_own->weights.push_back(rows->weights[static_cast<std::size_t>(share.slot_of(place))]);
        of_own->reasons.push_back(rows->reasons[static_cast<std::size_t>(share.slot_of(place))]);
      }
      own.row_states[w] = std::move(of_own);
    }
  }
  const std::scoped_lock guard(ledger_.notes, own.notes);
  std::move(ledger_.metrics.begin(), ledger_.metrics.end(), std::back_inserter(own.metrics));
  ledger_.metrics.clear();
}

}  // namespace leat::run
