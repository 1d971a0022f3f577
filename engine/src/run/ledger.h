#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/program.h"
#include "leat/sample.h"
#include "run/layout.h"
#include "run/value_cache.h"

namespace leat::run {

/// What stands in a cell whose sample was dropped or (at step grain) whose source has nothing for this step.
struct Tombstone {
  std::string reason;
  bool is_absence = false;
};

/// Weights of the rows of a step-grain value, some of which are dropped. A wire without a RowState has weight 1 in every row.
struct RowState {
  std::vector<float> weights;
  std::vector<std::string> reasons;
};

/// A metric that a node recorded. `later`, if set, is called when the step is done.
struct MetricEntry {
  int node;
  int slot;
  std::string name;
  double number;
  std::function<double()> later;
};

/// The work of the nodes of a stretch for one slot. The nodes run one after another, so it needs no lock.
struct StretchCall {
  Fingerprint name;
  std::shared_ptr<const ValueCache::Kept> kept;    ///< Null if the value is computed.
  std::vector<std::pair<int, std::string>> notes;  ///< Of a value that is computed, as in `ValueCache::Kept`.
  bool has_metrics = false;                        ///< A node gave metrics, so the value is not kept.
};

/// The state of one step in flight: values that have arrived, and numbers of missing inputs. Invariant: one body writes each cell, and only
/// bodies that its arrival makes ready read it. Flow::look opens a ledger, and retires it when all its tasks are done.
struct Ledger {
  /// `layout` must live as long.
  Ledger(const ProgramPhase& phase, const Layout& layout);
  /// Opens the ledger for a step. `rows_of_step` has the number of slots per origin. Returns the tasks that are ready at once. Running them
  /// can finish the ledger.
  [[nodiscard]] std::vector<int> open(const ProgramPhase& phase, std::int64_t of_step, const std::vector<int>& rows_of_step);

  const Layout& layout;
  std::int64_t step = -1;
  std::vector<int> rows;                                    ///< Indexed by origin: number of slots in this step.
  std::vector<Value> cells;                                 ///< Values on the host.
  std::vector<std::int64_t> sizes;                          ///< Indexed by cell: bytes, as counted in flight.
  std::vector<Value> device;                                ///< Indexed by wire: values on the device.
  std::vector<std::shared_ptr<const RowState>> row_states;  ///< Indexed by wire.
  std::vector<Sample> samples;
  std::vector<StretchCall> stretch_calls;
  std::unique_ptr<std::atomic<int>[]> missing;  ///< Indexed by task: inputs that have not arrived.
  std::unique_ptr<std::atomic<int>[]> unread;   ///< Indexed by cell: readers that have not read it.
  alignas(64) std::atomic<int> outstanding{0};  ///< Tasks not done. On another cache line than the members that every body reads.
  std::atomic<bool> is_finished{false};
  std::map<std::string, Archive> resources;  ///< State saved at this step's border, if it gets a checkpoint.
  bool has_border = false;

  std::mutex notes;  ///< Guards the members below.
  std::vector<MetricEntry> metrics;
  struct Note {
    int sample;
    int node;
    std::string sentence;
  };
  std::vector<Note> warnings;
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
