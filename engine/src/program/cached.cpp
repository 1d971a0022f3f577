#include "program/cached.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "base/text_table.h"
#include "program/saturating.h"

namespace leat::program {

namespace {

const Wire& wire_of(const ProgramPhase& phase, int wire) { return phase.wires[static_cast<std::size_t>(wire)]; }

/// Returns true if a cached value says all that a call of this node does. A metric is not repeated with it. A node that also runs for
/// dropped samples can put a value that does not come from the source's.
bool is_repeatable(const ProgramNode& node) {
  return node.is_deterministic && node.grain == Grain::Slot && node.lane == LaneKind::Cpu && !node.is_ordered() && !node.has_reorders &&
         node.resources.empty() && node.node->metrics().empty() &&
         std::none_of(node.inputs.begin(), node.inputs.end(),
                      [](const BoundInput& input) { return input.port->kind() == PortKind::Maybe && !input.feeds.empty(); });
}

/// Returns the wire that a node reads, if it is a node that a stretch can have; else -1.
int read_by(const ProgramPhase& phase, const ProgramNode& node) {
  const bool has_one_output = node.wires.size() == 1;
  if (!is_repeatable(node) || !has_one_output) return -1;
  int wire = -1;
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) {
      if (wire >= 0) return -1;
      wire = feed.wire;
    }
  return wire;
}

/// Describes a node and the input that it reads, without its name, because nodes of several phases share the cache.
std::string text_of(const ProgramPhase& phase, const ProgramNode& node) {
  std::string out = node.type->id + "\n" + node.type->plugin + "\n";
  for (const ParamPort* param : node.node->params()) out += std::string(param->name()) + "=" + param->value_text() + "\n";
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds)
      // Values of two types can have one hash.
      out +=
          std::string(input.port->name()) + "." + feed.member + " reads " + std::string(wire_of(phase, feed.wire).port->type().name) + "\n";
  return out;
}

/// Returns true if the value of a node is recorded, which needs it in each step. Notes such a node.
bool is_recorded(ProgramPhase& phase, int node) {
  const bool is_recorded = wire_of(phase, phase.nodes[static_cast<std::size_t>(node)].wires[0]).is_recorded;
  if (is_recorded) phase.recorded.push_back(node);
  return is_recorded;
}

/// Returns the stretch that begins with a node, without trailing nodes whose values cannot be kept; nullopt if there is none.
std::optional<Stretch> stretch_from(ProgramPhase& phase, int first) {
  Stretch out;
  std::size_t kept = 0;
  for (int node = first;;) {
    out.nodes.push_back(node);
    const Wire& wire = wire_of(phase, phase.nodes[static_cast<std::size_t>(node)].wires[0]);
    if (wire.port->type().pack) kept = out.nodes.size();
    if (wire.readers.size() != 1) break;
    node = wire.readers[0].node;
    if (read_by(phase, phase.nodes[static_cast<std::size_t>(node)]) < 0 || is_recorded(phase, node)) break;
  }
  out.nodes.resize(kept);
  if (out.nodes.empty()) return {};
  for (const int node : out.nodes) out.text += text_of(phase, phase.nodes[static_cast<std::size_t>(node)]);
  return out;
}

void find_stretches(ProgramPhase& phase) {
  for (const int index : phase.order) {
    const int wire = read_by(phase, phase.nodes[static_cast<std::size_t>(index)]);
    if (wire < 0 || !phase.nodes[static_cast<std::size_t>(wire_of(phase, wire).node)].source) continue;
    if (is_recorded(phase, index)) continue;
    if (auto stretch = stretch_from(phase, index)) phase.cacheable.push_back(*std::move(stretch));
  }
}

void add_expected(const ProgramPhase& phase, ProgramCache& cache) {
  for (const Stretch& stretch : phase.stretches) {
    const ProgramNode& last = phase.nodes[static_cast<std::size_t>(stretch.nodes.back())];
    const Wire& wire = wire_of(phase, last.wires[0]);
    const ProgramNode& source = phase.nodes[static_cast<std::size_t>(phase.origins[static_cast<std::size_t>(last.origin)].source)];
    // An endless source can give any number of different samples.
    cache.is_size_known = cache.is_size_known && wire.is_size_known && !wire.is_size_assumed && source.length > 0;
    cache.values = saturating_sum(cache.values, source.length);
    if (wire.is_size_known) cache.expected_bytes = saturating_sum(cache.expected_bytes, saturating_product(source.length, wire.bytes));
  }
}

/// Reports a cache that has room for no value of the training and its validation.
void check_room(const PlanText& text, const Program& program, Diagnostics& diagnostics) {
  const std::int64_t room = std::max(text.cache_bytes, text.cache_file_bytes);
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::string name;
  for (const ProgramPhase& phase : program.phases)
    for (const Stretch& stretch : phase.stretches) {
      const ProgramNode& last = phase.nodes[static_cast<std::size_t>(stretch.nodes.back())];
      const Wire& wire = wire_of(phase, last.wires[0]);
      if (!wire.is_size_known || wire.is_size_assumed) return;
      if (wire.bytes < least) name = last.name;
      least = std::min(least, wire.bytes);
    }
  if (name.empty() || least <= room) return;
  const auto [image, whole] = different_sizes(least, room);
  diagnostics.error("plan.cache", text.cache_place,
                    "`cache` has no effect: an image of `" + name + "` takes " + image + ", but the cache has room for " + whole,
                    "make it larger; or remove it");
}

}  // namespace

void find_cached(const PlanText& text, Program& program, Diagnostics& diagnostics) {
  for (const int index : {program.plan.train, program.plan.validate})
    if (index >= 0) find_stretches(program.phases[static_cast<std::size_t>(index)]);
  if (text.cache_bytes == 0 && text.cache_file_bytes == 0) return;
  ProgramCache& cache = program.plan.cache;
  cache.memory_bytes = text.cache_bytes;
  cache.file_bytes = text.cache_file_bytes;
  bool has_any = false;
  for (const int index : {program.plan.train, program.plan.validate}) {
    if (index < 0) continue;
    ProgramPhase& phase = program.phases[static_cast<std::size_t>(index)];
    phase.stretches = phase.cacheable;
    add_expected(phase, cache);
    has_any = has_any || !phase.stretches.empty();
  }
  if (!has_any)
    diagnostics.error("plan.cache", text.cache_place,
                      program.plan.train < 0 ? "`cache` has no effect: without `train`, every image is used once"
                                             : "`cache` has no effect: no node of the training depends on the files only",
                      program.plan.train < 0
                          ? "remove it"
                          : "such nodes come directly after a source, like `image.decode` and `image.resize`; or remove it");
  check_room(text, program, diagnostics);
  if (cache.most_memory() <= program.memory_bytes) return;
  diagnostics.error(
      "memory.cache", text.cache_place,
      "`cache` takes up to " + size_words(cache.most_memory()) + ", but `memory` of the plan is " + size_words(program.memory_bytes),
      "raise `memory`, or make `memory` of the cache smaller and give it a `file`");
  // The memory that it leaves for steps follows from that.
  cache = {};
}

}  // namespace leat::program
