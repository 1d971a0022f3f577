#include "run/equal_calls.h"

#include <algorithm>
#include <bit>

#include "run/flow.h"
#include "run/in_name_of.h"

namespace leat::run {

namespace {

/// Builds a text in which different parts cannot look equal: each has its length before it.
class Text {
 public:
  Text& add(std::string_view part) {
    text_ += std::to_string(part.size());
    text_ += ':';
    text_ += part;
    return *this;
  }
  Text& add(std::int64_t number) { return add(std::string_view(std::to_string(number))); }
  Text& add(int number) { return add(std::int64_t{number}); }
  Text& add(double number) { return add(static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(number))); }
  Text& add(const std::vector<std::string>& list) {
    add(static_cast<std::int64_t>(list.size()));
    for (const std::string& one : list) add(std::string_view(one));
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add(Text& to, const Dim& dim) {
  to.add(dim.str()).add(dim.symbol).add(dim.size);
  to.add(dim.names ? dim.names->list : std::vector<std::string>{"(no names)"});
  to.add(std::int64_t{!dim.multi_label ? -1 : dim.multi_label->is_on ? 1 : 0});
}

void add(Text& to, const Contract& contract) {
  to.add(contract.str()).add(std::int64_t{contract.has_shape}).add(std::int64_t{contract.is_open});
  to.add(static_cast<std::int64_t>(contract.dims.size()));
  for (const Dim& dim : contract.dims) add(to, dim);
  to.add(static_cast<std::int64_t>(contract.dtype)).add(std::int64_t{contract.has_range}).add(contract.low).add(contract.high);
  to.add(std::int64_t{contract.has_entries});  // `str` has `or_unknown`.
  if (contract.has_entries) add(to, contract.entries);
}

void add(Text& to, const Wire& wire) {
  add(to, wire.contract);
  add(to, wire.promised);
  to.add(std::int64_t{wire.grain == Grain::Step}).add(wire.bytes).add(static_cast<std::int64_t>(wire.facts.size()));
  for (const auto& [name, number] : wire.facts) to.add(name).add(number);
}

void add(Text& to, const Component& component) {
  to.add(static_cast<std::int64_t>(component.params().size()));
  for (const ParamPort* param : component.params())
    to.add(param->name()).add(param->value_text()).add(param->given_names()).add(param->found_names());
}

void add(Text& to, const Sample& sample) {
  to.add(sample.id).add(sample.file).add(sample.group).add(sample.patient).add(static_cast<std::int64_t>(sample.facts.size()));
  for (const auto& [name, fact] : sample.facts) to.add(name).add(fact);
}

void add(Text& to, const RowState* rows) {
  to.add(rows ? static_cast<std::int64_t>(rows->weights.size()) : -1);
  if (!rows) return;
  for (const float weight : rows->weights) to.add(static_cast<double>(weight));
  to.add(rows->reasons);
}

bool names_file(const Component& component) {
  return std::any_of(component.params().begin(), component.params().end(), [](const ParamPort* param) {
    return param->type_name() == "path" && param->value_text() != "\"\"" && param->value_text() != "''";
  });
}

bool changes_resource(const ProgramNode& node) {
  return std::any_of(node.resources.begin(), node.resources.end(), [](const auto& use) { return use.second == UsePort::Access::Write; });
}

/// Returns the number of rows of a wire in a step; 0 if it has none.
int rows_of(const Frame::Call& call, const Wire& wire) {
  return wire.origin < 0 ? 0 : call.ledger->rows[static_cast<std::size_t>(wire.origin)];
}

/// Adds the samples of an origin that a call can see.
void add_samples(Text& to, const Frame::Call& call, int origin) {
  to.add(std::int64_t{origin >= 0});
  if (origin < 0) return;
  const auto first = static_cast<std::size_t>(call.ledger->layout.sample[static_cast<std::size_t>(origin)]);
  const int rows = call.ledger->rows[static_cast<std::size_t>(origin)];
  to.add(rows);
  for (int row = 0; row < rows; ++row)
    if (call.place < 0 || call.place == row) add(to, call.ledger->samples[first + static_cast<std::size_t>(row)]);
}

}  // namespace

EqualCalls::EqualCalls(KeptResults& kept, const Program& program, Lane& lane)
    : CallMemory(lane), kept_(kept), phase_(program.phases.at(0)), lane_(lane) {
  has_gradients_ = std::any_of(phase_.nodes.begin(), phase_.nodes.end(), changes_resource);
  for (const ProgramNode& node : phase_.nodes) nodes_.push_back(text_of(program, node));
}

/// Returns nullopt if the resource's behaviour is not known from its parameters and what it saves: it reads files, or is not Leat's own.
std::optional<std::string> EqualCalls::text_of(const Program& program, int index) {
  if (const auto known = texts_.find(index); known != texts_.end()) return known->second;
  const ProgramResource& one = program.resources[static_cast<std::size_t>(index)];
  std::optional<std::string>& out = texts_[index];
  if (!one.type->plugin.empty() || one.type->runs_code_of_files) return out;
  Text text;
  text.add(one.type->id).add(one.name).add(static_cast<std::int64_t>(program.settings.seed));
  add(text, *one.resource);
  Archive saved;
  in_name_of(one, "its saving", [&] { one.resource->save(saved); });
  if (saved.entries().empty() && names_file(*one.resource)) return out;
  text.add(hash_text(saved.hash()));
  for (const auto& [other, access] : one.uses) {
    const std::optional<std::string> used = text_of(program, other);
    if (!used) return out;
    text.add(*used);
  }
  return texts_[index] = Fingerprint::of(text.take()).str();
}

std::optional<std::string> EqualCalls::text_of(const Program& program, const ProgramNode& node) {
  if (node.source || node.is_ordered() || changes_resource(node) || !node.type->plugin.empty() || node.type->runs_code_of_files ||
      names_file(*node.node) || (has_gradients_ && node.segment >= 0))
    return {};
  Text text;
  text.add(node.type->id).add(node.name).add(phase_.name).add(static_cast<std::int64_t>(phase_.kind));
  text.add(static_cast<std::int64_t>(program.settings.seed)).add(lane_.name()).add(std::int64_t{node.segment >= 0});
  text.add(std::int64_t{node.grain == Grain::Step});
  add(text, *node.node);
  for (const auto& [resource, access] : node.resources) {
    const std::optional<std::string> used = text_of(program, resource);
    if (!used) return {};
    text.add(*used);
  }
  for (const BoundInput& input : node.inputs) {
    text.add(input.port->name()).add(static_cast<std::int64_t>(input.feeds.size()));
    for (const Feed& feed : input.feeds) {
      const Wire& wire = phase_.wires[static_cast<std::size_t>(feed.wire)];
      add(text, wire);
      text.add(feed.member).add(std::int64_t{wire.origin == node.origin}).add(std::int64_t{wire.origin >= 0});
      text.add(static_cast<std::int64_t>(feed.reorders.size()));
      for (const Reorder& order : feed.reorders) {
        text.add(order.axis).add(order.count);
        for (const int to : order.to) text.add(to);
      }
    }
  }
  for (const int index : node.wires) {
    const Wire& wire = phase_.wires[static_cast<std::size_t>(index)];
    add(text, wire);
    text.add(std::int64_t{!wire.readers.empty() || wire.has_left_readers});
  }
  return Fingerprint::of(text.take()).str();
}

/// Returns the fingerprint of a value that the call reads; nullopt if it has none.
std::optional<std::string> EqualCalls::text_of(const Frame::Call& call, int wire, int place) const {
  {
    const std::lock_guard guard(lock_);
    if (const auto known = values_.find({wire, place}); known != values_.end()) return known->second.str();
  }
  const auto w = static_cast<std::size_t>(wire);
  const Value& cell = call.ledger->cells[static_cast<std::size_t>(call.ledger->layout.cell[w] + std::max(place, 0))];
  const Value& held = place < 0 && !cell ? call.ledger->device[w] : cell;
  if (!is_tombstone(held)) return {};
  Text text;
  text.add("dropped").add(held.as<Tombstone>().reason).add(std::int64_t{held.as<Tombstone>().is_absence});
  if (place < 0) add(text, call.ledger->row_states[w].get());
  return Fingerprint::of(text.take()).str();
}

std::optional<Fingerprint> EqualCalls::fingerprint(const Frame& frame, Frame::Call& call) {
  const std::optional<std::string>& node = nodes_[static_cast<std::size_t>(call.node_index)];
  if (!node) return {};
  Text text;
  text.add(*node).add(call.key.occurrence).add(call.key.step).add(call.key.steps).add(call.key.slot);
  add_samples(text, call, call.node->origin);
  if (call.place >= 0) text.add(frame.notes());
  for (const BoundInput& input : call.node->inputs)
    for (const Feed& feed : input.feeds) {
      const Wire& wire = phase_.wires[static_cast<std::size_t>(feed.wire)];
      const bool is_gathered = call.place < 0 && wire.grain == Grain::Slot;
      const int first = wire.grain == Grain::Step ? -1 : is_gathered ? 0 : call.place;
      const int end = is_gathered ? rows_of(call, wire) : first + 1;
      text.add(end - first);
      if (wire.origin != call.node->origin) add_samples(text, call, wire.origin);
      for (int place = first; place < end; ++place) {
        const std::optional<std::string> value = text_of(call, feed.wire, place);
        if (!value) return {};
        text.add(*value);
      }
    }
  return Fingerprint::of(text.take());
}

void EqualCalls::call_done(const std::optional<Fingerprint>& fingerprint, Frame::Call& call) {
  const bool is_on_device = call.node->segment >= 0;
  // A dropped sample is known by its reason.
  if (!fingerprint && (call.dropped || (has_gradients_ && is_on_device))) return;
  for (std::size_t output = 0; output < call.node->wires.size(); ++output) {
    const int index = call.node->wires[output];
    const Wire& wire = phase_.wires[static_cast<std::size_t>(index)];
    const bool is_scattered = call.place < 0 && wire.grain == Grain::Slot;
    const int first = wire.grain == Grain::Step ? -1 : is_scattered ? 0 : call.place;
    const int end = is_scattered ? rows_of(call, wire) : first + 1;
    for (int place = first; place < end; ++place) {
      Text text;
      if (fingerprint) {
        text.add(fingerprint->str()).add(static_cast<std::int64_t>(output)).add(place);
      } else {
        const Value& put = call.puts[output];
        if (is_scattered || !put) continue;
        text.add(wire.port->type().name).add(hash_text((is_on_device ? lane_.fetch(put) : put).hash()));
        if (call.step) add(text, call.step->rows.get());
      }
      const Fingerprint made = Fingerprint::of(text.take());
      const std::lock_guard guard(lock_);
      values_.insert_or_assign({index, place}, made);
    }
  }
}

}  // namespace leat::run
