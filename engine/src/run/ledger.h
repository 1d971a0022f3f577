#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/program.h"
#include "leat/sample.h"

namespace leat::run {

/// What stands in a cell in place of a value: the sample was dropped, or (at step grain) its source had nothing for this step.
struct Tombstone {
  std::string reason;
  bool is_absence = false;
};

/// The rows of a step-grain value that are not all alive; a wire without one has weight 1 everywhere.
struct RowState {
  std::vector<float> weights;
  std::vector<std::string> reasons;
};

struct MetricEntry {
  int node;
  int slot;
  std::string name;
  double number;
  std::function<double()> later;
};

/// Where everything stands in a ledger of one phase; computed once.
struct Layout {
  explicit Layout(const ProgramPhase& phase);

  /// What an arrival at a wire counts towards.
  struct Target {
    int unit;  ///< First unit of the reader; slot s counts at unit + s when `by_slot`.
    int node;  ///< -1: a segment.
    bool by_slot;
    bool is_sole;  ///< The unit waits for nothing else.
  };
  /// A slot node's own: what one of its slots reads, feed by feed, and counts towards; slot s is at `cell` + s.
  struct SlotRead {
    int cell;
    int readers;  ///< Of that cell.
    bool is_maybe;
  };
  struct SlotNode {
    std::vector<SlotRead> reads;
    std::vector<int> first;       ///< By input: its first feed in `reads`.
    std::vector<int> writes;      ///< By output: its first cell; -1: nobody reads it.
    std::vector<Target> targets;  ///< Of all its wires.
  };
  struct StepUnit {
    int unit;
    int values = 0;             ///< Arrivals that come once a step.
    std::vector<int> gathered;  ///< Origins whose slots arrive one by one.
  };

  std::vector<int> cell;                     ///< By wire: its first cell.
  std::vector<int> unit;                     ///< By node: its first unit; of a segment's node: the segment's.
  std::vector<int> node_of_unit;             ///< By unit before the segments' units.
  std::vector<int> sample;                   ///< By origin: its first sample.
  std::vector<std::vector<Target>> targets;  ///< By wire, segment-internal readers left out.
  std::vector<int> readers;                  ///< By wire: how often each of its cells is read.
  std::vector<StepUnit> step_units;
  std::vector<SlotNode> slots;  ///< By node; of a step's node: empty.
  int cells = 0;
  int units = 0;
  int samples = 0;
  int first_segment_unit = 0;
};

/// The engine's page for one step in flight. Opened and retired under the flow's lock; in between, a cell is written by one body and
/// read by those that its arrival made ready.
struct Ledger {
  Ledger(const ProgramPhase& phase, const Layout& layout);

  std::int64_t step = -1;
  std::vector<int> rows;                                    ///< By origin: slots of this step.
  std::vector<Value> cells;                                 ///< On the host.
  std::vector<std::int64_t> sizes;                          ///< By cell: bytes as counted.
  std::vector<Value> device;                                ///< By wire: as the device's nodes see it.
  std::vector<std::shared_ptr<const RowState>> row_states;  ///< By wire.
  std::vector<Sample> samples;
  std::unique_ptr<std::atomic<int>[]> missing;  ///< By unit.
  std::unique_ptr<std::atomic<int>[]> unread;   ///< By cell: readers left.
  std::atomic<int> outstanding{0};              ///< Units not done.
  bool is_finished = false;
  std::map<std::string, Archive> resources;  ///< Saved at this step's border, when a checkpoint belongs there.
  bool has_border = false;

  std::mutex notes;  ///< Guards what follows.
  std::vector<MetricEntry> metrics;
  std::vector<std::pair<int, std::string>> warnings;  ///< Sample, sentence.
};

}  // namespace leat::run

namespace leat {

template <>
struct ValueTraits<run::Tombstone> {
  static constexpr std::string_view name = "tombstone";
  static std::size_t bytes(const run::Tombstone&) { return 0; }
  static std::uint64_t hash(const run::Tombstone& stone) { return hash_bytes(stone.reason.data(), stone.reason.size(), 1); }
  static std::string describe(const run::Tombstone& stone) { return "dropped: " + stone.reason; }
  static Contract contract(const run::Tombstone&) { return {}; }
  static run::Tombstone blank(const Contract&) { return {}; }
};

}  // namespace leat

namespace leat::run {

[[nodiscard]] inline bool is_tombstone(const Value& value) { return value && &value.type() == &value_type<Tombstone>(); }

}  // namespace leat::run
