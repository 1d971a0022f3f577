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
#include "run/layout.h"

namespace leat::run {

/// The placeholder in a cell whose sample was dropped or (at step grain) whose source has nothing for this step.
struct Tombstone {
  std::string reason;
  bool is_absence = false;
};

/// The rows of a step-grain value, some of which are dropped; a wire without one has weight 1 everywhere.
struct RowState {
  std::vector<float> weights;
  std::vector<std::string> reasons;
};

/// A metric that a node gave; `later` is read when the step is done.
struct MetricEntry {
  int node;
  int slot;
  std::string name;
  double number;
  std::function<double()> later;
};

/// The state of one step in flight: what has arrived, and what is missing. Invariant: one body writes each cell, and only bodies that its
/// arrival makes ready read it. It is opened and taken back, when all of its tasks are done, in Flow::look.
struct Ledger {
  Ledger(const ProgramPhase& phase, const Layout& layout);
  /// Opens it for a step; `rows_of_step` are the slots that each origin has. Returns the tasks that are ready at once. What they run may
  /// finish the ledger.
  [[nodiscard]] std::vector<int> open(const ProgramPhase& phase, const Layout& layout, std::int64_t of_step,
                                      const std::vector<int>& rows_of_step);

  std::int64_t step = -1;
  std::vector<int> rows;                                    ///< By origin: slots of this step.
  std::vector<Value> cells;                                 ///< On the host.
  std::vector<std::int64_t> sizes;                          ///< By cell: bytes as counted.
  std::vector<Value> device;                                ///< By wire: as the device's nodes see it.
  std::vector<std::shared_ptr<const RowState>> row_states;  ///< By wire.
  std::vector<Sample> samples;
  std::unique_ptr<std::atomic<int>[]> missing;  ///< By task.
  std::unique_ptr<std::atomic<int>[]> unread;   ///< By cell: readers left.
  alignas(64) std::atomic<int> outstanding{0};  ///< Tasks not done. Away from what each body reads.
  std::atomic<bool> is_finished{false};
  std::map<std::string, Archive> resources;  ///< Saved at this step's border, if it gets a checkpoint.
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
